"""Figures of the guide to screening follow from results."""

import json
import re

import pytest

from tools import scale_figures

TEXT = scale_figures.GUIDE.read_text(encoding="utf-8")
_CORE = {"per_second": 5600.0, "share_of_plain": 0.9}
_TASKS = [
    ("core", "screening: made, scored and evaluated", _CORE),
    ("core", "arrays, all properties", _CORE),
    ("core", "text read and all properties", _CORE),
    ("core", "place 1e+09 of the sequence", {"latency_ms": 2500.0}),
    ("workers", "this process", {"per_second": 5600.0, "efficiency": 1.0, "piece_ms": 0.01}),
    ("workers", "pool of 2 processes", {"per_second": 1e4, "efficiency": 0.9, "piece_ms": 0.2}),
    (
        "memory",
        "10000 rows",
        {"n": 1e4, "memory_mb": 351.0, "bytes_per_recipe": 230.0, "leaders_s_per_million": 4.0},
    ),
]


@pytest.fixture
def results(tmp_path, monkeypatch):
    path = tmp_path / "scale.json"
    tasks = [{"split": s, "model": m, "metrics": metrics} for s, m, metrics in _TASKS]
    path.write_text(json.dumps({"tasks": tasks}))
    monkeypatch.setattr(scale_figures, "RESULTS", path)
    return path


def shown(text, name):
    return re.search(rf"<!-- scale: {name} -->(.*?)<!-- / -->", text, re.DOTALL)[1]


@pytest.mark.usefixtures("results")
def test_arithmetic_follows_from_what_was_measured():
    text = scale_figures.filled(TEXT)
    assert shown(text, "rate") == "2,800"
    assert shown(text, "core_hours") == "99"
    assert shown(text, "chunk_s") == "36"
    assert shown(text, "place_percent") == "7"
    assert "| pool of 2 processes | 10,000 | 0.9 | 0.2 |" in shown(text, "workers")
    assert "| 10,000 | 351 |" in shown(text, "memory")
    # Dask was not measured: what stood there is kept.
    assert shown(text, "piece_dask_ms") == shown(TEXT, "piece_dask_ms")
    assert scale_figures.filled(text) == text


@pytest.mark.usefixtures("results")
def test_every_figure_of_the_page_is_measured_or_follows():
    named = set(re.findall(r"<!-- scale: (\w+) -->", TEXT))
    assert named - {"piece_dask_ms", "dask_workers"} <= scale_figures.figures().keys()


def test_who_hands_out_work_keeps_up_with_so_many_workers(results):
    held = json.loads(results.read_text())
    dask = {"per_second": 9e3, "efficiency": 0.9, "piece_ms": 3.0, "own_us": 5.0}
    name = "local Dask cluster of 2 processes"
    held["tasks"].append({"split": "workers", "model": name, "metrics": dask})
    results.write_text(json.dumps(held))
    assert shown(scale_figures.filled(TEXT), "dask_workers") == "36"


def test_the_page_is_as_it_is_where_nothing_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(scale_figures, "RESULTS", tmp_path / "none.json")
    assert scale_figures.filled(TEXT) == TEXT
