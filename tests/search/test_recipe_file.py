from pathlib import Path

import numpy as np
import pytest

from electrolyte_ml.errors import RecipeFileError
from electrolyte_ml.search import (
    Bound,
    Direction,
    OutOfDomain,
    Risk,
    SearchSpace,
    load_problem,
    read_problem,
)
from electrolyte_ml.species.tables import read_solvents

_RECIPES = Path(__file__).parents[2] / "recipes"
DENSITY = {"property": "density_g_cm3", "temperature": "25 degC"}


@pytest.fixture
def faults_of(catalog, problem_data):
    """Fault lines of a problem with changes, without the name of the file."""

    def faults(**changes):
        with pytest.raises(RecipeFileError) as caught:
            read_problem(problem_data(**changes), file="my.toml", catalog=catalog)
        assert all(line.startswith("my.toml: ") for line in caught.value.messages)
        return [line.removeprefix("my.toml: ") for line in caught.value.messages]

    return faults


def test_defaults(make_problem):
    problem = make_problem()
    assert problem.temperatures_k == (298.15, 253.15)
    assert problem.risk is Risk.LOW
    assert problem.out_of_domain is OutOfDomain.EXCLUDE
    assert problem.limits.fraction_step == 0.01
    assert problem.limits.molality_step == 0.05
    assert [o.bound(problem.risk) for o in problem.objectives] == [Bound.LOW, Bound.LOW]


def test_pessimism_depends_on_the_direction(make_problem):
    problem = make_problem(
        objectives=[
            {"property": "viscosity_mpa_s", "temperature": "25 degC", "direction": "minimize"}
        ],
        constraints=[{"property": "density_g_cm3", "temperature": "25 degC", "min": 1, "max": 2}],
    )
    assert problem.objectives[0].direction is Direction.MINIMIZE
    assert problem.objectives[0].bound(problem.risk) is Bound.HIGH
    assert [c.bound for c in problem.constraints] == [Bound.LOW, Bound.HIGH]


