import pytest

from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount, parse_recipe
from electrolyte_ml.search.check_recipe import limit_checks, violations


@pytest.fixture(scope="module")
def problem(make_problem):
    return make_problem(
        components={"additives": {"FEC": [1, 5]}},
        limits={
            "max_solvents": 2,
            "min_fraction": {"DME": 0.1},
            "max_molality_mol_kg": {"NaPF6": 1.0},
            "forbidden_pairs": [["NaFSI", "EC"]],
        },
    )


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ("1 mol/kg NaPF6 in EC:DME 50:50 w/w", []),
        ("1 mol/kg NaPF6 in EC:DME 51:49 w/w", ["max_fraction.EC"]),
        ("1 mol/kg NaPF6 in EC:PC:DME 40:40:20 w/w", ["n_solvents"]),
        ("1 mol/kg NaPF6 in EC:PC 50:50 w/w", ["min_fraction.DME"]),
        ("1.05 mol/kg NaPF6 in DME", ["max_molality_mol_kg.NaPF6"]),
        ("0.25 mol/kg NaPF6 in DME", ["salt_molality_mol_kg"]),
        ("1 mol/kg NaFSI in EC:DME 50:50 w/w", ["not NaFSI with EC"]),
        ("1 mol/kg NaPF6 in EC:DME 49.5:50.5 w/w", ["mass fraction of EC", "of DME"]),
        ("0.5 mol/kg NaPF6 + 0.5 mol/kg NaFSI in DME", ["n_salts"]),
        ("1 mol/kg NaPF6 in DME:PC 97:3 w/w", ["mass fraction of PC"]),
        ("1 mol/kg NaClO4 in DME", ["NaClO4 is not a component"]),
    ],
)
def test_each_limit_is_noticed(problem, catalog, recipe, words):
    faults = violations(parse_recipe(recipe, catalog), problem.components, problem.limits)
    assert len(faults) == len(words), faults
    for fault, word in zip(faults, words, strict=True):
        assert word in fault


def test_an_additive_beyond_its_range_is_noticed(problem, catalog):
    recipe = Formulation(
        solvents=(
            SolventAmount(solvent=catalog.solvent("DME"), mass_fraction=0.9),
            SolventAmount(solvent=catalog.solvent("FEC"), mass_fraction=0.1, role="additive"),
        ),
        salts=(SaltAmount(salt=catalog.salt("NaPF6"), molality_mol_kg=0.9),),
    )
    fault, *_ = violations(recipe, problem.components, problem.limits)
    assert fault.startswith("additives.FEC is 8.68")
    assert fault.endswith("allowed is [1.0, 5.0]")


def test_a_recipe_counts_as_it_is_written(problem, catalog):
    recipe = parse_recipe("1 mol/kg NaPF6 in EC:DME 50:50 w/w + 5 wt% FEC", catalog)
    assert recipe.mass_fractions["EC"] < 0.48
    assert violations(recipe, problem.components, problem.limits) == []


def test_every_limit_is_listed(problem, catalog):
    recipe = parse_recipe("1 mol/kg NaPF6 in DME", catalog)
    names = [c.name for c in limit_checks(recipe, problem.components, problem.limits)]
    assert names == [
        "n_solvents",
        "n_salts",
        "salt_molality_mol_kg",
        "n_additives",
        "max_fraction.EC",
        "min_fraction.DME",
        "max_molality_mol_kg.NaPF6",
        "not NaFSI with EC",
    ]
