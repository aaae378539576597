"""Limits of single species in three tiers: the table, your own calculations, the model."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from electrolyte_ml.files import expanded, user_folder_of
from electrolyte_ml.models.base import kept_with_models
from electrolyte_ml.models.window.calibration import LimitCalibration, Offset, terms_of
from electrolyte_ml.models.window.limits import (
    CALCULATION,
    OXIDATION,
    REDUCTION,
    TABLE,
    SpeciesLimit,
    SpeciesWindow,
)
from electrolyte_ml.models.window.model import WindowModel
from electrolyte_ml.quantum.shipped import shipped_dft_rows, shipped_rows
from electrolyte_ml.quantum.table import LimitRow, XtbProtocol, read_rows
from electrolyte_ml.species import canonical_smiles, default_catalog
from electrolyte_ml.species.chemistry import (
    formal_charge,
    one_form,
    why_not_covered,
    without_stereo,
)

FOLDER_VARIABLE = "ELECTROLYTE_ML_WINDOW"
TABLE_NAME = "computed_limits.csv"
# Measured on glassy carbon: PF6 > BF4 > TFSI > ClO4 > OTf; computed TFSI stands behind ClO4.
_LIKELY_TOO_LOW = {
    "O=S(=O)([N-]S(=O)(=O)C(F)(F)F)C(F)(F)F": "measured it is oxidised after ClO4, computed 1 V "
    "before it: likely too low"
}
NO_ANION_REDUCTION = "reduction of an anion is not computed: the dianion falls apart"


def one_species(smiles: str) -> str:
    """The SMILES under which limits of a molecule or an ion are known, in whichever form it is.

    Raises
    ------
    SmilesError
        If it cannot be parsed or holds several fragments.
    """
    form = one_form(smiles)
    return default_catalog().ion(form).smiles if formal_charge(form) else form


def user_table() -> Path:
    """Table of your own calculations: in ``$ELECTROLYTE_ML_WINDOW``, or the user's data folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return expanded(named) / TABLE_NAME
    return user_folder_of("data") / "window" / TABLE_NAME


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SpeciesLimits:
    """Looks limits up, and predicts the ones that nobody has computed.

    Attributes
    ----------
    computed
        Row by extended tight binding and tier by canonical SMILES, failures among them.
    theory
        Row of anions by density functional theory by canonical SMILES, failures among them.
    calibration
        From extended tight binding to density functional theory for neutral molecules by axis.
    anions
        From extended tight binding to density functional theory for anions.
    theory_half_width_v
        Half the interval of anions in `theory`, V.
    """

    computed: Mapping[str, tuple[LimitRow, str]]
    theory: Mapping[str, LimitRow]
    calibration: Mapping[str, LimitCalibration]
    anions: Offset
    theory_half_width_v: float
    _known: dict[str, SpeciesWindow] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<SpeciesLimits, {len(self._known)} windows worked out>"

    def windows(self, smiles: Sequence[str]) -> list[SpeciesWindow]:
        """Windows of species, V against Li/Li+, in their order; each is worked out once.

        Parameters
        ----------
        smiles
            Canonical SMILES of neutral molecules, anions or cations.
        """
        new = [text for text in dict.fromkeys(smiles) if text not in self._known]
        learned = []
        for text in new:
            window = self._without_model(text)
            if window is None:
                learned.append(text)
            else:
                self._known[text] = window
        if learned:
            # No descriptor of the model knows handedness.
            flat = list(dict.fromkeys(map(without_stereo, learned)))
            found = WindowModel.load().predict(flat)
            sides = dict(
                zip(flat, zip(found[OXIDATION], found[REDUCTION], strict=True), strict=True)
            )
            for text in learned:
                oxidation, reduction = sides[without_stereo(text)]
                self._known[text] = SpeciesWindow(
                    smiles=text, oxidation=oxidation, reduction=reduction
                )
        return [self._known[text] for text in smiles]

    def _without_model(self, smiles: str) -> SpeciesWindow | None:
        charge = formal_charge(smiles)
        if charge > 0:
            return _nothing(smiles, "limits of a cation are not computed")
        if charge < 0:
            return self._anion_window(smiles)
        reason = why_not_covered(smiles)
        if reason is not None:
            return _nothing(smiles, _not_covered(reason))
        row, tier = self._computed(smiles)
        if row is None or row.failure:
            return None
        return SpeciesWindow(
            smiles=smiles,
            oxidation=self._limit(row, OXIDATION, tier),
            reduction=self._limit(row, REDUCTION, tier),
        )

    def _computed(self, smiles: str) -> tuple[LimitRow | None, str]:
        """A row of the molecule, or else of the same one without stereochemistry, and its tier."""
        nothing = (None, "")
        found = self.computed.get(smiles, nothing)
        if found is nothing and ("@" in smiles or "/" in smiles or "\\" in smiles):
            return self.computed.get(without_stereo(smiles), nothing)
        return found

    def _limit(self, row: LimitRow, axis: str, tier: str) -> SpeciesLimit | None:
        if getattr(row, axis) is None:
            return None
        line = self.calibration[axis]
        value = float(line.apply(terms_of([row], axis))[0])
        return _limit_of(row, axis, value, line.half_width_v, tier)

    def _anion_window(self, smiles: str) -> SpeciesWindow:
        row, tier = self._computed(smiles)
        theory = self.theory.get(smiles)
        if theory is not None and theory.oxidation_limit_v is not None:
            value, half = theory.oxidation_limit_v, self.theory_half_width_v
            limit = _limit_of(theory, OXIDATION, value, half, TABLE)
        elif row is None:
            reason = why_not_covered(smiles)
            if reason is not None:
                return _nothing(smiles, _not_covered(reason))
            return _nothing(
                smiles,
                f"no limits of {smiles} are computed, and the model knows no ions; compute them "
                "with: electrolyte-ml window compute",
            )
        elif row.oxidation_limit_v is None:
            failures = [row.failure, *([theory.failure] if theory is not None else [])]
            return _nothing(smiles, f"its calculation failed ({'; '.join(failures)})")
        else:
            value = row.oxidation_limit_v + self.anions.shift_v
            limit = _limit_of(row, OXIDATION, value, self.anions.half_width_v, tier)
        limit = replace(limit, reason=_LIKELY_TOO_LOW.get(smiles, limit.reason))
        return SpeciesWindow(
            smiles=smiles, oxidation=limit, reduction=None, missing=NO_ANION_REDUCTION
        )