def test_aliases_and_families_are_looked_up(make_problem):
    problem = make_problem(
        components={"solvents": ["EC"], "families": ["glyme", "linear carbonate"]},
        limits={"max_fraction": {"O=C1OCCO1": 0.5}},
    )
    first, *rest = [s.name for s in problem.components.solvents]
    assert first == "EC"
    glymes, carbonates = {"DME", "diglyme", "triglyme", "tetraglyme"}, {"DMC", "EMC", "DEC"}
    # Families stay together, whichever comes first.
    assert {*rest[:4]} == glymes or {*rest[:3]} == carbonates
    assert {*rest} == glymes | carbonates
    assert dict(problem.limits.max_fraction) == {"EC": 0.5}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limit": {}}, ["limit: unknown key; did you mean 'limits'?"]),
        ({"limits": {"max_solvent": 3}}, ["limits.max_solvent: unknown key", "'max_solvents'"]),
        ({"components": {"solvents": ["EC", "digylme"]}}, ["components.solvents", "'diglyme'"]),
        (
            {"components": {"solvents": ["EC", "CC[n+]1ccn(C)c1.F[B-](F)(F)F"]}},
            ["is an ionic liquid; searches do not cover ionic liquids as solvents"],
        ),
        ({"components": {"salts": ["NaPF7"]}}, ["components.salts", "'NaPF6'"]),
        ({"components": {"salts": []}}, ["components.salts: is empty"]),
        ({"components": {"families": ["glymes"]}}, ["components.families", "'glyme'"]),
        ({"components": {"solvents": ["EC", "PC", "EC"]}}, ["EC is listed more than once"]),
        ({"components": {"additives": {"EC": [1, 2]}}}, ["EC is listed more than once"]),
        ({"components": {"additives": {"FEC": [5, 1]}}}, ["components.additives.FEC"]),
        ({"components": {"additives": {"FEC": [1.2, 1.4]}}}, ["additives.FEC: no step"]),
        ({"components": {"additives": {"FEC": 2}}}, ["additives.FEC: must be two numbers"]),
        ({"limits": {"salt_molality_mol_kg": [2.0, 0.3]}}, ["lowest 2 is above highest 0.3"]),
        ({"limits": {"salt_molality_mol_kg": [0, 1]}}, ["a recipe needs a salt"]),
        ({"limits": {"salt_molality_mol_kg": 1.0}}, ["must be two numbers"]),
        ({"limits": {"molality_step": 5.0}}, ["limits.molality_step: 5 is coarser"]),
        ({"limits": {"molality_step": 0}}, ["limits.molality_step: must be above 0"]),
        ({"limits": {"fraction_step": 0}}, ["limits.fraction_step: must be above 0, given 0"]),
        ({"limits": {"fraction_step": 1e-9}}, ["limits.fraction_step: 1e-09 is too fine a grid"]),
        (
            {"limits": {"ratios": [{"of": ["EC"], "to": ["PC"], "max": 1e308}]}},
            ["limits.ratios[1].max: must be at most 1e+06"],
        ),
        ({"limits": {"molality_step": 1e-9}}, ["limits.molality_step: 1e-09 is too fine a grid"]),
        (
            {"limits": {"max_solvents": 1 << 20_000}},
            ["limits.max_solvents: must be at most 1000, given a whole number too long to show"],
        ),
        ({"name": "a\x1b[31m"}, ["name: holds control characters: 'a\\x1b[31m'"]),
        ({"name": "a\nb"}, ["name: must be one line"]),
        ({"search": {"population": 10**9}}, ["search.population: must be at most 1e+07"]),
        ({"limits": {"fraction_step": 0.03}}, ["limits.fraction_step: 0.03 does not divide 1"]),
        ({"limits": {"smallest_fraction": 0}}, ["limits.smallest_fraction: must be above 0"]),
        ({"limits": {"min_solvents": 4}}, ["limits.min_solvents: 4 is above max_solvents 3"]),
        ({"limits": {"min_solvents": 6, "max_solvents": 9}}, ["lists 5"]),
        ({"limits": {"max_solvents": 0}}, ["limits.max_solvents: must be at least 1, given 0"]),
        ({"limits": {"max_solvents": True}}, ["limits.max_solvents: must be a whole number"]),
        ({"limits": {"max_fraction": {"THF": 0.5}}}, ["THF is not among components.solvents"]),
        (
            {"limits": {"max_fraction": {"EC": 1.5}}},
            ["limits.max_fraction.EC: must be at most 1, given 1.5"],
        ),
        ({"limits": {"max_fraction": {"EC": 0.02}}}, ["0.02 is below smallest_fraction 0.05"]),
        (
            {"limits": {"max_fraction": {"EC": 0.2}, "min_fraction": {"EC": 0.3}}},
            ["limits.max_fraction.EC: 0.2 is below min_fraction 0.3"],
        ),
        ({"limits": {"min_fraction": {"EC": 0.5, "PC": 0.6}}}, ["add up to 1.1"]),
        (
            {"limits": {"max_fraction": dict.fromkeys(["EC", "PC", "DMC", "DME", "diglyme"], 0.3)}},
            ["3 solvents reach at most 0.9 of the whole"],
        ),
        ({"limits": {"max_molality_mol_kg": {"NaPF6": 0.2}}}, ["max_molality_mol_kg.NaPF6"]),
        ({"limits": {"forbidden_pairs": [["EC", "THF"]]}}, ["THF is not a component"]),
        ({"limits": {"forbidden_pairs": [["EC", "nonsense"]]}}, ["unknown solvent 'nonsense'"]),
        ({"components": {"solvents": ["EC", "PCC"]}}, ["unknown solvent 'PCC'; did you mean 'PC'"]),
        (
            {"limits": {"forbidden_pairs": [["EC"]]}},
            ["limits.forbidden_pairs[1]: must be a pair of names", "given ['EC']"],
        ),
        ({"limits": {"forbidden_pairs": "EC"}}, ["must be a list", "list of pairs of names"]),
        ({"limits": {"forbidden_pairs": [["EC", "EC"]]}}, ["paired with itself"]),
        (
            {
                "limits": {
                    "min_solvents": 2,
                    "max_solvents": 2,
                    "forbidden_pairs": [
                        [a, b]
                        for a in ("EC", "PC", "DMC", "DME", "diglyme")
                        for b in ("EC", "PC", "DMC", "DME", "diglyme")
                        if a < b
                    ],
                }
            },
            ["no choice of components"],
        ),
        ({"objectives": []}, ["objectives: is missing"]),
        ({"objectives": {"property": "x"}}, ["[[objectives]]"]),
        (
            {"objectives": [{"property": "conductivity_ms_cm", "temperature": 25}]},
            ["objectives[1].temperature: temperature 25 has no unit", "25 degC"],
        ),
        ({"objectives": [{"property": "conductivity_ms_cm", "temperature": "25"}]}, ["no unit"]),
        (
            {"objectives": [{"property": "conductivity_ms_cm", "temperature": "25 K"}]},
            ["'25 K' is 25 K, outside 150 to 500 K"],
        ),
        (
            {"objectives": [DENSITY | {"direction": "up"}]},
            ["objectives[1].direction: must be 'maximize' or 'minimize'"],
        ),
        (
            {"objectives": [DENSITY | {"weight": 0}]},
            ["weight"],
        ),
        (
            {"objectives": [DENSITY] * 2},
            ["already"],
        ),
        (
            {"constraints": [DENSITY]},
            ["give min, max or both"],
        ),
        (
            {"constraints": [DENSITY | {"min": 2, "max": 1}]},
            ["constraints[1].min: 2 is above max 1"],
        ),
        (
            {"constraints": [DENSITY | {"max": 1, "on": "mean"}]},
            ["constraints[1].on"],
        ),
        ({"prediction": {"risk": "brave"}}, ["prediction.risk: must be 'value', 'low' or 'prob"]),
        ({"search": {"sampler": "random"}}, ["search.sampler"]),
        ({"search": {"n_trials": 0}}, ["search.n_trials: must be at least 1, given 0"]),
        ({"search": {"population": 1}}, ["search.population"]),
        ({"name": 3}, ["name: must be a text"]),
        ({"components": 3}, ["components: must be a table"]),
    ],
)
def test_a_fault_gives_one_line_that_names_the_key(faults_of, changes, words):
    lines = faults_of(**changes)
    assert len(lines) == 1, lines
    for word in words:
        assert word in lines[0]


