"""The weigh-out sheet: grams and millilitres of a batch, in the order of mixing.

Solvents that are liquid come first, then those that melt above room temperature, dissolved in the
liquid or melted, then the salts in portions, then diluents (which do not dissolve the salt), then
additives.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from electrolyte_ml.errors import AmountError, InputError
from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation.amounts import SolventAmount, largest_remainders
from electrolyte_ml.formulation.density import density_g_cm3
from electrolyte_ml.formulation.formulation import SCHEMA_VERSION, Formulation
from electrolyte_ml.formulation.notation.spellings import NUMBER
from electrolyte_ml.notebook import html_table
from electrolyte_ml.species import Salt, Solvent, default_catalog
from electrolyte_ml.species.ionic_liquids import ions_of
from electrolyte_ml.text import shown
from electrolyte_ml.units import (
    ROOM_TEMPERATURE_K,
    ZERO_CELSIUS_K,
    plain_unit,
    safe_unit,
    unit_errors,
    unit_registry,
)

if TYPE_CHECKING:
    import pandas as pd

# Only a number and a unit: pint would also work out sums and powers.
_QUANTITY = re.compile(rf"(?P<number>[+-]?{NUMBER})\s*(?P<unit>[A-Za-zµμ]+(?:\^?3)?)")

# A longer text is no unit.
_LONGEST_UNIT = 80
_HELP = "write it with its unit, such as '50 g' or '20 mL'"

#: Bases of `amounts_in_basis`.
BASES = ("wt", "mol", "M")

# Rounding up or down nearly always suffices; a few recipes need one step more.
_REACHES = ((0, 1), (-1, 0, 1, 2))

# Up to this many components all combinations of roundings are tried.
_MOST_COMPONENTS_TRIED = 8

# A room is at 20 to 25 degC: a component that melts in that range may be solid or liquid.
_COOL_ROOM_K = 293.15

# Enough above the melting point to pour, and no more, because carbonates decompose when hot.
_MELT_ABOVE_K = 10.0


def batch_g(text: object, formulation: Formulation) -> float:
    """Mass of a batch of finished electrolyte.

    Parameters
    ----------
    text
        Number and unit of mass or volume: ``50 g``, ``20 mL``, ``0.1 L``, ``1 kg``.
    formulation
        The recipe, whose density at 298.15 K turns a volume into a mass.

    Returns
    -------
    float
        Mass, g.

    Raises
    ------
    InputError
        If there is no unit, it is neither of mass nor of volume, or the amount is not positive.
    """
    match = _QUANTITY.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise InputError(f"cannot read the batch size {shown(text)}; {_HELP}")
    grams = _grams(float(match["number"]), match["unit"], str(text), formulation)
    if not (math.isfinite(grams) and grams > 0):
        raise InputError(f"batch size {shown(text)} must be positive; {_HELP}")
    return grams


def _grams(number: float, unit: str, text: str, formulation: Formulation) -> float:
    try:
        text_of_unit = safe_unit(re.sub(r"\^?3$", "**3", plain_unit(unit[:_LONGEST_UNIT])))
        quantity = unit_registry().Quantity(number, text_of_unit)
    except unit_errors() as error:
        raise InputError(
            f"{shown(unit)} in {shown(text)} is no unit that is known; {_HELP}"
        ) from error
    if quantity.check("[mass]"):
        return float(quantity.to("gram").magnitude)
    if quantity.check("[volume]"):
        return float(quantity.to("milliliter").magnitude) * formulation.density_g_cm3()
    raise InputError(f"batch size {shown(text)} is neither a mass nor a volume; {_HELP}")


def weigh_out_g(formulation: Formulation, batch_g: float = 100.0) -> dict[str, float]:
    """Mass of each component to weigh for a batch.

    Parameters
    ----------
    formulation
        The recipe.
    batch_g
        Mass of finished electrolyte, g.

    Returns
    -------
    dict of str to float
        Grams by name; solvents first, then salts. They sum to `batch_g`.
    """
    per_kg = {s.solvent.name: s.mass_fraction for s in formulation.solvents}
    per_kg |= {
        s.salt.name: s.molality_mol_kg * s.salt.molar_mass_g_mol / 1000 for s in formulation.salts
    }
    scale = batch_g / (1 + formulation.salt_mass_per_kg_solvent)
    return {name: mass * scale for name, mass in per_kg.items()}


def in_basis(formulation: Formulation, basis: str) -> str:
    """Every component in one basis, a line each, as text; see `amounts_in_basis`."""
    amounts, unit = amounts_in_basis(formulation, basis)
    return "\n".join(f"{name}  {amount:.6g} {unit}" for name, amount in amounts.items())


def amounts_in_basis(formulation: Formulation, basis: str) -> tuple[dict[str, float], str]:
    """Every component in one basis.

    Parameters
    ----------
    formulation
        The recipe.
    basis
        ``wt``: wt% of the whole; ``mol``: mol% of everything, a salt as one formula unit;
        ``M``: mol by litre of solution at 298.15 K.

    Returns
    -------
    amounts : dict of str to float
        By name of the component.
    unit : str
        ``wt%``, ``mol%`` or ``mol/L``.

    Raises
    ------
    AmountError
        If the basis is none of these.
    """
    if basis == "wt":
        amounts, unit = weigh_out_g(formulation, 100.0), "wt%"
    elif basis == "mol":
        amounts = {name: 100 * x for name, x in formulation.mole_fractions.items()}
        unit = "mol%"
    elif basis == "M":
        volume = formulation.volume_l_per_kg_solvent()
        moles = formulation.moles_per_kg_solvent
        amounts, unit = {name: n / volume for name, n in moles.items()}, "mol/L"
    else:
        raise AmountError(f"unknown basis {basis!r}; use {', '.join(BASES)}")
    return amounts, unit


def weigh_out_rounded_g(
    formulation: Formulation,
    batch_g: int = 100,
    steps_per_gram: int = 100,
    obeys: Callable[[Mapping[str, int]], bool] = lambda _: True,
) -> dict[str, float]:
    """Mass of each component, rounded to the steps of a balance.

    Parameters
    ----------
    formulation
        The recipe.
    batch_g
        Mass of finished electrolyte, g.
    steps_per_gram
        Steps of the balance per gram.
    obeys
        Whether masses (name to steps of the balance) obey the limits of the recipe. Rounding up
        half a step would break the limit of a solvent that is at its maximum.

    Returns
    -------
    dict of str to float
        Grams by name, solvents first; they sum to the batch exactly. They are the nearest to the
        recipe that obey, or the nearest of all if no rounding tried does.
    """
    whole = batch_g * steps_per_gram
    ideal = {n: g * steps_per_gram for n, g in weigh_out_g(formulation, batch_g).items()}
    names = sorted(ideal)  # so that ties do not depend on the order of components
    rounded = dict(zip(names, largest_remainders([ideal[n] for n in names], whole), strict=True))
    best = {name: rounded[name] for name in ideal}
    if len(ideal) <= _MOST_COMPONENTS_TRIED and not obeys(best):
        best = _nearest_that_obeys(ideal, whole, obeys) or best
    return {name: steps / steps_per_gram for name, steps in best.items()}


def _nearest_that_obeys(
    ideal: Mapping[str, float], whole: int, obeys: Callable[[Mapping[str, int]], bool]
) -> dict[str, int] | None:
    """The rounding nearest to the recipe that sums to the batch and obeys the limits."""
    floors = {name: int(steps) for name, steps in ideal.items()}
    for reach in _REACHES:
        found: list[tuple[float, tuple[int, ...]]] = []
        for moves in product(reach, repeat=len(ideal)):
            steps = [floors[n] + move for n, move in zip(ideal, moves, strict=True)]
            if sum(steps) != whole or min(steps) < 1:
                continue
            trial = dict(zip(ideal, steps, strict=True))
            if obeys(trial):
                error = sum((trial[n] - ideal[n]) ** 2 for n in ideal)
                found.append((error, tuple(steps)))
        if found:
            return dict(zip(ideal, min(found)[1], strict=True))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One component to add.

    Attributes
    ----------
    step
        Rows of one step can be added in any order, step after step.
    component, role
        Name and ``solvent``, ``salt``, ``diluent`` or ``additive``.
    state
        ``liquid``, ``solid``, ``solid or liquid`` or ``unknown``, at room temperature.
    mass_g
        Mass to weigh, g.
    volume_ml
        Volume at 25 degC, mL; None if it is not liquid.
    how
        Instruction for this component.
    hazard
        Hazard to mind.
    """

    step: int
    component: str
    role: str
    state: str
    mass_g: float
    volume_ml: float | None
    how: str
    hazard: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sheet:
    """A weigh-out sheet.

    Attributes
    ----------
    recipe, key
        Canonical notation and identity.
    batch_g, batch_ml
        Mass of the finished electrolyte, g, and its volume at 25 degC by ideal mixing, mL.
    rows
        In the order of mixing.
    notes
        Assumptions behind the numbers.
    """

    recipe: str
    key: str
    batch_g: float
    batch_ml: float
    rows: tuple[SheetRow, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Sheet of {self.batch_g:.5g} g: {self.recipe}>"

    def _repr_html_(self) -> str:
        title = f"{self.batch_g:.5g} g, about {self.batch_ml:.4g} mL, of {self.recipe}"
        return html_table(title, self.to_frame(), self.notes)

    def to_frame(self) -> pd.DataFrame:
        """One line per component, in the order of mixing."""
        import pandas as pd

        return pd.DataFrame([asdict(row) for row in self.rows], columns=SheetRow.__slots__)

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            **asdict(self),
            "rows": [asdict(row) for row in self.rows],
            "notes": list(self.notes),
        }


