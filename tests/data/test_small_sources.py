"""Loaders on made-up files, and on the real ones where they are at hand."""

import pytest

from electrolyte_ml.data.catalog import shipped_cards
from electrolyte_ml.data.cleaning import Action
from electrolyte_ml.data.location import ENVIRONMENT_VARIABLE
from electrolyte_ml.data.sources import (
    SOURCES,
    battslm_rx392,
    battslm_solvfunc87,
    ilthermo_conductivity,
    kumar2026_density,
    load_source,
    load_tables,
    measured_limits,
    molsets,
    oedb_v1,
)
from electrolyte_ml.errors import DataNotFoundError, InputError, InputErrors


@pytest.fixture
def write(tmp_path):
    def write_(text, name="table.csv", encoding="utf-8"):
        (tmp_path / name).write_text(text, encoding=encoding)
        return tmp_path / name

    return write_


def dropped(report):
    return {n.what: n.n_rows for n in report.notes if n.action is Action.DROPPED}


def test_density_takes_the_concentration_of_the_file_name(write):
    file = write(
        "filename,concentration_M,exp_density_g_cm3\n"
        "napf6_PC_1M.xyz,1.09,1.291\nnaotf_tgdme_0.1M.xyz,0.16,1.016\n"
        "dme_pure.xyz,0,0.861\nsomething.xyz,1,1.1\nnapf6_water_1M.xyz,1,1.1\n"
    )
    table, report = kumar2026_density.load(file)
    first, second, pure = table.row_formulations
    assert first.molarities_mol_l() == pytest.approx({"NaPF6": 1.0})
    assert second.molarities_mol_l() == pytest.approx({"NaOTf": 0.1})
    assert set(second.mass_fractions) == {"tetraglyme"}
    assert pure.salts == ()
    assert table.temperature_k.tolist() == [298.2] * 3
    assert dropped(report) == {kumar2026_density.NO_NAME: 2}


def test_redox_energies_are_read_with_their_commas(write):
    solvent = "DIELECTRIC=18,500;N=1,415"
    ec = "InChI=1S/C3H4O3/c4-3-5-1-2-6-3/h1-2H2"
    lithium = "InChI=1S/Li/q+1"
    file = write(
        "MolId$Inchi$dictIEs$dictEAs$dictOxPots$dictRedPots\n"
        f"a${ec}${solvent}:8.1${solvent}:-0.5${solvent}:3.9${solvent}:-3.1\n"
        f"b${lithium}${solvent}:5${solvent}:5${solvent}:5${solvent}:5\n"
        f"c${ec}${solvent}:8.1&{solvent}:8.2$${solvent}:1${solvent}:1\n"
    )
    table, report = battslm_rx392.load(file)
    assert table.value.tolist() == [8.1]
    assert table.method == "dft"
    assert set(table.row_formulations[0].mass_fractions) == {"EC"}
    assert dropped(report) == {battslm_rx392.NO_STRUCTURE: 1, battslm_rx392.NO_VALUE: 1}
    reduction, _ = battslm_rx392.load(file, "reduction_free_energy_ev")
    assert reduction.value.tolist() == [-3.1, 1.0]
    with pytest.raises(InputError, match="it has ionisation_energy_ev"):
        battslm_rx392.load(file, "conductivity_ms_cm")


def test_reported_voltages_keep_bounds_apart(write):
    file = write(
        "SMILES;Work_Voltage (V);Reference\n"
        "C1CCOC1;4;Energy 50 (2022) 47\x96 54 (DOI:10.1016/j.ensm.2022.05.005)!J (DOI:10.1/b)\n"
        "COCCOC;<3.5;ACS (DOI:10.1021/x,WSE)\nCC#N;;\nC1COCO1;>4.5;none\n",
        encoding="latin-1",
    )
    table, report = battslm_solvfunc87.load(file)
    assert table.value.tolist() == [4.0, 3.5, 4.5]
    assert table.flag.tolist() == ["", "an upper bound, not a value", "a lower bound, not a value"]
    assert table.source.tolist() == [
        "10.1016/j.ensm.2022.05.005",
        "10.1021/x",
        battslm_solvfunc87.DOI,
    ]
    assert dropped(report) == {battslm_solvfunc87.NO_VOLTAGE: 1}


def test_limits_keep_the_electrolyte_they_were_measured_in(write):
    header = "smiles,axis,potential_V_vs_Li,supporting_electrolyte,T_C,"
    file = write(
        f"{header}tabulation_source_doi,primary_source\n"
        "CC1COC(=O)O1,oxidation,6.9,0.65M Et4NBF4,25,10.1/okoshi,Ue\n"
        "O=C1OCC(F)O1,reduction,1.2,1.2 M LiFSI EC/EMC 3/7 + 10 wt% FEC,30,,DOE\n"
        "C1COCO1,oxidation,5.5,some salt,25,10.1/okoshi,Ue\n"
    )
    oxidation, report = measured_limits.load(file)
    (solution,) = oxidation.row_formulations
    assert solution.molarities_mol_l() == pytest.approx({"TEABF4": 0.65})
    assert dropped(report) == {measured_limits.NOT_READ: 1}
    reduction, _ = measured_limits.load(file, "reduction_limit_v")
    # 10 % of the whole, salt included, are 12 % of the solvents.
    assert reduction.row_formulations[0].mass_fractions["FEC"] == pytest.approx(0.12, abs=0.005)
    assert reduction.source.tolist() == ["DOE"]
    assert reduction.temperature_k.tolist() == [303.15]