def test_a_fault_says_what_the_key_is_for(faults_of):
    (fault,) = faults_of(limits={"max_solvents": 2.5})
    assert fault == (
        "limits.max_solvents: must be a whole number, given 2.5 "
        "(most solvents of a recipe, additives not counted)"
    )
    (fault,) = faults_of(objectives=[])
    assert fault == (
        "objectives: is missing (properties to optimise: add [[objectives]] with property and "
        "temperature)"
    )


def test_one_component_by_two_of_its_names(faults_of):
    (fault,) = faults_of(limits={"max_fraction": {"EC": 0.3, "O=C1OCCO1": 0.5}})
    assert fault.startswith("limits.max_fraction: one component is given twice")


def test_an_unknown_property_is_told_beside_all_other_faults(faults_of):
    lines = faults_of(
        objectives=[
            {"property": "oxygens_per_cation"},
            {"property": "conductivity_ms_m", "temperature": "25"},
        ],
        constraints=[{"property": "solvent_per_salt_mol", "max": 4}],
        limits={"max_solvents": 2.5},
    )
    told = [line.split(": ")[0] for line in lines]
    assert told == [
        "limits.max_solvents",
        "objectives[1].property",
        "objectives[2].property",
        "objectives[2].temperature",
        "constraints[1].property",
    ]
    assert "unknown property 'oxygens_per_cation'" in lines[1]
    assert lines[1].endswith("or the package that adds it is not installed")
    assert "did you mean 'conductivity_ms_cm'?" in lines[2]
    assert "did you mean 'solvents_per_salt_mol'?" in lines[4]


def test_a_fault_in_a_list_hides_no_other(faults_of):
    objective = {"property": "conductivity_ms_cm", "temperature": "25 degC"}
    lines = faults_of(
        objectives=[{"temperature": "25 degC", "direction": "up"}, objective, objective],
        constraints=[{"property": "density_g_cm3", "temperature": "-20", "max": "x"}, 3],
        limits={"ratios": [{"of": []}, {"of": ["EC"], "min": 2, "max": 1}], "fraction_step": 0.03},
    )
    reported = [line.split(":")[0] for line in lines]
    assert reported == [
        "limits.ratios[1].of",
        "limits.ratios[1].min",
        "limits.ratios[2].min",
        "objectives[1].property",
        "objectives[1].direction",
        "constraints[1].temperature",
        "constraints[1].max",
        "constraints[2]",
        "objectives",
        "limits.fraction_step",
    ]


