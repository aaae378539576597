import pytest

from electrolyte_ml.report.limits import constraint_words, limit_rows
from electrolyte_ml.search import propose, read_problem
from electrolyte_ml.search.check_recipe import Check

_PROBLEM = {
    "name": "limits in words",
    "components": {
        "solvents": ["EC", "DMC", "DME"],
        "salts": ["NaPF6", "NaFSI"],
        "additives": {"FEC": [1, 5]},
    },
    "limits": {
        "max_solvents": 2,
        "salt_molality_mol_kg": [0.5, 1.5],
        "max_fraction": {"EC": 0.3},
        "forbidden_pairs": [["NaFSI", "EC"]],
    },
    "prediction": {"out_of_domain": "allow"},
    "objectives": [{"property": "conductivity_ms_cm", "temperature": "25 degC"}],
    "constraints": [
        {"property": "freezes_below_k", "max": "-20 degC"},
        {"property": "conductivity_ms_cm", "temperature": "-20 degC", "min": 0.5},
    ],
}


@pytest.fixture(scope="module")
def problem():
    return read_problem(_PROBLEM)


def test_constraints_read_as_people_say_them(problem):
    freezing, cold = (constraint_words(problem, c) for c in problem.constraints)
    assert freezing.endswith("freezing point at most -20 °C")
    assert cold.endswith("conductivity at -20 °C at least 0.5 mS/cm")


def test_every_limit_of_a_recipe_has_its_row(problem):
    (first, *_) = propose(problem, n=1, n_trials=150).proposals
    rows = limit_rows(problem, first.checks)
    assert len(rows) == len(first.checks)
    assert {row["kept"] for row in rows} == {"yes"}
    words = {row["words"]: row for row in rows}
    assert words["EC in the solvents, wt%"]["allowed"] == "at most 30"
    assert words["salt, mol/kg"]["allowed"] == "0.5 to 1.5"
    assert words["number of salts"]["allowed"] == "1"
    assert words["NaFSI together with EC"]["value"] == "no"
    told = " ".join(" ".join(row.values()) for row in rows)
    assert "_" not in told
    assert "<=" not in told


def test_a_limit_that_is_broken_or_without_bound_says_so(problem):
    name = problem.constraints[0].name
    rows = limit_rows(
        problem,
        [
            Check(name=name, value=300.15, limit=253.15, satisfied=False),
            Check(name="DMC:EC >= 2", value=None, limit=2.0, satisfied=True),
        ],
    )
    assert (rows[0]["value"], rows[0]["kept"]) == ("27 °C", "no")
    assert rows[1] == {
        "words": "DMC:EC",
        "value": "without bound",
        "allowed": "at least 2",
        "kept": "yes",
    }
