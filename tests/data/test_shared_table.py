"""Loaders of tables in the shared format on made-up rows, and on the real ones where they are."""

import pytest

from electrolyte_ml.data.cleaning import Action
from electrolyte_ml.data.shared_table import load_shared
from electrolyte_ml.data.sources import (
    bamboo_mixer_literature_part,
    edb1,
    himnn_chemarr_liquids,
    ilthermo_alkali_salts,
    load_tables,
    s4_lifsi_single_solvents,
)
from electrolyte_ml.errors import InputError
from electrolyte_ml.species.ionic_liquids import FAMILY, ions_of

HEADER = (
    "salt,salt_smiles,conc,conc_unit,solvents,solvent_smiles,ratio,ratio_basis,additives,T_C,"
    "property,value,unit,source_doi,source_repo,licence,note\n"
)
LIFSI, NAFSI = "[Li+].O=S(=O)(F)[N-]S(=O)(=O)F", "[Na+].O=S(=O)(F)[N-]S(=O)(=O)F"
EMIM_FSI = "CCn1cc[n+](C)c1.O=S(=O)(F)[N-]S(=O)(=O)F"


def row(
    *,
    salt=LIFSI,
    conc="1",
    unit="mol/kg",
    solvents="COCCOC",
    ratio="1",
    basis="",
    celsius="25",
    quantity="conductivity,10,mS/cm",
    doi="10.1/a",
    note="",
):
    cells = ("s", salt, conc, unit, "n", solvents, ratio, basis, "", celsius, quantity, doi)
    return ",".join((*cells, "r", "l", note)) + "\n"


@pytest.fixture
def table(tmp_path):
    def write(*rows):
        path = tmp_path / "table.csv"
        path.write_text(HEADER + "".join(rows))
        return path

    return write


def notes(report, action):
    return {n.what: n.n_rows for n in report.notes if n.action is action}


def test_units_and_bases_of_ratios_are_converted(table):
    path = table(
        row(unit="M"),
        row(solvents="O=C1OCCO1|CCOC(=O)OCC", ratio="1:3", basis="wt"),
        row(solvents="O=C1OCCO1|CCOC(=O)OCC", ratio="1:1", basis="mol"),
        row(conc="0", unit="", salt=""),
    )
    found, report = load_shared("x.csv", path, "conductivity_ms_cm", citation="made up")
    molar, mass, mole, pure = found.row_formulations
    assert molar.molarities_mol_l() == pytest.approx({"LiFSI": 1.0})
    assert mass.mass_fractions == pytest.approx({"EC": 0.25, "DEC": 0.75})
    assert mole.solvent_mole_fractions == pytest.approx({"EC": 0.5, "DEC": 0.5})
    assert pure.salts == ()
    assert found.source_row.tolist() == [0, 1, 2, 3]
    assert report.n_read == report.n_kept == 4


def test_what_cannot_be_used_is_dropped_with_its_reason(table):
    path = table(
        row(note="CAUTION two series; more"),
        row(quantity="conductivity,10,S/m"),
        row(solvents="O=C1OCCO1|CCOC(=O)OCC", ratio="1:1"),
        row(conc="one"),
        row(unit="ppm"),
        row(solvents="COCCOC|CC#N", ratio="1", basis="mol"),
        row(quantity="viscosity,1,mPa s"),
    )
    found, report = load_shared("x.csv", path, "conductivity_ms_cm", citation="made up")
    assert len(found) == 0
    assert report.n_read == 6
    dropped = notes(report, Action.DROPPED)
    assert "its note warns: two series" in dropped
    assert "unit 'S/m' is not mS/cm" in dropped
    assert any("basis of the ratio" in what for what in dropped)
    assert sum(dropped.values()) == 6
    with pytest.raises(InputError, match="it may have conductivity_ms_cm"):
        load_shared("x.csv", path, "oxidation_limit_v", citation="made up")


