import pytest

from electrolyte_ml.simulate.results import read_table
from tools import solvent_diameters
from tools.solvent_diameters import fit_diameter, write_set


@pytest.fixture
def liquid(monkeypatch):
    """A liquid of density 1.10 g/cm3 with its published diameters, measured as 1.00."""
    jobs = []

    def run(job, _):
        jobs.append(job)
        density = 1.10 * job.force_field.solvent_sigma_scale**-2.8
        return {"density_g_cm3": {"value": density, "error": 0.004}}

    monkeypatch.setattr(solvent_diameters, "run_job", run)
    monkeypatch.setattr(solvent_diameters, "measured_density", lambda _: (1.0, "paper"))
    return jobs


def test_diameters_give_the_measured_density(liquid, tmp_path):
    fitted = fit_diameter("DMC", charge_scale=0.9, epsilon_scale=0.8, folder=tmp_path)
    assert fitted.sigma_scale == pytest.approx(1.10 ** (1 / 2.8), abs=1e-4)
    assert fitted.deviation == pytest.approx(0, abs=1e-3)
    assert fitted.error == 0.004
    for job in liquid:
        assert job.force_field.solvent_charge_scale == 0.9
        assert job.force_field.solvent_epsilon_scale == 0.8


def test_a_new_fit_replaces_the_row_of_its_solvent(liquid, tmp_path):
    table = tmp_path / "solvents.csv"
    fits = [
        fit_diameter("DMC", charge_scale=q, epsilon_scale=0.8, folder=tmp_path) for q in (1.0, 0.9)
    ]
    write_set("a", fits[:1], table)
    write_set("b", fits[:1], table)
    write_set("a", fits[1:], table)
    rows = read_table(table)
    assert [(r["set"], r["charge_scale"]) for r in rows] == [("b", "1"), ("a", "0.9")]
    assert len(liquid) == 4
