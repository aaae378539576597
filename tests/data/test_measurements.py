"""The long table: validation on the way in, and a file that loses nothing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from electrolyte_ml.data.long_table import from_frame, read_parquet, to_frame, write_parquet
from electrolyte_ml.data.measurements import COLUMNS, Measurements, concatenate
from electrolyte_ml.errors import InputError, TableError
from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount
from electrolyte_ml.properties import measurable_properties
from electrolyte_ml.species import default_catalog

CATALOG = default_catalog()
PC = "1 m NaPF6 in PC"


@st.composite
def formulations(draw):
    solvents = draw(st.permutations(["EC", "PC", "diglyme", "COCCOCC(C)C"]))[
        : draw(st.integers(1, 4))
    ]
    parts = [draw(st.floats(0.01, 1)) for _ in solvents]
    roles = [draw(st.sampled_from(["solvent", "diluent", "additive"])) for _ in solvents]
    salts = draw(st.permutations(["NaPF6", "LiFSI", "Mg(TFSI)2"]))[: draw(st.integers(0, 2))]
    return Formulation(
        solvents=tuple(
            SolventAmount(solvent=CATALOG.solvent(n), mass_fraction=p / math.fsum(parts), role=role)
            for n, p, role in zip(solvents, parts, roles, strict=True)
        ),
        salts=tuple(
            SaltAmount(salt=CATALOG.salt(n), molality_mol_kg=draw(st.floats(1e-6, 20)))
            for n in salts
        ),
        assumptions=tuple(draw(st.lists(st.text(max_size=20), max_size=2))),
    )


@st.composite
def tables(draw):
    kind = draw(st.sampled_from(list(measurable_properties().values())))
    n = draw(st.integers(1, 5))
    held = draw(st.lists(formulations(), min_size=1, max_size=3, unique=True))
    low = max(kind.lowest, 1e-12) if kind.positive else kind.lowest
    values = st.floats(low, kind.highest)
    kelvin = st.floats(1, 1000)
    if not kind.at_temperature:
        kelvin = kelvin | st.just(math.nan)
    stated = draw(st.none() | st.lists(st.floats(0, 5) | st.just(math.nan), min_size=n, max_size=n))
    texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
    return Measurements(
        property_name=kind.name,
        method=draw(st.sampled_from(["experiment", "md", "dft"])),
        formulations=tuple(held),
        formulation_index=np.array([draw(st.integers(0, len(held) - 1)) for _ in range(n)]),
        temperature_k=np.array([draw(kelvin) for _ in range(n)]),
        value=np.array([draw(values) for _ in range(n)]),
        source=np.array([draw(texts) for _ in range(n)]),
        source_row=np.array([draw(st.integers(0, 10**6)) for _ in range(n)]),
        flag=np.array([draw(texts) for _ in range(n)]),
        uncertainty=None if stated is None else np.array(stated),
    )


@given(tables())
@settings(max_examples=50)
def test_nothing_is_lost_in_a_file(table):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.parquet"
        write_parquet([table], file, {"title": "t"})
        (back,), attributes = read_parquet(file)
        assert [p.name for p in Path(folder).iterdir()] == ["t.parquet"]
    assert attributes == {"title": "t"}
    assert back.row_formulations == table.row_formulations
    assert (back.property_name, back.method) == (table.property_name, table.method)
    for name in ("temperature_k", "value", "source_row"):
        np.testing.assert_array_equal(getattr(back, name), getattr(table, name))
    assert back.source.tolist() == table.source.tolist()
    assert back.flag.tolist() == table.flag.tolist()
    if table.uncertainty is None or np.isnan(table.uncertainty).all():
        assert back.uncertainty is None
    else:
        np.testing.assert_array_equal(back.uncertainty, table.uncertainty)


def test_several_properties_stand_in_one_table(make_measurements):
    tables = [
        make_measurements([(PC, 298, 6.0, "a"), (PC, 308, 7.0, "a")]),
        make_measurements([(PC, math.nan, -0.2, "b")], "reduction_limit_v", method="dft"),
    ]
    frame = to_frame(tables)
    assert list(frame) == list(COLUMNS)
    assert frame["unit"].tolist() == ["mS/cm", "mS/cm", "V vs Li/Li+"]
    back = from_frame(frame)
    assert [(m.property_name, m.method, len(m)) for m in back] == [
        ("conductivity_ms_cm", "experiment", 2),
        ("reduction_limit_v", "dft", 1),
    ]


def test_all_bad_rows_are_named_at_once(make_measurements):
    frame = to_frame([make_measurements([(PC, 298, 6.0, "a")] * 8)])
    frame.loc[0, "value"] = -1
    frame.loc[1, "value"] = math.nan
    frame.loc[2, "temperature_k"] = math.nan
    frame.loc[3, "unit"] = "S/m"
    frame.loc[4, "composition"] = "{}"
    frame.loc[5, "method"] = "guess"
    frame.loc[6, "property"] = "colour"
    with pytest.raises(TableError) as raised:
        from_frame(frame)
    lines = raised.value.messages
    assert [line.split(":")[0] for line in lines] == [f"row {i}" for i in range(7)]
    for line, words in zip(
        lines,
        ["positive", "finite", "needs a temperature", "S/m", "schema_version", "guess", "colour"],
        strict=True,
    ):
        assert words in line


def test_a_file_of_another_kind_is_refused(tmp_path):
    file = tmp_path / "t.parquet"
    file.write_text("no parquet")
    with pytest.raises(InputError, match="cannot be read"):
        read_parquet(file)


@pytest.mark.parametrize(
    ("property_name", "kelvin", "value", "words"),
    [
        ("conductivity_ms_cm", 298, 0, "positive"),
        ("conductivity_ms_cm", math.nan, 1, "needs a temperature"),
        ("conductivity_ms_cm", -5, 1, "temperature_k is -5"),
        ("density_g_cm3", 298, 1190, "check the unit"),
        ("oxidation_limit_v", 298, 4300, "check the unit"),
        ("oxidation_limit_v", 298, math.inf, "finite"),
        ("something_else", 298, -1, "positive"),
    ],
)
def test_impossible_rows_are_refused(make_measurements, property_name, kelvin, value, words):
    with pytest.raises(TableError, match=words):
        make_measurements([(PC, kelvin, value, "a")], property_name)


def test_limits_may_be_negative_and_without_temperature(make_measurements):
    table = make_measurements([(PC, math.nan, -0.3, "a"), (PC, 298, 0.7, "a")], "reduction_limit_v")
    assert len(table) == 2


def test_uncertainty_goes_with_its_row(make_measurements):
    rows = [(PC, 298, 6.0, "a"), (PC, 308, 7.0, "a")]
    stated = make_measurements(rows, uncertainty=np.array([0.1, math.nan]))
    assert stated.select(np.array([True, False])).uncertainty.tolist() == [0.1]
    joined = concatenate([make_measurements(rows), stated])
    np.testing.assert_array_equal(joined.uncertainty, [math.nan, math.nan, 0.1, math.nan])
    with pytest.raises(TableError, match="cannot be negative"):
        make_measurements(rows, uncertainty=np.array([-0.1, 0.1]))
