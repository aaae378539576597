"""Explanation of a recipe's conductivity: curves, substitutions, nearest measured recipes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.features.ions import is_monatomic
from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount
from electrolyte_ml.models.conductivity import ConductivityModel
from electrolyte_ml.models.curves import (
    ConcentrationCurve,
    TemperatureCurve,
    concentration_curves,
    liquid_conductivity,
    temperature_curves,
)
from electrolyte_ml.models.domain import NOTABLE_SHARE
from electrolyte_ml.models.efficiency.explain import EfficiencyExplanation, explain_efficiency
from electrolyte_ml.models.interphase import Interphase, predict_interphase
from electrolyte_ml.models.liquid import LiquidRange, liquid_range
from electrolyte_ml.models.neighbours import Neighbour, nearest_measured
from electrolyte_ml.models.similarity import anion_similarity, solvent_similarity
from electrolyte_ml.models.solubility import Solubility, predict_solubility
from electrolyte_ml.models.warnings import scored_warnings
from electrolyte_ml.notebook import html_table
from electrolyte_ml.prediction import Prediction, flat_record, shown
from electrolyte_ml.rules import Cell, RecipeWarning, Severity
from electrolyte_ml.species import Catalog, Ion, Salt, Solvent, default_catalog
from electrolyte_ml.species.ionic_liquids import pair_of
from electrolyte_ml.text import celsius
from electrolyte_ml.units import ROOM_TEMPERATURE_K, ZERO_CELSIUS_K

if TYPE_CHECKING:
    import pandas as pd

# Rules that a note of a swap tells in its own words.
_TOLD_ELSEWHERE = ("solubility", "frozen", "may_freeze")
# Substitutions shown of each component: inside the model's domain, and the most similar outside.
_KNOWN_SHOWN = 6
_UNKNOWN_SHOWN = 3
# A chemist's family counts like half of the whole similarity.
_FAMILY_BONUS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Swap:
    """One component replaced by another, everything else as it was.

    Attributes
    ----------
    component, replacement
        Names; a salt's molality and a solvent's share of the mass stay the same.
    formulation
        The recipe after the swap.
    prediction
        Its conductivity as the command line's contract writes it.
    change_percent
        Change of the predicted conductivity by the swap.
    note
        What the swap brings with it: dangers and cautions that the recipe itself has not, a salt
        that may not dissolve, or a replacement that is solid at room temperature.
    """

    component: str
    replacement: str
    formulation: Formulation
    prediction: dict[str, Any]
    change_percent: float
    note: str = ""

    def __repr__(self) -> str:
        return f"<Swap {self.component} for {self.replacement}: {self.change_percent:+.0f} %>"

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {
            "component": self.component,
            "replacement": self.replacement,
            "recipe": self.formulation.notation(),
            "conductivity_ms_cm": self.prediction,
            "change_percent": self.change_percent,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Explanation:
    """Everything about the conductivity of one recipe.

    Attributes
    ----------
    formulation, temperature_k
        The recipe, and its temperature, K.
    prediction
        Conductivity, mS/cm, one row.
    liquid
        Between which temperatures it is liquid, one row.
    solubility
        Molality of all salts at which the first is saturated, and that by its own, one row.
    concentration, temperature
        Curves through the recipe.
    swaps
        Each component replaced by similar ones.
    cations
        The recipe with the other cations that the model knows.
    neighbours
        Nearest measured recipes.
    warnings
        What a colleague would say of it before it is made, the gravest first.
    interphase
        Share of anions at the metal ion, and its desolvation energy, one row.
    efficiency
        Coulombic efficiency of lithium metal, what drives it and what was measured; None where
        nothing is known of it, as of other metals.
    """

    formulation: Formulation
    temperature_k: float
    prediction: Prediction
    liquid: LiquidRange
    solubility: Solubility
    concentration: ConcentrationCurve
    temperature: TemperatureCurve
    swaps: tuple[Swap, ...]
    cations: tuple[Swap, ...]
    neighbours: tuple[Neighbour, ...]
    warnings: tuple[RecipeWarning, ...] = ()
    interphase: Interphase | None = None
    efficiency: EfficiencyExplanation | None = None

    def __repr__(self) -> str:
        return f"<Explanation of {self._title()}>"

    def _title(self) -> str:
        value = shown(self.prediction.record(0))
        return f"{self.formulation.notation()}, {value} mS/cm at {celsius(self.temperature_k)}"

    def _repr_html_(self) -> str:
        return html_table(self._title(), self.to_frame(), self._notes())

    def _notes(self) -> list[str]:
        curve = self.concentration
        where = "still rises where the curve ends"
        if curve.maximum is not None:
            where = f"is highest at {curve.molality_mol_kg[curve.maximum]:.2f} mol/kg"
        energies = [
            f"{energy:.1f} kJ/mol at {celsius(kelvin)}"
            for kelvin, energy in self.temperature.activation_kj_mol.items()
        ]
        return [
            *map(str, self.warnings),
            f"conductivity {where}",
            f"local activation energy: {', '.join(energies)}",
            *(
                f"measured: {n.recipe}, {n.conductivity_ms_cm:.3g} mS/cm at "
                f"{celsius(n.temperature_k)} ({n.doi})"
                for n in self.neighbours
            ),
        ]

    def to_frame(self) -> pd.DataFrame:
        """One line a swap: component, replacement, change of the conductivity, and new recipe.

        The curves have a `to_frame` of their own: ``explanation.concentration.to_frame()``.
        """
        import pandas as pd

        return pd.DataFrame([flat_record(s.to_dict()) for s in (*self.cations, *self.swaps)])

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {
            "recipe": self.formulation.notation(),
            "key": self.formulation.key,
            "temperature_k": self.temperature_k,
            "conductivity_ms_cm": self.prediction.record(0),
            "molality_mol_kg": self.formulation.molalities_mol_kg,
            "molarity_mol_l": self.formulation.molarities_mol_l(),
            "liquid": self.liquid.record(0),
            "solubility_mol_kg": self.solubility.solubility_mol_kg.record(0),
            "solubility_margin": self.solubility.solubility_margin.record(0),
            "concentration": self.concentration.to_dict(),
            "temperature": self.temperature.to_dict(),
            "swaps": [swap.to_dict() for swap in self.swaps],
            "cations": [swap.to_dict() for swap in self.cations],
            "nearest_measured": [neighbour.to_dict() for neighbour in self.neighbours],
            **({} if self.interphase is None else self.interphase.record(0)),
            "coulombic_efficiency": self.efficiency and self.efficiency.to_dict(),
            "warnings": [warning.to_dict() for warning in self.warnings],
            "assumptions": list(self.formulation.assumptions),
        }


def explain(
    formulation: Formulation,
    temperature_k: float = ROOM_TEMPERATURE_K,
    *,
    cell: Cell | None = None,
    off: Sequence[str] = (),
) -> Explanation:
    """Explain the conductivity of a recipe.

    Parameters
    ----------
    formulation
        A recipe with salt.
    temperature_k
        Temperature of everything but the curve against temperature, K.
    cell
        The cell it is for, which warnings look at, and how efficiency is measured.
    off
        Names of rules that are switched off.

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        If there is no salt, so that nothing conducts, or, in an ionic liquid, no concentration
        could be varied.
    """
    if not formulation.salts:
        raise InputError(_no_salt(formulation))
    liquid, at = liquid_range([formulation]), np.array([temperature_k])
    return Explanation(
        formulation=formulation,
        temperature_k=temperature_k,
        prediction=liquid_conductivity([formulation], at),
        liquid=liquid,
        solubility=predict_solubility([formulation], at),
        concentration=concentration_curves([formulation], temperature_k)[0],
        temperature=temperature_curves([formulation])[0],
        swaps=swaps(formulation, temperature_k),
        cations=cation_twins(formulation, temperature_k),
        neighbours=nearest_measured([formulation])[0],
        warnings=scored_warnings([formulation], at, liquid, cell=cell, off=off)[0],
        interphase=predict_interphase([formulation]),
        efficiency=explain_efficiency(formulation, None if cell is None else cell.cycling),
    )


def _no_salt(formulation: Formulation) -> str:
    text, liquids = formulation.notation(), formulation.ionic_liquids
    if not liquids:
        return (
            f"{text!r} holds no salt and does not conduct; "
            "add one, as in '1 M NaPF6 in EC:DEC 1:1 v/v'"
        )
    return (
        f"{text!r} holds no salt whose concentration could be varied; add one, as in "
        f"'1 m NaFSI in {liquids[0]}', or write the ionic liquid as the salt, as in "
        f"'1 m {liquids[0]} in PC'"
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    component: str
    replacement: str
    formulation: Formulation
    similarity: float = 1.0
    note: str = ""


def swaps(formulation: Formulation, temperature_k: float) -> tuple[Swap, ...]:
    """Swaps of every component, predicted in one call.

    Parameters
    ----------
    formulation
        A recipe with salt.
    temperature_k
        Temperature, K.

    Returns
    -------
    tuple of Swap
        By component, solvents first. Within a component, swaps inside the model's domain come
        first, and then those with the largest gain of conductivity. Components below 5 wt% are left
        out, because the conductivity hardly depends on them, and so are ionic liquids, for which
        no molecule can stand.
    """
    catalog = default_catalog()
    parts = [
        s
        for s in formulation.solvents
        if s.mass_fraction >= NOTABLE_SHARE and pair_of(s.solvent) is None
    ]
    groups = [_solvents(formulation, s, catalog) for s in parts]
    groups += [_anions(formulation, s, catalog) for s in formulation.salts]
    predicted = _predicted(formulation, [c for group in groups for c in group], temperature_k)
    chosen, start = [], 0
    for group in groups:
        chosen += _most_similar(group, predicted[start : start + len(group)])
        start += len(group)
    return tuple(chosen)


def _most_similar(candidates: Sequence[_Candidate], found: Sequence[Swap]) -> list[Swap]:
    """The most similar alternatives of one component, best first."""
    by_similarity = sorted(range(len(found)), key=lambda i: -candidates[i].similarity)
    ordered = [found[i] for i in by_similarity]
    known = [s for s in ordered if s.prediction["in_domain"]][:_KNOWN_SHOWN]
    unknown = [s for s in ordered if not s.prediction["in_domain"]][:_UNKNOWN_SHOWN]
    return [s for part in (known, unknown) for s in sorted(part, key=lambda s: -s.change_percent)]


def cation_twins(formulation: Formulation, temperature_k: float) -> tuple[Swap, ...]:
    """The recipe with each other metal ion that the model knows in the place of its own.

    The other ions have the same charge; salts of organic cations stay as they are.
    """
    metals = [s for s in formulation.salts if is_monatomic(s.salt.cation.smiles)]
    own = {s.salt.cation.smiles: s.salt.cation for s in metals}
    if not own:
        return ()
    names = " + ".join(sorted(cation.name for cation in own.values()))
    charges = {cation.charge for cation in own.values()}
    candidates = [
        _Candidate(names, cation.name, _with_cation(formulation, cation))
        for cation in _known_metals()
        if set(own) != {cation.smiles} and cation.charge in charges
    ]
    return tuple(_predicted(formulation, candidates, temperature_k))


def _known_metals() -> list[Ion]:
    known = ConductivityModel.load().domain.cations
    cations = default_catalog().cations
    return [c for c in cations if c.smiles in known and is_monatomic(c.smiles)]


def _with_cation(formulation: Formulation, cation: Ion) -> Formulation:
    """The recipe with one metal ion in the place of all, and the same amounts of anions."""
    salts: dict[Salt, float] = {}
    for s in formulation.salts:
        metal = is_monatomic(s.salt.cation.smiles)
        twin = Salt(cation=cation, anion=s.salt.anion) if metal else s.salt
        amount = s.molality_mol_kg * s.salt.n_anion / twin.n_anion
        salts[twin] = salts.get(twin, 0.0) + amount
    amounts = tuple(SaltAmount(salt=s, molality_mol_kg=m) for s, m in salts.items())
    return replace(formulation, salts=amounts)


def _predicted(
    formulation: Formulation, candidates: Sequence[_Candidate], temperature_k: float
) -> list[Swap]:
    recipes = [formulation, *(c.formulation for c in candidates)]
    kelvin = np.full(len(recipes), temperature_k)
    prediction: Prediction = liquid_conductivity(recipes, kelvin)
    liquid = liquid_range(recipes)
    warnings = scored_warnings(recipes, kelvin, liquid)
    told = {*_TOLD_ELSEWHERE, *(warning.rule for warning in warnings[0])}
    graver = [
        [str(w) for w in found if w.severity != Severity.NOTE and w.rule not in told]
        for found in warnings
    ]
    change = 100 * (prediction.value / prediction.value[0] - 1)
    return [
        Swap(
            component=c.component,
            replacement=c.replacement,
            formulation=c.formulation,
            prediction=prediction.record(row),
            change_percent=float(change[row]),
            note="; ".join(
                [*graver[row], *liquid.solubility_notes[row], *([c.note] if c.note else [])]
            ),
        )
        for row, c in enumerate(candidates, start=1)
    ]


def _solvents(formulation: Formulation, part: SolventAmount, catalog: Catalog) -> list[_Candidate]:
    """Recipes with another solvent of the same role in the place of `part`."""
    present = {s.solvent.smiles for s in formulation.solvents}
    others = [s for s in catalog.solvents if s.smiles not in present and s.role == part.role]
    similarities = solvent_similarity([part.solvent], others)[0].tolist()
    candidates = []
    for solvent, similarity in zip(others, similarities, strict=True):
        swapped = SolventAmount(solvent=solvent, mass_fraction=part.mass_fraction, role=part.role)
        candidates.append(
            _Candidate(
                component=part.solvent.name,
                replacement=solvent.name,
                formulation=replace(
                    formulation,
                    solvents=tuple(swapped if s is part else s for s in formulation.solvents),
                ),
                similarity=similarity + _FAMILY_BONUS * (solvent.family == part.solvent.family),
                note=_solid(solvent),
            )
        )
    return candidates


def _anions(formulation: Formulation, part: SaltAmount, catalog: Catalog) -> list[_Candidate]:
    """Recipes with another anion in the place of that of `part`."""
    present = {s.salt.anion.smiles for s in formulation.salts}
    charge = part.salt.anion.charge
    others = [a for a in catalog.anions if a.smiles not in present and a.charge == charge]
    similarities = anion_similarity([part.salt.anion], others)[0].tolist()
    candidates = []
    for anion, similarity in zip(others, similarities, strict=True):
        salt = Salt(cation=part.salt.cation, anion=anion)
        swapped = SaltAmount(salt=salt, molality_mol_kg=part.molality_mol_kg)
        salts = tuple(swapped if s is part else s for s in formulation.salts)
        recipe = replace(formulation, salts=salts)
        candidates.append(_Candidate(part.salt.name, salt.name, recipe, similarity))
    return candidates


def _solid(solvent: Solvent) -> str:
    melting = solvent.value("melting_point_k")
    if melting is None or melting <= ROOM_TEMPERATURE_K:
        return ""
    return f"{solvent.name} melts at {melting - ZERO_CELSIUS_K:.0f} °C"
