"""Parameters derived from a force field that plays the part of the quantum reference."""

import csv

import numpy as np
import pytest
from scipy.optimize import minimize

from electrolyte_ml.simulate.force_field import DEFAULT_CHARGE_SCALE
from electrolyte_ml.simulate.ions import anion_template, ion_template
from electrolyte_ml.simulate.templates import TABLES
from electrolyte_ml.species import default_catalog
from tools import anion_parameters as fit
from tools.anion_quantum import QuantumReference


def reference_of(template):
    """Structure, Hessian and potential of a force field."""
    energy = fit._whole_energy(template.scaled(DEFAULT_CHARGE_SCALE))
    start = np.array(template.positions_nm)
    relaxed = minimize(lambda x: energy(x.reshape(-1, 3)), start.ravel(), method="BFGS").x
    positions = relaxed.reshape(-1, 3)
    points = np.random.default_rng(0).normal(size=(400, 3))
    points *= 0.4 / np.linalg.norm(points, axis=1)[:, None]
    points += positions.mean(axis=0)
    apart = np.linalg.norm(points[:, None] - positions[None], axis=2)
    charges = np.array([a.charge_e for a in template.atoms])
    return QuantumReference(
        smiles=template.smiles,
        positions_nm=positions,
        minimum_nm=positions,
        hessian_kj_mol_nm2=fit._derivatives(energy, positions)[1],
        points_nm=points,
        potential_kj_mol_e=138.935457 * (charges / apart).sum(axis=1),
    )


def test_a_force_field_is_found_again():
    ion = default_catalog().ion("BF4")
    published = ion_template(ion)
    reference = reference_of(published)
    terms = fit.derive(ion, reference)
    found = fit.check(anion_template(ion, terms), reference)
    assert found["bond_angstrom"] < 0.002
    assert found["angle_deg"] < 0.5
    assert found["frequency_largest_cm1"] < 25
    (bond,), (angle,) = terms.bonds, terms.angles
    assert float(bond["length_nm"]) == pytest.approx(0.1394, abs=2e-3)
    assert float(angle["angle_deg"]) == pytest.approx(109.47, abs=1)
    # The restraint pulls charges of a buried atom towards zero, and the potential hardly changes.
    charges, error = fit.fitted_charges(reference, ["F", "B", "F", "F", "F"], -1)
    assert charges["B"] + 4 * charges["F"] == pytest.approx(-1)
    assert error < 0.02


def shipped_structures():
    found = {}
    with (TABLES / "anion_structures.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            place = [float(row[f"{axis}_nm"]) for axis in "xyz"]
            found.setdefault(row["anion"], []).append((row["element"], place))
    return found


@pytest.mark.parametrize("name", shipped_structures())
def test_derived_anions_relax_to_their_quantum_structure(name):
    template = ion_template(default_catalog().ion(name))
    elements, places = zip(*shipped_structures()[name], strict=True)
    assert elements == tuple(a.element for a in template.atoms)
    # From the structure, and from the conformer that boxes are packed with.
    for start in (np.array(places), np.array(template.positions_nm)):
        relaxed = fit.relaxed_nm(template, start)
        bond, angle = fit.deviations(template, relaxed, np.array(places))
        assert bond < 0.02
        assert angle < 3.0


def test_kinds_of_atoms_are_told_apart_by_their_neighbours():
    from rdkit import Chem

    molecule = Chem.MolFromSmiles(default_catalog().ion("DFOB").smiles)
    types = fit.atom_types(molecule, [{"type": "OB", "smarts": "[O;X2]"}])
    assert sorted(types) == ["B", "C", "C", "F", "F", "O", "O", "OB", "OB"]
    kinds = {(t.kind, t.types): len(t.atoms) for t in fit.terms_of(molecule, types)}
    assert kinds["bond", "B-OB"] == kinds["bond", "C-O"] == 2
    assert kinds["angle", "F-B-F"] == 1
    assert sum(n for (kind, _), n in kinds.items() if kind == "angle") == 14
