"""A user's own measurements become a data set."""

import csv
import math

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from electrolyte_ml.bad_rows import BadRows
from electrolyte_ml.data.catalog import all_cards, card_of
from electrolyte_ml.data.column_mapping import conversion
from electrolyte_ml.data.exchange import import_measurements
from electrolyte_ml.data.quality import available_names
from electrolyte_ml.data.sources import load_source, load_tables
from electrolyte_ml.errors import InputError, TableError, TableNote
from electrolyte_ml.properties import registered_property

RECIPE = "1 M NaPF6 in EC:DEC 1:1 v/v"
LONG = f"""recipe,temperature_c,property,value,unit,doi,uncertainty,note,batch
{RECIPE},25,conductivity,0.81,S/m,10.1/x,0.02,,7
{RECIPE},-20,conductivity_ms_cm,2.5,,10.1/x,,by eye,7
{RECIPE},25,viscosity,0.0032,Pa s,10.1/y,,,8
1 M NaPF6 in PC,,oxidation_limit_v,4.4,V vs Na/Na+,10.1/z,,,9
"""


@pytest.fixture
def write(tmp_path):
    def write_(text, name="lab.csv"):
        file = tmp_path / name
        file.write_text(text)
        return file

    return write_


def test_a_long_table_is_read_into_units_of_properties(imported_folder, write):
    done = import_measurements(write(LONG), "lab")
    assert done.path.parent == imported_folder
    assert done.table.ignored == ("batch",)
    tables, report = load_tables("lab")
    by_name = {m.property_name: m for m in tables}
    conductivity = by_name["conductivity_ms_cm"]
    assert conductivity.value == pytest.approx([8.1, 2.5])
    assert conductivity.uncertainty[0] == pytest.approx(0.2)
    assert math.isnan(conductivity.uncertainty[1])
    assert conductivity.temperature_k.tolist() == [298.15, 253.15]
    assert conductivity.flag.tolist() == ["", "by eye"]
    assert by_name["viscosity_mpa_s"].value == pytest.approx([3.2])
    # The sodium electrode lies 0.33 V above the lithium one.
    assert by_name["oxidation_limit_v"].value == pytest.approx([4.73])
    assert "converted from S/m to mS/cm" in str(report)
    assert report.n_kept == 4


def test_an_imported_set_is_a_data_set_like_others(imported_folder, write):
    import_measurements(write(LONG), "lab", title="ours", licence="internal")
    card = all_cards()["lab"]
    assert (card.title, card.licence, card.rows, card.available) == ("ours", "internal", 4, True)
    measurements, _ = load_source("lab", "viscosity_mpa_s")
    assert measurements.source.tolist() == ["10.1/y"]
    with pytest.raises(InputError, match="several properties; name one of"):
        load_source("lab")
    with pytest.raises(InputError, match="has no 'density_g_cm3'"):
        load_source("lab", "density_g_cm3")


def test_columns_may_be_named_after_properties(imported_folder, write):
    text = "recipe,temperature_k,conductivity_ms_cm,density_g_cm3\n"
    text += f"{RECIPE},298.15,8.1,\n{RECIPE},308.15,9.4,1.2\n"
    import_measurements(write(text), "wide", source="lab book 7")
    tables, _ = load_tables("wide")
    assert {m.property_name: m.value.tolist() for m in tables} == {
        "conductivity_ms_cm": [8.1, 9.4],
        "density_g_cm3": [1.2],
    }
    assert set(tables[0].source.tolist()) == {"lab book 7"}
    assert tables[1].source_row.tolist() == [1]


def test_parquet_is_read_as_well(imported_folder, tmp_path):
    file = tmp_path / "lab.parquet"
    pd.DataFrame(
        {"recipe": [RECIPE], "temperature_c": [25.0], "conductivity_ms_cm": [8.1], "doi": ["x"]}
    ).to_parquet(file)
    import_measurements(file, "lab")
    assert load_source("lab")[0].value.tolist() == [8.1]


