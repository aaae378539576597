"""The CALiSol-23 loader, on a made-up file and, where it is at hand, on the real one."""

import numpy as np
import pytest

from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.sources import calisol23
from electrolyte_ml.errors import DataNotFoundError

HEADER = "row,doi,k,T,c,salt,c units,solvent ratio type,EC,PC,2-Glyme,TFP\n"
ROWS = """\
0,10.1/a,8.0,298.15,1.0,LiPF6,mol/kg,w,0.5,0.5,0,0
1,10.1/a,,298.15,1.0,LiPF6,mol/kg,w,0.5,0.5,0,0
2,10.1/a,-1,298.15,1.0,LiPF6,mol/kg,w,0.5,0.5,0,0
3,10.1/a,8.0,298.15,-0.1,LiPF6,mol/kg,w,0.5,0.5,0,0
4,10.1/a,5.0,298.15,1.0, LiBPFPB,mol/l,v,0,1,0,0
5,10.1/a,6.0,298.15,1.0,LiN(CF3SO2)2,mol/kg,mol,0,0,1,0
6,10.1/a,4.0,298.15,1.0,LiPF6,mol/kg,w,0.66,0.33,0,0
7,10.1/a,0.002,298.15,1.0,LiPF6,mol/kg,w,0,0,0,1
8,10.1007/s10008-002-0300-9,0.1,298.15,1.0,LiPF6,mol/kg,w,0.5,0.5,0,0
"""


@pytest.fixture
def loaded(tmp_path):
    file = tmp_path / "calisol23.csv"
    file.write_text(HEADER + ROWS)
    return calisol23.load(file)


def test_rows_are_kept_dropped_and_flagged_with_reasons(loaded):
    measurements, report = loaded
    assert measurements.source_row.tolist() == [0, 4, 5, 6, 7, 8]
    assert report.n_read == 9
    assert report.n_kept == 6
    counts = {note.what: note.n_rows for note in report.notes}
    assert counts["no conductivity"] == 1
    assert counts["conductivity is not positive"] == 1
    assert counts["concentration is not positive"] == 1
    assert counts["salt name with a space around it"] == 1
    assert counts["solvent fractions scaled so that they sum to 1"] == 1
    assert counts["salt LiN(CF3SO2)2 read as LiTFSI"] == 1
    assert counts["solvent 2-Glyme read as diglyme"] == 1
    assert counts["concentration by litre converted to molality with the density model"] == 1
    flags = dict(zip(measurements.source_row.tolist(), measurements.flag.tolist(), strict=True))
    assert flags[0] == ""
    assert flags[7] == calisol23.FLAG_UNREADABLE
    assert flags[8] == calisol23.FLAG_UNIT_100


def test_names_and_units_are_normalised(loaded):
    measurements, _ = loaded
    recipes = dict(
        zip(measurements.source_row.tolist(), measurements.row_formulations, strict=True)
    )
    assert recipes[0].mass_fractions == pytest.approx({"EC": 0.5, "PC": 0.5})
    assert recipes[0].molalities_mol_kg == pytest.approx({"LiPF6": 1.0})
    assert recipes[4].molarities_mol_l() == pytest.approx({"LiBPFPB": 1.0})
    assert set(recipes[5].mass_fractions) == {"diglyme"}
    assert set(recipes[5].molalities_mol_kg) == {"LiTFSI"}
    assert recipes[6].mass_fractions == pytest.approx({"EC": 2 / 3, "PC": 1 / 3})
    assert set(recipes[7].mass_fractions) == {"TFEP"}


def test_long_table_names_its_source(loaded):
    frame = loaded[0].to_frame()
    assert len(frame) == 6
    assert set(frame["method"]) == {"experiment"}
    assert set(frame["property"]) == {"conductivity_ms_cm"}
    assert frame["formulation"].iloc[0] == "1 m LiPF6 in EC:PC 50:50 wt"


def test_missing_data_says_how_to_fix_it(monkeypatch, tmp_path):
    monkeypatch.setenv("ELECTROLYTE_ML_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(DataNotFoundError, match="set ELECTROLYTE_ML_DATA"):
        data_path("calisol23.csv")


def test_a_sample_of_all_papers_is_cleaned_row_by_row(sample):
    measurements, report = calisol23.load()
    notes = {note.what: note.n_rows for note in report.notes}
    assert (report.n_read, report.n_kept) == (172, 168)
    assert len(set(measurements.source.tolist())) == 24
    assert len(measurements.formulations) > 100
    assert len({f.salts[0].salt.name for f in measurements.formulations}) == 12
    assert notes["no conductivity"] == 2
    assert notes["conductivity is not positive"] == notes["concentration is not positive"] == 1
    assert notes["salt name with a space around it"] == 3
    assert notes[calisol23.FLAG_UNIT_100] == 6
    assert notes[calisol23.FLAG_UNIT_10] == 2
    assert notes[calisol23.FLAG_CONTRADICTORY] == 1
    assert np.count_nonzero(~measurements.trusted) == 3


@pytest.mark.full_data
def test_real_file_is_read_whole():
    measurements, report = calisol23.load()
    assert report.n_read == 13510
    assert len(measurements) == 12955
    usable = measurements.usable
    assert usable.sum() == 12819
    assert len(set(measurements.source.tolist())) == 24
    assert np.count_nonzero(~measurements.trusted) == 60


def test_mixtures_that_contradict_their_solvents_are_judged_and_not_learnt(tmp_path):
    paper = "10.1016/0378-7753(91)80004-H"
    file = tmp_path / "calisol23.csv"
    file.write_text(
        "row,doi,k,T,c,salt,c units,solvent ratio type,THF,Freon 11\n"
        f"0,{paper},18.9,293.15,1.0,LiAsF6,mol/l,v,0.7,0.3\n"
        f"1,{paper},12.9,293.15,1.0,LiAsF6,mol/l,v,1,0\n"
        "2,10.1/a,7.5,293.15,1.0,LiAsF6,mol/l,v,0.7,0.3\n"
    )
    measurements, report = calisol23.load(file)
    assert measurements.trusted.tolist() == [False, True, True]
    assert measurements.usable.all()
    assert [n.n_rows for n in report.notes if n.what == calisol23.FLAG_CONTRADICTORY] == [1]


@pytest.mark.full_data
def test_wrong_labels_are_corrected_with_their_reason():
    table, report = calisol23.load()
    for relabelled in calisol23.RELABELLED:
        rows = np.isin(table.source_row, list(relabelled.rows))
        assert rows.sum() == len(relabelled.rows)
        salts = {s.salt.name for f in table.select(rows).formulations for s in f.salts}
        assert salts == {relabelled.salt}
        (note,) = (n for n in report.notes if f"is {relabelled.salt}: the abstract" in n.what)
        assert note.n_rows == len(relabelled.rows)
    published, _ = calisol23.load(as_published=True)
    fsi = [s.salt.name for f in published.formulations for s in f.salts].count("LiFSI")
    assert fsi == 1
    assert (published.flag == table.flag).all()
    assert (table.flag == calisol23.FLAG_LOW_PERCHLORATE).sum() == 36
