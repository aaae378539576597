"""The shipped conductivity model, adapted to a laboratory's own dozen measurements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.files import write_text
from electrolyte_ml.formulation import Formulation, formulation_from_dict
from electrolyte_ml.search.campaign.state import Result, Status
from electrolyte_ml.search.campaign.tuning import TunedScorer
from electrolyte_ml.search.scoring import ModelScorer

if TYPE_CHECKING:
    from electrolyte_ml.models.scoring import ScoreTable

PROPERTY = "conductivity_ms_cm"
_SCHEMA_VERSION = 1
# With fewer recipes nothing can be left out to see what the others teach.
_FEWEST_RECIPES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuned:
    """Measurements that correct the shipped conductivity model.

    Attributes
    ----------
    formulations
        What was measured, length n.
    temperature_k, conductivity_ms_cm
        Shape (n,), positive.
    """

    formulations: Sequence[Formulation]
    temperature_k: NDArray[np.float64]
    conductivity_ms_cm: NDArray[np.float64]

    def __post_init__(self) -> None:
        recipes = len({f.key for f in self.formulations})
        if recipes < _FEWEST_RECIPES:
            raise InputError(
                f"measurements of {recipes} recipes given; fine-tuning needs at least "
                f"{_FEWEST_RECIPES}, so that its gain can be measured"
            )

    @classmethod
    def from_table(cls, file: Path) -> FineTuned:
        """Read a CSV or Parquet file of measurements.

        Parameters
        ----------
        file
            As `electrolyte_ml.data.user_table.read_user_table` takes it, with conductivities.

        Raises
        ------
        InputError
            If the file cannot be read, or holds no conductivities or those of too few recipes.
        TableError
            If rows cannot be used; all of them are listed.
        """
        from electrolyte_ml.data.user_table import read_user_table

        tables = read_user_table(file, source=file.name).tables
        for table in tables:
            if table.property_name == PROPERTY:
                return cls(
                    formulations=table.row_formulations,
                    temperature_k=table.temperature_k,
                    conductivity_ms_cm=table.value,
                )
        found = ", ".join(t.property_name for t in tables) or "nothing"
        raise InputError(f"{file} holds {found}; a column {PROPERTY} is needed")

    def gain(self) -> dict[str, float]:
        """Mean absolute error in log10 of the model as it ships and as fine-tuned.

        The fine-tuned one has not seen any measurement of the recipe that it is judged on.
        """
        before, after = self._scorer().measured[PROPERTY].errors()
        return {
            "n": len(self.formulations),
            "recipes": len({f.key for f in self.formulations}),
            "mae_log10_shipped": before,
            "mae_log10_finetuned": after,
        }

    def apply(self, table: ScoreTable) -> ScoreTable:
        """The same scores with corrected conductivities."""
        tuned = self._scorer()(table.formulations, table.temperature_k)[PROPERTY]
        return replace(table, predictions={**table.predictions, PROPERTY: tuned})

    def write(self, path: Path) -> None:
        """Write a file that `read` takes; it holds the measurements and runs no code."""
        rows = [
            {"formulation": f.to_dict(), "temperature_k": float(t), PROPERTY: float(k)}
            for f, t, k in zip(
                self.formulations, self.temperature_k, self.conductivity_ms_cm, strict=True
            )
        ]
        text = json.dumps({"schema_version": _SCHEMA_VERSION, "rows": rows}, indent=1) + "\n"
        write_text(path, text)

    @classmethod
    def read(cls, path: Path) -> FineTuned:
        """Read what `write` wrote.

        Raises
        ------
        InputError
            If the file is not one of those.
        """
        try:
            held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            rows = held["rows"]
            if held["schema_version"] != _SCHEMA_VERSION:
                raise InputError(f"schema version {held['schema_version']} is not known")
            return cls(
                formulations=[formulation_from_dict(row["formulation"]) for row in rows],
                temperature_k=np.array([float(row["temperature_k"]) for row in rows]),
                conductivity_ms_cm=np.array([float(row[PROPERTY]) for row in rows]),
            )
        except (OSError, ValueError, KeyError, TypeError, ElectrolyteError) as error:
            raise InputError(
                f"{path} is no fine-tuned model ({error}); make one with: "
                "electrolyte-ml train conductivity --finetune MEASUREMENTS.csv --out FILE.json"
            ) from error

    def _scorer(self) -> TunedScorer:
        results = [
            Result(
                suggestion=None,
                formulation=formulation,
                status=Status.OK,
                values={(PROPERTY, float(temperature)): float(value)},
            )
            for formulation, temperature, value in zip(
                self.formulations, self.temperature_k, self.conductivity_ms_cm, strict=True
            )
        ]
        return TunedScorer(ModelScorer([PROPERTY]), results)
