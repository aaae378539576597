"""The model card of viscosity: description, errors, and predictions of battery solvents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.viscosity.model import ViscosityModel
from electrolyte_ml.models.viscosity.pure_liquids import PROPERTY
from electrolyte_ml.models.viscosity.rows import LiquidRows
from electrolyte_ml.species.catalog import packaged_catalog
from electrolyte_ml.units import ZERO_CELSIUS_K

SALT_TABLE = "salt_viscosity.csv"
BATTERY_SOLVENTS = (
    "EC",
    "PC",
    "DMC",
    "EMC",
    "DEC",
    "DME",
    "diglyme",
    "triglyme",
    "tetraglyme",
    "FEC",
    "VC",
    "GBL",
    "DOL",
    "THF",
    "AN",
    "DMSO",
    "sulfolane",
    "TMP",
    "TEP",
)
_CELSIUS = (25.0, 40.0)
_SAME_K = 0.6


def card(model: ViscosityModel, training: Mapping[str, Any], rows: LiquidRows) -> str:
    """The card, Markdown.

    Parameters
    ----------
    model
        The trained model.
    training
        Record of its training.
    rows
        Rows that it was trained on.
    """
    return "\n\n".join(
        [_head(model, training), _errors(training), _solvents(model, rows), _salts(model)]
    )


def _head(model: ViscosityModel, record: Mapping[str, Any]) -> str:
    members = model.liquid.network.n_members
    of_ions = model.solutions.network.n_members if model.solutions else 0
    return f"""\
# Viscosity model

- **Predicts** viscosity (mPa s) of a liquid electrolyte, or of its solvents alone, from its recipe
  and temperature, with a 90 % interval and a domain flag.
- **Made of** {members} networks that give parameters of a mixing law (Vogel for pure liquids,
  Redlich-Kister for pairs); ridge corrections of measured molecules and pairs; the catalog's own
  viscosities, which pure solvents return; three conformal factors. With ions, {of_ions} networks
  that give a law between the solvents and the ions with their shells, learnt jointly with
  conductivity, which has the same Vogel temperature; a Gaussian process of the residuals of
  measured mixtures; a conformal factor for each class of solutions. Weights: `viscosity.npz`;
  everything else, with seed, settings and data: `viscosity.json`. Neither runs code when loaded.
- **Trained on** {record["data"][0]}.
  {_sentence(record["data"][1])}.
  Made again, byte for byte on one machine, by `electrolyte-ml train viscosity`.
- **Meant for** liquids of small organic molecules at -45 to 90 degC, salts in them and ionic
  liquids, dilute to molten. **Not for** polymers, metals' compounds: the flag says so. EC at
  25 degC is a supercooled liquid: nobody can pour it, mixtures with it one can.
