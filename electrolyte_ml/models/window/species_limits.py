"""Limits of single species in three tiers: the table, your own calculations, the model."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from rdkit import Chem

from electrolyte_ml.models.window.artefact import load, read_record
from electrolyte_ml.models.window.calibration import Calibration
from electrolyte_ml.models.window.families import has_multiple_bond
from electrolyte_ml.models.window.prediction import (
    CALCULATION,
    OXIDATION,
    REDUCTION,
    TABLE,
    SpeciesLimit,
    SpeciesWindow,
)
from electrolyte_ml.quantum.protocol import Protocol
from electrolyte_ml.quantum.table import LimitRow, read_rows
from electrolyte_ml.species import canonical_smiles
from electrolyte_ml.species.chemistry import formal_charge

FOLDER_VARIABLE = "ELECTROLYTE_ML_WINDOW"
TABLE_NAME = "computed_limits.csv"
# The recipe differs from density functional theory by at most this for the three anions that were
# compared (PF6-, BF4-, ClO4-; vertical wB97X/def2-SVP in IEF-PCM): too few for a line.
ANION_HALF_WIDTH_V = 0.9
NO_ANION_REDUCTION = "reduction of an anion is not computed: the dianion falls apart"


def user_table() -> Path:
    """Table of your own calculations: in ``$ELECTROLYTE_ML_WINDOW``, or the user's data folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser() / TABLE_NAME
    import platformdirs

    return Path(platformdirs.user_data_dir("electrolyte_ml")) / "window" / TABLE_NAME


def shipped_rows() -> list[LimitRow]:
    """Rows of the table that ships with the package, failures among them."""
    return read_rows(Path(str(files("electrolyte_ml.quantum") / "tables" / TABLE_NAME)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeciesLimits:
    """Looks limits up, and predicts the ones that nobody has computed.

    Attributes
    ----------
    computed
        Row and tier by canonical SMILES.
    calibration
        Line from extended tight binding to density functional theory by axis.
    """

    computed: Mapping[str, tuple[LimitRow, str]]
    calibration: Mapping[str, Calibration]
    _known: dict[str, SpeciesWindow] = field(default_factory=dict)

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
            found = load().predict(learned)
            for text, oxidation, reduction in zip(
                learned, found[OXIDATION], found[REDUCTION], strict=True
            ):
                self._known[text] = SpeciesWindow(
                    smiles=text, oxidation=oxidation, reduction=reduction
                )
        return [self._known[text] for text in smiles]

    def _without_model(self, smiles: str) -> SpeciesWindow | None:
        charge = formal_charge(smiles)
        if charge > 0:
            return _nothing(smiles, "limits of a cation are not computed")
        row, tier = self.computed.get(smiles, (None, ""))
        if row is not None and charge < 0:
            return _anion_window(row, tier)
        if row is not None:
            return self._computed_window(row, tier)
        if charge < 0:
            return _nothing(
                smiles,
                f"no limits of {smiles} are computed, and the model knows no ions; compute them "
                "with: electrolyte-ml window compute",
            )
        return None

    def _computed_window(self, row: LimitRow, tier: str) -> SpeciesWindow:
        multiple_bond = has_multiple_bond(Chem.MolFromSmiles(row.smiles))

        def limit(value: float | None, axis: str, bonds: tuple[str, ...]) -> SpeciesLimit | None:
            if value is None:
                return None
            line = self.calibration[axis]
            centre = float(line.apply(np.array(value), np.array(multiple_bond)))
            reason = f"a bond changes as the ion relaxes ({', '.join(bonds)})" if bonds else None
            return SpeciesLimit(
                value=centre,
                low=centre - line.half_width_v,
                high=centre + line.half_width_v,
                tier=tier,
                reason=reason,
            )

        return SpeciesWindow(
            smiles=row.smiles,
            oxidation=limit(row.oxidation_limit_v, OXIDATION, row.oxidation_bonds),
            reduction=limit(row.reduction_limit_v, REDUCTION, row.reduction_bonds),
        )


@cache
def _limits_of(table: Path, modified_ns: int | None) -> SpeciesLimits:
    protocol = Protocol().key
    computed: dict[str, tuple[LimitRow, str]] = {}
    for tier, rows in (
        (CALCULATION, read_rows(table) if modified_ns is not None else []),
        (TABLE, shipped_rows()),
    ):
        for row in rows:
            if not row.failure and row.protocol == protocol:
                computed[canonical_smiles(row.smiles)] = (row, tier)
    record = read_record()
    calibration = {
        name: Calibration.from_dict(axis["calibration"]) for name, axis in record["axes"].items()
    }
    return SpeciesLimits(computed=computed, calibration=calibration)


def forget() -> None:
    """Forget what was read, after the model or the package's table has changed."""
    load.cache_clear()
    _limits_of.cache_clear()


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


def _anion_window(row: LimitRow, tier: str) -> SpeciesWindow:
    value = row.oxidation_limit_v
    limit = None
    if value is not None:
        low, high = value - ANION_HALF_WIDTH_V, value + ANION_HALF_WIDTH_V
        limit = SpeciesLimit(value=value, low=low, high=high, tier=tier)
    return SpeciesWindow(
        smiles=row.smiles, oxidation=limit, reduction=None, missing=NO_ANION_REDUCTION
    )


def _nothing(smiles: str, why: str) -> SpeciesWindow:
    return SpeciesWindow(smiles=smiles, oxidation=None, reduction=None, missing=why)
