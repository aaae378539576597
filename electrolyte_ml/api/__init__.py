"""Functions for notebooks: ``import electrolyte_ml as eml``.

They take recipes and temperatures as people write them, one or many, and call the same code as the
command line. `electrolyte_ml` itself loads them when they are first used; nothing is imported here,
so that reading a recipe does not load the search.
"""
