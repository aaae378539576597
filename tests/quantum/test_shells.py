import numpy as np
import pytest

pytest.importorskip("tblite", reason="tblite is not installed")

from electrolyte_ml.errors import InputError
from electrolyte_ml.quantum.shells import FirstShell, ShellMember, ShellProtocol, shell_limits

# Formaldehyde with its oxygen at the origin and its carbon on the x axis, nm.
FORMALDEHYDE = np.array([[0.121, 0, 0], [0, 0, 0], [0.18, 0.094, 0], [0.18, -0.094, 0]])


def sodium():
    return ShellMember(
        name="Na",
        smiles="[Na+]",
        charge=1,
        elements=("Na",),
        positions_nm=np.zeros((1, 3)),
        distance_nm=0.0,
    )


def formaldehyde(distance_nm, direction=1):
    return ShellMember(
        name="CH2O",
        smiles="C=O",
        charge=0,
        elements=("C", "O", "H", "H"),
        positions_nm=direction * (FORMALDEHYDE + np.array([distance_nm, 0, 0])),
        distance_nm=distance_nm,
    )


def fluoroborate():
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 0.14 / 3**0.5
    return ShellMember(
        name="BF4",
        smiles="F[B-](F)(F)F",
        charge=-1,
        elements=("B", "F", "F", "F", "F"),
        positions_nm=np.concatenate([np.zeros((1, 3)), corners]) + np.array([0, 0.36, 0]),
        distance_nm=0.24,
    )


def limits(*members):
    return shell_limits(FirstShell(members=(sodium(), *members)), ShellProtocol())


def test_a_cation_raises_both_limits_of_what_touches_it():
    near = limits(formaldehyde(0.2)).members[0]
    assert near.oxidation_shift_v > 0.1
    assert near.reduction_shift_v > 0.1


def test_a_cation_far_away_is_screened_as_by_the_permittivity():
    far = limits(formaldehyde(0.8)).members[0]
    coulomb_v = 1.44 / 0.9  # of the middle of the molecule
    assert abs(far.oxidation_shift_v) < 1.5 * coulomb_v / ShellProtocol().permittivity
    assert abs(far.reduction_shift_v) < 1.5 * coulomb_v / ShellProtocol().permittivity


def test_an_anion_beside_it_takes_back_what_the_cation_gives_a_molecule():
    alone, beside = limits(formaldehyde(0.2)), limits(formaldehyde(0.2), fluoroborate())
    assert beside.members[0].oxidation_shift_v < alone.members[0].oxidation_shift_v - 0.05
    anion = beside.members[1]
    assert anion.reduction_shift_v is anion.alone_reduction_v is None


def test_the_frontier_orbitals_say_who_is_oxidised_and_reduced_first():
    # The upper molecule is the farther one, and less of the cation's field is with it.
    found = limits(formaldehyde(0.2), formaldehyde(0.24, -1), fluoroborate())
    holes = [member.hole_share for member in found.members]
    assert sum(holes) == pytest.approx(1, abs=0.02)
    assert holes[1] > 0.9
    assert found.members[0].electron_share > 0.5
    least = min(m.alone_oxidation_v + m.oxidation_shift_v for m in found.members)
    assert found.oxidation_v == pytest.approx(least, abs=0.1)


def test_a_shell_has_a_cation_and_something_around_it():
    with pytest.raises(InputError, match="is its cation"):
        FirstShell(members=(formaldehyde(0.23),))
    with pytest.raises(InputError, match="no molecule touches"):
        limits()
