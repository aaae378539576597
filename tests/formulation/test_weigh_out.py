"""Weigh-out sheets: masses, volumes, states and the order of mixing."""

import json

import pytest

from electrolyte_ml.errors import AmountError, InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.formulation.weigh_out import batch_g, weigh_out_sheet
from electrolyte_ml.species import default_catalog

RECIPE = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC")


def test_masses_sum_to_the_batch_and_volumes_follow_from_densities():
    sheet = weigh_out_sheet(RECIPE, 50)
    assert sum(row.mass_g for row in sheet.rows) == pytest.approx(50)
    rows = {row.component: row for row in sheet.rows}
    assert rows["FEC"].mass_g == pytest.approx(1.0)
    dec = default_catalog().solvent("DEC").value("density_g_cm3")
    assert rows["DEC"].volume_ml == pytest.approx(rows["DEC"].mass_g / dec, rel=1e-3)
    assert rows["EC"].volume_ml is None
    assert rows["NaPF6"].volume_ml is None
    assert sheet.batch_ml == pytest.approx(50 / RECIPE.density_g_cm3())


def test_liquids_come_first_then_solids_then_salt_then_additives():
    rows = weigh_out_sheet(RECIPE).rows
    assert [(row.step, row.component) for row in rows] == [
        (1, "DEC"),
        (2, "EC"),
        (3, "NaPF6"),
        (4, "FEC"),
    ]
    assert rows[1].state == "solid"
    assert "melts at 36 °C: dissolve in the liquid, or warm to 46 °C" in rows[1].how
    assert "strong heat" in rows[2].how
    assert "HF" in rows[2].hazard
    assert "nephro" in rows[1].hazard or "kidney" in rows[1].hazard


def test_the_diluent_waits_for_the_salt():
    rows = weigh_out_sheet(parse_recipe("NaFSI:DME:TTE 1:1.2:1 mol")).rows
    assert [row.component for row in rows] == ["DME", "NaFSI", "TTE"]
    assert "after the salt has dissolved" in rows[2].how


def test_a_solid_solvent_alone_is_melted():
    rows = weigh_out_sheet(parse_recipe("1 m NaPF6 in EC")).rows
    assert rows[0].component == "EC"
    assert "keep the mixture warm" in rows[0].how


def test_what_may_be_solid_and_what_is_unknown_is_said():
    rows = {
        row.component: row
        for row in weigh_out_sheet(parse_recipe("1 m NaPF6 in COCCOCC(C)C + 2 wt% VC")).rows
    }
    assert rows["VC"].state == "solid or liquid"
    assert "if it is solid" in rows["VC"].how
    unknown = rows["COCCOCC(C)C"]
    assert unknown.state == "unknown"
    assert "melting point unknown" in unknown.how


@pytest.mark.parametrize("name", [s.name for s in default_catalog().solvents])
def test_every_solvent_has_a_sheet(name):
    row = weigh_out_sheet(parse_recipe(name)).rows[0]
    assert row.state in {"liquid", "solid", "solid or liquid", "unknown"}
    assert (row.volume_ml is None) == (row.state in {"solid", "solid or liquid"})
    assert row.how


def test_the_sheet_is_json():
    form = json.loads(json.dumps(weigh_out_sheet(RECIPE, 20).to_dict()))
    assert form["schema_version"] == 1
    assert form["key"] == RECIPE.key
    assert [row["component"] for row in form["rows"]] == ["DEC", "EC", "NaPF6", "FEC"]


@pytest.mark.parametrize("batch", [0, -1, float("nan"), float("inf")])
def test_a_batch_has_a_mass(batch):
    with pytest.raises(AmountError, match="positive mass"):
        weigh_out_sheet(RECIPE, batch)


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("50 g", 50),
        ("0.5kg", 500),
        ("250 mg", 0.25),
        (" 20 mL ", 20 * RECIPE.density_g_cm3()),
        ("20 ml", 20 * RECIPE.density_g_cm3()),
        ("0.1 L", 100 * RECIPE.density_g_cm3()),
        ("100 cm3", 100 * RECIPE.density_g_cm3()),
        ("100 cm^3", 100 * RECIPE.density_g_cm3()),
        ("500 µL", 0.5 * RECIPE.density_g_cm3()),
    ],
)
def test_a_batch_is_a_mass_or_a_volume(text, grams):
    assert batch_g(text, RECIPE) == pytest.approx(grams)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("20", "cannot read"),
        ("", "cannot read"),
        ("g", "cannot read"),
        ("nan g", "cannot read"),
        ("9**9**9 g", "cannot read"),
        (5, "cannot read"),
        ("20 furlongs", "neither a mass nor a volume"),
        ("20 degC", "neither a mass nor a volume"),
        ("20 grammes_of_salt", "cannot read"),
        ("20 xyzzy", "no unit that is known"),
        ("0 g", "must be positive"),
        ("-5 mL", "must be positive"),
        ("1e999 g", "must be positive"),
    ],
)
def test_what_is_no_batch_is_refused(text, words):
    with pytest.raises(InputError) as caught:
        batch_g(text, RECIPE)
    assert words in str(caught.value)
