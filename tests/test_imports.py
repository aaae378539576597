"""No circles of imports, those between a package and its own modules included."""

import grimp


def test_no_module_imports_itself_by_way_of_others():
    graph = grimp.build_graph("electrolyte_ml", cache_dir=None)
    upstream = {m: graph.find_upstream_modules(m) for m in graph.modules}
    circle = {m for m, above in upstream.items() if any(m in upstream[other] for other in above)}
    assert not circle
