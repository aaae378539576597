r"""The box: molecule counts, the formulation that they realise, and initial positions.

Initial positions with Packmol.

References
----------
.. [1] Martinez, Andrade, Birgin, Martinez, J. Comput. Chem. 2009, 30, 2157.
   https://doi.org/10.1002/jcc.21224
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount
from electrolyte_ml.optional import find_program
from electrolyte_ml.simulate.force_field import ForceField
from electrolyte_ml.simulate.ions import ion_template, is_atom
from electrolyte_ml.simulate.templates import Template, molecule_template
from electrolyte_ml.species import Ion, Salt, Solvent, default_catalog
from electrolyte_ml.species.ionic_liquids import ionic_liquid
from electrolyte_ml.units import ROOM_TEMPERATURE_K

AVOGADRO_PER_MOL = 6.02214076e23

_TOLERANCE_ANGSTROM = 2.0

_TIMEOUT_S = 900


def box_length_nm(templates: Sequence[tuple[Template, int]], density_g_cm3: float) -> float:
    """Edge of the cube that holds these molecules at a density, nm."""
    mass_g = sum(t.mass_da * n for t, n in templates) / AVOGADRO_PER_MOL
    return float((mass_g / density_g_cm3 * 1e21) ** (1 / 3))


def pack(templates: Sequence[tuple[Template, int]], length_nm: float, seed: int) -> np.ndarray:
    """Place molecules at random in a periodic cube without overlaps.

    Parameters
    ----------
    templates
        Templates and how many molecules of each.
    length_nm
        Edge of the cube, nm.
    seed
        Seed of Packmol.

    Returns
    -------
    numpy.ndarray of shape (n_atoms, 3)
        Positions, nm, molecule after molecule in the order given.

    Raises
    ------
    InputError
        If Packmol finds no packing.
    MissingDependencyError
        If Packmol is not installed.
    """
    program = find_program("packmol")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "pack.inp").write_text(_input(templates, length_nm, seed), encoding="utf-8")
        for index, (template, _) in enumerate(templates):
            (folder / f"{index}.xyz").write_text(_xyz(template), encoding="utf-8")
        with (folder / "pack.inp").open(encoding="utf-8") as script:
            done = subprocess.run(
                [str(program)],
                cwd=folder,
                stdin=script,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        if "Success!" not in done.stdout:
            raise InputError(f"Packmol found no packing: {done.stdout[-800:]}{done.stderr[-200:]}")
        lines = (folder / "out.xyz").read_text(encoding="utf-8").splitlines()[2:]
    return np.array([[float(x) for x in line.split()[1:4]] for line in lines]) / 10


def _input(templates: Sequence[tuple[Template, int]], length_nm: float, seed: int) -> str:
    edge = f"{length_nm * 10:.4f}"
    lines = [
        f"tolerance {_TOLERANCE_ANGSTROM}",
        "filetype xyz",
        "output out.xyz",
        f"seed {seed}",
        f"pbc {edge} {edge} {edge}",
    ]
    for index, (_, count) in enumerate(templates):
        lines += [
            f"structure {index}.xyz",
            f"  number {count}",
            f"  inside box 0. 0. 0. {edge} {edge} {edge}",
            "end structure",
        ]
    return "\n".join(lines) + "\n"


def _xyz(template: Template) -> str:
    rows = [
        f"{atom.element} {10 * x:.5f} {10 * y:.5f} {10 * z:.5f}"
        for atom, (x, y, z) in zip(template.atoms, template.positions_nm, strict=True)
    ]
    return "\n".join([str(len(rows)), "", *rows]) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One kind of molecule or ion in a box.

    Attributes
    ----------
    name, smiles
        Identity.
    charge
        Formal charge, e; 0 for a solvent.
    count
        Molecules of it in the box.
    """

    name: str
    smiles: str
    charge: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxComposition:
    """Realised composition of a box: whole numbers of molecules and ions.

    Attributes
    ----------
    components
        Solvents first, then cations, then anions; the box is neutral.
    ionic_liquids
        Names of ionic liquids that stand in the place of a solvent; their ions are components.
    """

    components: tuple[Component, ...]
    ionic_liquids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        charge = sum(c.charge * c.count for c in self.components)
        if charge != 0:
            raise InputError(f"a box must be neutral, its ions sum to {charge:+d}")
        if any(c.count < 1 for c in self.components):
            raise InputError("every component of a box needs at least one molecule")

    @property
    def solvents(self) -> tuple[Component, ...]:
        """Neutral components."""
        return tuple(c for c in self.components if c.charge == 0)

    @property
    def cations(self) -> tuple[Component, ...]:
        """Positive ions."""
        return tuple(c for c in self.components if c.charge > 0)

    @property
    def anions(self) -> tuple[Component, ...]:
        """Negative ions."""
        return tuple(c for c in self.components if c.charge < 0)

    @property
    def salt_cations(self) -> tuple[Component, ...]:
        """Positive ions of the salts, not of ionic liquids in the place of a solvent."""
        left = self._units()[1]
        return tuple(replace(c, count=left[c.name]) for c in self.cations if left[c.name] > 0)

    @property
    def metal_cations(self) -> tuple[Component, ...]:
        """Positive ions of a single atom, such as Na+, whose solvation shell is looked at."""
        return tuple(c for c in self.cations if is_atom(c.smiles))

    def templates(self, force_field: ForceField) -> list[tuple[Template, int]]:
        """Templates of a force field, and counts."""
        return [
            (force_field.applied(_template(c, force_field.cation_set)), c.count)
            for c in self.components
        ]

    def with_cation(self, cation: Ion) -> BoxComposition:
        """The same box with another cation of the same charge: the other half of a pair.

        Raises
        ------
        InputError
            If its salts have not exactly one kind of cation, or the charges differ.
        """
        if [c.charge for c in self.salt_cations] != [cation.charge]:
            raise InputError(f"cannot put {cation.name} in place of the cations of this box")
        (own,) = self.salt_cations
        return replace(
            self,
            components=tuple(
                replace(c, name=cation.name, smiles=cation.smiles) if c.name == own.name else c
                for c in self.components
            ),
        )

    def formulation(self) -> Formulation:
        """The formulation that these counts are: the label of whatever is computed from the box.

        Raises
        ------
        InputError
            If several cations and several anions leave open which salts they came from.
        """
        catalog = default_catalog()
        counts = {catalog.solvent(c.smiles): c.count for c in self.solvents}
        counts |= {ionic_liquid(salt): units for salt, units in self._units()[0].items()}
        masses = {s: s.molar_mass_g_mol * count for s, count in counts.items()}
        total_g = sum(masses.values())
        solvents = tuple(
            SolventAmount(solvent=solvent, mass_fraction=mass / total_g)
            for solvent, mass in masses.items()
        )
        salts = tuple(
            SaltAmount(salt=salt, molality_mol_kg=1000 * units / total_g)
            for salt, units in self._salts()
        )
        return Formulation(solvents=solvents, salts=salts)

    def estimated_length_nm(self, temperature_k: float) -> float:
        """Edge of the box, nm, at the density that the formulation is estimated to have."""
        templates = self.templates(ForceField())
        return box_length_nm(templates, self.formulation().density_g_cm3(temperature_k))

    def to_dict(self) -> dict[str, Any]:
        """JSON form; a box without ionic liquids does not speak of them."""
        held: dict[str, Any] = {"components": [asdict(c) for c in self.components]}
        return held | ({"ionic_liquids": list(self.ionic_liquids)} if self.ionic_liquids else {})

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> BoxComposition:
        """Composition of its JSON form."""
        return cls(
            components=tuple(Component(**c) for c in held["components"]),
            ionic_liquids=tuple(held.get("ionic_liquids", ())),
        )

    def _units(self) -> tuple[dict[Salt, int], dict[str, int]]:
        """Formula units of the ionic liquids, and how many ions of each name are left."""
        left = {c.name: c.count for c in self.components if c.charge}
        units = {}
        for name in self.ionic_liquids:
            salt = default_catalog().salt(name)
            most = left[salt.cation.name] // salt.n_cation, left[salt.anion.name] // salt.n_anion
            units[salt] = min(most)
            left[salt.cation.name] -= units[salt] * salt.n_cation
            left[salt.anion.name] -= units[salt] * salt.n_anion
        return units, left

    def _salts(self) -> Iterator[tuple[Salt, int]]:
        catalog = default_catalog()
        left = self._units()[1]
        cations, anions = (
            [replace(c, count=left[c.name]) for c in ions if left[c.name] > 0]
            for ions in (self.cations, self.anions)
        )
        if len(cations) > 1 and len(anions) > 1:
            raise InputError("which salts several cations and several anions came from is open")
        for cation in cations:
            for anion in anions:
                salt = Salt(cation=catalog.ion(cation.name), anion=catalog.ion(anion.name))
                units = (
                    anion.count // salt.n_anion
                    if len(cations) == 1
                    else cation.count // salt.n_cation
                )
                yield salt, units


