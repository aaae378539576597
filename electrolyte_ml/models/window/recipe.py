"""The window of a recipe: the limits of its species, and the films that passivate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.intervals import COVERAGE
from electrolyte_ml.models.molecules_only import NOT_COVERED
from electrolyte_ml.models.window.limits import SpeciesLimit, SpeciesWindow
from electrolyte_ml.models.window.species import species_limits
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.quantum.electrodes import (
    ELECTRODES,
    ReferenceElectrode,
    electrode_of,
    reference_electrode,
)
from electrolyte_ml.rules.film_formers import FilmFormer, passivation

MINIMUM_SHARE = 0.05

# An anion beside the solvent lowers its oxidation limit by 0.2 to 0.5 V (PF6-, BF4-; GFN2-xTB
# pairs with eight solvents): which way a pair is oriented is unknown, so that it is a band.
ANION_BAND_V = 0.5


_WATER = "O"
_NO_WINDOW_OF_WATER = (
    "water gives off hydrogen and oxygen by reactions of several electrons within 1.23 V (up to "
    "about 3 V in concentrated salt); limits of one electron say nothing of it"
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class LimitPrediction(Prediction):
    """Limits of n recipes.

    Attributes
    ----------
    reference
        Electrode that potentials are counted from, such as ``Na/Na+``, shape (n,).
    limiting_species
        Component that sets each limit, shape (n,); None where there is no value.
    tier
        Where the limit of that component is from: ``table`` (ships with the package),
        ``calculation`` (your own, with ``window compute``) or ``model`` (learned), shape (n,).
    """

    reference: tuple[str, ...]
    limiting_species: tuple[str | None, ...]
    tier: tuple[str | None, ...]

    def record(self, row: int) -> dict[str, Any]:
        """One row as the command line's contract writes it; NaN becomes None."""
        # No zero-argument super: a dataclass with slots is not the class this was written in.
        return {
            **Prediction.record(self, row),
            "reference": self.reference[row],
            "limiting_species": self.limiting_species[row],
            "tier": self.tier[row],
        }

    def against(self, electrode: ReferenceElectrode) -> LimitPrediction:
        """The same limits counted from one electrode; intervals stay as wide as they are."""
        shift = np.array([ELECTRODES[name].above_lithium_v for name in self.reference])
        shift = shift - electrode.above_lithium_v
        value, low, high = (end + shift for end in (self.value, self.low, self.high))
        names = (electrode.name,) * len(self.reference)
        return replace(self, value=value, low=low, high=high, reference=names)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RecipeWindows:
    """Windows of n recipes.

    Attributes
    ----------
    references
        Electrodes that potentials are counted from, with the uncertainty of their scale, shape
        (n,).
    oxidation_limit_v, reduction_limit_v
        One-electron limits, V against the references.
    anion_band_v
        How much the anion beside the solvent may lower the oxidation limit, V, shape (n,): part of
        its lower bound; 0 without a salt.
    passivation
        Known film formers in each recipe, shape (n,).
    not_limiting
        Names of components below the minimum share that are oxidised or reduced before the ones
        that set the limits, shape (n,): sacrificed first, and not limiting.
    """

    references: tuple[ReferenceElectrode, ...]
    oxidation_limit_v: LimitPrediction
    reduction_limit_v: LimitPrediction
    anion_band_v: tuple[float, ...]
    passivation: tuple[tuple[FilmFormer, ...], ...]
    not_limiting: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.not_limiting)

    def __repr__(self) -> str:
        return f"<RecipeWindows of {len(self)} recipes, oxidation: {self.oxidation_limit_v!r}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Component:
    name: str
    limiting: bool
    window: SpeciesWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One side of the window of one recipe."""

    name: str | None
    limit: SpeciesLimit | None
    reason: str | None
    sacrificed: tuple[str, ...] = ()


def predict_window(
    formulations: Sequence[Formulation],
    reference: str | ReferenceElectrode | None = None,
    minimum_share: float = MINIMUM_SHARE,
) -> RecipeWindows:
    """Electrochemical stability windows of recipes.

    The oxidation limit is the lowest of the components, the reduction limit the highest; intrinsic
    one-electron limits of single molecules, which no film, electrode or reaction is part of.

    Parameters
    ----------
    formulations
        Recipes, length n.
    reference
        ``Na/Na+``, ``Li/Li+``, ``K/K+`` or an electrode of your own; by default the metal of the
        salt of the highest molality, Na/Na+ where there is none. Its uncertainty widens the
        intervals.
    minimum_share
        Mole fraction below which a component is an additive that sets no limit, 0 to 1. The salt
        of the highest molality always counts.

    Returns
    -------
    RecipeWindows
        Of n recipes; no limits for those with an ionic liquid, or with water that is no trace.

    Raises
    ------
    InputError
        If the reference is unknown or the share is not between 0 and 1.
    """
    if not 0 <= minimum_share < 1:
        raise InputError(f"minimum_share is a mole fraction from 0 to 1, given {minimum_share}")
    electrodes = [
        _metal(f) if reference is None else reference_electrode(reference) for f in formulations
    ]
    distinct = {id(f): f for f in formulations}
    molecular = {key: f for key, f in distinct.items() if not f.ionic_liquids}
    components = _components(list(molecular.values()), minimum_share)
    not_covered = _Side(name=None, limit=None, reason=NOT_COVERED)
    sides = dict.fromkeys(distinct, (not_covered, not_covered)) | {
        key: (_side(parts, oxidation=True), _side(parts, oxidation=False))
        for key, parts in zip(molecular, components, strict=True)
    }
    films = {key: passivation(f) for key, f in distinct.items()}
    rows = [sides[id(f)] for f in formulations]
    bands = tuple(ANION_BAND_V if f.salts else 0.0 for f in formulations)
    return RecipeWindows(
        references=tuple(electrodes),
        oxidation_limit_v=_prediction([r[0] for r in rows], electrodes, bands),
        reduction_limit_v=_prediction([r[1] for r in rows], electrodes, [0.0] * len(rows)),
        anion_band_v=bands,
        passivation=tuple(films[id(f)] for f in formulations),
        not_limiting=tuple(
            tuple(dict.fromkeys(ox.sacrificed + red.sacrificed)) for ox, red in rows
        ),
    )


def _metal(formulation: Formulation) -> ReferenceElectrode:
    """Electrode of the metal of the main salt."""
    if not formulation.salts:
        return electrode_of("")
    main = max(formulation.salts, key=lambda s: s.molality_mol_kg)
    return electrode_of(main.salt.cation.name)


def _components(
    formulations: Sequence[Formulation], minimum_share: float
) -> list[list[_Component]]:
    """Solvents and anions of each recipe with their windows, looked up all at once."""
    listed = []
    for formulation in formulations:
        shares = formulation.mole_fractions
        main = max((s.molality_mol_kg for s in formulation.salts), default=0.0)
        parts = [
            (s.solvent.name, s.solvent.smiles, shares[s.solvent.name] >= minimum_share)
            for s in formulation.solvents
        ]
        parts += [
            (
                s.salt.anion.name,
                s.salt.anion.smiles,
                s.molality_mol_kg == main or shares[s.salt.name] >= minimum_share,
            )
            for s in formulation.salts
        ]
        listed.append(parts)
    every = list(dict.fromkeys(smiles for parts in listed for _, smiles, _ in parts))
    windows = dict(zip(every, species_limits().windows(every), strict=True))
    return [
        [_Component(name=n, limiting=limiting, window=windows[s]) for n, s, limiting in parts]
        for parts in listed
    ]


def _side(components: Sequence[_Component], *, oxidation: bool) -> _Side:
    """The component that sets one limit; a limiting one without a value leaves none."""
    sign = 1 if oxidation else -1
    found: list[tuple[float, str, SpeciesLimit, bool]] = []
    for component in components:
        if component.limiting and component.window.smiles == _WATER:
            return _Side(name=None, limit=None, reason=_NO_WINDOW_OF_WATER)
        limit = component.window.oxidation if oxidation else component.window.reduction
        if limit is not None:
            found.append((sign * limit.value, component.name, limit, component.limiting))
        elif component.limiting and (oxidation or component.window.missing is None):
            why = component.window.missing or "no limit was computed"
            return _Side(name=None, limit=None, reason=f"{component.name}: {why}")
    limiting = [entry for entry in found if entry[3]]
    if not limiting:
        return _Side(name=None, limit=None, reason="no component has a limit")
    first, name, limit, _ = min(limiting, key=lambda entry: entry[:2])
    return _Side(
        name=name,
        limit=limit,
        reason=f"{name}: {limit.reason}" if limit.reason else None,
        sacrificed=tuple(n for value, n, _, counts in found if not counts and value < first),
    )


def _prediction(
    sides: Sequence[_Side], electrodes: Sequence[ReferenceElectrode], bands: Sequence[float]
) -> LimitPrediction:
    """Limits of the rows against their electrodes; anions beside solvents lower the lower bound."""
    value, low, high = (np.full(len(sides), math.nan) for _ in range(3))
    for row, (side, electrode, band) in enumerate(zip(sides, electrodes, bands, strict=True)):
        if side.limit is not None:
            value[row], low[row], high[row] = side.limit.against(electrode, band)
    return LimitPrediction(
        value=value,
        low=low,
        high=high,
        coverage=COVERAGE,
        in_domain=np.array([s.limit is not None and s.limit.in_domain for s in sides], dtype=bool),
        reason=tuple(s.reason for s in sides),
        reference=tuple(electrode.name for electrode in electrodes),
        limiting_species=tuple(s.name for s in sides),
        tier=tuple(None if s.limit is None else s.limit.tier for s in sides),
    )
