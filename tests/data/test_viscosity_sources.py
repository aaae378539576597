"""The loaders of viscosities, on made-up files and, where they are at hand, on the real ones."""

import json

import numpy as np
import pytest

from electrolyte_ml.data.cleaning import Action
from electrolyte_ml.data.liquids import INORGANIC, METAL, unusual
from electrolyte_ml.data.sources import (
    ai4chems_viscosity,
    chemixhub_logv,
    thermoml_viscosity_pure,
)

COMPOUNDS = "compound_id,smiles,salt\n0,O,0\n1,OCC,0\n2,CCO,0\n3,C[Ge](Cl)(Cl)Cl,0\n4,CC.CO,0\n"
HEAD = "value,T,Train_Test_Label,property,unit,cmp_ids,cmp_mole_fractions\n"
ROWS = """\
-0.0501,298.15,train,Log viscosity,cP,[0.0],"[1.0, 0.0]"
0.0,298.15,train,Log viscosity,cP,"[0.0, 1.0]","[0.25, 0.75]"
0.03,298.15,train,Log viscosity,cP,[2.0],"[0.0, 1.0]"
0.04,298.15,train,Log viscosity,cP,"[1.0, 2.0]","[0.5, 0.5]"
0.1,298.15,train,Log viscosity,cP,[3.0],"[1.0, 0.0]"
0.1,298.15,train,Log viscosity,cP,[4.0],"[1.0, 0.0]"
"""


@pytest.fixture
def logv(tmp_path):
    (tmp_path / "compounds.csv").write_text("")
    (tmp_path / chemixhub_logv.COMPOUNDS_FILE_NAME).write_text(COMPOUNDS)
    path = tmp_path / chemixhub_logv.FILE_NAME
    path.write_text(HEAD + ROWS)
    return chemixhub_logv.load(path)


def test_logarithms_are_decadic(logv):
    measurements, _ = logv
    # Water at 25 degC has 0.890 mPa s.
    assert measurements.value[0] == pytest.approx(0.891, abs=0.001)


def test_binary_mixtures_are_by_mole_fraction(logv):
    measurements, _ = logv
    fractions = measurements.row_formulations[1].mole_fractions
    assert fractions == pytest.approx({"water": 0.25, "ethanol": 0.75})


def test_one_molecule_written_in_two_ways_is_one(logv):
    measurements, _ = logv
    pure, both = measurements.row_formulations[2:4]
    assert pure == both
    assert list(both.mole_fractions.values()) == pytest.approx([1.0])


def test_what_is_no_solvent_is_flagged_or_dropped_with_a_reason(logv):
    measurements, report = logv
    assert measurements.source_row.tolist() == [0, 1, 2, 3, 4]
    assert measurements.flag[4] == METAL
    dropped = [note for note in report.notes if note.action is Action.DROPPED]
    assert [note.n_rows for note in dropped] == [1]
    assert "fragments" in dropped[0].what


def test_unusual_molecules():
    assert unusual("O") is None
    assert unusual("CCO") is None
    assert unusual("BrBr") == INORGANIC
    assert "isotope" in unusual("[2H]OC")


def test_published_folds_are_read_from_their_binary_format(tmp_path):
    parts = {"train": [0, 3, 4], "val": [1], "test": [2, 5]}
    body, header, at = b"", {}, 0
    for name, numbers in parts.items():
        raw = np.array(numbers, dtype="<i8").tobytes()
        header[f"{name}_indices"] = {
            "dtype": "I64",
            "shape": [len(numbers)],
            "data_offsets": [at, at + len(raw)],
        }
        body, at = body + raw, at + len(raw)
    text = json.dumps(header).encode()
    folder = tmp_path / "chemixhub_logv_splits"
    folder.mkdir()
    packed = len(text).to_bytes(8, "little") + text + body
    (folder / "kfold_split_3.safetensors").write_bytes(packed)
    fold = chemixhub_logv.published_fold(3, tmp_path)
    assert {name: rows.tolist() for name, rows in fold.items()} == parts


THERMOML_HEAD = (
    ",Id,Temperature (K),Component 1,Viscosity Value (Pa * s),"
    "Viscosity Uncertainty (Pa * s),Source\n"
)


def test_thermoml_is_in_pascal_seconds_and_slips_are_flagged(tmp_path):
    path = tmp_path / "pure.csv"
    rows = [
        "0,a,298.15,C1COCO1,0.000588,1e-5,10.1/a",
        "1,b,298.15,C1COCO1,0.000588,1e-5,10.1/a",
        "2,c,298.15,C1COCO1,0.000596,1e-5,10.1/b",
        "3,d,303.15,C1COCO1,0.05487,1e-5,10.1/c",
        "4,e,298.15,C[n+]1ccccc1.[Cl-],0.03,1e-5,10.1/d",
    ]
    path.write_text(THERMOML_HEAD + "\n".join(rows) + "\n")
    measurements, report = thermoml_viscosity_pure.load(path)
    assert measurements.value[0] == pytest.approx(0.588)
    assert measurements.source.tolist() == ["10.1/a", "10.1/b", "10.1/c"]
    assert (measurements.flag != "").tolist() == [False, False, True]
    assert (report.n_read, report.n_kept) == (5, 3)


def test_ai4chems_takes_names_of_the_catalog_where_it_has_no_smiles(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    names = book.active
    names.title = "data"
    names.append(["Compounds", "smiles", "label"])
    names.append(["Dimethyl carbonate", "COC(=O)OC", "train"])
    values = book.create_sheet("train_mu_temp")
    values.append(["Compounds", "temp", "temp_inv", "mu", "mu_log"])
    values.append(["Dimethyl carbonate", 298.15, 1 / 298.15, 0.589, -0.53])
    values.append(["1,2-Dimethoxyethane", 298.15, 1 / 298.15, 0.42, -0.87])
    values.append(["Snake oil", 298.15, 1 / 298.15, 3.0, 1.1])
    values.append(["Dimethyl carbonate", 100.0, 0.01, 6.71e6, 15.7])
    path = tmp_path / "book.xlsx"
    book.save(path)
    measurements, report = ai4chems_viscosity.load(path)
    assert [list(f.mass_fractions) for f in measurements.row_formulations] == [["DMC"], ["DME"]]
    assert measurements.value.tolist() == [0.589, 0.42]
    reasons = " ".join(note.what for note in report.notes)
    assert "no SMILES" in reasons
    assert "mPa s" in reasons


@pytest.mark.full_data
def test_the_mixtures_are_read_whole():
    measurements, report = chemixhub_logv.load()
    assert report.n_read == report.n_kept == len(measurements) == 34374
    tested = np.concatenate([chemixhub_logv.published_fold(k)["test"] for k in range(5)])
    assert np.array_equal(np.sort(tested), np.arange(34374))


def test_the_wrong_row_of_dioxolane_is_flagged(sample):
    measurements, _ = thermoml_viscosity_pure.load()
    wrong = [
        value
        for f, value, flag in zip(
            measurements.row_formulations, measurements.value, measurements.flag, strict=True
        )
        if flag and "DOL" in f.mass_fractions
    ]
    assert wrong == [pytest.approx(54.87)]