def test_an_ionic_liquid_is_a_component_of_two_ions(table):
    """Whichever nitrogen of imidazolium the charge was written at, it is one liquid."""
    other = EMIM_FSI.replace("CCn1cc[n+](C)c1", "CC[n+]1ccn(C)c1")
    path = table(
        row(salt=NAFSI, solvents=EMIM_FSI, note="x1 can only be the fraction of the alkali salt"),
        row(salt=NAFSI, solvents=other),
        row(salt="", conc="0", solvents=EMIM_FSI),
    )
    found, report = ilthermo_alkali_salts.load(path)
    first, second, pure = found.row_formulations
    assert first.key == second.key
    assert first.molalities_mol_kg == {"NaFSI": 1.0}
    (liquid,) = (s.solvent for s in first.solvents)
    assert (liquid.name, liquid.family) == ("EMIMFSI", FAMILY)
    assert ions_of(liquid) == ("CC[n+]1ccn(C)c1", "O=S(=O)(F)[N-]S(=O)(=O)F")
    assert pure.salts == ()
    assert notes(report, Action.CORRECTED) == {ilthermo_alkali_salts.SWAPPED: 1}


def test_what_notes_say_is_taken_into_account(table):
    solvent_litre = "1 M LiFSI DMB; paper: Yu et al; i.e. 1.17 mol/kg if the litre is of solvent"
    found, _ = s4_lifsi_single_solvents.load(table(row(unit="M", doi="", note=solvent_litre)))
    assert found.row_formulations[0].molality_mol_kg == 1.17
    assert found.flag.tolist() == [s4_lifsi_single_solvents.FLAG_LITRE]
    assert found.source.tolist() == ["Yu et al"]
    found, _ = bamboo_mixer_literature_part.load(table(row(conc="3"), row(), row(doi="")))
    assert found.flag.tolist() == [bamboo_mixer_literature_part.FLAG_CONCENTRATED, "", ""]
    assert found.source.tolist() == ["10.1/a"] * 2 + [bamboo_mixer_literature_part.CITATION]
    found, report = himnn_chemarr_liquids.load(
        table(row(conc="31"), row(note="5 as molality; it is a mole fraction of salt"))
    )
    assert found.flag.tolist() == [himnn_chemarr_liquids.FLAG_FAR, ""]
    assert notes(report, Action.CORRECTED) == {himnn_chemarr_liquids.FROM_MOLE_FRACTION: 1}


def test_edb1_flags_what_it_does_not_tell(tmp_path):
    path = tmp_path / "edb1.csv"
    path.write_text(
        "row,solv_1_sm,solv_2_sm,solv_3_sm,solv_4_sm,salt_sm,solv_ratio_1,solv_ratio_2,"
        "solv_ratio_3,solv_ratio_4,conc_salt,temperature,conductivity,conductivity_log\n"
        "4,O=C1OCCO1,COC(=O)OC,,,[Li+].F[P-](F)(F)(F)(F)F,0.5,0.5,0,0,1.0,25.0,11.7,1.07\n"
        "9,COCCOC,,,,[Na+].F[P-](F)(F)(F)(F)F,1,0,0,0,1.0,25.0,12,1.08\n"
        "10,COCCOC,,,,F[P-](F)(F)(F)(F)F,1,0,0,0,1.0,25.0,12,1.08\n"
        "11,COCCOC,,,,[Na+].F[P-](F)(F)(F)(F)F,1,0,0,0,,25.0,12,1.08\n"
    )
    found, report = edb1.load(path)
    assert found.source_row.tolist() == [4, 9]
    assert found.flag.tolist() == [edb1.FLAG_ASSUMED, edb1.FLAG_ASSUMED_UNIT]
    assert found.row_formulations[1].molarities_mol_l() == pytest.approx({"NaPF6": 1.0})
    assert report.n_read == 4


@pytest.mark.full_data
def test_real_files_are_read_whole():
    rows = {
        "edb1": [8903],
        "himnn_chemarr_liquids": [1040],
        "bamboo_mixer_literature_part": [556],
        "s4_lifsi_single_solvents": [93],
        "ilthermo_alkali_salts": [809, 679, 560],
        "il_in_battery_solvents": [2729, 4278],
        "pure_solvents_endpoints": [584, 878],
        "battery_solvent_binaries": [677],
    }
    assert {name: [len(m) for m in load_tables(name)[0]] for name in rows} == rows
