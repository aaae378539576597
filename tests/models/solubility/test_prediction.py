import numpy as np
import pytest

from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.formulation.amounts import SaltAmount, SolventAmount
from electrolyte_ml.models.scoring import score_formulations
from electrolyte_ml.models.solubility import predict_solubility
from electrolyte_ml.models.solubility.evidence import dissolved_mixtures
from electrolyte_ml.properties import registered_property
from electrolyte_ml.search.scorer import ModelScorer


def solubility(*recipes, kelvin=298.15):
    formulations = [parse_recipe(text) for text in recipes]
    return predict_solubility(formulations, np.full(len(recipes), kelvin))


def of(held):
    return Formulation(
        solvents=tuple(
            SolventAmount(solvent=s, mass_fraction=float(w), role=s.role)
            for s, w in zip(held.solvents, held.mass_fractions, strict=True)
        ),
        salts=(SaltAmount(salt=held.salt, molality_mol_kg=held.molality_mol_kg),),
    )


def test_measured_mixtures_which_no_model_was_fitted_to_are_in_the_interval():
    recipes = [of(held) for held in dissolved_mixtures()]
    margin = predict_solubility(recipes, np.full(len(recipes), 298.15)).solubility_margin
    assert np.mean(margin.high >= 1) > 0.97
    # A measured solution is a lower bound of its own blend.
    assert np.all(margin.value > 0.999)


def test_the_margin_is_the_limit_by_the_molality():
    recipes = [f"{m} m NaClO4 in PC" for m in (0.5, 2.0)]
    found = solubility(*recipes)
    limit, margin = found.solubility_mol_kg, found.solubility_margin
    assert limit.value[0] == pytest.approx(limit.value[1])
    assert margin.value == pytest.approx(limit.value / [0.5, 2.0])
    assert np.all((limit.low < limit.value) & (limit.value < limit.high))


def test_the_salt_that_is_saturated_first_limits_a_recipe():
    found = solubility("1 M NaPF6 in PC", "1 M NaPF6 in PC + 0.1 wt% NaF").solubility_margin
    assert found.value[1] < 0.1 < found.value[0]


def test_a_diluent_takes_no_part_and_the_molality_falls():
    plain, diluted = solubility(
        "1 m NaFSI in DME", "1 m NaFSI in DME:TTE 1:3 w/w"
    ).solubility_mol_kg
    assert diluted.value[0] == pytest.approx(plain.value[0] / 4, rel=1e-6)
    (pure,) = solubility("1 m LiFSI in TTE").solubility_mol_kg
    assert pure.value[0] < 0.2


def test_a_mixture_lies_between_its_solvents():
    mixed, good, bad = (
        solubility(f"1 m NaPF6 in {x}").solubility_mol_kg.value[0]
        for x in ("PC:DEC 1:1 w/w", "PC", "DEC")
    )
    assert bad < mixed < good
    order = solubility("1 m NaPF6 in DEC:PC 1:1 w/w").solubility_mol_kg.value[0]
    assert order == pytest.approx(mixed)


def test_the_interval_widens_away_from_room_temperature():
    warm, cold = (solubility("1 m NaPF6 in PC", kelvin=t) for t in (298.15, 253.15))
    assert cold.solubility_mol_kg.value[0] == pytest.approx(warm.solubility_mol_kg.value[0])
    assert cold.solubility_mol_kg.low[0] < 0.7 * warm.solubility_mol_kg.low[0]


def test_where_there_is_no_number_the_reason_says_why():
    found = solubility(
        "EC:DMC 1:1 w/w", "1 m TEABF4 in PC", "1 m NaFSI in EMIMFSI", "1 m NaPF6 in PC"
    ).solubility_mol_kg
    assert np.isnan(found.value).tolist() == [True, True, True, False]
    assert found.reason[0] == "no salt"
    assert "Li, Na, K, Rb, Cs are covered" in found.reason[1]
    assert found.in_domain.tolist() == [False, False, False, True]


def test_what_was_not_checked_is_said():
    assert "from memory, not checked" in solubility("1 m NaPF6 in DEC").solubility_mol_kg.reason[0]
    assert "estimated" in solubility("1 m NaDFOB in sulfolane").solubility_mol_kg.reason[0]
    assert solubility("1 m LiPF6 in DMC").solubility_mol_kg.reason[0] is None


def test_no_rows():
    assert len(predict_solubility([], np.array([]))) == 0


def test_score_shows_it_and_searches_can_limit_it():
    recipe = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v")
    (record,) = score_formulations([recipe], np.array([298.15])).records()
    assert 0.3 < record["solubility_mol_kg"]["value"] < 5
    margin = ModelScorer(["solubility_margin"])([recipe], np.array([298.15]))["solubility_margin"]
    assert margin.value[0] > 1
    assert registered_property("solubility_margin").is_logarithmic