def weigh_out_sheet(
    formulation: Formulation, batch_g: float = 100.0, grams: Mapping[str, float] | None = None
) -> Sheet:
    """Sheet for a batch.

    Parameters
    ----------
    formulation
        The recipe.
    batch_g
        Mass of finished electrolyte, g.
    grams
        Mass of each component by name, where it was rounded (`weigh_out_rounded_g`); by default
        as exact as the recipe.

    Returns
    -------
    Sheet
        Rows whose masses sum to `batch_g`.

    Raises
    ------
    AmountError
        If the batch is not of positive mass.
    """
    if not 0 < batch_g < float("inf"):
        raise AmountError(f"a batch must have a positive mass, given {batch_g:g} g")
    grams = grams or weigh_out_g(formulation, batch_g)
    rows: list[SheetRow] = []
    for kind in _steps(formulation):
        step = rows[-1].step + 1 if rows else 1
        for item in kind:
            if isinstance(item, Salt):
                rows.append(_salt_row(step, item, grams[item.name]))
            else:
                rows.append(_solvent_row(step, item, grams[item.solvent.name], bool(rows)))
    notes = [
        "volumes at 25 °C from pure densities; weigh rather than measure where it matters",
        "one hazard a component: read the safety data sheets",
        *formulation.assumptions,
    ]
    return Sheet(
        recipe=formulation.notation(),
        key=formulation.key,
        batch_g=batch_g,
        batch_ml=batch_g / formulation.density_g_cm3(),
        rows=tuple(rows),
        notes=tuple(dict.fromkeys(notes)),
    )


