"""Viscosity of pure and binary liquids near room temperature, as published by CheMixHub [1]_.

The values derive from the collection of [2]_ (NIST, Dortmund data bank). They are decadic
logarithms of mPa s, not natural ones as the data set's own description says: water at 298.15 K
stands with -0.0501, which is 0.891 mPa s. Molecules that no electrolyte would hold stay in,
flagged, because the published folds are row numbers.

References
----------
.. [1] Rajaonson et al., CheMixHub, 2025. https://arxiv.org/abs/2506.12231
.. [2] Bilodeau et al., Chem. Eng. J. 2023, 464, 142454.
   https://doi.org/10.1016/j.cej.2023.142454
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.liquids import LiquidReader, unusual
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.files import read_table
from electrolyte_ml.species import Solvent

FILE_NAME = "chemixhub_logv.csv"
COMPOUNDS_FILE_NAME = "chemixhub_logv_compounds.csv"
CITATION = "CheMixHub logV, 10.1016/j.cej.2023.142454"
DOI = "10.1016/j.cej.2023.142454"
N_FOLDS = 5


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read and clean the data set.

    Parameters
    ----------
    path
        The file of rows, beside which the file of compounds lies; looked up with `data_path` by
        default.

    Returns
    -------
    measurements
        Viscosity, mPa s; unusual molecules are kept and flagged.
    report
        What was dropped, corrected and flagged.

    Raises
    ------
    DataNotFoundError
        If a file is not on this machine.
    """
    path = path or data_path(FILE_NAME)
    named = read_table(path.with_name(COMPOUNDS_FILE_NAME))
    compounds = {int(row["compound_id"]): row["smiles"] for row in named}
    reader = LiquidReader("viscosity_mpa_s")
    flags = {number: _flag(reader, smiles) for number, smiles in compounds.items()}
    rows = read_table(path)
    for number, row in enumerate(rows):
        ids = [int(i) for i in json.loads(row["cmp_ids"])]
        shares = [float(x) for x in json.loads(row["cmp_mole_fractions"])]
        # A pure liquid names one compound but two fractions, one of which is 0.
        shares = [1.0] if len(ids) == 1 else shares
        solvents = [reader.solvent(compounds[i]) for i in ids]
        refused = [s for s in solvents if isinstance(s, str)]
        if refused:
            reader.drop(refused[0])
            continue
        reader.take(
            _merged(
                [(s, x) for s, x in zip(solvents, shares, strict=True) if not isinstance(s, str)]
            ),
            temperature_k=float(row["T"]),
            value=10.0 ** float(row["value"]),
            source=DOI,
            row=number,
            flag=next((flags[i] for i in ids if flags[i]), ""),
        )
    measurements = reader.measurements()
    return measurements, CleaningReport(
        source=CITATION, n_read=len(rows), n_kept=len(measurements), notes=reader.notes()
    )


def published_fold(number: int, folder: Path | None = None) -> dict[str, NDArray[np.intp]]:
    """Row numbers of a published fold.

    Parameters
    ----------
    number
        0 to 4.
    folder
        Where the data set lies; looked up with `data_path` by default.

    Returns
    -------
    dict
        ``train``, ``val`` and ``test``.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    name = f"chemixhub_logv_splits/kfold_split_{number}.safetensors"
    from safetensors.numpy import load_file

    held = load_file(folder / name if folder else data_path(name))
    return {part: held[f"{part}_indices"].astype(np.intp) for part in ("train", "val", "test")}


def _flag(reader: LiquidReader, smiles: str) -> str:
    solvent = reader.solvent(smiles)
    return "" if isinstance(solvent, str) else unusual(solvent.smiles) or ""


def _merged(parts: list[tuple[Solvent, float]]) -> list[tuple[Solvent, float]]:
    """Parts without empty ones, one molecule once."""
    shares: dict[str, tuple[Solvent, float]] = {}
    for solvent, share in parts:
        if share > 0:
            held = shares.get(solvent.smiles, (solvent, 0.0))[1]
            shares[solvent.smiles] = (solvent, held + share)
    return list(shares.values())