- **Known weakness**: lithium and sodium salts in molecules. Some fifty viscosities of them were
  open to the training, where conductivities are counted in thousands; concentrated ones are off by
  a factor of two or more, intervals are wide, and `reason` says so."""


def _errors(record: Mapping[str, Any]) -> str:
    words = {
        "nothing": "rows at random (molecules and pairs measured)",
        "pair": "new pair of known molecules",
        "molecule": "new molecule",
    }
    lines = [
        f"| {words[name]} | {e['n']} | {e['mae_log10']:.4f} | {e['factor']:.2f} |"
        for name, e in record["calibration"].items()
    ]
    of_solutions = [
        f"| {name} | {e['n']} | {e['mae_log10']:.4f} | {e['factor']:.2f} |"
        for name, e in record["calibration_of_solutions"].items()
    ]
    head = "| held out | rows | MAE log10 | factor of the interval |\n|---|---|---|---|"
    return "\n".join(
        [
            "## Errors on the folds that calibrate the intervals",
            "",
            head,
            *lines,
            "",
            "Solutions, whole series left out with the conductivities of the same species:",
            "",
            head.replace("held out", "class"),
            *of_solutions,
            "",
            "Fresh folds, baselines and coverage: `electrolyte-ml bench viscosity` and",
            "`electrolyte-ml bench solutions`.",
        ]
    )


def _solvents(model: ViscosityModel, rows: LiquidRows) -> str:
    lines = [f"| {' | '.join(_solvent(model, rows, name))} |" for name in BATTERY_SOLVENTS]
    head = (
        "| solvent | catalog, mPa s | at degC | verified | model | off, % "
        "| 25 degC, measured | model | off, % | 40 degC, measured | model | off, % "
        "| source of the catalog |\n|" + "---|" * 13
    )
    return "\n".join(
        [
            "## Solvents of batteries",
            "",
            "*Catalog* is the value that anchors the model, *measured* the median of the values",
            "that the collections hold within 0.6 K, which the model was trained on: this table",
            "says how well the law describes them, not how well it predicts. A catalog value that",
            "was not verified does not move a molecule that was trained on. The values of EC, VC,",
            "EMC and FEC rest on the catalog alone.",
            "",
            head,
            *lines,
        ]
    )


def _solvent(model: ViscosityModel, rows: LiquidRows, name: str) -> list[str]:
    solvent = packaged_catalog().solvent(name)
    recipe = parse_recipe(name, catalog=packaged_catalog())

    def compared(value: float | None, kelvin: float) -> list[str]:
        found = float(model.predict([recipe], np.array([kelvin])).value[0])
        if value is None:
            return ["-", f"{found:.3g}", "-"]
        return [f"{value:.3g}", f"{found:.3g}", f"{100 * (found / value - 1):+.0f}"]

    known = solvent.properties.get(PROPERTY)
    if known is None or known.temperature_k is None:
        first, source = ["-"] * 5, "none"
    else:
        value, *of_model = compared(known.value, known.temperature_k)
        celsius = f"{known.temperature_k - ZERO_CELSIUS_K:.0f}"
        first = [value, celsius, "yes" if known.verified else "no", *of_model]
        source = known.source
    warm = [c + ZERO_CELSIUS_K for c in _CELSIUS]
    return [
        name,
        *first,
        *(cell for t in warm for cell in compared(measured(rows, solvent.smiles, t), t)),
        source,
    ]


def measured(rows: LiquidRows, smiles: str, temperature_k: float) -> float | None:
    """Median measured viscosity of a pure liquid within 0.6 K, mPa s; None if there is none."""
    of_it = rows.is_pure & (np.array(rows.smiles)[rows.first] == smiles)
    of_it &= np.abs(rows.temperature_k - temperature_k) < _SAME_K
    return float(10 ** np.median(rows.log10_viscosity[of_it])) if of_it.any() else None


def read_salt_table() -> list[dict[str, str]]:
    """Viscosities of electrolytes that are quoted in papers; none of them was trained on."""
    return packaged_table(f"data/tables/{SALT_TABLE}")


def _salts(model: ViscosityModel) -> str:
    rows = read_salt_table()
    recipes = [parse_recipe(row["recipe"], catalog=packaged_catalog()) for row in rows]
    at_k = np.array([float(row["temperature_c"]) + ZERO_CELSIUS_K for row in rows])
    found = model.predict(recipes, at_k)
    lines = [
        f"| {row['recipe']} | {row['temperature_c']} | {row['low_mpa_s']} to {row['high_mpa_s']} "
        f"| {row['verified']} | {found.value[n]:.2g} ({found.low[n]:.2g} to {found.high[n]:.2g}) |"
        for n, row in enumerate(rows)
    ]
    return "\n".join(
        [
            "## Salt",
            "",
            "Values as they are commonly quoted; none was trained on, and where *verified* says",
            "no, none was checked against a paper:",
            "",
            "| recipe | degC | quoted, mPa s | verified | model |\n|---|---|---|---|---|",
            *lines,
        ]
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