def test_all_faults_come_at_once(faults_of):
    lines = faults_of(
        components={"solvents": ["EC", "digylme"], "salts": ["NaPF7", "NaFSI"]},
        limits={
            "salt_molality_mol_kg": [2, 1],
            "max_solvent": 3,
            "max_fraction": {"THF": 0.5},
            "fraction_step": 0.03,
        },
        objectives=[{"property": "conductivity_ms_cm", "temperature": 25}],
        serach={},
    )
    reported = "\n".join(lines)
    for word in (
        "digylme",
        "NaPF7",
        "lowest 2",
        "max_solvent:",
        "THF",
        "0.03",
        "no unit",
        "did you mean 'search'",
    ):
        assert word in reported
    assert "at least one" not in reported
    assert len(lines) == 8


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(RecipeFileError, match="no such file"):
        load_problem(tmp_path / "missing.toml")
    with pytest.raises(RecipeFileError, match="cannot be read"):
        load_problem(tmp_path)
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ", encoding="utf-8")
    with pytest.raises(RecipeFileError, match=r"broken\.toml: is no TOML"):
        load_problem(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeFileError, match="is no TOML"):
        load_problem(broken)
    with pytest.raises(RecipeFileError, match="components: is missing"):
        read_problem({"name": "empty"})


def test_the_result_shows_what_was_asked(make_problem):
    shown = make_problem(limits={"forbidden_pairs": [["NaPF6", "DME"]]}).to_dict()
    assert shown["limits"]["forbidden_pairs"] == [["NaPF6", "DME"]]
    assert shown["objectives"][1] == {
        "property": "conductivity_ms_cm",
        "temperature_k": 253.15,
        "direction": "maximize",
        "on": "low",
        "weight": 1.0,
    }


