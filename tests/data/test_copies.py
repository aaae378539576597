"""Copies across tables, whatever the order, basis and unit; a slow search finds the same."""

import numpy as np
import pytest

from electrolyte_ml.data.copies import copies_of, once, series_groups, species_of
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount
from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.ionic_liquids import ionic_liquid


def slow_copies(rows, within):
    """The definition, row by row."""
    found = np.zeros(len(within), dtype=bool)
    for j, formulation in enumerate(within.row_formulations):
        for i, other in enumerate(rows.row_formulations):
            low, high = sorted((rows.value[i], within.value[j]))
            close = abs(rows.temperature_k[i] - within.temperature_k[j]) <= 0.6 * (1 + 1e-9)
            if close and low >= 0.99 * high * (1 - 1e-9):
                found[j] |= species_of(formulation) == species_of(other)
    return found


def test_order_basis_and_amount_do_not_hide_a_copy(make_measurements):
    rows = make_measurements([("1 M NaPF6 in EC:DEC 1:1 v/v", 298.15, 6.0, "a")])
    within = make_measurements(
        [
            ("1 m NaPF6 in DEC:EC 40:60 wt", 298.7, 6.05, "b"),
            ("1 M NaPF6 in EC:DEC 1:1 v/v", 298.15, 6.0, "a"),
            ("1 M NaPF6 in EC:DEC 1:1 v/v", 298.8, 6.0, "temperature"),
            ("1 M NaPF6 in EC:DEC 1:1 v/v", 298.15, 6.1, "value"),
            ("1 M NaPF6 in EC:DMC 1:1 v/v", 298.15, 6.0, "solvent"),
            ("1 M LiPF6 in EC:DEC 1:1 v/v", 298.15, 6.0, "cation"),
            ("1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC", 298.15, 6.0, "additive"),
        ]
    )
    assert copies_of(rows, within).tolist() == [True, True] + [False] * 5


def test_fast_and_slow_search_agree(make_measurements):
    chance = np.random.default_rng(0)
    recipes = (
        "1 M NaPF6 in PC",
        "0.5 M NaPF6 in PC",
        "1 M LiPF6 in PC",
        "1 M NaPF6 in PC:EC 1:1 w/w",
    )

    def table(n):
        return make_measurements(
            [
                (recipes[i], 298 + chance.uniform(0, 3), np.exp(chance.uniform(0, 0.1)), "a")
                for i in chance.integers(0, len(recipes), n)
            ]
        )

    rows, within = table(60), table(200)
    found = copies_of(rows, within)
    assert 0 < found.sum() < len(found)
    assert found.tolist() == slow_copies(rows, within).tolist()
    assert not copies_of(rows, within.select(~found)).any()
    nothing = rows.select(np.zeros(len(rows), dtype=bool))
    assert not copies_of(nothing, within).any()


def test_a_salt_and_an_ionic_liquid_have_the_same_ions():
    catalog = default_catalog()
    liquid = catalog.salt("Pyr13FSI")
    dissolved = Formulation(
        solvents=(SolventAmount(solvent=catalog.solvent("AN"), mass_fraction=1.0),),
        salts=(SaltAmount(salt=liquid, molality_mol_kg=1.0),),
    )
    mixed = Formulation(
        solvents=(
            SolventAmount(solvent=catalog.solvent("AN"), mass_fraction=0.5),
            SolventAmount(solvent=ionic_liquid(liquid), mass_fraction=0.5),
        )
    )
    assert species_of(dissolved) == species_of(mixed)
    assert len(species_of(mixed)) == 3
    both = Measurements(
        property_name="conductivity_ms_cm",
        formulations=(dissolved, mixed),
        formulation_index=np.array([0, 1]),
        temperature_k=np.array([298.15, 298.15]),
        value=np.array([30.0, 30.0]),
        source=np.array(["a", "b"]),
        source_row=np.array([0, 1]),
        flag=np.array(["", ""]),
    )
    assert len(set(series_groups(both).tolist())) == 1
    # 1 and 3.2 mol/kg: copies for a split, and yet not the same measurement.
    assert once(both, np.array([0, 1])).tolist() == [0, 1]


def test_a_measurement_counts_once_and_the_best_documented_copy_stays(make_measurements):
    table = make_measurements(
        [
            ("1 M NaPF6 in PC", 298.15, 8.0, "compiled"),
            ("1 M NaPF6 in PC", 298.15, 8.04, "paper"),
            ("2 M NaPF6 in PC", 298.15, 8.0, "other amount"),
            ("1.003 M NaPF6 in PC", 298.2, 8.01, "compiled"),
            ("1.05 M NaPF6 in PC", 298.15, 8.01, "compiled"),
            ("1 M NaPF6 in PC", 310, 9.0, "compiled"),
        ]
    )
    rank = np.array([2, 0, 1, 2, 2, 2])
    assert once(table, rank).tolist() == [1, 1, 2, 1, 1, 5]
    # Alone, rows of one table give way to repeats of their own paper only.
    assert once(table, np.zeros(6, dtype=int)).tolist() == [0, 1, 2, 0, 4, 5]
    assert once(table.select(np.zeros(6, dtype=bool)), np.empty(0, dtype=int)).tolist() == []


@pytest.mark.full_data
def test_a_large_table_is_searched_at_once(count_calls):
    from electrolyte_ml.data.sources import load_source

    compiled, own = load_source("edb1")[0], load_source("calisol23")[0]
    with count_calls() as count:
        found = copies_of(own, compiled)
    assert 0.3 < found.mean() < 0.45
    assert count.calls < 2_000_000
