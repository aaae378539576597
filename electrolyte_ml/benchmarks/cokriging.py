r"""Simulations as a second source of knowledge for a fitted model of conductivity or viscosity.

A simulation gives a number :math:`s` near the property: of a conductivity that of ions which
diffuse independently (Nernst-Einstein), of a viscosity that of the liquid in which a sphere of one
angstrom diffuses as the solvents do (Stokes-Einstein). For a simulated electrolyte :math:`x`,

.. math::

   \lg s(x) = f(x) + g(x) + b_k + w^\top \phi(x) + e,

with the prediction :math:`f` of the model, its error :math:`g`, a bias :math:`b_k` of each kind of
simulation, and a law of what lies between :math:`s` and the property in features :math:`\phi`. For
conductivity that is the ionicity [1]_: inverse permittivity alone and times the logarithm of the
concentration, triflate, and the simulated share of contact pairs. For viscosity it is the volume of
the solvent molecules and the concentration, in which they move ahead of the liquid. :math:`e` holds
the error bar of the run and a scatter of each kind of simulation that the likelihood chooses; that
of conductivities has a part that grows with the inverse permittivity, because how far ions
associate is hardly known where they do.

A force field makes a liquid too thick or too thin for all that moves in it. How much is told by
the solvent, whose simulated self-diffusion stands against Stokes and Einstein's with the viscosity
that the viscosity model knows; what is too much of it, weighed by how well that viscosity and the
radius of the molecule are known, leaves the conductivity of the ions, which is Walden's rule [3]_.

:math:`g` is a Gaussian process with mean zero. Its standard deviation is what the model itself
says of its error, so that a simulation of a measured electrolyte teaches the bias, and that of an
unknown one corrects the prediction. One third of its variance belongs to the anion, one to the
solvents and one to both together: what is wrong of an anion is so in other solvents too, and
electrolytes that share neither tell nothing of each other. Errors are alike where cations,
concentration and temperature are. This is co-kriging with an autoregressive factor of one [2]_.

References
----------
.. [1] MacFarlane et al., Phys. Chem. Chem. Phys. 2009, 11, 4962. https://doi.org/10.1039/b900201d
.. [2] Kennedy, O'Hagan, Biometrika 2000, 87, 1. https://doi.org/10.1093/biomet/87.1.1
.. [3] Walden, Z. Phys. Chem. 1906, 55U, 207. https://doi.org/10.1515/zpch-1906-5511
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import compose, ion_content_of
from electrolyte_ml.features.constants import solvent_constants
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.intervals import NORMAL_QUANTILE
from electrolyte_ml.models.numeric import LN10
from electrolyte_ml.models.transport.ionicity import ionicity_features
from electrolyte_ml.models.transport.mobility import SOLVENT, molarities, stokes_einstein_ln
from electrolyte_ml.models.transport.self_diffusion import (
    FORCE_FIELD,
    SIMULATED,
    WIDEST_ERROR,
    mean_solvent_molecule,
    simulated_runs,
    simulated_self_diffusion,
)
from electrolyte_ml.models.viscosity import predict_viscosity
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.row_table import RowTable
from electrolyte_ml.simulate.force_field import ForceField

_Floats = NDArray[np.float64]
#: Kinds of simulations: nanoseconds with the force field that teaches, and short runs with the
#: published one, analysed over lags of 5 to 20 ps.
LONG, SHORT = KINDS = ("long runs", "short runs")
#: Tables of each kind.
TABLES_OF: Mapping[str, tuple[str, ...]] = {
    LONG: (*SIMULATED, "conductivity_judges.csv"),
    SHORT: ("lithium_sodium_pairs.csv",),
}
_COLUMN = {LONG: "nernst_einstein_corrected_ms_cm", SHORT: "nernst_einstein_short_ms_cm"}
_FORCE_FIELD = {LONG: FORCE_FIELD, SHORT: ForceField()}
# Prior of a bias, log10: half of the ions conduct as if they were free, and a solvent molecule
# diffuses like a sphere of two angstrom, within a factor of two. Prior standard deviations of the
# coefficients of both laws.
_BIAS, _BIAS_SD = 0.3, 0.3
_IONICITY_SD = np.array([0.4, 0.3, 0.4, 0.3])
_SOLVENT_SD = np.array([0.3, 0.1])
_USUAL_VOLUME_CM3_MOL = 90.0
# Spread of how much too mobile a force field makes a liquid, and of the radii of solvent molecules
# about the cube root of their volumes, log10; radius at the usual volume (12 measured
# solutions of DME, PC, diglyme and tetraglyme), angstrom.
_MOBILITY_SD, _RADIUS_SD, _RADIUS_ANGSTROM = 0.15, 0.05, 1.37
# Scatter of a kind of simulation that is tried, log10: of all of them, and its further part where 8
# by the permittivity is one.
_SCATTER = np.geomspace(0.02, 0.5, 12)
_OF_ASSOCIATION = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6])
# Shares of the variance of errors that belong to anions, to solvents and to both; correlation of
# errors between different cations, and widths in the logarithm of the concentration and in
# 1000 K / T.
_ANION, _SOLVENTS, _BOTH = 1 / 3, 1 / 3, 1 / 3
_CATIONS = 0.8
_CONCENTRATION, _COLDNESS = 1.0, 1.0
_LEAST_SD = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated(RowTable):
    """Numbers near a property, of n simulated electrolytes.

    Attributes
    ----------
    formulations
        Length n.
    temperature_k
        Shape (n,).
    log10_value, error
        Decadic logarithm of the number in the unit of the property, and the standard error of the
        run in it, shape (n,).
    kind
        Number of the kind of simulation, shape (n,).
    law
        Features of what lies between the number and the property, each times the prior standard
        deviation of its coefficient, log10, shape (n, p).
    association
        8 by the permittivity of the solvents, where the number scatters the more the larger it is;
        zero of a number that does not, shape (n,).
    """

    formulations: tuple[Formulation, ...]
    temperature_k: _Floats
    log10_value: _Floats
    error: _Floats
    kind: NDArray[np.intp]
    law: _Floats
    association: _Floats

    def __len__(self) -> int:
        return len(self.kind)


def simulated_conductivities(
    rows: Mapping[str, Sequence[Mapping[str, str]]] | None = None,
) -> Simulated:
    """Nernst-Einstein conductivities, mS/cm, of simulations.

    Parameters
    ----------
    rows
        Rows of results tables by kind of simulation; those that ship by default.
    """
    if rows is None:
        rows = {kind: simulated_runs(TABLES_OF[kind]) for kind in KINDS}
    held = [
        (number, row, float(row[_COLUMN[kind]]), float(row[f"{_COLUMN[kind]}_error"]))
        for number, kind in enumerate(KINDS)
        for row in rows.get(kind, ())
        if _teaches(row, kind)
    ]
    formulations = tuple(parse_recipe(row["realised"]) for _, row, _, _ in held)
    contact = [float(row["pair_contact"]) for _, row, _, _ in held]
    temperature = np.array([float(row["temperature_k"]) for _, row, _, _ in held])
    error = np.array([error / value / LN10 for _, _, value, error in held])
    kind = np.array([kind for kind, _, _, _ in held], dtype=np.intp)
    beyond, unsure = excess_mobility([row for _, row, _, _ in held], formulations, temperature)
    trusted = _MOBILITY_SD**2 / (_MOBILITY_SD**2 + unsure**2)
    known = np.isfinite(beyond)
    features = ionicity_features(formulations)[:, 1:]
    return Simulated(
        formulations=formulations,
        temperature_k=temperature,
        log10_value=np.log10([value for _, _, value, _ in held])
        - np.where(known, trusted * beyond, 0.0),
        error=np.hypot(error, np.where(known, _MOBILITY_SD * np.sqrt(1.0 - trusted), 0.0)),
        kind=kind,
        law=np.column_stack([features, contact]) * _IONICITY_SD,
        association=features[:, 0],
    )


def excess_mobility(
    rows: Sequence[Mapping[str, str]], formulations: Sequence[Formulation], temperature_k: _Floats
) -> tuple[_Floats, _Floats]:
    """By how much simulated liquids are too mobile, by the self-diffusion of their solvents.

    Parameters
    ----------
    rows
        Rows of results tables, length n.
    formulations, temperature_k
        Their electrolytes, and temperatures, K, shape (n,).

    Returns
    -------
    beyond, unsure : ndarray
        log10 of the simulated self-diffusion over that by Stokes and Einstein with the viscosity of
        the model, and its standard deviation by viscosity, radius and run, shape (n,) each; NaN
        where a row has no self-diffusion of the solvents corrected for the box.
    """
    column = "diffusion_corrected_solvents_1e10_m2_s"
    cells = [(row.get(column) or "", row.get(f"{column}_error") or "") for row in rows]
    both = (
        mean_solvent_molecule(formulation, *cell)
        for formulation, cell in zip(formulations, cells, strict=True)
    )
    value, error = (np.array(one) for one in zip(*both, strict=True))
    viscosity = predict_viscosity(formulations, temperature_k)
    radius = _RADIUS_ANGSTROM * np.cbrt(_mean_volume_cm3_mol(formulations) / _USUAL_VOLUME_CM3_MOL)
    expected = stokes_einstein_ln(temperature_k, viscosity.value) / LN10 - np.log10(radius)
    variance = _sd(viscosity) ** 2 + (error / value / LN10) ** 2 + _RADIUS_SD**2
    return np.log10(value) - expected, np.sqrt(variance)


def _mean_volume_cm3_mol(formulations: Sequence[Formulation]) -> _Floats:
    """Molar volume of a mean solvent molecule, shape (n,)."""
    composition = compose(formulations)
    volume = np.array([solvent_constants(s).molar_volume_cm3_mol for s in composition.solvents])
    return np.asarray((composition.solvent_mole_fraction @ volume)[composition.index])


def _teaches(row: Mapping[str, str], kind: str) -> bool:
    column = _COLUMN[kind]
    value, error = (float(row.get(name) or "nan") for name in (column, f"{column}_error"))
    return (
        ForceField.of_row(row) == _FORCE_FIELD[kind]
        and row["pair_contact"] != ""
        and error < WIDEST_ERROR * value
    )


def simulated_viscosities() -> Simulated:
    """Stokes-Einstein viscosities, mPa s, of long runs that ship with the package.

    Those of a sphere of 1 angstrom that diffuses as a mean solvent molecule does.
    """
    every = simulated_self_diffusion(simulated_runs(TABLES_OF[LONG]))
    held = every.select(every.kinds == SOLVENT)
    sphere = stokes_einstein_ln(held.temperature_k, np.ones(len(held)))
    mean_volume = _mean_volume_cm3_mol(held.formulations)
    law = np.column_stack(
        [np.log10(mean_volume / _USUAL_VOLUME_CM3_MOL), molarities(held.formulations)]
    )
    return Simulated(
        formulations=held.formulations,
        temperature_k=held.temperature_k,
        log10_value=(sphere - np.log(held.value_1e10_m2_s)) / LN10,
        error=held.relative_error / LN10,
        kind=np.full(len(held), KINDS.index(LONG), dtype=np.intp),
        law=law * _SOLVENT_SD,
        association=np.zeros(len(held)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What simulations say about the errors of a fitted model.

    Attributes
    ----------
    simulated
        The n simulations.
    sd
        Standard deviation of the model's error at them, log10, shape (n,).
    precision
        Inverse of the covariance of what they say, shape (n, n).
    weights
        ``precision`` times what they say beyond the model, shape (n,).
    scatter
        Standard deviation of each simulation beside its error bar, log10, shape (n,).
    """

    simulated: Simulated
    sd: _Floats
    precision: _Floats
    weights: _Floats
    scatter: _Floats

    @classmethod
    def of(cls, simulated: Simulated, said: Prediction) -> Correction:
        """The correction of a model.

        Parameters
        ----------
        simulated
            n simulations, at least one.
        said
            The model's prediction of the property for them, n rows.
        """
        beyond = simulated.log10_value - np.log10(said.value) - _BIAS
        sd = _sd(said)
        place = simulated.formulations, simulated.temperature_k
        fixed = _likeness(place, place) * sd[:, None] * sd + _of_laws(simulated)
        fixed += np.diag(simulated.error**2)
        scatter = np.full(len(simulated), np.median(_SCATTER))
        kinds = np.unique(simulated.kind).tolist()
        for kind in (*kinds, *kinds) if len(kinds) > 1 else kinds:
            own = simulated.kind == kind
            tried = [np.where(own, one, scatter) for one in _scatters(simulated)]
            likelihoods = [_likelihood(fixed + np.diag(one**2), beyond) for one in tried]
            scatter = tried[int(np.argmax(likelihoods))]
        precision = np.asarray(np.linalg.inv(fixed + np.diag(scatter**2)))
        return cls(
            simulated=simulated,
            sd=sd,
            precision=precision,
            weights=precision @ beyond,
            scatter=scatter,
        )

    def apply(
        self, said: Prediction, formulations: Sequence[Formulation], temperature_k: _Floats
    ) -> Prediction:
        """The model's prediction of recipes at their temperatures, corrected."""
        sd = _sd(said)
        place = self.simulated.formulations, self.simulated.temperature_k
        shared = _likeness((formulations, temperature_k), place) * sd[:, None] * self.sd
        centre = np.log10(said.value) + shared @ self.weights
        known = np.einsum("ni,ij,nj->n", shared, self.precision, shared, optimize=True)
        half_width = NORMAL_QUANTILE * np.sqrt(np.maximum(sd**2 - known, _LEAST_SD**2))
        return replace(
            said,
            value=np.power(10.0, centre),
            low=np.power(10.0, centre - half_width),
            high=np.power(10.0, centre + half_width),
        )