BAD_ROWS = {
    "1 M NaPF in PC,25,conductivity,8,mS/cm,x": "did you mean 'NaPF6'",
    "1 M NaPF6 in EC:DEC 1:1,25,conductivity,8,mS/cm,x": "has no basis",
    f"{RECIPE},,conductivity,8,mS/cm,x": "needs a temperature",
    f"{RECIPE},warm,conductivity,8,mS/cm,x": "not a number",
    f"{RECIPE},25,colour,8,mS/cm,x": "unknown property 'colour'",
    f"{RECIPE},25,conductivity,,mS/cm,x": "value is '', not a number",
    f"{RECIPE},25,conductivity,8,,x": "no unit",
    f"{RECIPE},25,conductivity,8,mS/s,x": "is no unit of conductivity_ms_cm",
    f"{RECIPE},25,conductivity,8,mS/cm (,x": "is no unit of conductivity_ms_cm",
    f"{RECIPE},25,conductivity,-8,mS/cm,x": "must be positive",
    f"{RECIPE},25,density,1.2,kg/m3,x": "check the unit",
    f"{RECIPE},25,conductivity,8,mS/cm,": "no doi and no source",
    f"{RECIPE},25,oxidation_limit_v,4.2,V,x": "needs a reference electrode",
    f"{RECIPE},25,oxidation_limit_v,4.2,V vs Ag wire,x": "unknown reference electrode 'Ag wire'",
}


def test_all_bad_rows_are_listed_and_nothing_is_written(imported_folder, write):
    text = "recipe,temperature_c,property,value,unit,doi\n" + "\n".join(BAD_ROWS)
    with pytest.raises(TableError) as raised:
        import_measurements(write(text), "lab")
    for number, ((_row, words), line) in enumerate(
        zip(BAD_ROWS.items(), raised.value.messages, strict=True), start=1
    ):
        assert f"row {number}:" in line
        assert words in line
    assert not imported_folder.exists()


def test_a_table_that_says_nowhere_where_it_is_from_is_refused_once(write):
    text = f"recipe,temperature_c,conductivity_ms_cm\n{RECIPE},25,8\n{RECIPE},35,9\n"
    with pytest.raises(InputError, match=r'no column doi or source; add one, .* --source "our'):
        import_measurements(write(text), "lab")


def test_one_property_by_two_methods_is_two_data_sets(imported_folder, write):
    text = f"recipe,temperature_c,conductivity_ms_cm,doi,method\n{RECIPE},25,8,x,md\n"
    text += f"{RECIPE},25,8,x,experiment\n"
    with pytest.raises(TableError, match="two data sets"):
        import_measurements(write(text), "lab")


def test_bad_rows_are_skipped_into_a_file_where_asked_for(imported_folder, write, tmp_path):
    header = "recipe,temperature_c,conductivity_ms_cm,viscosity_mpa_s,doi\n"
    rows = (f"{RECIPE},25,8.1,3,x", f"{RECIPE},25,9,thick,y", f"{RECIPE},35,9.4,,z")
    bad = BadRows(skip_to=tmp_path / "bad.csv")
    import_measurements(write(header + "\n".join(rows)), "lab", bad_rows=bad)
    values = {m.property_name: m.value.tolist() for m in load_tables("lab")[0]}
    # No part of a bad row is kept.
    assert values == {"conductivity_ms_cm": [8.1, 9.4], "viscosity_mpa_s": [3.0]}
    assert bad.n_rows == 1
    with (tmp_path / "bad.csv").open(newline="") as file:
        (kept,) = csv.DictReader(file)
    assert kept["row"] == "2"
    assert kept["reason"].startswith("value is 'thick', not a number")
    assert [kept[name] for name in header.strip().split(",")] == rows[1].split(",")


def test_bad_rows_of_an_exported_table_are_skipped_as_well(imported_folder, write, tmp_path):
    frame = import_measurements(write(LONG), "lab").table.to_frame()
    columns = ["value", "source_row", "unit", "uncertainty"]
    frame[columns] = frame[columns].astype(object)
    frame.loc[0, "value"], frame.loc[1, "source_row"] = "9" * 400, "first"
    frame.loc[2, "unit"], frame.loc[3, "uncertainty"] = "mS/m", -1
    frame.to_csv(tmp_path / "long.csv", index=False)
    with pytest.raises(TableError) as raised:
        import_measurements(tmp_path / "long.csv", "again")
    assert [f"row {n}:" in line for n, line in enumerate(raised.value.messages, 1)] == [True] * 4
    frame.loc[0, "value"] = 8.1
    frame.to_csv(tmp_path / "long.csv", index=False)
    bad = BadRows(skip_to=tmp_path / "bad.csv")
    done = import_measurements(tmp_path / "long.csv", "again", bad_rows=bad)
    assert [m.value.tolist() for m in done.table.tables] == [[8.1]]
    assert bad.n_rows == 3


