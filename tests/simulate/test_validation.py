import math

import pytest

from electrolyte_ml.data.location import ENVIRONMENT_VARIABLE
from electrolyte_ml.data.sources import mlffdistill_transport
from electrolyte_ml.errors import InputError
from electrolyte_ml.simulate import validation
from electrolyte_ml.simulate.validation import compare, judge, measured_value

HEADER = "salt,conc,conc_unit,solvents,T_C,property,value,unit,note\n"
ROWS = [
    "NaPF6,1.0,M,DME,25.05,self_diffusion_cation,6.0,1e-10 m2/s,",
    "NaPF6,1.0,M,DME,25.05,self_diffusion_anion,5.0,1e-10 m2/s,",
    "NaPF6,1.0,M,DME,25.05,self_diffusion_solvent,10.0,1e-10 m2/s,",
    "NaPF6,0.5,M,DME,25.05,self_diffusion_solvent,20.0,1e-10 m2/s,",
    "NaPF6,1.0,M,PC,25.05,self_diffusion_cation,9.0,1e-10 m2/s,CAUTION contradicted",
    "NaPF6,1.0,M,PC,25.05,self_diffusion_anion,1.0,cm2/s,",
    "NaPF6,1.0,M,PC,50.05,self_diffusion_anion,3.0,1e-10 m2/s,",
]


@pytest.fixture
def measured(tmp_path, monkeypatch):
    path = tmp_path / mlffdistill_transport.FILE_NAME
    path.write_text(HEADER + "\n".join(ROWS) + "\n")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    monkeypatch.setattr(validation, "measured_density", lambda _: (2.0, "paper"))
    validation._measured.cache_clear()
    yield path
    validation._measured.cache_clear()


def row(recipe="1 M NaPF6 in DME", seed=1, scale=0.8, **values):
    held = {
        "recipe": recipe,
        "temperature_k": "298.15",
        "cation_set": "aqvist",
        "charge_scale": str(scale),
        "seed": str(seed),
    }
    for name, (value, error) in values.items():
        held |= {name: str(value), f"{name}_error": str(error)}
    return held


SOLUTION = {
    "diffusion_corrected_cation_1e10_m2_s": (6.6, 0.3),
    "diffusion_corrected_anion_1e10_m2_s": (7.0, 0.4),
    "diffusion_corrected_solvents_1e10_m2_s": ("DME:8", "DME:0.5"),
    "density_g_cm3": (2.02, 0.01),
}


def test_the_source_leaves_out_what_is_contradicted(measured):
    cations, report = mlffdistill_transport.load(measured)
    assert cations.value.tolist() == [6.0]
    assert cations.temperature_k.tolist() == pytest.approx([298.2])
    assert [n.what for n in report.notes] == [mlffdistill_transport.CONTRADICTED]
    anions, _ = mlffdistill_transport.load(measured, property_name="diffusion_anion_1e10_m2_s")
    assert anions.value.tolist() == [5.0, 3.0]
    with pytest.raises(InputError, match="it has diffusion_cation"):
        mlffdistill_transport.load(measured, property_name="colour")


def test_measured_values_belong_to_recipe_and_temperature(measured):
    assert measured_value("1 M NaPF6 in DME", 298.15, "cation") == (6.0, mlffdistill_transport.DOI)
    assert measured_value("1 M NaPF6 in DME", 310.0, "cation") is None
    assert measured_value("1 M NaPF6 in PC", 298.15, "cation") is None
    # 20 at 0.5 M and 10 at 1 M are 40 without salt.
    value, source = measured_value("DME", 298.15, "solvent")
    assert value == pytest.approx(40)
    assert "extrapolated" in source
    assert measured_value("PC", 298.15, "solvent") is None


def test_deviations_orders_and_errors_by_hand(measured):
    (verdict,) = judge(compare([row(**SOLUTION)]))
    diffusion = verdict.deviations["diffusion"]
    # +10 %, +40 % and -20 %.
    assert diffusion.n == 3
    assert diffusion.median == pytest.approx(0.2)
    assert diffusion.bias == pytest.approx(0.1)
    assert diffusion.bias_error == pytest.approx(math.hypot(0.05, 0.08, 0.05) / 3)
    assert 0 < diffusion.median_error < 0.1
    assert verdict.deviations["density"].bias == pytest.approx(0.01)
    # Solvent over cation and solvent over anion are right, cation over anion is not.
    assert (verdict.right_order, verdict.n_orders) == (2, 3)
    assert any("order of D within a solution right: 2 of 3" in line for line in verdict.lines())


def test_seeds_are_averaged_and_the_best_force_field_comes_first(measured):
    cation = "diffusion_corrected_cation_1e10_m2_s"
    rows = [row(scale=0.7, **{cation: (9.0, 0.3)})]
    rows += [row(seed=s, **{cation: (v, 0.4)}) for s, v in ((1, 6.0), (2, 7.2))]
    found = compare(rows)
    assert [c.n_seeds for c in found] == [1, 2]
    assert found[1].simulated == pytest.approx(6.6)
    assert found[1].error == pytest.approx(0.4 / math.sqrt(2))
    best, worst = judge(found)
    assert (best.force_field.charge_scale, worst.force_field.charge_scale) == (0.8, 0.7)
    assert found[0].to_dict()["deviation_percent"] == "50.0"


def test_a_pure_solvent_counts_for_every_force_field_with_these_solvents(measured):
    pure = row("DME", diffusion_corrected_solvents_1e10_m2_s=("DME:30", "DME:1"))
    other = pure | {"solvent_charge_scale": "0.9"}
    rows = [row(**SOLUTION), row(scale=0.7, **SOLUTION), pure, other]
    counts = {v.force_field.of_solvents: [] for v in judge(compare(rows))}
    for verdict in judge(compare(rows)):
        counts[verdict.force_field.of_solvents].append(verdict.deviations["solvent"].n)
    assert counts == {("", 1.0, 1.0, 1.0): [2, 2], ("", 0.9, 1.0, 1.0): [1]}