def _steps(formulation: Formulation) -> list[list[SolventAmount | Salt]]:
    """Groups of components in the order of mixing, the largest of each group first."""
    by_mass = sorted(formulation.solvents, key=lambda s: -s.mass_fraction)
    solvents = [s for s in by_mass if s.role == "solvent"]
    diluents = [s for s in by_mass if s.role == "diluent"]
    if not solvents:
        solvents, diluents = diluents, []
    salts = sorted(formulation.salts, key=lambda s: -s.molality_mol_kg * s.salt.molar_mass_g_mol)
    groups: list[list[SolventAmount | Salt]] = [
        [s for s in solvents if _state(s.solvent) != "solid"],
        [s for s in solvents if _state(s.solvent) == "solid"],
        [s.salt for s in salts],
        list(diluents),
        [s for s in by_mass if s.role == "additive"],
    ]
    return [group for group in groups if group]


def _solvent_row(step: int, item: SolventAmount, mass_g: float, started: bool) -> SheetRow:
    solvent, state = item.solvent, _state(item.solvent)
    liquid = state not in ("solid", "solid or liquid")
    return SheetRow(
        step=step,
        component=solvent.name,
        role=item.role,
        state=state,
        mass_g=mass_g,
        volume_ml=mass_g / density_g_cm3(solvent).value if liquid else None,
        how=_how(solvent, item.role, state, started=started),
        hazard=solvent.hazard_note or _hazard_of_ions(solvent),
    )


def _hazard_of_ions(solvent: Solvent) -> str:
    """Hazard of the anion of an ionic liquid."""
    names = (default_catalog().ion(smiles).name for smiles in ions_of(solvent))
    return next((_cautions()[name].hazard for name in names if name in _cautions()), "")


def _salt_row(step: int, salt: Salt, mass_g: float) -> SheetRow:
    caution = _cautions().get(salt.anion.name, _Caution("", ""))
    return SheetRow(
        step=step,
        component=salt.name,
        role="salt",
        state="solid",
        mass_g=mass_g,
        volume_ml=None,
        how=caution.how or "add in portions and stir until clear",
        hazard=caution.hazard,
    )


def _how(solvent: Solvent, role: str, state: str, *, started: bool) -> str:
    if role == "diluent" and started:
        how = "add after the salt has dissolved, which a diluent does not do"
    else:
        how = "pour in" if started else "weigh into the bottle"
    melting = solvent.value("melting_point_k")
    if melting is None:
        return f"{how}; melting point unknown: look before you pour"
    melts = f"melts at {melting - ZERO_CELSIUS_K:.0f} °C"
    warm = f"warm to {melting + _MELT_ABOVE_K - ZERO_CELSIUS_K:.0f} °C"
    if state == "solid or liquid":
        return f"{how}; {melts}: if it is solid, {warm} before pouring"
    if state == "liquid":
        return how
    if started:
        return f"{melts}: dissolve in the liquid, or {warm} and pour in"
    return f"{melts}: {warm} and keep the mixture warm until it is complete"


def _state(solvent: Solvent) -> str:
    melting = solvent.value("melting_point_k")
    if melting is None:
        return "unknown"
    if melting > ROOM_TEMPERATURE_K:
        return "solid"
    return "liquid" if melting <= _COOL_ROOM_K else "solid or liquid"


@dataclass(frozen=True, slots=True)
class _Caution:
    how: str
    hazard: str


@cache
def _cautions() -> dict[str, _Caution]:
    """Cautions by the name of the anion."""
    rows = packaged_table("formulation/salt_cautions.csv")
    return {row["anion"]: _Caution(row["how"], row["hazard"]) for row in rows}
