"""The weigh-out sheet: grams and millilitres of a batch, in the order of mixing.

Solvents that are liquid come first, then those that melt above room temperature, dissolved in the
liquid or melted, then the salts in portions, then diluents (which do not dissolve the salt), then
additives.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from electrolyte_ml.errors import AmountError, InputError
from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation.density import density_g_cm3
from electrolyte_ml.formulation.formulation import SCHEMA_VERSION, Formulation, SolventAmount
from electrolyte_ml.formulation.notation.spellings import NUMBER
from electrolyte_ml.formulation.writing import weigh_out_g
from electrolyte_ml.species import Salt, Solvent
from electrolyte_ml.units import ROOM_TEMPERATURE_K, ZERO_CELSIUS_K, unit_registry

# Only a number and a unit: pint would also work out sums and powers.
_QUANTITY = re.compile(rf"(?P<number>[+-]?{NUMBER})\s*(?P<unit>[A-Za-zµμ]+(?:\^?3)?)")

_HELP = "write it with its unit, such as '50 g' or '20 mL'"


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
        raise InputError(f"cannot read the batch size {text!r}; {_HELP}")
    grams = _grams(float(match["number"]), match["unit"], str(text), formulation)
    if not (math.isfinite(grams) and grams > 0):
        raise InputError(f"batch size {text!r} must be positive; {_HELP}")
    return grams


def _grams(number: float, unit: str, text: str, formulation: Formulation) -> float:
    import pint

    try:
        quantity = unit_registry().Quantity(number, re.sub(r"\^?3$", "**3", unit))
    except pint.PintError as error:
        raise InputError(f"{unit!r} in {text!r} is no unit that is known; {_HELP}") from error
    if quantity.check("[mass]"):
        return float(quantity.to("gram").magnitude)
    if quantity.check("[volume]"):
        return float(quantity.to("milliliter").magnitude) * formulation.density_g_cm3()
    raise InputError(f"batch size {text!r} is neither a mass nor a volume; {_HELP}")


# A room between 20 and 25 degC: what melts in that range may be found solid or liquid.
_COOL_ROOM_K = 293.15

# Enough above the melting point to pour, and no more, because carbonates decompose when hot.
_MELT_ABOVE_K = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One thing to add.

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
        Volume at 25 degC, mL; None for what is not liquid.
    how
        What to do.
    hazard
        What to mind.
    """

    step: int
    component: str
    role: str
    state: str
    mass_g: float
    volume_ml: float | None
    how: str
    hazard: str


@dataclass(frozen=True, slots=True, kw_only=True)
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
        What the numbers assume.
    """

    recipe: str
    key: str
    batch_g: float
    batch_ml: float
    rows: tuple[SheetRow, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            **asdict(self),
            "rows": [asdict(row) for row in self.rows],
            "notes": list(self.notes),
        }


def weigh_out_sheet(formulation: Formulation, batch_g: float = 100.0) -> Sheet:
    """Sheet for a batch.

    Parameters
    ----------
    formulation
        The recipe.
    batch_g
        Mass of finished electrolyte, g.

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
    grams = weigh_out_g(formulation, batch_g)
    rows: list[SheetRow] = []
    for kind in _steps(formulation):
        step = rows[-1].step + 1 if rows else 1
        for item in kind:
            if isinstance(item, Salt):
                rows.append(_salt_row(step, item, grams[item.name]))
            else:
                rows.append(_solvent_row(step, item, grams[item.solvent.name], bool(rows)))
    notes = [
        "volumes at 25 degC from pure densities; weigh rather than measure where it matters",
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
        hazard=solvent.hazard_note,
    )


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
    melts = f"melts at {melting - ZERO_CELSIUS_K:.0f} degC"
    warm = f"warm to {melting + _MELT_ABOVE_K - ZERO_CELSIUS_K:.0f} degC"
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
