"""Molecule templates: atoms, charges and bonded terms of one molecule, ready for any box."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import CatalogError, InputError
from electrolyte_ml.species import canonical_smiles

TABLES = Path(__file__).parent / "tables"
MOLECULE_TABLES = TABLES / "molecules"
#: Templates of organic cations.
ION_TABLES = TABLES / "ions"
_CHARGE_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """One atom of a template.

    Attributes
    ----------
    element
        Chemical symbol.
    mass_da
        Mass, Da.
    charge_e
        Partial charge, e.
    sigma_nm, epsilon_kj_mol
        Lennard-Jones parameters, nm and kJ/mol.
    """

    element: str
    mass_da: float
    charge_e: float
    sigma_nm: float
    epsilon_kj_mol: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OneFourRule:
    """How atoms three bonds apart interact.

    Attributes
    ----------
    coulomb, lennard_jones
        Factors on the full interaction.
    geometric_sigma
        True for the geometric mean of the diameters (OPLS), False for the arithmetic one (Amber).
    """

    coulomb: float
    lennard_jones: float
    geometric_sigma: bool


AMBER_ONE_FOUR = OneFourRule(coulomb=1 / 1.2, lennard_jones=0.5, geometric_sigma=False)
OPLS_ONE_FOUR = OneFourRule(coulomb=0.5, lennard_jones=0.5, geometric_sigma=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Force-field parameters of one molecule or ion.

    Attributes
    ----------
    name, smiles
        Identity; `smiles` is canonical.
    formal_charge
        Charge of the species, e; the partial charges sum to `charge_scale` times it.
    atoms
        The atoms, in the order that every other field indexes.
    positions_nm
        One conformer, nm.
    bonds
        ``(i, j, length_nm, k)`` with energy k/2 (r - r0)^2, kJ/mol/nm^2.
    angles
        ``(i, j, k, angle_rad, k)`` with energy k/2 (theta - theta0)^2, kJ/mol/rad^2.
    torsions
        ``(i, j, k, l, periodicity, phase_rad, k)`` with energy k (1 + cos(n phi - phase)), kJ/mol.
    one_four
        Rule for atoms three bonds apart.
    source
        Where the numbers come from: method or DOIs.
    charge_scale
        Factor already applied to the charges.
    """

    name: str
    smiles: str
    formal_charge: int
    atoms: tuple[Atom, ...]
    positions_nm: tuple[tuple[float, float, float], ...]
    bonds: tuple[tuple[int, int, float, float], ...] = ()
    angles: tuple[tuple[int, int, int, float, float], ...] = ()
    torsions: tuple[tuple[int, int, int, int, int, float, float], ...] = ()
    one_four: OneFourRule = AMBER_ONE_FOUR
    source: str = ""
    charge_scale: float = 1.0

    def __post_init__(self) -> None:
        expected = self.formal_charge * self.charge_scale
        if abs(self.charge_e - expected) > _CHARGE_TOLERANCE:
            raise InputError(
                f"charges of {self.name} sum to {self.charge_e:+.6f} e, expected {expected:+.6f}"
            )
        if len(self.positions_nm) != len(self.atoms):
            raise InputError(f"{self.name} has {len(self.atoms)} atoms and not as many positions")

    @property
    def charge_e(self) -> float:
        """Sum of the partial charges, e."""
        return sum(atom.charge_e for atom in self.atoms)

    @property
    def mass_da(self) -> float:
        """Molar mass, g/mol."""
        return sum(atom.mass_da for atom in self.atoms)

    def scaled(self, factor: float) -> Template:
        """The same species with all partial charges times `factor`.

        The electronic continuum correction [1]_: scaled ion charges stand for the electronic
        polarisation that a fixed-charge force field lacks. Interactions of atoms three bonds apart
        are computed from the charges, and so are scaled with them.

        Parameters
        ----------
        factor
            Factor, dimensionless, above 0 and at most 1.

        Returns
        -------
        Template
            Scaled copy.

        References
        ----------
        .. [1] Leontyev, Stuchebrukhov, Phys. Chem. Chem. Phys. 2011, 13, 2613.
           https://doi.org/10.1039/C0CP01971B
        """
        if not 0 < factor <= 1:
            raise InputError(f"a charge scale lies above 0 and is at most 1, given {factor}")
        atoms = tuple(replace(a, charge_e=a.charge_e * factor) for a in self.atoms)
        return replace(self, atoms=atoms, charge_scale=self.charge_scale * factor)

    def refined(self, *, charge: float, epsilon: float, sigma: float) -> Template:
        """The same neutral molecule with other partial charges and Lennard-Jones parameters.

        Parameters
        ----------
        charge
            Factor on all partial charges.
        epsilon, sigma
            Factors on the depths and the diameters of all Lennard-Jones wells.

        Returns
        -------
        Template
            Changed copy; the interactions of atoms three bonds apart follow.
        """
        atoms = tuple(
            replace(
                a,
                charge_e=a.charge_e * charge,
                sigma_nm=a.sigma_nm * sigma,
                epsilon_kj_mol=a.epsilon_kj_mol * epsilon,
            )
            for a in self.atoms
        )
        return replace(self, atoms=atoms)

    def exclusions(self) -> frozenset[tuple[int, int]]:
        """Pairs of atoms one or two bonds apart, that do not interact."""
        neighbours = self._neighbours()
        near = {(i, j) for i, j, *_ in self.bonds}
        near |= {(i, k) for ends in neighbours.values() for i in ends for k in ends if i != k}
        return _sorted_pairs(near)

    def one_four_pairs(self) -> frozenset[tuple[int, int]]:
        """Pairs of atoms three bonds apart and no closer."""
        neighbours = self._neighbours()
        far = {
            (i, m)
            for j, k, *_ in self.bonds
            for i in neighbours[j]
            for m in neighbours[k]
            if i not in {k, m} and m != j
        }
        return _sorted_pairs(far) - self.exclusions()

    def exceptions(self) -> list[tuple[int, int, float, float, float]]:
        """Pairs that the box builder treats apart: ``(i, j, charge product, sigma, epsilon)``."""
        rule = self.one_four
        none = [(i, j, 0.0, 0.1, 0.0) for i, j in sorted(self.exclusions())]
        return none + [
            (
                i,
                j,
                rule.coulomb * self.atoms[i].charge_e * self.atoms[j].charge_e,
                _mix_sigma(self.atoms[i], self.atoms[j], geometric=rule.geometric_sigma),
                rule.lennard_jones
                * (self.atoms[i].epsilon_kj_mol * self.atoms[j].epsilon_kj_mol) ** 0.5,
            )
            for i, j in sorted(self.one_four_pairs())
        ]

    def _neighbours(self) -> dict[int, set[int]]:
        neighbours: dict[int, set[int]] = {i: set() for i in range(len(self.atoms))}
        for i, j, *_ in self.bonds:
            neighbours[i].add(j)
            neighbours[j].add(i)
        return neighbours