class _ComputedRows(Mapping[str, tuple[LimitRow, str]]):
    """Your own rows and the package's by canonical SMILES, with their tier.

    The package's rows are looked up as they are written. That is RDKit's canonical form, unless
    RDKit writes it in another way by now: only a SMILES that is not found has all of them written
    anew, which takes longer than scoring a recipe.

    Parameters
    ----------
    own, shipped
        Rows with the standing protocol.
    """

    def __init__(self, own: Sequence[LimitRow], shipped: Sequence[LimitRow]) -> None:
        self._own, self._shipped = own, shipped
        # Where a calculation of the package failed, one of your own may have not.
        self._as_written = {row.smiles: row for row in shipped if not (row.failure and own)}

    def __getitem__(self, smiles: str) -> tuple[LimitRow, str]:
        row = self._as_written.get(smiles)
        return self._canonical[smiles] if row is None else (row, TABLE)

    def __iter__(self) -> Iterator[str]:
        return iter(self._canonical)

    def __len__(self) -> int:
        return len(self._canonical)

    @cached_property
    def _canonical(self) -> dict[str, tuple[LimitRow, str]]:
        found: dict[str, tuple[LimitRow, str]] = {}
        for tier, rows in ((CALCULATION, self._own), (TABLE, self._shipped)):
            for row in rows:
                smiles = canonical_smiles(row.smiles)
                # A failure says something only where nothing else does.
                if not (row.failure and smiles in found):
                    found[smiles] = (row, tier)
        return found


@kept_with_models
def _limits_of(table: Path, modified_ns: int | None) -> SpeciesLimits:
    protocol = XtbProtocol().key
    own = read_rows(table) if modified_ns is not None else []
    record = WindowModel.FILES.read_record()
    axes = record["axes"]
    return SpeciesLimits(
        computed=_ComputedRows([r for r in own if r.protocol == protocol], shipped_rows()),
        theory={row.smiles: row for row in shipped_dft_rows() if row.charge},
        calibration={n: LimitCalibration.from_dict(a["calibration"]) for n, a in axes.items()},
        anions=Offset(**record["anions"]),
        theory_half_width_v=float(record["theory_half_width_v"]),
    )


def species_limits() -> SpeciesLimits:
    """The package's table and your own calculations as they are now, and the model behind them.

    Raises
    ------
    ArtefactError
        If the model is missing.
    TableError
        If your own table cannot be read.
    """
    table = user_table()
    return _limits_of(table, table.stat().st_mtime_ns if table.is_file() else None)


def _limit_of(row: LimitRow, axis: str, value: float, half: float, tier: str) -> SpeciesLimit:
    bonds = row.oxidation_bonds if axis == OXIDATION else row.reduction_bonds
    reason = f"a bond changes as the ion relaxes ({', '.join(bonds)})" if bonds else None
    return SpeciesLimit(value=value, low=value - half, high=value + half, tier=tier, reason=reason)


def _nothing(smiles: str, why: str) -> SpeciesWindow:
    return SpeciesWindow(smiles=smiles, oxidation=None, reduction=None, missing=why)


def _not_covered(reason: str) -> str:
    kind, _, explanation = reason.partition(" (")
    return f"{kind}: not covered" + (f" ({explanation}" if explanation else "")
