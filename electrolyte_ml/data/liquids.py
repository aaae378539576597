"""Reading tables of liquids without salt: molecules given by SMILES, amounts by mole fraction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from electrolyte_ml.data.cleaning import Action, CleaningNote
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import SmilesError
from electrolyte_ml.formulation import Formulation, SolventAmount
from electrolyte_ml.species import Solvent, canonical_smiles
from electrolyte_ml.species.catalog import packaged_catalog
from electrolyte_ml.species.chemistry import explicit_smiles, formal_charge, molecule_of

_USUAL_ELEMENTS = frozenset({"H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Br", "I"})
_WATER = "O"
METAL = "holds an element that no molecular solvent holds"
ISOTOPE = "labelled with an isotope"
INORGANIC = "inorganic, and not water"


def unusual(smiles: str) -> str | None:
    """Why a molecule is none that an electrolyte's liquid could hold; None if it could be one."""
    atoms = list(molecule_of(smiles).GetAtoms())
    elements = {atom.GetSymbol() for atom in atoms}
    if not elements <= _USUAL_ELEMENTS:
        return METAL
    if any(atom.GetIsotope() for atom in atoms):
        return ISOTOPE
    return INORGANIC if "C" not in elements and smiles != _WATER else None


class LiquidReader:
    """Turns rows of a table into measurements and counts what it had to do to them.

    Parameters
    ----------
    property_name
        Property with its unit.
    """

    def __init__(self, property_name: str) -> None:
        self._property = property_name
        self._solvents: dict[str, Solvent | str] = {}
        self._formulations: list[Formulation] = []
        self._places: dict[tuple[tuple[str, float], ...], int] = {}
        self._rows: list[tuple[int, float, float, str, int, str]] = []
        self._counts: dict[tuple[Action, str], int] = {}

    def solvent(self, smiles: str) -> Solvent | str:
        """The solvent of a SMILES, or why it is none: not read, several fragments, charged."""
        if smiles not in self._solvents:
            self._solvents[smiles] = _solvent(smiles)
        return self._solvents[smiles]

    def take(
        self,
        parts: Sequence[tuple[Solvent, float]],
        *,
        temperature_k: float,
        value: float,
        source: str,
        row: int,
        flag: str = "",
    ) -> None:
        """Keep a row.

        Parameters
        ----------
        parts
            Solvents and their mole fractions, which are scaled to sum to 1.
        temperature_k, value, source, row, flag
            As in `Measurements`.
        """
        if flag:
            self.count(Action.FLAGGED, flag)
        self._rows.append((self._place(parts), temperature_k, value, source, row, flag))

    def drop(self, what: str) -> None:
        """Leave a row out."""
        self.count(Action.DROPPED, what)

    def count(self, action: Action, what: str) -> None:
        """Put one more row on the report."""
        self._counts[action, what] = self._counts.get((action, what), 0) + 1

    def measurements(self) -> Measurements:
        """All rows kept."""
        index, temperature, value, source, row, flag = zip(*self._rows, strict=True)
        return Measurements(
            property_name=self._property,
            formulations=tuple(self._formulations),
            formulation_index=np.array(index, dtype=np.intp),
            temperature_k=np.array(temperature),
            value=np.array(value),
            source=np.array(source),
            source_row=np.array(row, dtype=np.intp),
            flag=np.array(flag),
        )

    def notes(self) -> tuple[CleaningNote, ...]:
        """One for each kind of defect."""
        return tuple(
            CleaningNote(action=action, n_rows=n, what=what)
            for (action, what), n in self._counts.items()
        )

    def _place(self, parts: Sequence[tuple[Solvent, float]]) -> int:
        recipe = tuple(sorted((s.smiles, x) for s, x in parts))
        if recipe not in self._places:
            self._places[recipe] = len(self._formulations)
            masses = [x * s.molar_mass_g_mol for s, x in parts]
            amounts = tuple(
                SolventAmount(solvent=s, mass_fraction=mass / sum(masses))
                for (s, _), mass in zip(parts, masses, strict=True)
            )
            self._formulations.append(Formulation(solvents=amounts))
        return self._places[recipe]


def _solvent(smiles: str) -> Solvent | str:
    try:
        canonical = canonical_smiles(smiles)
    except SmilesError:
        several = "." in smiles
        return (
            "several fragments: an ionic liquid, salt or adduct" if several else "SMILES not read"
        )
    if formal_charge(canonical) != 0:
        return "charged"
    known = {s.smiles: s for s in packaged_catalog().solvents}.get(canonical)
    # Written with every atom in brackets, no SMILES is taken for a solvent's name.
    return known or Solvent(name=explicit_smiles(canonical), smiles=canonical, in_catalog=False)
