"""Self-diffusion that the model learns from: measured, and simulated with one force field.

Simulated coefficients are corrected for the size of the box and carry the error bar of their run.
A run counts where its error bar is below a third of the value; whether it could be quoted alone is
another question, because the fit weighs each run by its error bar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.sources import mlffdistill_transport
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.transport.mobility import (
    ANION,
    CATION,
    KINDS,
    SOLVENT,
    Surroundings,
    Values,
    stokes_einstein_ln,
)
from electrolyte_ml.row_table import RowTable
from electrolyte_ml.simulate.force_field import ForceField
from electrolyte_ml.simulate.results import read_table
from electrolyte_ml.simulate.templates import TABLES

_Floats = NDArray[np.float64]
#: Tables of simulated electrolytes that ship, and the force field whose runs teach.
SIMULATED = ("diffusion_validation.csv", "diffusion_judges.csv", "electrolytes.csv")
FORCE_FIELD = ForceField(solvent_set="mobile-2")
#: Largest error bar of a run that teaches, as a share of its value.
WIDEST_ERROR = 1.0 / 3.0
_ORDER = (CATION, ANION, SOLVENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfDiffusion(RowTable):
    """Self-diffusion coefficients of n particles.

    Attributes
    ----------
    formulations
        Length n.
    temperature_k
        Shape (n,).
    kinds
        Number of the kind of particle, shape (n,).
    value_1e10_m2_s
        Shape (n,).
    simulated
        Whether the value was simulated, shape (n,).
    relative_error
        Standard error of a simulated value by the value; zero for measured ones, shape (n,).
    """

    formulations: tuple[Formulation, ...]
    temperature_k: _Floats
    kinds: NDArray[np.intp]
    value_1e10_m2_s: _Floats
    simulated: NDArray[np.bool_]
    relative_error: _Floats

    def __len__(self) -> int:
        return len(self.kinds)

    def surroundings(self) -> Surroundings:
        """What each particle moves in."""
        return Surroundings.of(self.formulations, self.temperature_k)

    def values(self, viscosity_mpa_s: _Floats) -> Values:
        """What is learnt, by Stokes-Einstein with a viscosity of each row, shape (n,)."""
        scale = stokes_einstein_ln(self.temperature_k, viscosity_mpa_s)
        return Values(
            kinds=self.kinds,
            ln_inverse_radius=np.log(self.value_1e10_m2_s) - scale,
            simulated=self.simulated,
            error=self.relative_error,
        )

    @property
    def solvents(self) -> NDArray[np.str_]:
        """Names of the solvents of each row."""
        return np.array(["+".join(sorted(f.mass_fractions)) for f in self.formulations])

    @property
    def recipes(self) -> NDArray[np.str_]:
        """Key of each recipe."""
        return np.array([f.key for f in self.formulations])


def measured_self_diffusion() -> SelfDiffusion:
    """The measured values.

    Raises
    ------
    DataNotFoundError
        If the data set is not on this machine.
    """
    formulations: list[Formulation] = []
    temperature, kinds, value = [], [], []
    for kind, name in enumerate(KINDS):
        found, _ = mlffdistill_transport.load(property_name=f"diffusion_{name}_1e10_m2_s")
        formulations += found.row_formulations
        temperature.append(found.temperature_k)
        kinds.append(np.full(len(found), kind, dtype=np.intp))
        value.append(found.value)
    n = len(formulations)
    return SelfDiffusion(
        formulations=tuple(formulations),
        temperature_k=np.concatenate(temperature),
        kinds=np.concatenate(kinds),
        value_1e10_m2_s=np.concatenate(value),
        simulated=np.zeros(n, dtype=np.bool_),
        relative_error=np.zeros(n),
    )


def simulated_runs(tables: Sequence[str] = SIMULATED) -> list[dict[str, str]]:
    """Rows of tables of simulations that ship; a run that stands in two campaigns counts once."""
    rows = (row for name in tables for row in read_table(TABLES / name))
    return list({row["key"]: row for row in rows}.values())


def simulated_self_diffusion(rows: Sequence[Mapping[str, str]] | None = None) -> SelfDiffusion:
    """Simulated values with the force field that teaches.

    Parameters
    ----------
    rows
        Rows of the results tables of campaigns; `simulated_runs` by default.
    """
    rows = simulated_runs() if rows is None else rows
    found = [
        one for row in rows if ForceField.of_row(row) == FORCE_FIELD for one in _particles(row)
    ]
    return SelfDiffusion(
        formulations=tuple(one.formulation for one in found),
        temperature_k=np.array([one.temperature_k for one in found]),
        kinds=np.array([one.kind for one in found], dtype=np.intp),
        value_1e10_m2_s=np.array([one.value for one in found]),
        simulated=np.ones(len(found), dtype=np.bool_),
        relative_error=np.array([one.error / one.value for one in found]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Particle:
    formulation: Formulation
    temperature_k: float
    kind: int
    value: float
    error: float


def _particles(row: Mapping[str, str]) -> Iterator[_Particle]:
    """The kinds of particles of one run whose error bar is small enough."""
    formulation = parse_recipe(row["realised"])
    if not formulation.salts:
        return
    name = "diffusion_corrected_{}_1e10_m2_s"
    of_solvents = mean_solvent_molecule(
        formulation,
        row[name.format("solvents")],
        row[f"{name.format('solvents')}_error"],
    )
    ions = (
        tuple(float(row[key] or "nan") for key in (column, f"{column}_error"))
        for column in (name.format("cation"), name.format("anion"))
    )
    for kind, (value, error) in zip(_ORDER, (*ions, of_solvents), strict=True):
        if value > 0.0 and error < WIDEST_ERROR * value:
            yield _Particle(
                formulation=formulation,
                temperature_k=float(row["temperature_k"]),
                kind=kind,
                value=value,
                error=error,
            )


def mean_solvent_molecule(
    formulation: Formulation, value_cell: str, error_cell: str
) -> tuple[float, float]:
    """Self-diffusion of a mean solvent molecule and its error; NaN if one solvent has none.

    Parameters
    ----------
    formulation
        The electrolyte.
    value_cell, error_cell
        Cells of a results table, such as ``EC:3.1 DMC:4.0``.
    """
    shares = formulation.solvent_mole_fractions
    values, errors = _by_name(value_cell), _by_name(error_cell)
    if not shares.keys() <= values.keys() & errors.keys():
        return np.nan, np.nan
    value = sum(share * values[name] for name, share in shares.items())
    return value, float(np.sqrt(sum((share * errors[n]) ** 2 for n, share in shares.items())))


def _by_name(cell: str) -> dict[str, float]:
    """Values of a cell such as ``EC:3.1 DMC:4.0``."""
    pairs = (one.rsplit(":", 1) for one in cell.split())
    return {name: float(value) for name, value in pairs if value}
