"""The bundled problems, with a chemist's eye on what they propose."""

from itertools import combinations

import numpy as np
import pytest

from electrolyte_ml.errors import InputError, RecipeFileError
from electrolyte_ml.search import load_problem, propose
from electrolyte_ml.search.bundled import bundled_problems, find_problem, require_predictable
from electrolyte_ml.search.check_recipe import violations
from electrolyte_ml.search.shortlist import main_solvents, nearly_same

_READY = bundled_problems()
_PHOSPHATES = {"TMP", "TEP", "TFEP"}
_DILUENTS = {"TTE", "BTFE", "TFEE", "HFE-347"}
_ETHERS = {"DME", "DEE", "diglyme", "triglyme", "tetraglyme", "DOL", "THF", "2-MeTHF"}


def _share(proposal, names):
    return sum(x for n, x in proposal.formulation.mass_fractions.items() if n in names)


def _all_salts_are(cation):
    return lambda p: all(s.salt.cation.name == cation for s in p.formulation.salts)


# What a chemist would look for first in each problem; additives come on top of the limits.
_LOOKS_RIGHT = {
    "sodium_room_temperature": [
        _all_salts_are("Na"),
        lambda p: _share(p, {"DOL", "THF", "2-MeTHF"}) <= 0.31,
    ],
    "sodium_low_temperature": [
        _all_salts_are("Na"),
        lambda p: p.formulation.mass_fractions.get("EC", 0.0) <= 0.2,
    ],
    "sodium_high_voltage": [lambda p: not _share(p, _ETHERS)],
    "sodium_low_flammability": [lambda p: _share(p, _PHOSPHATES) > 0.43],
    "sodium_metal_glyme": [lambda p: _share(p, _ETHERS) > 0.999],
    "sodium_localized_high_concentration": [
        lambda p: 0.4 < _share(p, _DILUENTS) < 0.76,
        lambda p: sum(p.formulation.molalities_mol_kg.values()) >= 1.0,
    ],
    "sodium_low_cost": [lambda p: "NaPF6" not in p.formulation.molalities_mol_kg],
    "sodium_wide_open": [_all_salts_are("Na")],
    "lithium_metal": [
        _all_salts_are("Li"),
        lambda p: p.predictions[0]["coulombic_efficiency_percent"]["value"] > 98,
    ],
    "lithium_reference": [
        _all_salts_are("Li"),
        lambda p: p.formulation.mass_fractions["EC"] > 0.17,
        lambda p: p.formulation.molalities_mol_kg.get("LiFSI", 0.0) <= 0.4,
    ],
}


def test_every_bundled_problem_is_looked_at():
    assert set(_READY) == set(_LOOKS_RIGHT)
    assert len(_READY) >= 8


@pytest.mark.parametrize("name", sorted(_READY))
def test_bundled_problems_run_to_a_shortlist(name):
    problem = load_problem(_READY[name])
    # The wide open one has to find the few recipes in a hundred that the models know.
    n_trials = 800 if name == "sodium_wide_open" else 250
    proposals = propose(problem, n=8, n_trials=n_trials).proposals
    assert len(proposals) == 8
    keys = {p.formulation.key for p in proposals}
    sets = {frozenset(p.weigh_out_g_per_100g) for p in proposals}
    assert len(keys) == 8
    assert len(sets) >= 4
    # Not eight blends of one solvent, nor near-copies of one recipe.
    assert len({max(s := p.formulation.mass_fractions, key=s.get) for p in proposals}) >= 2
    recipes = [p.formulation for p in proposals]
    held = [{s.name for s in main_solvents(f)} for f in recipes]
    assert held[0].intersection(*held) <= set(problem.limits.min_fraction)
    assert not any(nearly_same(a, b) for a, b in combinations(recipes, 2))
    for proposal in proposals:
        assert violations(proposal.formulation, problem.components, problem.limits) == []
        assert all(check.satisfied for check in proposal.checks)
        values = [p["conductivity_ms_cm"]["value"] for p in proposal.predictions]
        assert all(0.01 < v < 60 for v in values)
        assert not [w for w in proposal.warnings if w.severity == "danger"]
        assert proposal.predictions[0]["liquid"]["miscibility"] != "separates"
        for looks_right in _LOOKS_RIGHT[name]:
            assert looks_right(proposal), proposal.formulation.notation()


def test_a_bundled_problem_is_found_by_name_or_path(tmp_path):
    assert find_problem("lithium_reference") == _READY["lithium_reference"]
    assert find_problem(_READY["lithium_reference"]) == _READY["lithium_reference"]
    with pytest.raises(InputError, match="did you mean 'sodium_low_cost'"):
        find_problem("sodium_lowcost")


def test_what_nothing_predicts_fails_before_a_search(make_problem, scorer):
    problem = make_problem(
        constraints=[{"property": "viscosity_mpa_s", "temperature": "25 degC", "max": 5}]
    )
    with pytest.raises(RecipeFileError, match="no model ships yet"):
        require_predictable(problem, scorer)
    assert np.isfinite(problem.constraints[0].limit)
