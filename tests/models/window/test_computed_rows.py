import sys

import pytest

from electrolyte_ml.models.window.limits import CALCULATION, TABLE
from electrolyte_ml.models.window.species import _ComputedRows
from electrolyte_ml.quantum.table import LimitRow


def row(smiles, *, failure="", value=5.0):
    value = None if failure else value
    return LimitRow(
        inchikey=smiles, smiles=smiles, charge=0, protocol="p", oxidation_limit_v=value,
        failure=failure,
    )  # fmt: skip


def test_a_row_that_is_written_canonically_costs_no_canonical_form(monkeypatch):
    monkeypatch.delattr(sys.modules[_ComputedRows.__module__], "canonical_smiles")
    rows = _ComputedRows([], [row("CCO"), row("C=C", failure="no structure")])
    assert rows["CCO"][1] == TABLE
    assert rows["C=C"][0].failure


def test_a_row_that_is_written_otherwise_is_found():
    rows = _ComputedRows([], [row("OCC"), row("CC")])
    assert rows["CCO"][0].smiles == "OCC"
    assert set(rows) == {"CCO", "CC"}
    assert len(rows) == 2
    with pytest.raises(KeyError):
        rows["CCC"]


def test_own_calculation_counts_where_the_packages_failed_or_has_none():
    own = [row("OCC", value=4.0), row("CC", value=4.0), row("CCC", value=4.0)]
    rows = _ComputedRows(own, [row("CCO", failure="no structure"), row("CC")])
    assert rows["CCO"] == (own[0], CALCULATION)
    assert rows["CCC"] == (own[2], CALCULATION)
    assert rows["CC"][1] == TABLE
