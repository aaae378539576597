"""Intervals widen beyond what was measured."""

import numpy as np
import pytest

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity.reach import Reach
from electrolyte_ml.models.conductivity.rows import Described, MixtureRows, TrainingRows

MEASURED = ("1 m LiPF6 in EC:DMC 1:1 w/w", "2 m LiPF6 in EC:DMC 1:1 w/w", "EMIMFSI")


@pytest.fixture(scope="module")
def reach():
    recipes = tuple(parse_recipe(text) for text in MEASURED)
    n = len(recipes)
    return Reach.of(
        TrainingRows.of(
            Measurements(
                property_name="conductivity_ms_cm",
                formulations=recipes,
                formulation_index=np.arange(n),
                temperature_k=np.full(n, 298.15),
                value=np.full(n, 5.0),
                source=np.full(n, "a paper"),
                source_row=np.arange(n),
                flag=np.full(n, ""),
            )
        )
    )


def beyond(reach, *texts):
    composition = compose([parse_recipe(text) for text in texts])
    ln_charge = Described.of(composition).ln_charge[composition.index]
    return reach.beyond(MixtureRows.of(composition), ln_charge)


def test_nothing_is_added_inside(reach):
    assert beyond(reach, *MEASURED, "1.5 m LiPF6 in EC:DMC 3:1 w/w") == pytest.approx(np.zeros(4))


def test_more_is_added_the_more_concentrated_a_salt_is(reach):
    texts = [f"{m} m LiPF6 in EC:DMC 1:1 w/w" for m in (2, 3, 4, 6)]
    added = beyond(reach, *texts)
    assert np.all(np.diff(added) > 0.02)
    charge = np.exp(Described.of(compose([parse_recipe(t) for t in texts])).ln_charge)
    assert added == pytest.approx(0.3 * np.log(charge / charge[0]))
    # A mixture of salts goes by its charge in all, each anion by its share.
    half = beyond(reach, "2 m LiPF6 + 2 m LiFSI in EC:DMC 1:1 w/w")
    assert 0 < half[0] < added[2]


def test_ionic_liquids_say_nothing_about_metals(reach):
    # FSI was measured with organic cations alone: with lithium it counts as there.
    dilute, pure = beyond(reach, "1 m LiFSI in EC:DMC 1:1 w/w", "EMIMFSI")
    assert (dilute, pure) == (0.0, 0.0)
    assert beyond(reach, "20 m LiFSI in EC:DMC 1:1 w/w")[0] > 0.02


def test_new_species_add_by_their_share(reach):
    known, anion, cation, solvent, half = beyond(
        reach,
        "1 m LiPF6 in EC",
        "1 m LiBF4 in EC",
        "1 m NaPF6 in EC",
        "1 m LiPF6 in DME",
        "1 m LiPF6 in EC:DME 1:1 mol",
    )
    assert (known, anion, cation, solvent) == pytest.approx((0.0, 0.12, 0.10, 0.08))
    assert half == pytest.approx(0.04)


def test_reach_is_read_back_as_it_was(reach):
    assert Reach.from_dict(reach.to_dict()) == reach
