r"""Hydrodynamic radii of ions and solvents, by a Gaussian process on measured self-diffusion.

Stokes and Einstein give the self-diffusion of a sphere of radius :math:`r` in a liquid of viscosity
:math:`\eta` [1]_:

.. math:: D = \frac{k_B T}{6 \pi \eta r}.

What is learnt is :math:`-\ln r`: a mean for each kind of particle (cation, anion, solvent), and a
Gaussian process for how it deviates with solvent, concentration, temperature and salt. Near a
measured recipe the process gives back the measurement; far from all of them the mean is left, with
the whole spread. Deviations also hold the error of the viscosity that went in.

Simulated self-diffusion may stand beside the measured one. It sees the same radii with an error of
its own: a bias of each kind of particle, a Gaussian process of how the bias deviates with the
solvent, and the error bar of the run. In one solvent the bias of all particles deviates together,
because a force field makes a liquid too thick or too thin for all that moves in it; a smaller part
is of each kind alone. That is co-kriging with an autoregressive factor of one [2]_.
The fit learns from electrolytes that were both measured and simulated how far a simulation can be
trusted.

References
----------
.. [1] Einstein, Ann. Phys. 1905, 322, 549. https://doi.org/10.1002/andp.19053220806
.. [2] Kennedy, O'Hagan, Biometrika 2000, 87, 1. https://doi.org/10.1093/biomet/87.1.1
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.row_table import RowTable

_Floats = NDArray[np.float64]
#: Kinds of particles, in the order of their numbers.
CATION, ANION, SOLVENT = range(3)
KINDS = ("cation", "anion", "solvent")
BOLTZMANN_J_K = 1.380649e-23
_ANGSTROM_M, _PA_S_PER_MPA_S, _PER_1E10 = 1e-10, 1e-3, 1e10
# Concentration and temperature over which a deviation is forgotten.
_MOLARITY_SCALE, _TEMPERATURE_SCALE_K = 0.5, 40.0
# Prior of every deviation, in ln r: a factor of 1.2, which the data may change a few times over.
_DEVIATION, _DEVIATION_SPREAD = np.log(0.2), 1.0
# Prior of the bias of simulations, in ln r: force fields are right within a factor of 1.4.
_BIAS_SPREAD = np.log(1.4)
# Deviations of the process, and those of measurements and simulations, in the order of a fit.
_PROCESS = ("solvent", "kind", "concentration", "salt", "anion")
_DEVIATIONS = (*_PROCESS, "noise", "bias_solvent", "bias_kind")


def stokes_einstein_ln(temperature_k: _Floats, viscosity_mpa_s: _Floats) -> _Floats:
    """Logarithm of the self-diffusion, 1e-10 m2/s, of a sphere of 1 angstrom, shape (n,)."""
    drag = 6.0 * np.pi * viscosity_mpa_s * _PA_S_PER_MPA_S * _ANGSTROM_M
    return np.log(BOLTZMANN_J_K * temperature_k / drag * _PER_1E10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings(RowTable):
    """What a particle moves in.

    Attributes
    ----------
    solvents, anions, cations
        Mole fractions among the solvents, and shares of anions and cations, scaled to length 1,
        over the species of `names`; shapes (n, s), (n, a), (n, c).
    molarity
        Of all salts, mol/L, shape (n,).
    temperature_k
        Shape (n,).
    names
        SMILES of the columns.
    """

    solvents: _Floats
    anions: _Floats
    cations: _Floats
    molarity: _Floats
    temperature_k: _Floats
    names: Mapping[str, tuple[str, ...]]

    SHARED = frozenset({"names"})

    def __len__(self) -> int:
        return len(self.molarity)

    @classmethod
    def of(
        cls,
        formulations: Sequence[Formulation],
        temperature_k: _Floats,
        names: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Surroundings:
        """Those of recipes, each at its temperature.

        Parameters
        ----------
        formulations
            Length n; an object that stands in many rows costs little more.
        temperature_k
            Shape (n,).
        names
            SMILES of the columns; those of the recipes by default. A species that has no column
            is like none of them.
        """
        held = compose(formulations)
        tables = {
            "solvents": ([s.smiles for s in held.solvents], held.solvent_mole_fraction),
            "anions": ([i.smiles for i in held.anions], held.anion_fraction),
            "cations": ([i.smiles for i in held.cations], held.cation_fraction),
        }
        columns = names or {name: tuple(smiles) for name, (smiles, _) in tables.items()}
        return cls(
            **{n: _columns(s, x, columns[n])[held.index] for n, (s, x) in tables.items()},
            molarity=molarities(formulations),
            temperature_k=np.asarray(temperature_k, dtype=np.float64),
            names=columns,
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays by name, for a model file."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "names"}


def molarities(formulations: Sequence[Formulation]) -> _Floats:
    """Molarity of all salts of recipes at 25 degC, mol/L, shape (n,)."""
    of = {id(f): f for f in formulations}
    found = {key: f.molality_mol_kg / f.volume_l_per_kg_solvent() for key, f in of.items()}
    return np.array([found[id(f)] for f in formulations], dtype=np.float64)


def _columns(smiles: Sequence[str], shares: _Floats, names: Sequence[str]) -> _Floats:
    """Shares scaled to length 1 (over all species), in the columns `names`."""
    length = np.linalg.norm(shares, axis=1, keepdims=True)
    scaled = np.divide(shares, length, out=np.zeros_like(shares), where=length > 0)
    place = {one: i for i, one in enumerate(smiles)}
    found = np.zeros((len(shares), len(names)))
    for column, name in enumerate(names):
        if name in place:
            found[:, column] = scaled[:, place[name]]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Means and deviations of the process.

    Attributes
    ----------
    mean
        Of -ln(r / angstrom) by kind, shape (3,).
    solvent
        Deviation that a solvent gives to all particles.
    kind
        Deviation that a solvent gives to one kind of particle.
    concentration
        Deviation of all particles with concentration and temperature in one solvent.
    salt
        The same of one kind of particle with one salt.
    anion
        Deviation of one kind of particle with an anion in all solvents.
    noise
        Standard deviation of a measurement.
    bias
        Of simulated values, by kind, shape (3,); zero where nothing was simulated.
    bias_solvent
        Deviation of that bias in a solvent, of all kinds together.
    bias_kind
        The same of one kind.
    """

    mean: tuple[float, float, float]
    solvent: float
    kind: float
    concentration: float
    salt: float
    anion: float
    noise: float
    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bias_solvent: float = 0.0
    bias_kind: float = 0.0

    @property
    def own(self) -> float:
        """Variance of a particle without any measurement."""
        return self.shared + self.kind**2 + self.salt**2 + self.anion**2

    @property
    def shared(self) -> float:
        """Covariance of two kinds of particles in one recipe without any measurement."""
        return self.solvent**2 + self.concentration**2

    @classmethod
    def of_vector(cls, vector: _Floats) -> Settings:
        """Settings of logarithms of the deviations, means, and biases."""
        n = len(_DEVIATIONS)
        deviations = dict(zip(_DEVIATIONS, np.exp(vector[:n]).tolist(), strict=True))
        mean, bias = vector[n:].reshape(2, len(KINDS))
        return cls(mean=_triple(mean), bias=_triple(bias), **deviations)


