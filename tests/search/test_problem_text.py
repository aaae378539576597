import tomllib

import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.search.bundled import bundled_problems
from electrolyte_ml.search.problem_text import changed, form_of

TEXT = """\
# The whole file.

name = "mine"  # of the study

# What may be in the bottle.
[components]
solvents = [
    # cyclic
    "EC", "PC",
    # linear
    "DMC",  # thin
]
# salts = "everything"
salts = ["NaPF6"]

[limits]
salt_molality_mol_kg = [0.5, 1.5]
max_solvents = 2

[limits.max_fraction]
2-MeTHF = 0.5
"dry # EC" = 0.2

[[objectives]]
property = "conductivity_ms_cm"
temperature = "25 degC"

[[objectives]]
property = "flash_point_k"
direction = "maximize"

[prediction]
lithium_prior = true
"""


def fields(text):
    return {field.path: field for section in form_of(text) for field in section.fields}


@pytest.mark.parametrize("name", bundled_problems())
def test_forms_of_ready_problems_hold_every_setting_and_change_nothing(name):
    text = bundled_problems()[name].read_text(encoding="utf-8")
    held = fields(text)
    for path, field in held.items():
        value = tomllib.loads(text)
        keys = path.removesuffix(f".{field.key}").split(".") if path != field.key else []
        for key in [int(k) if k.isdigit() else k for k in keys]:
            value = value[key]
        assert value[field.key] == field.value
    typed = {path: field.text for path, field in held.items() if not field.is_names}
    names = {
        path: [n for _, group in field.groups for n in group]
        for path, field in held.items()
        if field.is_names
    }
    assert changed(text, typed, names) == text


def test_comments_stand_beside_what_they_are_about():
    held = fields(TEXT)
    assert held["name"].comment == "of the study"
    assert held["components.solvents"].groups == (("cyclic", ("EC", "PC")), ("linear", ("DMC",)))
    assert held["components.salts"].comment.startswith("Names of salts")
    sections = {section.path: section for section in form_of(TEXT)}
    assert sections["components"].comment == "What may be in the bottle."
    assert "maximize" in held["objectives.1.direction"].choices
    assert "viscosity_mpa_s" in held["objectives.0.property"].choices


def test_a_change_leaves_the_rest_of_the_text_alone():
    values = {
        "limits.max_solvents": "3",
        "limits.salt_molality_mol_kg": "0,8; 2".replace(",", "."),
        "limits.max_fraction.2-MeTHF": "0,4",
        "objectives.0.temperature": "-20 degC",
        "prediction.lithium_prior": "false",
    }
    text = changed(TEXT, values, {"components.solvents": ["EC", "DMC", "diglyme"]})
    data = tomllib.loads(text)
    assert data["limits"]["max_solvents"] == 3
    assert data["limits"]["salt_molality_mol_kg"] == [0.8, 2]
    assert data["limits"]["max_fraction"] == {"2-MeTHF": 0.4, "dry # EC": 0.2}
    assert data["objectives"][0]["temperature"] == "-20 degC"
    assert data["prediction"]["lithium_prior"] is False
    assert data["components"]["solvents"] == ["EC", "DMC", "diglyme"]
    for comment in ("# The whole file.", "# cyclic", "# thin", '# salts = "everything"'):
        assert comment in text


def test_all_names_can_be_removed_and_others_added():
    text = changed(TEXT, {}, {"components.salts": []})
    assert tomllib.loads(text)["components"]["salts"] == []
    text = changed(TEXT, {}, {"components.salts": ['Na"X', "NaFSI"]})
    assert tomllib.loads(text)["components"]["salts"] == ['Na"X', "NaFSI"]


@pytest.mark.parametrize("typed", ['3"\nname = "evil', "many", "", "[", "1]\n[x]"])
def test_nothing_typed_into_a_field_reaches_beyond_its_value(typed):
    for path in ("limits.max_solvents", "limits.salt_molality_mol_kg", "name"):
        data = tomllib.loads(changed(TEXT, {path: typed}))
        assert data.keys() == tomllib.loads(TEXT).keys()
        assert data["components"]["solvents"] == ["EC", "PC", "DMC"]
        if path != "name":
            assert data["name"] == "mine"


def test_what_is_no_toml_is_told():
    with pytest.raises(InputError, match="no TOML"):
        form_of("name = ")
