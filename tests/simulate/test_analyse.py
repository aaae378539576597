import math

import numpy as np
import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.simulate.analyse import (
    Estimate,
    NotConvergedError,
    diffusion_1e10_m2_s,
    einstein_helfand_ms_cm,
    mean_square_displacement,
    nernst_einstein_ms_cm,
    short_lag_nernst_einstein_ms_cm,
    yeh_hummer_1e10_m2_s,
)
from electrolyte_ml.simulate.analyse.structure import coordination, distances_nm, residence_time_ps
from electrolyte_ml.simulate.analyse.summary import relative_permittivity
from electrolyte_ml.simulate.analyse.transport import FitWindow, without_drift
from electrolyte_ml.simulate.ions import ion_template
from electrolyte_ml.simulate.system import Layout
from electrolyte_ml.simulate.templates import molecule_template
from electrolyte_ml.species import default_catalog

WINDOW = FitWindow(first_ps=5, last_ps=40, n_blocks=5)
LENGTH_NM, TEMPERATURE_K = 2.5, 373.15


def walk(n_samples, n_particles, d_1e10, seed=0):
    """Random walk with a known diffusion coefficient, a sample a picosecond."""
    rng = np.random.default_rng(seed)
    step = math.sqrt(2 * d_1e10 * 1e-4)
    return np.cumsum(rng.normal(0, step, (n_samples, n_particles, 3)), axis=0)


def test_permittivity_of_dipoles_that_do_not_feel_each_other():
    # Onsager without neighbours: eps - 1 = N mu^2 / (3 eps0 V kT), for random orientations.
    template = molecule_template("CC#N")
    layout = Layout.of([(template, 50)])
    rng = np.random.default_rng(0)
    charges = np.array([a.charge_e for a in template.atoms])
    shape = np.array(template.positions_nm)
    dipole = np.linalg.norm(charges @ shape)
    turns, _ = np.linalg.qr(rng.normal(size=(4000 * 50, 3, 3)))
    turns *= rng.choice([-1.0, 1.0], size=(len(turns), 1, 1))
    frames = np.einsum("ax,nxy->nay", shape, turns).reshape(4000, -1, 3)
    found = relative_permittivity(frames, layout, 2.0, 300.0)
    by_hand = (
        50 * (dipole * 1.602176634e-28) ** 2 / (3 * 8.8541878128e-12 * 8e-27 * 1.380649e-23 * 300.0)
    )
    assert found.value - 1 == pytest.approx(by_hand, rel=0.05)
    assert not relative_permittivity(frames[:10], layout, 2.0, 300.0).converged


def test_displacement_agrees_with_the_plain_sum():
    x = walk(60, 3, 5.0)
    direct = [0.0] + [((x[lag:] - x[:-lag]) ** 2).sum(2).mean() for lag in range(1, 60)]
    assert mean_square_displacement(x) == pytest.approx(np.array(direct), abs=1e-10)


@pytest.mark.parametrize("true", [0.5, 8.0])
def test_a_known_diffusion_coefficient_is_found(true):
    found = diffusion_1e10_m2_s(walk(4000, 40, true), 1.0, WINDOW)
    assert found.converged
    assert abs(found.value - true) < 4 * found.error
    assert found.error < 0.1 * true


def test_a_box_that_drifts_as_a_whole_does_not_diffuse_faster():
    x = walk(3000, 30, 2.0)
    masses = np.linspace(10, 100, 30)
    drift = np.cumsum(np.random.default_rng(5).normal(0, 0.05, (3000, 1, 3)), axis=0)
    still = diffusion_1e10_m2_s(without_drift(x, masses), 1.0, WINDOW).value
    moving = diffusion_1e10_m2_s(without_drift(x + drift, masses), 1.0, WINDOW).value
    assert moving == pytest.approx(still, rel=1e-6)


def test_caged_motion_is_refused():
    rng = np.random.default_rng(2)
    found = diffusion_1e10_m2_s(rng.normal(0, 0.05, (2000, 20, 3)), 1.0, WINDOW)
    assert not found.converged
    assert any("not diffusive" in reason for reason in found.reasons)
    with pytest.raises(NotConvergedError):
        found.quoted()


def test_a_window_longer_than_the_recording_is_refused():
    with pytest.raises(InputError, match="longer recording"):
        diffusion_1e10_m2_s(walk(50, 3, 1.0), 1.0, FitWindow())


def test_short_lags_find_a_known_conductivity_with_an_honest_error():
    volume_m3 = (LENGTH_NM * 1e-9) ** 3
    true = 1.602176634e-19**2 / (volume_m3 * 1.380649e-23 * TEMPERATURE_K) * 4 * (2 + 5) * 1e-9
    found = [
        short_lag_nernst_einstein_ms_cm(
            [(1.0, walk(150, 4, 2.0, seed)), (-1.0, walk(150, 4, 5.0, 500 + seed))],
            length_nm=LENGTH_NM,
            temperature_k=TEMPERATURE_K,
            interval_ps=1.0,
        )
        for seed in range(60)
    ]
    values, errors = (np.array([getattr(f, name) for f in found]) for name in ("value", "error"))
    assert values.mean() == pytest.approx(true, rel=0.05)
    assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(ddof=1), rel=0.25)
    # Too short for a conductivity: good for ratios alone.
    assert not any(f.converged for f in found)


def test_short_lags_refuse_what_is_shorter_still():
    found = short_lag_nernst_einstein_ms_cm(
        [(1.0, walk(50, 4, 2.0))],
        length_nm=LENGTH_NM,
        temperature_k=TEMPERATURE_K,
        interval_ps=1.0,
    )
    assert math.isnan(found.value)
    assert "too short" in found.reasons[0]


