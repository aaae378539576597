"""Shifts by coordination: their means and errors, and the rule by which they enter windows."""

import math

import numpy as np
import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.models.window.shells import (
    MeasuredOrder,
    independence,
    judge,
    measured_orders,
    shifts_by_electrolyte,
    shifts_by_species,
)
from electrolyte_ml.simulate.shells import ShellRow, read_shells


def row(shift, *, centre=0, time_ps=5.0, name="PC", charge=0, recipe="1 m NaPF6 in PC"):
    smiles = {"PC": "CC1COC(=O)O1", "EC": "O=C1OCCO1"}.get(name, "[F-]")
    return ShellRow(
        recipe=recipe,
        cation="Na",
        temperature_k=300.0,
        job=recipe,
        seed=1,
        time_ps=time_ps,
        centre=centre,
        shell="Na + PC",
        shell_charge=1,
        radius_nm=0.32,
        protocol="p",
        member=1,
        name=name,
        smiles=smiles,
        charge=charge,
        per_cation=10.0 if charge == 0 else 1.0,
        oxidation_shift_v=shift,
        reduction_shift_v=None if charge else 2 * shift,
        oxidation_shift_alpb_v=shift + 0.1,
        reduction_shift_alpb_v=None if charge else 2 * shift,
        alone_oxidation_v=6.0,
        alone_reduction_v=None if charge else 1.0,
        hole_share=0.5,
        electron_share=0.5,
    )


def test_the_error_is_over_cations_however_many_molecules_each_has():
    cations = [0.0, 0.1, 0.2]
    once = [row(shift, centre=k) for k, shift in enumerate(cations)]
    often = [row(shift, centre=k, time_ps=t) for k, shift in enumerate(cations) for t in range(50)]
    for rows in (once, often):
        (found,) = shifts_by_electrolyte(rows)
        assert found.n_cations == 3
        assert found.oxidation_shift_v == pytest.approx(0.1)
        assert found.oxidation_error_v == pytest.approx(0.1 / math.sqrt(3))
        assert found.reduction_error_v == pytest.approx(0.2 / math.sqrt(3))
        assert found.oxidation_shift_alpb_v == pytest.approx(0.2)


def test_one_cation_gives_no_error_and_an_anion_no_reduction():
    rows = [row(0.1, time_ps=t, name="PF6", charge=-1) for t in (5.0, 10.0)]
    (found,) = shifts_by_species(rows)
    assert found.oxidation_error_v is None
    assert found.reduction_shift_v is found.reduction_error_v is None
    assert not measured_orders([found])


def test_the_shells_each_counts_all_molecules_of_the_box():
    # Four molecules of PC around each cation, ten in the box for each; an anion at every second.
    rows = [row(0.1, centre=k) for k in range(4) for _ in range(4)]
    rows += [row(0.1, centre=k, name="PF6", charge=-1) for k in (0, 1)]
    solvent, anion = shifts_by_electrolyte(rows)
    assert (solvent.name, anion.name) == ("PC", "PF6")
    assert solvent.shells_each == pytest.approx(0.4)
    assert anion.shells_each == pytest.approx(0.5)
    assert solvent.hole_share == pytest.approx(2.0)  # of a shell: all its molecules together


def test_failures_and_other_electrolytes_are_kept_apart():
    rows = [row(0.1, centre=k) for k in range(3)]
    rows += [row(0.3, centre=k, recipe="1 m NaTFSI in PC") for k in range(3)]
    failed = ShellRow(
        **{n: getattr(rows[0], n) for n in rows[0].__slots__ if n != "failure"}, failure="no"
    )
    found = shifts_by_electrolyte([*rows, failed])
    assert [shift.oxidation_shift_v for shift in found] == pytest.approx([0.1, 0.3])
    (together,) = shifts_by_species(rows)
    assert together.oxidation_shift_v == pytest.approx(0.2)
    assert together.shells_each is None