def _sd(said: Prediction) -> _Floats:
    """Standard deviation of the error by the interval, log10, shape (n,)."""
    return np.asarray(np.log10(said.high / said.value) / NORMAL_QUANTILE)


def _of_laws(simulated: Simulated) -> _Floats:
    """Covariance that unknown biases and unknown coefficients give, shape (n, n)."""
    bias = _BIAS_SD * (simulated.kind[:, None] == np.arange(len(KINDS)))
    return np.asarray(simulated.law @ simulated.law.T + bias @ bias.T)


def _scatters(simulated: Simulated) -> Iterator[_Floats]:
    """Scatter of each simulation that is tried, shape (n,)."""
    further = _OF_ASSOCIATION if simulated.association.any() else _OF_ASSOCIATION[:1]
    for size, of_association in product(_SCATTER, further):
        yield np.hypot(size, of_association * simulated.association)


def _likelihood(covariance: _Floats, values: _Floats) -> float:
    """Logarithm of the likelihood without its constant."""
    root = np.linalg.cholesky(covariance)
    white = np.linalg.solve(root, values)
    return float(-0.5 * white @ white - np.log(np.diag(root)).sum())


_Place = tuple[Sequence[Formulation], _Floats]


def _likeness(one: _Place, other: _Place) -> _Floats:
    """Correlation of errors between recipes at their temperatures, (n, d) and (m, d) to (n, m)."""
    n = len(one[0])
    held = compose([*one[0], *other[0]])

    def shared(shares: _Floats) -> _Floats:
        root = np.sqrt(shares[held.index])
        return np.asarray(root[:n] @ root[n:].T)

    anions, solvents = shared(held.anion_fraction), shared(held.solvent_mole_fraction)
    found = _ANION * anions + _SOLVENTS * solvents + _BOTH * anions * solvents
    found *= _CATIONS + (1.0 - _CATIONS) * shared(held.cation_fraction)
    ln_charge = ion_content_of(held).ln_charge[held.index]
    coldness = 1000.0 / np.concatenate([one[1], other[1]])
    for state, width in ((ln_charge, _CONCENTRATION), (coldness, _COLDNESS)):
        found *= np.exp(-0.5 * ((state[:n, None] - state[None, n:]) / width) ** 2)
    return np.asarray(found)