def test_no_cell_of_a_bad_row_is_lost(imported_folder, write, tmp_path):
    header = "recipe,temperature_c,conductivity_ms_cm,conductivity_ms_cm,doi\n"
    rows = (f"{RECIPE},25,8.1,8.2,x", f"{RECIPE},25,9,thick,y", f"{RECIPE},25,9,9.1,y,7")
    bad = BadRows(skip_to=tmp_path / "bad.csv")
    import_measurements(write(header + "\n".join(rows)), "lab", bad_rows=bad)
    with (tmp_path / "bad.csv").open(newline="") as file:
        lines = list(csv.reader(file))
    assert [line[2:] for line in lines[1:]] == [row.split(",") for row in rows[1:]]


def test_a_broken_row_of_an_exported_table_keeps_the_numbers(imported_folder, write, tmp_path):
    frame = import_measurements(write(LONG), "lab").table.to_frame()
    lines = frame.to_csv(index=False).splitlines()
    lines[1] += ",one cell more"
    lines[3] = lines[3].replace("viscosity_mpa_s", "colour")
    bad = BadRows(skip_to=tmp_path / "bad.csv")
    done = import_measurements(write("\n".join(lines)), "again", bad_rows=bad)
    assert done.table.report.n_kept == 2
    with (tmp_path / "bad.csv").open(newline="") as file:
        assert [row["row"] for row in csv.DictReader(file)] == ["1", "3"]


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("recipe", [RECIPE], "recipe holds a list"),
        ("temperature_c", {"a": 1}, "temperature_c holds a structure"),
        ("conductivity_ms_cm", b"8.1", "conductivity_ms_cm holds bytes"),
        ("conductivity_ms_cm", "9" * 400, "not a finite number"),
        ("conductivity_ms_cm", "1_000", "not a number"),
        ("temperature_c", "9" * 200_000, "(200000 characters), not a number"),
        ("doi", "x" * 200_000, "doi has 200000 characters"),
        ("recipe", "x" * 200_000, "at most 500 are read"),
    ],
    ids=lambda cell: str(cell)[:20],
)
def test_strange_cells_are_short_clear_faults(imported_folder, tmp_path, column, cell, words):
    file = tmp_path / "lab.parquet"
    row = {"recipe": RECIPE, "temperature_c": "25", "conductivity_ms_cm": "8.1", "doi": "x"}
    pd.DataFrame([row | {column: cell}]).to_parquet(file)
    with pytest.raises(TableError) as raised:
        import_measurements(file, "lab")
    assert words in str(raised.value)
    assert f"{file}, row 1: " in str(raised.value)
    assert len(str(raised.value)) < 500 + len(str(file))


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("temperature_c,conductivity_ms_cm,doi", "no column 'recipe'"),
        ("recipe,temperature_c,doi", "no column of values"),
        ("recipe,temperature_c,conductivity_ms_cm,property,value,doi", "both kinds"),
        ("recipe,temperature_c,temperature_k,conductivity_ms_cm,doi", "one is enough"),
    ],
)
def test_unusable_columns_are_refused(imported_folder, write, header, words):
    row = ",".join("1" for _ in header.split(","))
    with pytest.raises(InputError, match=words):
        import_measurements(write(f"{header}\n{row}\n"), "lab")


def test_names_are_not_taken_twice(imported_folder, write):
    file = write(LONG)
    import_measurements(file, "lab")
    with pytest.raises(InputError, match="--replace"):
        import_measurements(file, "lab")
    import_measurements(write(LONG.replace("0.81", "0.82")), "lab", replace=True)
    assert load_source("lab", "conductivity_ms_cm")[0].value[0] == pytest.approx(8.2)
    with pytest.raises(InputError, match="a data set of the package"):
        import_measurements(file, "calisol23")
    with pytest.raises(InputError, match="cannot be the name"):
        import_measurements(file, "../lab")


def test_a_file_that_no_import_wrote_is_refused_and_does_not_break_the_list(imported_folder, write):
    import_measurements(write(LONG), "lab")
    pd.DataFrame({"a": [1]}).to_parquet(imported_folder / "stray.parquet")
    (imported_folder / "torn.parquet").write_bytes(b"PAR1 and then nothing")
    (imported_folder / "all.parquet").write_bytes((imported_folder / "lab.parquet").read_bytes())
    cards = all_cards()
    assert cards["lab"].fault == ""
    assert "was not written by" in cards["stray"].fault
    assert "cannot be read" in cards["torn"].fault
    assert "no verb can name this set" in cards["all"].fault
    assert [name for name in available_names() if name in cards and cards[name].imported] == ["lab"]
    for name, words in (("stray", "was not written by"), ("torn", "cannot be read")):
        with pytest.raises(InputError, match=words):
            card_of(name)