def test_shells_of_one_cation_that_are_alike_count_once():
    rng = np.random.default_rng(0)
    alike = [
        row(shift, centre=k, time_ps=t)
        for k, shift in enumerate(rng.normal(0, 0.1, 30))
        for t in range(4)
    ]
    found = independence(alike)
    assert found.correlation == pytest.approx(1)
    assert found.n_effective == pytest.approx(30)
    mixed = [
        row(shift, centre=k, time_ps=t)
        for k in range(30)
        for t, shift in enumerate(rng.normal(0, 0.1, 4))
    ]
    assert independence(mixed).correlation < 0.2
    with pytest.raises(InputError, match="no shells"):
        independence([])


def order(before, shift, error=0.01, measured=None, of="anions"):
    return MeasuredOrder(
        of=of,
        names=tuple("ABCDE"[: len(before)]),
        measured_v=None if measured is None else np.array(measured),
        before_v=np.array(before),
        shift_v=np.array(shift),
        error_v=np.full(len(before), error),
        shift_alpb_v=np.array(shift),
    )


def test_a_shift_that_puts_an_order_right_enters():
    verdict = judge([order([9.0, 5.0, 6.0], [0.0, 2.0, 0.0])])
    assert verdict.enters
    assert (verdict.right_before, verdict.right_after, verdict.n_pairs) == (2, 3, 3)


def test_a_gain_within_the_errors_does_not_enter():
    assert not judge([order([9.0, 5.0, 6.0], [0.0, 1.05, 0.0], error=0.2)]).enters


def test_a_shift_that_changes_no_order_does_not_enter():
    verdict = judge([order([9.0, 5.0, 6.0], [0.3, 0.2, 0.1])])
    assert not verdict.enters
    assert verdict.chance_of_gain < 0.01


def test_a_better_order_with_larger_errors_does_not_enter():
    # The orders of two and of three: solvents come right, and their limits go astray.
    solvents = order([6.0, 6.5], [3.0, 0.0], measured=[7.0, 6.5], of="solvents on glassy carbon")
    verdict = judge([order([9.0, 8.0], [0.0, 0.0]), solvents])
    assert verdict.right_after > verdict.right_before
    assert verdict.error_after_v > verdict.error_before_v
    assert not verdict.enters


def test_species_that_were_measured_alike_are_no_pair():
    assert order([1.0, 2.0, 3.0], [0, 0, 0], measured=[6.0, 6.0, 5.0]).n_pairs == 2


def test_anions_stand_in_the_measured_order_with_the_limits_of_windows():
    rows = [
        row(0.1, centre=k, name=name, charge=-1)
        for name in ("OTf", "PF6", "TFSI")
        for k in range(3)
    ]
    anions = measured_orders(shifts_by_species(rows))[0]
    assert anions.names == ("PF6", "TFSI", "OTf")
    assert anions.before_v[0] > 9
    assert anions.pairs_right(anions.before_v) == anions.n_pairs == 3
    assert anions.rank_correlation(anions.before_v) == pytest.approx(1)


def test_the_table_that_ships_is_what_decision_87_tells():
    rows = read_shells()
    assert not any(row.failure for row in rows)
    of_recipe = {}
    for held in rows:
        of_recipe.setdefault(held.recipe, set()).add(held.shell_key)
    assert len(of_recipe) == 12
    assert min(map(len, of_recipe.values())) >= 20
    shifts = shifts_by_species(rows)
    solvents = [shift for shift in shifts if not shift.charge]
    assert all(abs(shift.oxidation_shift_v) < 0.3 for shift in solvents)
    anions = [shift for shift in shifts if shift.charge]
    assert all(-0.05 < shift.oxidation_shift_v < 0.3 for shift in anions)
    assert all(s.oxidation_shift_alpb_v - s.oxidation_shift_v < 0.5 for s in shifts)
    ether = next(shift for shift in solvents if shift.name == "DME")
    assert ether.oxidation_shift_v < 0 < ether.oxidation_shift_alpb_v
    for order in measured_orders(shifts):
        before, after = order.before_v, order.before_v + order.shift_v
        assert order.pairs_right(before) == order.pairs_right(after)
    assert not judge(measured_orders(shifts)).enters
