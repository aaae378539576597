"""Suites, a module or a folder each: their jobs, and the splits that they freeze."""
