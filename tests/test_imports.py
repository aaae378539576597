"""The house: no circles of imports, and no public class name in two modules."""

import ast
from collections import defaultdict
from pathlib import Path

import grimp

import electrolyte_ml


def test_no_module_imports_itself_by_way_of_others():
    graph = grimp.build_graph("electrolyte_ml", cache_dir=None)
    upstream = {m: graph.find_upstream_modules(m) for m in graph.modules}
    circle = {m for m, above in upstream.items() if any(m in upstream[other] for other in above)}
    assert not circle


def test_no_public_class_name_stands_twice():
    homes = defaultdict(list)
    for path in Path(electrolyte_ml.__file__).parent.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path.name)
    assert len(homes) > 100
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}