def test_conductivity_of_independent_ions_is_nernst_einstein():
    n, d = 60, 5.0
    x = walk(60000, 2 * n, d, seed=3)
    charges = np.repeat([1.0, -1.0], n)
    each = Estimate(value=d, error=0.0)
    expected = nernst_einstein_ms_cm([(n, 1, each), (n, -1, each)], LENGTH_NM, TEMPERATURE_K)
    # e^2 N D / (V k T), by hand.
    by_hand = 1.602176634e-19**2 * 120 * 5e-10 / (2.5e-9**3 * 1.380649e-23 * 373.15) * 10
    assert expected.value == pytest.approx(by_hand)
    found = einstein_helfand_ms_cm(
        x,
        charges,
        length_nm=LENGTH_NM,
        temperature_k=TEMPERATURE_K,
        interval_ps=1.0,
        window=FitWindow(first_ps=1, last_ps=10, n_blocks=10),
    )
    assert found.converged
    assert found.value == pytest.approx(expected.value, abs=5 * found.error)


def test_ions_that_only_move_as_pairs_do_not_conduct():
    one = walk(4000, 20, 5.0)
    x = np.concatenate([one, one + 0.3], axis=1)
    found = einstein_helfand_ms_cm(
        x,
        np.repeat([1.0, -1.0], 20),
        length_nm=LENGTH_NM,
        temperature_k=TEMPERATURE_K,
        interval_ps=1.0,
        window=WINDOW,
    )
    assert found.value == pytest.approx(0, abs=1e-6)


def test_nernst_einstein_of_what_has_not_converged_is_not_quoted():
    bad = Estimate(value=1.0, error=1.0, reasons=("too short",))
    good = Estimate(value=1.0, error=0.1)
    found = nernst_einstein_ms_cm([(5, 1, bad), (5, -1, good)], LENGTH_NM, TEMPERATURE_K)
    assert found.reasons == ("too short",)


def test_finite_size_correction_of_water():
    # xi k T / (6 pi eta L): water, 298.15 K, 0.89 mPa s, 2.5 nm.
    assert yeh_hummer_1e10_m2_s(298.15, 0.89, 2.5) == pytest.approx(2.785, rel=1e-3)


def test_distances_cross_the_wall():
    frame = np.array([[0.1, 0.0, 0.0], [1.9, 0.0, 0.0]])
    assert distances_nm(frame, np.array([0]), np.array([1]), 2.0)[0, 0] == pytest.approx(0.2)


def lattice():
    """One sodium with the carbonyl oxygens of four acetonitrile-like shells around it."""
    catalog = default_catalog()
    layout = Layout.of(
        [
            (molecule_template(catalog.solvent("AN").smiles), 4),
            (ion_template(catalog.ion("Na")), 1),
            (ion_template(catalog.ion("PF6")), 1),
        ]
    )
    rng = np.random.default_rng(0)
    frames = rng.uniform(1.5, 2.5, (40, layout.n_atoms, 3))
    solvent, cation, anion = layout.blocks
    nitrogen = solvent.atom_indices(frozenset({"N"})).ravel()
    sodium = cation.first_atom
    frames[:, sodium] = 0.1
    for axis, index in enumerate(nitrogen[:3]):
        frames[:, index] = 0.1
        frames[:, index, axis] += 0.24
    return layout, frames, cation, anion


def test_coordination_counts_what_is_there():
    layout, frames, cation, _ = lattice()
    shells = {(s.species, s.element): s for s in coordination(frames, layout, cation, 4.0)}
    nitrogen = shells["AN", "N"]
    assert nitrogen.number.value == pytest.approx(3)
    assert nitrogen.peak_nm == pytest.approx(0.24, abs=0.01)
    assert shells["PF6", "F"].number.value == 0


def test_pairing_tells_contact_from_free():
    from electrolyte_ml.simulate.analyse import ion_pairing

    layout, frames, cation, anion = lattice()
    assert ion_pairing(frames, layout, cation, 4.0, 5.0).free.value == 1
    fluorine = anion.atom_indices(frozenset({"F"})).ravel()[0]
    frames[20:, fluorine] = 0.1
    frames[20:, fluorine, 2] -= 0.23
    found = ion_pairing(frames, layout, cation, 4.0, 5.0)
    assert found.contact.value == pytest.approx(0.5)
    assert not found.contact.converged
    assert found.contact.value + found.separated.value + found.free.value == pytest.approx(1)


def test_residence_time_of_contacts_that_end_at_random():
    # Many pairs in contact rarely: the correlation decays to the small mean, not to 1/e of itself.
    rng = np.random.default_rng(4)
    tau, interval, n, share = 50.0, 5.0, 4000, 0.02
    end = 1 - math.exp(-interval / tau)
    start = end * share / (1 - share)
    contacts = np.zeros((n, 20, 20), dtype=bool)
    for t in range(1, n):
        drawn = rng.random((20, 20))
        contacts[t] = np.where(contacts[t - 1], drawn >= end, drawn < start)
    # Formation and breaking together relax at end + start.
    assert residence_time_ps(contacts[500:], interval).value == pytest.approx(tau, rel=0.15)
    never = residence_time_ps(np.zeros((50, 2, 2), dtype=bool), interval)
    assert never.reasons == ("no contact was seen",)


def test_pairs_that_never_part_are_refused_although_blocks_agree():
    from electrolyte_ml.simulate.analyse import ion_pairing

    layout, frames, cation, anion = lattice()
    fluorine = anion.atom_indices(frozenset({"F"})).ravel()[0]
    frames[:, fluorine] = 0.1
    frames[:, fluorine, 2] -= 0.23
    found = ion_pairing(frames, layout, cation, 4.0, 5.0)
    assert found.contact.value == 1
    assert any("outlive" in reason for reason in found.contact.reasons)
