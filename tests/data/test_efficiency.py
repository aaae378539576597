"""Tables of coulombic efficiencies: made-up files in the published forms."""

import math

import numpy as np
import pandas as pd
import pytest

from electrolyte_ml.data import efficiency
from electrolyte_ml.data.efficiency import (
    AURBACH,
    CYCLING,
    Cycling,
    efficiency_table,
    joined,
    lce_of,
    percent_of,
    without_copies,
)
from electrolyte_ml.data.sources import helena, himnn_lce23, load_source, s4_efficiency
from electrolyte_ml.errors import DataNotFoundError, InputError

LIFSI, LIPF6 = "[Li+].[N-](S(=O)(=O)F)S(=O)(=O)F", "[Li+].F[P-](F)(F)(F)(F)F"
HELENA = (
    "Row_ID,Electrolyte,CE,LCE,Solvent_1,Solvent_2,Solvent_3,Solvent_4,Solvent_5,Salt_1,Salt_2,"
    "Salt_3,Method,Current,Capacity,Cycle,Reference\n"
    f"1,1 M LiFSI DME,98.5,1.82,COCCOC:9.6,,,,,{LIFSI}:1,,,Aurbach,0.5,1.0,10,10.1/a\n"
    f"2,LHCE,0.994,2.22,COCCOC:1.2,FC(F)C(F)(F)COC(F)(F)C(F)F:3,,,,{LIFSI}:1,,,Cycle,1,1,>500,10.1/b\n"
    f"3,no loss,100,,COCCOC:9.6,,,,,{LIFSI}:1,,,Aurbach,0.5,1.0,10,10.1/b\n"
    f"4,unreadable,97,1.5,C1CC:9.6,,,,,{LIFSI}:1,,,Aurbach,0.5,1.0,10,10.1/b\n"
    "5,no salt,97,1.5,COCCOC:9.6,,,,,,,,Aurbach,0.5,1.0,10,10.1/b\n"
)
S4 = (
    "Electrolyte,CE (%),Method,Current (mA/cm2),Capacity (mAh/cm2),Cycle,Solvent,Class,Salt,"
    "Reference\n"
    f"1 M LiFSI DME,98.54,Aurbach,0.5,1.0,10,COCCOC:9.63,Ether,{LIFSI}:1.0,1\n"
    f"1 M LiFSI DME,98.54,Cycle,0.5,1.0,10,COCCOC:9.63,Ether,{LIFSI}:1.0,2\n"
)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder of data with three made-up tables."""
    (tmp_path / "helena.csv").write_text(HELENA)
    (tmp_path / "ce_s4_dataset.csv").write_text(S4)
    (tmp_path / "ce_s4_references.csv").write_text('"First, A. A. J. 1 (2001)."\n"Next, B."\n')
    names = [f"{kind}{n}" for n in range(1, 7) for kind in ("smiles", "comp")]
    rows = [
        ["COCCOC", 90.0, LIFSI, 10.0, *["O", 0.0] * 4, 1.5],
        ["C1COC(=O)O1", 46.0, "COC(=O)OC", 46.0, LIPF6, 8.0, *["O", 0.0] * 3, 1.0],
    ]
    pd.DataFrame(rows, columns=[*names, "LCE"]).to_excel(
        tmp_path / "ce_himnn_lce23.xlsx", index=False
    )
    monkeypatch.setenv("ELECTROLYTE_ML_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    s4_efficiency._papers.cache_clear()
    efficiency_table.cache_clear()
    yield tmp_path
    s4_efficiency._papers.cache_clear()
    efficiency_table.cache_clear()


def _paper_table(folder, first_lce=1.5):
    """The paper's own table: elemental shares of the two rows, in the other order."""
    table = himnn_lce23.load_cycled()[0]
    lines = []
    for row, (method, number) in ((1, ("Cycle", 7)), (0, ("Aurbach", 1))):
        shares = himnn_lce23.elemental_shares(table.measurements.row_formulations[row])
        lce = first_lce if row == 0 else 1.0
        cells = [*(f"{x:.3f}" for x in shares), lce, method, 0.5, 1, 10, number]
        lines.append(",".join(map(str, cells)))
    head = "F,O,C,sF,aF,sO,aO,sC,aC,LLCE,Method,Current (mA/cm2),Capacity (mAh/cm2),Cycle,Reference"
    (folder / "ce_kim2023_sd01.csv").write_text("\n".join([head, *lines]) + "\n")