def compose_box(
    formulation: Formulation,
    n_atoms: int,
    *,
    least_length_nm: float = 0.0,
    temperature_k: float = ROOM_TEMPERATURE_K,
) -> BoxComposition:
    """Whole numbers of molecules close to a formulation.

    The salts are rounded first and the solvents follow their realised amount, so that the molality,
    which decides conductivity, is the least changed by rounding.

    Parameters
    ----------
    formulation
        Recipe to simulate.
    n_atoms
        Atoms the box should have, about.
    least_length_nm
        Edge that the box should have at the least at its estimated density, nm; more atoms are
        taken where they are needed for it.
    temperature_k
        Temperature of the estimated density, K.

    Returns
    -------
    BoxComposition
        The realised composition.

    Raises
    ------
    InputError
        If a species has no force-field parameters.
    """
    while True:
        box = _rounded(formulation, n_atoms)
        if box.estimated_length_nm(temperature_k) >= least_length_nm:
            return box
        n_atoms += max(1, n_atoms // 50)


def _rounded(formulation: Formulation, n_atoms: int) -> BoxComposition:
    moles = {
        s.solvent.name: formulation.moles_per_kg_solvent[s.solvent.name]
        for s in formulation.solvents
    }
    atoms_per_kg = sum(
        moles[s.solvent.name] * _atoms_in_solvent(s.solvent) for s in formulation.solvents
    )
    atoms_per_kg += sum(s.molality_mol_kg * _atoms_in(s.salt) for s in formulation.salts)
    factor = n_atoms / atoms_per_kg
    ions = [(s.salt, max(1, round(factor * s.molality_mol_kg))) for s in formulation.salts]
    if ions:
        factor = sum(units for _, units in ions) / formulation.molality_mol_kg
    counts = {
        s.solvent: max(1, round(factor * moles[s.solvent.name])) for s in formulation.solvents
    }
    molecules = [
        Component(name=solvent.name, smiles=solvent.smiles, charge=0, count=count)
        for solvent, count in counts.items()
        if "." not in solvent.smiles
    ]
    ions += [
        (_liquid(name), counts[s]) for s in counts if (name := s.name) in formulation.ionic_liquids
    ]
    return BoxComposition(
        components=(*molecules, *_ion_components(ions)), ionic_liquids=formulation.ionic_liquids
    )


def _ion_components(salts: Sequence[tuple[Salt, int]]) -> list[Component]:
    counts: dict[Ion, int] = {}
    for salt, units in salts:
        counts[salt.cation] = counts.get(salt.cation, 0) + salt.n_cation * units
        counts[salt.anion] = counts.get(salt.anion, 0) + salt.n_anion * units
    ordered = sorted(counts.items(), key=lambda item: -item[0].charge)
    return [Component(name=i.name, smiles=i.smiles, charge=i.charge, count=n) for i, n in ordered]


def _template(component: Component, cation_set: str) -> Template:
    if component.charge == 0:
        return molecule_template(component.smiles)
    return ion_template(default_catalog().ion(component.name), cation_set)


def _liquid(name: str) -> Salt:
    """The ions of an ionic liquid.

    Raises
    ------
    InputError
        If they are not both in the catalog.
    """
    catalog = default_catalog()
    if not catalog.is_salt(name):
        raise InputError(f"no force field for the ionic liquid {name}: its ions are not tabulated")
    return catalog.salt(name)


def _atoms_in_solvent(solvent: Solvent) -> int:
    if "." in solvent.smiles:
        return _atoms_in(_liquid(solvent.name))
    return len(molecule_template(solvent.smiles).atoms)


def _atoms_in(salt: Salt) -> int:
    """Atoms in a formula unit: the atom count of an ion does not depend on the cation set."""
    cation, anion = (len(ion_template(ion).atoms) for ion in (salt.cation, salt.anion))
    return salt.n_cation * cation + salt.n_anion * anion
