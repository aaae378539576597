import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.liquid import liquid_range
from electrolyte_ml.models.liquid.constants import phase_constants
from electrolyte_ml.models.liquid.vapour import log_pressure_ratio
from electrolyte_ml.species import default_catalog

LINEAR_CARBONATES = ("DMC", "EMC", "DEC")
amount = st.floats(0.02, 0.98)


def of(recipe):
    return liquid_range([parse_recipe(recipe)])


@pytest.mark.parametrize("name", ["EC", "PC", "DMC", "DME", "diglyme", "AN", "toluene", "water"])
def test_a_pure_solvent_boils_at_its_boiling_point(name):
    known = default_catalog().solvent(name).value("boiling_point_k")
    assert of(name).boils_above_k.value[0] == pytest.approx(known, abs=0.01)


@pytest.mark.parametrize("name", ["EC", "PC", "DMC", "DME", "diglyme", "AN", "toluene"])
def test_a_pure_solvent_has_its_flash_point(name):
    known = default_catalog().solvent(name).value("flash_point_k")
    assert of(name).flash_point_k.value[0] == pytest.approx(known, abs=0.01)


@given(amount)
def test_mixtures_of_alike_solvents_lie_between_them(share):
    pure = [of(name) for name in ("DMC", "DEC")]
    mixed = of(f"DMC:DEC {share:.4f}:{1 - share:.4f} w/w")
    for name in ("boils_above_k", "flash_point_k"):
        low, high = sorted(getattr(p, name).value[0] for p in pure)
        assert low - 0.5 <= getattr(mixed, name).value[0] <= high + 0.5


def test_the_most_volatile_solvent_sets_the_flash_point():
    dmc, ec = (of(name).flash_point_k.value[0] for name in ("DMC", "EC"))
    mixed = of("EC:DMC 1:1 w/w").flash_point_k.value[0]
    assert dmc < mixed < dmc + 0.2 * (ec - dmc)


@given(st.floats(0.1, 2.0))
def test_salt_raises_boiling_and_flash_point(molality):
    pure, salted = of("DMC"), of(f"{molality:.4f} mol/kg NaPF6 in DMC")
    assert salted.boils_above_k.value[0] > pure.boils_above_k.value[0]
    assert salted.flash_point_k.value[0] > pure.flash_point_k.value[0]


def test_what_does_not_burn_raises_the_flash_point_until_there_is_none():
    points = liquid_range(
        [parse_recipe(f"TEP:HFE-7100 {100 - v}:{v} v/v") for v in (1, 3, 90)]
    ).flash_point_k
    alone = of("TEP").flash_point_k.value[0]
    assert alone < points.value[0] < points.value[1]
    assert np.isnan(points.value[2])
    assert points.in_domain[2]
    assert "no flash point below the boiling point" in points.reason[2]
    assert "HFE-7100 without a flash point" in points.reason[2]


def test_an_estimated_flash_point_is_flagged_and_less_certain():
    known, estimated = of("DEC").flash_point_k, of("MPC").flash_point_k
    assert known.in_domain[0]
    assert not estimated.in_domain[0]
    assert "estimated from its boiling point" in estimated.reason[0]
    widths = [p.high[0] - p.low[0] for p in (known, estimated)]
    assert widths[1] > 2 * widths[0]


def test_a_solvent_of_unknown_boiling_point_counts_as_not_volatile():
    mixed = of("DMC:DTD 9:1 w/w").boils_above_k
    assert mixed.value[0] > of("DMC").boils_above_k.value[0]
    assert "boiling point of DTD unknown" in mixed.reason[0]
    assert not mixed.in_domain[0]
    assert np.isnan(of("DTD").boils_above_k.value[0])


@pytest.mark.parametrize(
    ("name", "pascal"),
    [  # correlations of thermo 0.6.1 at 298.15 K
        ("DMC", 7270.0),
        ("DME", 10100.0),
        ("THF", 21600.0),
        ("DEC", 1440.0),
        ("DMSO", 80.2),
        ("DMF", 542.0),
        ("toluene", 3800.0),
        ("AN", 11800.0),
    ],
)
def test_vapour_pressures_at_room_temperature(name, pascal):
    c = phase_constants([default_catalog().solvent(name)])
    ratio = log_pressure_ratio(np.array([298.15]), c.boiling_k, c.vaporisation_j_mol)[0]
    assert 101325 * np.exp(ratio) == pytest.approx(pascal, rel=0.15)


@given(st.floats(230, 500), st.floats(1, 60))
def test_vapour_pressure_rises_with_temperature(cold, step):
    c = phase_constants([default_catalog().solvent(n) for n in LINEAR_CARBONATES])
    at = [
        log_pressure_ratio(np.array([t]), c.boiling_k, c.vaporisation_j_mol)
        for t in (cold, cold + step)
    ]
    assert (at[1] > at[0]).all()