def test_helena_is_read_with_what_is_wrong_in_the_report(files):
    table, report = helena.load_cycled()
    assert table.measurements.value.tolist() == [98.5, pytest.approx(99.4)]
    assert table.cycling[1] == Cycling(
        method=CYCLING, current_ma_cm2=1, capacity_mah_cm2=1, cycles=500
    )
    assert report.n_read == 5
    assert {note.what for note in report.notes} >= {efficiency.NO_LOSS, "without a salt"}
    diluted = table.measurements.row_formulations[1]
    moles = diluted.moles_per_kg_solvent
    assert moles["TTE"] / moles["DME"] == pytest.approx(3 / 1.2)
    assert diluted.molality_mol_kg / moles["DME"] == pytest.approx(1 / 1.2)


def test_helena_with_other_columns_is_refused_with_the_columns_it_has(files):
    (files / "helena.csv").write_text("Electrolyte,CE\n1 M LiFSI,98\n")
    with pytest.raises(InputError, match=r"Solvent_1, Salt_1.*Solvent_1 to Solvent_5"):
        helena.load()


def test_method_and_paper_are_those_of_the_row_with_the_same_elements(files):
    _paper_table(files)
    table, _ = himnn_lce23.load_cycled()
    assert [c.method for c in table.cycling] == [AURBACH, CYCLING]
    assert table.measurements.source.tolist() == [
        "First, A. A. J. 1 (2001).",
        "reference 7 of Kim et al., 10.1073/pnas.2214357120",
    ]


def test_a_row_of_another_efficiency_is_no_match(files):
    _paper_table(files, first_lce=1.6)
    table, _ = himnn_lce23.load_cycled()
    assert table.cycling[0].method == ""
    assert math.isnan(table.cycling[0].current_ma_cm2)
    assert "untold" in table.measurements.source[0]


def test_without_the_papers_table_rows_are_read_and_methods_untold(files):
    table, report = himnn_lce23.load_cycled()
    assert report.n_kept == 2
    assert {c.method for c in table.cycling} == {""}


def test_a_measurement_in_several_tables_counts_once_and_another_method_is_another(files):
    _paper_table(files, first_lce=1.5)
    first = himnn_lce23.load_cycled()[0]
    both = joined([first, s4_efficiency.load_cycled()[0]])
    # 1.5 is 96.84 %; the same bottle at 98.54 % is another measurement.
    assert len(without_copies(both)) == 4
    value = first.measurements.value.copy()
    value[0] = 98.5
    object.__setattr__(first.measurements, "value", value)
    merged = without_copies(joined([first, s4_efficiency.load_cycled()[0]]))
    assert merged.dataset.tolist() == ["himnn_lce23", "himnn_lce23", "s4_efficiency"]
    assert merged.cycling[2].method == CYCLING


def test_the_merged_table_takes_what_is_on_the_machine(files):
    assert set(efficiency_table().dataset) == {"himnn_lce23", "s4_efficiency", "helena"}
    (files / "helena.csv").unlink()
    efficiency_table.cache_clear()
    assert set(efficiency_table().dataset) == {"himnn_lce23", "s4_efficiency"}
    with pytest.raises(DataNotFoundError, match=r"helena\.csv"):
        efficiency_table(("helena",))


def test_the_general_reader_gives_percent(files):
    measurements, _ = load_source("helena")
    assert measurements.property_name == "coulombic_efficiency_percent"


def test_the_scale_of_what_is_lost():
    assert lce_of(np.array([90.0, 99.0])).tolist() == pytest.approx([1.0, 2.0])
    assert percent_of(np.array([1.0, 3.0])).tolist() == pytest.approx([90.0, 99.9])


@pytest.mark.full_data
def test_the_public_tables_have_the_rows_and_papers_that_cards_promise():
    table, _ = himnn_lce23.load_cycled()
    assert len(table) == 147
    assert sum(c.method != "" for c in table.cycling) >= 130
    # Sulfolane three by one of LiFSI, whose shares had been exchanged.
    corrected = table.measurements.row_formulations[95]
    moles = corrected.moles_per_kg_solvent[corrected.solvents[0].solvent.name]
    assert moles / corrected.molality_mol_kg == pytest.approx(3.0)
    merged = efficiency_table(("himnn_lce23", "s4_efficiency"))
    assert 20 <= 147 + 125 - len(merged) <= 30
