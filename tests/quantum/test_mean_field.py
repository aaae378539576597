import numpy as np
import pytest

from electrolyte_ml.quantum import mean_field as cavity

gto = pytest.importorskip("pyscf.gto", reason="PySCF is not installed")
pcm = pytest.importorskip("pyscf.solvent.pcm", reason="PySCF is not installed")


def solvents():
    system = gto.M(atom="O 0 0 0; H 0.96 0 0; H -0.24 0.93 0", basis="6-31g", verbose=0)
    own, theirs = pcm.PCM(system), pcm.PCM(system)
    for solvent in (own, theirs):
        solvent.lebedev_order = 11
    cavity.keep_integrals(own, system)
    theirs.build()
    return own, theirs, system.nao


def test_kept_integrals_give_what_pyscf_gives():
    own, theirs, size = solvents()
    densities = np.random.default_rng(0).normal(size=(2, size, size))
    assert np.allclose(own._get_v(densities), theirs._get_v(densities))
    charges = np.random.default_rng(1).normal(size=len(theirs.surface["grid_coords"]))
    assert np.allclose(own._get_vmat(charges), theirs._get_vmat(charges))


def test_integrals_that_do_not_fit_are_left_to_pyscf(monkeypatch):
    monkeypatch.setattr(cavity, "_LARGEST_BYTES", 1)
    own, _, _ = solvents()
    assert own._get_v.__func__ is pcm.PCM._get_v