MAPPING = """
solvents = ["s1", "s2"]
parts = ["x1", "x2"]
ratio = "mass"
salts = ["salt"]
amounts = ["c"]
amount_unit = "mol/kg"
value = "lg sigma"
unit = "S/cm"
logarithm = "log10"
temperature = "T"
temperature_unit = "degC"
source = "doi"
"""
MAPPED = "s1,x1,s2,x2,salt,c,lg sigma,T,doi\n"


def test_a_table_is_read_as_its_description_says(write):
    file = write(
        MAPPED
        + "EC,1,CCOC(=O)OCC,1,NaPF6,1,-2,25,10.1/a\n"
        + "PC,1,,0,[Na+].F[P-](F)(F)(F)(F)F,0.5,-2.5,0,10.1/b\n"
        + "unobtainium,1,,0,NaPF6,1,-2,25,10.1/a\n"
        + "EC,1,,0,NaPF6,,-2,25,10.1/a\n"
    )
    write(MAPPING, "table.columns.toml")
    table, report = oedb_v1.load(file)
    assert table.value == pytest.approx([10, 10**0.5])
    assert table.temperature_k == pytest.approx([298.15, 273.15])
    first, second = table.row_formulations
    assert first.mass_fractions == pytest.approx({"EC": 0.5, "DEC": 0.5})
    assert second.molalities_mol_kg == pytest.approx({"NaPF6": 0.5})
    assert sum(dropped(report).values()) == 2


def test_a_description_is_never_guessed(write):
    file = write(MAPPED + "EC,1,,0,NaPF6,1,-2,25,10.1/a\n")
    with pytest.raises(InputErrors, match=r"table\.columns\.toml: no such file"):
        oedb_v1.load(file)
    text = MAPPING.replace('"degC"', '"degF"').replace('unit = "S/cm"\n', "")
    write(text, "table.columns.toml")
    with pytest.raises(InputErrors) as raised:
        oedb_v1.load(file)
    assert len(raised.value.messages) == 2
    write(MAPPING.replace('"lg sigma"', '"sigma"') + 'salt = "?"\n', "table.columns.toml")
    with pytest.raises(InputErrors, match="has no column 'sigma'"):
        oedb_v1.load(file)


def test_arrhenius_fits_of_molsets(write):
    file = write(
        ",Solvent 1,Solvent 2,Solvent 3,Solvent 4,Weights,M,Salt,Molality,Slope,Intercept\n"
        '0,O=C1OCCO1,CCOC(=O)OCC,,,"[0.25, 0.75]","[1, 1]",[Li+].F[P-](F)(F)(F)(F)F,1,-596,0\n'
        '1,[Cu]OCC[Au],,,,"[1]","[1]",[Li+].F[P-](F)(F)(F)(F)F,1,-596,0\n'
    )
    with pytest.raises(InputErrors, match="logarithm"):
        molsets.load(file)
    write('logarithm = "log10"\nunit = "S/cm"\n', "table.columns.toml")
    table, report = molsets.load(file)
    assert table.value == pytest.approx([10.0])
    assert table.row_formulations[0].mass_fractions == pytest.approx({"EC": 0.25, "DEC": 0.75})
    assert dropped(report) == {molsets.POLYMER: 1}


def test_ionic_liquids_in_the_form_of_chemixhub(write):
    write(
        "compound_id,smiles,salt\n0,CC#N,0\n1,[Na+].F[B-](F)(F)F,1\n",
        ilthermo_conductivity.COMPOUNDS,
    )
    file = write(
        "value,T,cmp_ids,cmp_mole_fractions\n"
        '1.5,298.15,"[0, 1]","[0.9, 0.1]"\n1,298.15,[1.0],"[1.0, 0.0]"\n'
        '1,298.15,[7],[1.0]\n,298.15,"[0, 1]","[0.9, 0.1]"\n'
    )
    write('unit = "S/m"\n', "table.columns.toml")
    table, report = ilthermo_conductivity.load(file)
    assert table.value == pytest.approx([15.0])
    assert table.row_formulations[0].mole_fractions == pytest.approx({"AN": 0.9, "NaBF4": 0.1})
    assert set(dropped(report)) >= {
        ilthermo_conductivity.NO_SOLVENT,
        ilthermo_conductivity.NO_COMPOUND,
    }


def test_every_card_has_a_loader_and_is_only_loaded_when_asked():
    from importlib.util import find_spec

    for name in SOURCES:
        assert find_spec(f"electrolyte_ml.data.sources.{name}") is not None
    assert set(SOURCES) == shipped_cards().keys()


def test_several_properties_must_be_named():
    with pytest.raises(InputError, match="name one of oxidation_limit_v, reduction_limit_v"):
        load_source("measured_limits")


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("kumar2026_density", [21]),
        ("combat_56_solvents", [13]),
        ("measured_limits", [7, 2]),
        ("battslm_rx392", [10] * 4),
        ("battslm_solvfunc87", [9]),
        ("chayambuka2022", [3]),
        ("na_literature", [12]),
    ],
)
def test_real_rows(sample, name, rows):
    tables, report = load_tables(name)
    assert [len(m) for m in tables] == rows
    assert report.n_kept == sum(rows)


@pytest.mark.full_data
def test_real_files_are_read_whole():
    rows = {
        "kumar2026_density": [25],
        "measured_limits": [14, 3],
        "battslm_rx392": [391] * 4,
        "battslm_solvfunc87": [63],
        "chayambuka2022": [5],
        "na_literature": [16],
    }
    assert {name: [len(m) for m in load_tables(name)[0]] for name in rows} == rows


def test_missing_files_are_told(monkeypatch, tmp_path):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(DataNotFoundError, match=r"kumar2026_na_density\.csv"):
        load_source("kumar2026_density")
