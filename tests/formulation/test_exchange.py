"""JSON and CSV: what is written is read back, and what is wrong is named."""

import dataclasses
import json

import pytest

from electrolyte_ml.errors import InputError, InputErrors, TableError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.formulation.exchange import (
    COLUMNS,
    formulation_from_dict,
    formulation_from_json,
    formulations_from_csv,
    to_csv,
)

RECIPES = [
    "1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC",
    "NaFSI:DME:TTE 1:1.2:1 mol",
    "0.5 M Mg(TFSI)2 + 0.1 M NaFSI in diglyme",
    "1 M [Na+].N#C[N-]S(=O)(=O)C(F)(F)F in COCCOCC(C)C",
    "EC:DMC 1:1 w/w",
]


@pytest.mark.parametrize("text", RECIPES)
def test_json_is_read_back_to_the_same_formulation(text):
    recipe = parse_recipe(text)
    assert formulation_from_json(json.dumps(recipe.to_dict())) == recipe


def test_a_table_of_several_recipes_is_read_back():
    recipes = [parse_recipe(text) for text in RECIPES]
    table = to_csv(recipes)
    assert table.splitlines()[0] == ",".join(COLUMNS)
    assert len(table.splitlines()) == 1 + sum(len(r.solvents) + len(r.salts) for r in recipes)
    plain = [dataclasses.replace(recipe, assumptions=()) for recipe in recipes]
    assert formulations_from_csv(table) == plain


def test_names_and_derived_numbers_of_json_are_not_needed():
    form = parse_recipe(RECIPES[0]).to_dict()
    needed = {
        "schema_version": form["schema_version"],
        "solvents": [
            {k: s[k] for k in ("smiles", "mass_fraction", "role")} for s in form["solvents"]
        ],
        "salts": [
            {k: s[k] for k in ("cation_smiles", "anion_smiles", "molality_mol_kg")}
            for s in form["salts"]
        ],
    }
    assert formulation_from_dict(needed).key == form["key"]


@pytest.mark.parametrize("version", [None, 0, 2, "1", True, 1.5])
def test_another_schema_is_refused(version):
    form = parse_recipe(RECIPES[0]).to_dict() | {"schema_version": version}
    with pytest.raises(InputError, match="this version of the package reads 1"):
        formulation_from_dict(form)


def test_all_faults_of_json_are_reported_at_once():
    form = {
        "schema_version": 1,
        "solvents": [
            {"smiles": "O=C1OCCO1", "mass_fraction": "half"},
            {"smiles": "nonsense", "mass_fraction": 0.5},
            {"mass_fraction": 0.5, "role": "filler"},
            7,
        ],
        "salts": [
            {"cation_smiles": "[Na+]", "anion_smiles": "[K+]", "molality_mol_kg": 1},
            {"cation_smiles": "[Na+]", "anion_smiles": "[Cl-]", "molality_mol_kg": True},
            {"cation_smiles": "CC", "anion_smiles": "[Cl-]", "molality_mol_kg": 10**400},
        ],
        "assumptions": "none",
    }
    with pytest.raises(InputErrors) as caught:
        formulation_from_dict(form)
    expected = [
        "solvents[3] must be an object, given 7",
        "solvents[0].mass_fraction must be a positive number, given 'half'",
        "solvents[1].smiles: unknown solvent 'nonsense'",
        "solvents[2].smiles must be a text, given nothing",
        "solvents[2].role is 'filler'; use solvent, diluent, additive",
        "salts[0]: a salt needs a positive and a negative ion",
        "salts[1].molality_mol_kg must be a positive number, given True",
        "salts[2].molality_mol_kg must be a positive number, given 1000",
        "assumptions must be a list of texts, given 'none'",
    ]
    reported = "\n".join(caught.value.messages)
    assert [line for line in expected if line not in reported] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"solvents": []}, "at least one solvent"),
        ({"solvents": None}, "solvents must be a list, given nothing"),
        ({"solvents": "EC"}, "solvents must be a list, given 'EC'"),
        ({"salts": {}}, "salts must be a list"),
        ({"key": "eml1-000000000000"}, "does not belong to these amounts"),
    ],
)
def test_json_that_contradicts_itself_is_refused(change, words):
    with pytest.raises(InputError) as caught:
        formulation_from_dict(parse_recipe(RECIPES[0]).to_dict() | change)
    assert words in str(caught.value)


def test_fractions_that_do_not_sum_to_one_are_refused():
    form = parse_recipe(RECIPES[0]).to_dict()
    del form["key"]
    form["solvents"][0]["mass_fraction"] += 0.1
    with pytest.raises(InputError, match="must sum to 1"):
        formulation_from_dict(form)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "NaN", "[]", '"x"'])
def test_text_that_is_no_object_is_refused(text):
    with pytest.raises(InputError):
        formulation_from_json(text)


def test_all_faults_of_a_table_are_reported_at_once():
    table = "\n".join(
        [
            "key,component,role,smiles,amount,basis",
            "a,EC,solvent,O=C1OCCO1,lots,mass_fraction",
            "a,EC,solvent,O=C1OCCO1,0.5,vol%",
            "a,EC,filler,O=C1OCCO1,0.5,mass_fraction",
            "a,X,solvent,nonsense,0.5,mass_fraction",
            "a,NaPF6,salt,[Na+],1,molality_mol_kg",
            "a,NaPF6,salt,[Na+].F[P-](F)(F)(F)(F)F,-1,molality_mol_kg",
        ]
    )
    with pytest.raises(TableError) as caught:
        formulations_from_csv(table)
    expected = [
        "line 2: amount is 'lots', not a positive number",
        "line 3: basis of a solvent is 'vol%'; use mass_fraction",
        "line 4: role is 'filler'; use solvent, diluent, additive or salt",
        "line 5: unknown solvent 'nonsense'",
        "line 6: salt '[Na+]' has a net charge of +1",
        "line 7: amount is '-1', not a positive number",
    ]
    assert len(caught.value.messages) == len(expected)
    for message, words in zip(caught.value.messages, expected, strict=True):
        assert words in message


def test_formulations_of_a_table_must_be_whole():
    table = to_csv([parse_recipe(RECIPES[0])])
    without_ec = "\n".join(line for line in table.splitlines() if ",EC," not in line)
    with pytest.raises(TableError, match="must sum to 1"):
        formulations_from_csv(without_ec)
    with pytest.raises(TableError, match="the amounts belong to"):
        formulations_from_csv(table.replace("eml1-", "eml1-0"))
    assert len(formulations_from_csv(table.replace("eml1-", "mine-"))) == 1


def test_missing_columns_are_named():
    with pytest.raises(TableError) as caught:
        formulations_from_csv("key,role\n")
    assert len(caught.value.messages) == 3