@pytest.mark.parametrize(
    "name", ["all", "lab\n", "a/b", "../lab", "", "Lab", "con", "lpt1", "-lab", "a" * 65, "l\x1bab"]
)
def test_names_that_no_verb_could_address_are_refused(imported_folder, write, name):
    with pytest.raises(InputError, match="cannot be the name of a data set") as fault:
        import_measurements(write(LONG), name)
    assert "\x1b" not in str(fault.value)
    assert not imported_folder.exists()


@pytest.mark.parametrize("what", ["title", "licence", "source"])
def test_a_card_holds_no_escape_sequence(imported_folder, write, what):
    with pytest.raises(InputError, match=f"the {what} holds control characters"):
        import_measurements(write(LONG), "lab", **{what: "red \x1b[31m"})


@pytest.mark.parametrize(
    ("unit", "property_name", "factor"),
    [
        ("S/m", "conductivity_ms_cm", 10),
        ("mS·cm\N{MINUS SIGN}1", "conductivity_ms_cm", 1),
        ("S m\N{EN DASH}1", "conductivity_ms_cm", 10),
        ("Ω⁻¹ cm⁻¹", "conductivity_ms_cm", 1000),
        ("Ω⁻¹cm⁻¹", "conductivity_ms_cm", 1000),
        ("Ω-1 m-1", "conductivity_ms_cm", 10),
        ("mS.cm-1", "conductivity_ms_cm", 1),
        ("10^-3 S/cm", "conductivity_ms_cm", 1),
        ("mS cm^{-1}", "conductivity_ms_cm", 1),
        ("mPas", "viscosity_mpa_s", 1),
        ("mPa·s", "viscosity_mpa_s", 1),
        ("mPa-s", "viscosity_mpa_s", 1),
        ("MPa s", "viscosity_mpa_s", 1e9),
        ("g cm\N{MINUS SIGN}3", "density_g_cm3", 1),
        ("kg m-3", "density_g_cm3", 1e-3),
        ("V (vs. Li⁺/Li)", "oxidation_limit_v", 1),
        ("S m-1", "conductivity_ms_cm", 10),
        ("S·cm⁻¹", "conductivity_ms_cm", 1000),
        ("µS/cm", "conductivity_ms_cm", 1e-3),
        ("cP", "viscosity_mpa_s", 1),
        ("Pa·s", "viscosity_mpa_s", 1000),
        ("kg/m^3", "density_g_cm3", 1e-3),
        ("g mL-1", "density_g_cm3", 1),
    ],
)
def test_units_as_chemists_write_them(unit, property_name, factor):
    assert conversion(unit, registered_property(property_name)) == (pytest.approx(factor), 0)


@given(st.text(max_size=12))
@example("A0")
@example("0/0")
@example("0 mS/cm")
@example("-1 S/m")
def test_any_text_is_a_unit_or_is_refused(text):
    try:
        factor, _ = conversion(text, registered_property("conductivity_ms_cm"))
    except InputError:
        return
    assert factor > 0


@pytest.mark.filterwarnings("ignore::electrolyte_ml.errors.TableNote")
def test_a_table_is_imported_from_every_dialect(imported_folder, write_table):
    header = ["Recipe", "T / °C", "conductivity / S m\N{EN DASH}1", "DOI"]
    rows = [[RECIPE, -20.5, 0.25, "10.1/x"], ["1 M NaPF6 in PC", 25.0, 0.79, "10.1/x"]]
    import_measurements(write_table("lab", header, rows), "lab")
    (table,) = load_tables("lab")[0]
    assert table.property_name == "conductivity_ms_cm"
    assert table.value == pytest.approx([2.5, 7.9])
    assert table.temperature_k.tolist() == [252.65, 298.15]


