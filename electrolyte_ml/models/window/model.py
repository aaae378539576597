"""The learned limits: two Gaussian processes, their calibration, and their domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.errors import InputErrors
from electrolyte_ml.models.base import StoredModel
from electrolyte_ml.models.files import Arrays, ModelFiles, Record
from electrolyte_ml.models.window.calibration import LimitCalibration, Offset
from electrolyte_ml.models.window.features import (
    DESCRIPTORS,
    N_BITS,
    MoleculeFeatures,
    molecule_features,
)
from electrolyte_ml.models.window.gp import MoleculeGP
from electrolyte_ml.models.window.limits import MODEL, SpeciesLimit
from electrolyte_ml.species.chemistry import formal_charge
from electrolyte_ml.threads import one_thread

_CHUNK = 2000
_FITTED = ("target", "centre", "scale", "hyperparameters")


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisModel:
    """One side of the window.

    Attributes
    ----------
    process
        Fitted on calibrated limits, V against Li/Li+.
    calibration
        From extended tight binding to density functional theory.
    factor
        Standard deviations of the process that hold 90 % of molecules of families left out.
    widest_v
        Standard deviation beyond which a molecule is out of the domain, V.
    """

    process: MoleculeGP
    calibration: LimitCalibration
    factor: float
    widest_v: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WindowModel(StoredModel):
    """Both sides of the window.

    Attributes
    ----------
    axes
        ``oxidation_limit_v`` and ``reduction_limit_v``.
    anions
        From extended tight binding to density functional theory, for the oxidation of anions.
    theory_half_width_v
        Half the interval of anions that density functional theory was made for, V.
    elements
        Atomic numbers among the training molecules.
    """

    axes: Mapping[str, AxisModel]
    anions: Offset
    theory_half_width_v: float
    elements: frozenset[int]

    FILES: ClassVar[ModelFiles] = ModelFiles(
        name="window", version=3, made_for={"descriptors": list(DESCRIPTORS)}, compressed=True
    )

    @one_thread()
    def predict(self, smiles: Sequence[str]) -> dict[str, list[SpeciesLimit]]:
        """Limits of neutral molecules by axis, in their order.

        Parameters
        ----------
        smiles
            SMILES of neutral molecules, length n.

        Raises
        ------
        InputErrors
            If some are ions, which the model has never seen; all of them are listed.
        """
        _refuse_ions(smiles)
        found: dict[str, list[SpeciesLimit]] = {name: [] for name in self.axes}
        for start in range(0, len(smiles), _CHUNK):
            part = smiles[start : start + _CHUNK]
            features = molecule_features(part)
            strange = [self._unknown_elements(text) for text in part]
            for name, axis in self.axes.items():
                mean, spread = axis.process.predict(features)
                found[name] += _limits(axis, mean, spread, strange)
        return found

    def arrays(self) -> Arrays:
        """Features, which both processes share, and the fit of each side."""
        features = next(iter(self.axes.values())).process.features
        arrays: Arrays = {
            "bits": np.packbits(features.bits, axis=1),
            "descriptors": features.descriptors.astype(np.float32),
        }
        for name, axis in self.axes.items():
            arrays |= {f"{name}_{part}": getattr(axis.process, part) for part in _FITTED}
        return arrays

    def record(self) -> Record:
        """Elements, calibrations and intervals."""
        return {
            "elements": sorted(self.elements),
            "axes": {
                name: {
                    "calibration": axis.calibration.to_dict(),
                    "factor": axis.factor,
                    "widest_v": axis.widest_v,
                }
                for name, axis in self.axes.items()
            },
            "anions": self.anions.to_dict(),
            "theory_half_width_v": self.theory_half_width_v,
        }

    @classmethod
    def of_files(cls, arrays: Arrays, record: Record) -> WindowModel:
        """The model from `arrays` and `record`."""
        features = MoleculeFeatures(
            bits=np.unpackbits(arrays["bits"], axis=1, count=N_BITS),
            descriptors=arrays["descriptors"].astype(np.float64),
        )
        axes = {
            name: AxisModel(
                process=MoleculeGP(
                    features=features, **{part: arrays[f"{name}_{part}"] for part in _FITTED}
                ),
                calibration=LimitCalibration.from_dict(axis["calibration"]),
                factor=float(axis["factor"]),
                widest_v=float(axis["widest_v"]),
            )
            for name, axis in record["axes"].items()
        }
        return cls(
            axes=axes,
            anions=Offset(**record["anions"]),
            theory_half_width_v=float(record["theory_half_width_v"]),
            elements=frozenset(record["elements"]),
        )

    def _unknown_elements(self, smiles: str) -> str | None:
        atoms = Chem.MolFromSmiles(smiles).GetAtoms()
        unknown = {a.GetSymbol() for a in atoms if a.GetAtomicNum() not in self.elements}
        return f"no computed molecule holds {', '.join(sorted(unknown))}" if unknown else None


def _refuse_ions(smiles: Sequence[str]) -> None:
    ions = [text for text in smiles if ("+" in text or "-" in text) and formal_charge(text)]
    if ions:
        raise InputErrors(
            [
                f"{text} is an ion, and the model knows neutral molecules alone; the limit of an "
                "anion is computed with: electrolyte-ml window compute"
                for text in ions
            ]
        )


def _limits(
    axis: AxisModel,
    mean: NDArray[np.float64],
    spread: NDArray[np.float64],
    strange: Sequence[str | None],
) -> list[SpeciesLimit]:
    # The error of the learned limit and that of the calculation it imitates are independent.
    half_widths = np.hypot(axis.factor * spread, axis.calibration.half_width_v)
    limits = []
    for value, half, sd, unknown in zip(mean, half_widths, spread, strange, strict=True):
        reason = unknown
        if reason is None and sd > axis.widest_v:
            reason = "learned limit of a molecule unlike the computed ones; compute it"
        limits.append(
            SpeciesLimit(
                value=float(value),
                low=float(value - half),
                high=float(value + half),
                tier=MODEL,
                in_domain=reason is None,
                reason=reason,
            )
        )
    return limits