@pytest.mark.parametrize("path", sorted(_RECIPES.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_recipes_are_valid(path):
    assert read_solvents()
    problem = load_problem(path)
    space = SearchSpace(problem.components, problem.limits)
    assert space.decode([0.5] * space.dimension).salts
    assert problem.description


def test_prices_are_read_and_every_missing_one_is_named(faults_of, make_problem, tmp_path, catalog):
    cost = {"objectives": [{"property": "cost_per_kg", "direction": "minimize"}]}
    (fault,) = faults_of(**cost, prices={"currency": "EUR", "per_kg": {"EC": 2, "NaPF6": 20}})
    assert "no price by kg of NaFSI, PC, DMC, DME, diglyme" in fault
    everything = dict.fromkeys(["EC", "PC", "DMC", "DME", "diglyme", "NaPF6", "NaFSI"], 1)
    problem = make_problem(**cost, prices={"currency": "EUR", "per_kg": everything})
    assert problem.prices["NaFSI"] == 1.0
    assert problem.to_dict()["prices"]["currency"] == "EUR"
    faults = faults_of(**cost, prices={"per_kg": {**everything, "EC": -1, "nonsense": 2}})
    reported = "\n".join(faults)
    for words in (
        "prices.currency: is missing",
        "prices.per_kg.EC: must be at least 0, given -1",
        "nonsense",
    ):
        assert words in reported


def test_prices_of_a_file_are_replaced_by_those_of_the_recipe(problem_data, catalog, tmp_path):
    names = ["EC", "PC", "DMC", "DME", "diglyme", "NaPF6", "NaFSI", "FEC"]
    (tmp_path / "prices.csv").write_text(
        "component,price_per_kg\n" + "".join(f"{n},3\n" for n in names), encoding="utf-8"
    )
    data = problem_data(
        objectives=[{"property": "cost_per_kg", "direction": "minimize"}],
        prices={"currency": "EUR", "file": "prices.csv", "per_kg": {"EC": 5}},
    )
    problem = read_problem(data, catalog=catalog, folder=tmp_path)
    assert (problem.prices["EC"], problem.prices["PC"]) == (5.0, 3.0)
    (tmp_path / "prices.csv").write_text("component,price_per_kg\nEC,much\n", encoding="utf-8")
    with pytest.raises(RecipeFileError, match=r"prices\.csv, line 2: the price of EC must be"):
        read_problem(data, catalog=catalog, folder=tmp_path)


def test_everything_of_the_catalog_and_what_is_excluded(make_problem, faults_of, catalog):
    problem = make_problem(
        components={
            "solvents": "everything",
            "salts": "everything",
            "cation": "Na",
            "exclude": ["THF", "NaClO4"],
        }
    )
    solvents = [s.name for s in problem.components.solvents]
    expected = {s.name for s in catalog.solvents if s.role == "solvent"} - {"THF"}
    assert set(solvents) == expected
    assert {s.name for s in problem.components.salts} == {"NaPF6", "NaFSI"}
    # Similar ones are neighbours.
    for first, second in (("DMC", "EMC"), ("DME", "diglyme"), ("triglyme", "tetraglyme")):
        assert abs(solvents.index(first) - solvents.index(second)) == 1
    for components, words in (
        ({"salts": "everything"}, "components.salts: cation is missing"),
        ({"cation": "Na"}, "goes with salts = 'everything'"),
        ({"exclude": ["THF"]}, "THF is not a component anyway"),
        ({"solvents": "all"}, "list of names in quotes or 'everything'"),
    ):
        reported = faults_of(components=components)
        assert any(words in line for line in reported), reported


def test_ratios_hold_in_every_recipe_and_their_faults_are_named(make_problem, faults_of):
    ratios = [
        {"of": ["DMC"], "to": ["EC", "PC"], "min": 0.5, "max": 2},
        {"of": ["DME", "diglyme"], "max": 0.4},
    ]
    problem = make_problem(limits={"ratios": ratios})
    space = SearchSpace(problem.components, problem.limits)
    for recipe in space.decode_many(np.random.default_rng(0).random((500, space.dimension))):
        w = recipe.mass_fractions
        polar, thin = w.get("EC", 0) + w.get("PC", 0), w.get("DMC", 0)
        assert 0.5 * polar - 1e-9 <= thin <= 2 * polar + 1e-9
        assert w.get("DME", 0) + w.get("diglyme", 0) <= 0.4 + 1e-9
    for ratio, words in (
        ({"of": ["EC"], "to": ["THF"], "max": 1}, "THF is not among components.solvents"),
        ({"of": ["EC"], "to": ["EC"], "max": 1}, "EC stands on both sides"),
        ({"of": ["EC"], "min": 2, "max": 1}, "ratios[1].min: 2 is above max 1"),
        ({"of": ["EC"]}, "give min, max or both"),
        ({"max": 1}, "ratios[1].of: is missing"),
        ({"of": ["EC"], "min": 0.9}, "no choice of components"),
    ):
        reported = faults_of(limits={"ratios": [ratio]})
        assert len(reported) == 1, reported
        assert words in reported[0]


def test_temperatures_go_with_properties_that_have_one(faults_of, make_problem):
    frozen = {"property": "freezes_below_k", "max": "-45 degC"}
    problem = make_problem(constraints=[frozen])
    (constraint,) = problem.constraints
    assert (constraint.limit, constraint.temperature_k) == (228.15, None)
    assert constraint.name == "freezes_below_k (high) <= 228.15"
    assert problem.temperatures_k == (298.15, 253.15)
    (fault,) = faults_of(constraints=[{**frozen, "temperature": "25 degC"}])
    assert "the freezing point (freezes_below_k) has no temperature" in fault
    (fault,) = faults_of(constraints=[{"property": "freezes_below_k", "max": "-45"}])
    assert "no unit" in fault
    (fault,) = faults_of(constraints=[{**frozen, "on": "value", "probability": 0.9}])
    assert "give one of the two" in fault


@pytest.mark.parametrize("ratio", [1 / 3, 1e-300, 0.12345678901234567, 123456.7])
def test_ratios_of_many_digits_are_no_overflow(make_problem, ratio):
    bounds = [{"of": ["EC"], "to": ["PC"], "min": ratio}, {"of": ["DMC"], "max": 0.7777777777777}]
    problem = make_problem(limits={"ratios": bounds, "fraction_step": 0.001, "max_solvents": 3})
    assert problem.limits.ratios[0].low == ratio