def test_a_table_says_what_was_taken_and_names_quantities_that_were_not(imported_folder, write):
    text = "recipe;T / K;conductivity;density_g_cm3;storage temperature;doi\nPC;298,15;8;1,2;5;x\n"
    with pytest.warns(TableNote) as caught:
        done = import_measurements(write(text), "lab")
    (words,) = [str(one.message) for one in caught]
    assert "semicolons, decimal commas, 'T / K' as temperature_k" in words
    assert "'conductivity', 'storage temperature' not read" in words
    assert done.table.ignored == ("conductivity", "storage temperature")


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("temperature_c,recipe,density_g_cm3", "25,0,PC,1.2,x", "row 1: has 5 cells, the header 4"),
        ("recipe,T,density_g_cm3", "PC,25,1.2,x", "'T' may be the temperature"),
        (
            "recipe,temperature_c,conductivity_ms_cm,viscosity_mpa_s,uncertainty",
            "PC,25,1,2,3,x",
            "'uncertainty' may be of conductivity_ms_cm or viscosity_mpa_s; name it",
        ),
        ("recipe,recipe,temperature_c,density_g_cm3", "PC,PC,25,1.2,x", "column recipe twice"),
        ("recipe,temperature_c,density / mm", "PC,25,1.2,x", "'mm' is no unit of density_g_cm3"),
        ("recipe,temperature_c,density / kg m-3,unit", "PC,25,1.2,,x", "as well"),
        ("recipe,temperature_c,density / g cm-3,density_g_cm3", "PC,25,1.2,1.2,x", "are both"),
        ("recipe,temperature_c,viscosity_mpa_s", 'PC,25,"9,500",x', "read in two ways"),
    ],
)
def test_a_table_that_could_be_misread_is_refused(imported_folder, write, header, row, words):
    with pytest.raises(InputError) as raised:
        import_measurements(write(f"{header},doi\n{row}\n"), "lab")
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("temperature_c,conductivity_ms_cm", "298.15,7.9"),
        ("temperature_k,conductivity_ms_cm", "25,7.9"),
        ("temperature_c,conductivity_ms_cm", "25,1900"),
        ("temperature_c,viscosity / MPa s", "25,0.003"),
        ("temperature_c,viscosity_mpa_s", "25,0.003"),
    ],
)
@pytest.mark.filterwarnings("ignore::electrolyte_ml.errors.TableNote")
def test_what_no_electrolyte_has_needs_a_confirmation(imported_folder, write, header, cells):
    file = write(f"recipe,{header},doi\n{RECIPE},{cells},x\n")
    with pytest.raises(TableError, match=r"row 1: .*give --accept-unusual"):
        import_measurements(file, "lab")
    assert len(import_measurements(file, "lab", accept_unusual=True).table) == 1


def test_equal_columns_of_values_are_replicates(imported_folder, write):
    header = "recipe,temperature_c,density_g_cm3,density_g_cm3,density_g_cm3,doi"
    file = write(f"{header}\n{RECIPE},25,1.21,1.22,,x\n{RECIPE},35,1.2,,,x\n")
    with pytest.warns(TableNote, match="3 columns 'density_g_cm3' as replicates"):
        import_measurements(file, "lab")
    (table,) = load_tables("lab")[0]
    assert table.value.tolist() == [1.21, 1.22, 1.2]
    assert table.source_row.tolist() == [0, 0, 1]


def test_an_uncertainty_names_its_property(imported_folder, write):
    header = "recipe,temperature_c,conductivity_ms_cm,viscosity_mpa_s,uncertainty_viscosity_mpa_s"
    import_measurements(write(f"{header},doi\n{RECIPE},25,8,3,0.1,x\n"), "lab")
    found = {m.property_name: m.uncertainty for m in load_tables("lab")[0]}
    assert found["conductivity_ms_cm"] is None
    assert found["viscosity_mpa_s"].tolist() == [0.1]


def test_empty_rows_and_commas_at_the_end_are_harmless(imported_folder, write):
    text = f"recipe,temperature_c,density_g_cm3,doi\n{RECIPE},25,1.2,x,\n,,,\n\n,,,\n"
    import_measurements(write(text), "lab")
    assert load_source("lab")[0].value.tolist() == [1.2]


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet", ".tsv"])
def test_bad_rows_of_any_file_are_skipped(imported_folder, tmp_path, suffix):
    file = tmp_path / f"lab{suffix}"
    frame = pd.DataFrame(
        {
            "recipe": [RECIPE, "1 M NaPF6 in ECC"],
            "temperature_c": [25, 30],
            "conductivity_ms_cm": [8.1, 9.0],
            "doi": ["x", "y"],
        }
    )
    if suffix == ".tsv":
        frame.to_csv(file, sep="\t", index=False)
    else:
        getattr(frame, {".xlsx": "to_excel", ".parquet": "to_parquet"}[suffix])(file, index=False)
    bad = BadRows(skip_to=tmp_path / "bad.csv")
    import_measurements(file, "lab", bad_rows=bad)
    assert load_source("lab")[0].value.tolist() == [8.1]
    (kept,) = pd.read_csv(tmp_path / "bad.csv").to_dict("records")
    assert (kept["row"], kept["recipe"], kept["temperature_c"]) == (2, "1 M NaPF6 in ECC", 30)