def read_template(path: Path) -> Template:
    """Read a template written by `electrolyte_ml.simulate.parametrise`."""
    return template_from_dict(json.loads(path.read_text(encoding="utf-8")))


def template_from_dict(held: Mapping[str, Any]) -> Template:
    """Template of its JSON form: a molecule or an organic cation with the 1-4 rule of Amber."""
    return Template(
        name=held["name"],
        smiles=held["smiles"],
        formal_charge=held["formal_charge"],
        atoms=tuple(
            Atom(element=e, mass_da=m, charge_e=q, sigma_nm=s, epsilon_kj_mol=w)
            for e, m, q, s, w in held["atoms"]
        ),
        positions_nm=tuple((x, y, z) for x, y, z in held["positions_nm"]),
        bonds=tuple((i, j, r, k) for i, j, r, k in held["bonds"]),
        angles=tuple((i, j, k, t, w) for i, j, k, t, w in held["angles"]),
        torsions=tuple((i, j, k, m, n, p, w) for i, j, k, m, n, p, w in held["torsions"]),
        source=held["source"],
    )


@cache
def shipped_templates() -> Mapping[str, Template]:
    """Templates of common solvents by canonical SMILES."""
    return _templates_in(MOLECULE_TABLES)


@cache
def organic_cations() -> Mapping[str, Template]:
    """Templates of cations of ionic liquids by canonical SMILES, with unscaled charges."""
    return _templates_in(ION_TABLES)


def _templates_in(folder: Path) -> dict[str, Template]:
    templates = [read_template(path) for path in sorted(folder.glob("*.json"))]
    found = {t.smiles: t for t in templates}
    if len(found) != len(templates):
        raise CatalogError(["two templates hold the same SMILES"])
    return found


def molecule_template(smiles: str) -> Template:
    """Template of a neutral molecule that the package ships.

    Raises
    ------
    InputError
        If none is shipped; the message says how to make one.
    """
    found = shipped_templates().get(canonical_smiles(smiles))
    if found is None:
        known = ", ".join(sorted(t.name for t in shipped_templates().values()))
        raise InputError(
            f"no force-field template for {smiles}; shipped: {known}. Make one with "
            "electrolyte_ml.simulate.parametrise.parametrise(name, smiles)"
        )
    return found


def organic_cation_template(name: str, smiles: str) -> Template:
    """Template of a cation of ionic liquids that the package ships.

    Raises
    ------
    InputError
        If none is shipped; the message says how to make one.
    """
    found = organic_cations().get(canonical_smiles(smiles))
    if found is None:
        known = ", ".join(sorted(t.name for t in organic_cations().values()))
        raise InputError(
            f"no force-field template for the cation {name} ({smiles}); shipped: {known}. Make one "
            f"with python -m electrolyte_ml.simulate.parametrise {name}"
        )
    return found


def _mix_sigma(first: Atom, second: Atom, *, geometric: bool) -> float:
    if geometric:
        return float((first.sigma_nm * second.sigma_nm) ** 0.5)
    return (first.sigma_nm + second.sigma_nm) / 2


def _sorted_pairs(pairs: Iterable[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    return frozenset((min(p), max(p)) for p in pairs)
