"""Training of the model of coulombic efficiency that ships, and its card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.data.efficiency import EfficiencyTable, efficiency_table
from electrolyte_ml.models.efficiency.features import INPUTS
from electrolyte_ml.models.efficiency.fit import fit_efficiency, solvent_sets
from electrolyte_ml.models.efficiency.measured import MeasuredEfficiencies
from electrolyte_ml.models.efficiency.model import OF, EfficiencyModel
from electrolyte_ml.models.train import Progress, Trained


def train_efficiency(
    *, seed: int = 0, out: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Fit to all tables of efficiencies on this machine, and write the model with its card.

    Parameters
    ----------
    seed
        Named in the record; nothing is drawn.
    out
        Folder for the model; the package's own by default.
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    dict
        Record of the training, as it stands in the model file.

    Raises
    ------
    DataNotFoundError
        If no table is on this machine.
    """
    table = efficiency_table()
    model = fit_efficiency(table)
    measured = MeasuredEfficiencies.of_table(table)
    training = {"data": _data(table), "seed": seed}
    if progress is not None:
        progress("efficiency", 1, 1)
    record = Trained(model=model, training=training, card=card(model, training)).write(out)
    measured.save({"data": training["data"]}, out)
    if out is None:
        measured.FILES.write_card(measured_card(measured))
    return record


def measured_card(measured: MeasuredEfficiencies) -> str:
    """Card of the table of measured efficiencies, Markdown."""
    held = measured.record()
    return f"""\
# Measured coulombic efficiencies

- **Holds** {held["measurements"]} coulombic efficiencies of {OF} from {held["papers"]} papers, each
  with its composition, method, current, capacity and paper, as far as they are told.
- **From** LCE_23 of HiMNN (github.com/Sh1n3rAI/HiMNN, MIT by its README) and S4
  (github.com/JerryHanceSu/S4-website, MIT); values of LCE_23, method and paper are those of Kim et
  al., PNAS 2023, 120, e2214357120. Measurements that stand in both are counted once.
- **Used by** `electrolyte-ml explain` and reports of problems that ask for efficiency. No model is
  trained on it.
- **Made again** by `{measured.FILES.command}`.
- **Format** `measured_efficiencies.npz` and `measured_efficiencies.json`; reading them runs no
  code.
"""


def _data(table: EfficiencyTable) -> list[str]:
    counts = Counter(table.dataset.tolist())
    return [
        *(f"{n} efficiencies of {name}" for name, n in counts.items()),
        f"{len(np.unique(table.measurements.source))} papers, "
        f"{len(np.unique(solvent_sets(table)))} sets of solvents; copies counted once",
    ]


def card(model: EfficiencyModel, training: Mapping[str, Any]) -> str:
    """The card, Markdown.

    Parameters
    ----------
    model
        The trained model.
    training
        Record of its training.
    """
    known = {n: rows for n, rows in model.families.items() if rows >= model.least_rows}
    factors = {name or "all others": factor for name, factor in model.factors.items()}
    lines = [
        "# Coulombic efficiency",
        "",
        f"Coulombic efficiency of {OF}, as -log10(1 - CE), by a Gaussian process on",
        f"{len(INPUTS)} inputs: elemental ratios, salt, size of the solvents, and how it is",
        "measured. It is a ranking with an interval inside the families of solvents that were",
        "measured. It says nothing of other metals, of hard carbon or of graphite, and gives no",
        "number for sodium.",
        "",
        "Learnt from:",
        "",
        *(f"- {line}" for line in training["data"]),
        "",
        "| family of the main solvent | rows |",
        "|---|---:|",
        *(f"| {name} | {rows} |" for name, rows in known.items()),
        "",
        f"Families and anions of fewer than {model.least_rows} rows are answered with `unknown`.",
        "",
        "Intervals are meant to hold 90 %: the standard deviation of the process, noise included,",
        "times a factor that is conformal on sets of solvents left out: "
        + ", ".join(f"{name} {factor:.2f}" for name, factor in factors.items())
        + ".",
        "",
        "How good it is stands in the results of the suite `efficiency`. Rows of equal",
        "composition differ by 0.25 to 0.27 in -log10(1 - CE): little can be better than that.",
        "An efficiency depends on how it is measured: where nothing is said, it is that of",
        "Aurbach's method, ten cycles at 0.5 mA/cm2 and 1 mAh/cm2. The number of cycles is no",
        "input: cells that work are cycled longer.",
        "",
        "The values are of Kim et al., PNAS 2023, 120, e2214357120, as SMILES in LCE_23 of HiMNN",
        "(MIT), and of S4 (MIT).",
    ]
    return "\n".join(lines) + "\n"