def _triple(values: _Floats) -> tuple[float, float, float]:
    cation, anion, solvent = values.tolist()
    return cation, anion, solvent


def _correlations(
    one: Surroundings, kinds: NDArray[np.intp], other: Surroundings, other_kinds: NDArray[np.intp]
) -> dict[str, _Floats]:
    """What each deviation of `_PROCESS` has in common in two places, shapes (n, m)."""
    same_solvent = one.solvents @ other.solvents.T
    same_anion = one.anions @ other.anions.T
    same_salt = same_anion * (one.cations @ other.cations.T)
    same_kind = (kinds[:, None] == other_kinds[None, :]).astype(np.float64)
    apart = (one.molarity[:, None] - other.molarity[None, :]) / _MOLARITY_SCALE
    warmer = (one.temperature_k[:, None] - other.temperature_k[None, :]) / _TEMPERATURE_SCALE_K
    near = same_solvent * np.exp(-0.5 * (apart**2 + warmer**2))
    return {
        "solvent": same_solvent,
        "kind": same_kind * same_solvent,
        "concentration": near,
        "salt": same_kind * near * same_salt,
        "anion": same_kind * same_anion,
    }


def _covariance(settings: Settings, correlations: Mapping[str, _Floats]) -> _Floats:
    """Covariance of deviations, shape (n, m)."""
    parts = [getattr(settings, name) ** 2 * held for name, held in correlations.items()]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Values(RowTable):
    """Values of m particles, measured or simulated.

    Attributes
    ----------
    kinds
        Kind of each particle, shape (m,).
    ln_inverse_radius
        -ln(r / angstrom) by Stokes-Einstein, shape (m,).
    simulated
        Whether the value was simulated, shape (m,).
    error
        Standard error of a simulated value, shape (m,); zero for measured ones, whose error is
        learnt.
    """

    kinds: NDArray[np.intp]
    ln_inverse_radius: _Floats
    simulated: NDArray[np.bool_]
    error: _Floats

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def measured(cls, kinds: NDArray[np.intp], ln_inverse_radius: _Floats) -> Values:
        """Measured values."""
        return cls(
            kinds=kinds,
            ln_inverse_radius=ln_inverse_radius,
            simulated=np.zeros(len(kinds), dtype=np.bool_),
            error=np.zeros(len(kinds)),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays by name, for a model file."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Radii:
    """The process, given measured and simulated values.

    Attributes
    ----------
    settings
        Means and deviations.
    surroundings
        Of the m particles.
    values
        Of the m particles.
    """

    settings: Settings
    surroundings: Surroundings
    values: Values

    @classmethod
    def fit(cls, surroundings: Surroundings, values: Values) -> Radii:
        """Settings of the highest posterior probability, and the process with them.

        Parameters
        ----------
        surroundings
            Of m particles.
        values
            Of the m particles; of every kind one at least is measured.
        """
        from scipy.linalg import cho_factor, cho_solve
        from scipy.optimize import minimize

        known, kinds = ~values.simulated, values.kinds
        value = values.ln_inverse_radius
        means = [value[known & (kinds == kind)].mean() for kind in range(len(KINDS))]
        deviations = dict.fromkeys(_DEVIATIONS, _DEVIATION) | {"noise": np.log(0.05)}
        start = np.array([*deviations.values(), *means, 0.0, 0.0, 0.0])
        correlations = _correlations_of_values(surroundings, values)
        stacked = np.stack([correlations[name] for name in _DEVIATIONS])
        of_kind = np.eye(len(KINDS))[kinds]
        of_both = np.hstack([of_kind, of_kind * values.simulated[:, None]])
        n, n_bias = len(_DEVIATIONS), len(KINDS)

        def badness(vector: _Floats) -> tuple[float, _Floats]:
            """Negative logarithm of the posterior probability, and its gradient."""
            squares = np.exp(2.0 * vector[:n])
            covariance = np.tensordot(squares, stacked, axes=1) + np.diag(values.error**2)
            root = cho_factor(covariance, lower=True)
            centred = value - of_both @ vector[n:]
            weights = cho_solve(root, centred)
            unlikely = 0.5 * centred @ weights + np.log(np.diag(root[0])).sum()
            steeper = cho_solve(root, np.eye(len(value))) - np.outer(weights, weights)
            prior = (vector[:n] - _DEVIATION) / _DEVIATION_SPREAD
            biases = vector[-n_bias:] / _BIAS_SPREAD
            gradient = np.concatenate(
                [
                    squares * np.tensordot(stacked, steeper, axes=2) + prior / _DEVIATION_SPREAD,
                    -of_both.T @ weights,
                ]
            )
            gradient[-n_bias:] += biases / _BIAS_SPREAD
            return float(unlikely + 0.5 * ((prior**2).sum() + (biases**2).sum())), gradient

        found = minimize(badness, start, jac=True, method="L-BFGS-B")
        return cls(settings=Settings.of_vector(found.x), surroundings=surroundings, values=values)

    def posterior(self, surroundings: Surroundings) -> Posterior:
        """What the measurements say of all kinds of particles in n surroundings."""
        root = self._root()
        white = np.linalg.solve(root, self._centred())
        mean, left = [], []
        for kind, level in enumerate(self.settings.mean):
            kinds = np.full(len(surroundings), kind, dtype=np.intp)
            places = (surroundings, kinds, self.surroundings, self.values.kinds)
            both = _covariance(self.settings, _correlations(*places))
            known = np.linalg.solve(root, both.T).T
            mean.append(level + known @ white)
            left.append(known)
        noise = self.settings.noise**2
        variance = [self.settings.own - (k**2).sum(axis=1) + noise for k in left]
        shared = self.settings.shared - (left[CATION] * left[ANION]).sum(axis=1)
        return Posterior(
            mean=np.array(mean), variance=np.array(variance), shared=shared, prior=self.settings.own
        )

    def _centred(self) -> _Floats:
        held, settings = self.values, self.settings
        bias = np.where(held.simulated, np.array(settings.bias)[held.kinds], 0.0)
        return held.ln_inverse_radius - np.array(settings.mean)[held.kinds] - bias

    def _root(self) -> _Floats:
        correlations = _correlations_of_values(self.surroundings, self.values)
        covariance = _covariance(self.settings, correlations) + np.diag(self.values.error**2)
        return np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)


def _correlations_of_values(surroundings: Surroundings, values: Values) -> dict[str, _Floats]:
    """What each deviation of `_DEVIATIONS` has in common in two of n values, shapes (n, n)."""
    places = (surroundings, values.kinds)
    found = _correlations(*places, *places)
    both = (values.simulated[:, None] & values.simulated[None, :]).astype(np.float64)
    return found | {
        "noise": np.eye(len(values)),
        "bias_solvent": both * found["solvent"],
        "bias_kind": both * found["kind"],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """Logarithms of radii, with their sign turned, in n surroundings.

    Attributes
    ----------
    mean
        By kind, shape (3, n).
    variance
        By kind, of a further measurement, shape (3, n).
    shared
        Covariance of cation and anion, shape (n,).
    prior
        Variance of a particle in surroundings like none that were measured.
    """

    mean: _Floats
    variance: _Floats
    shared: _Floats
    prior: float
