"""Models of the search suite's worlds, and encodings of recipes as numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import compose, mixture_features
from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount
from electrolyte_ml.search import SearchSpace
from electrolyte_ml.search.check_recipe import violations
from electrolyte_ml.search.limits import amount

_TRUTH_ROWS = 900
_TUNING_ROWS = 300
_COMPONENTS = 12
# Range around the temperatures of the worlds: others would distort the hyperparameters.
_COLDEST_K, _HOTTEST_K = 243.0, 313.0

#: Function of recipes to log10 of their conductivity in mS/cm, shape (n, m).
Log10Conductivity = Callable[[Sequence[Formulation]], NDArray[np.float64]]


def recipe_inputs(recipes: Sequence[Formulation]) -> NDArray[np.float64]:
    """Descriptors and amount of salt of recipes, shape (n, p)."""
    composition = compose(recipes)
    molality = composition.molality_mol_kg
    features = [mixture_features(composition), molality[:, None], np.sqrt(molality)[:, None]]
    return np.column_stack([*features, np.log(molality)])[composition.index]


def _with_temperature(
    inputs: NDArray[np.float64], temperature_k: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    kelvin = np.broadcast_to(temperature_k, len(inputs))
    return np.column_stack([inputs, 1000 / kelvin])


def _training(rows: Measurements) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    inputs = recipe_inputs(rows.formulations)[rows.formulation_index]
    return _with_temperature(inputs, rows.temperature_k), np.log10(rows.value)


def boosting(rows: Measurements, seed: int, temperatures_k: Sequence[float]) -> Log10Conductivity:
    """Gradient boosting, with predictions at each of the temperatures."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(max_iter=300, random_state=seed).fit(*_training(rows))

    def belief(recipes: Sequence[Formulation]) -> NDArray[np.float64]:
        inputs = recipe_inputs(recipes)
        return np.stack([model.predict(_with_temperature(inputs, t)) for t in temperatures_k], 1)

    return belief


def boosting_half_width(rows: Measurements, seed: int) -> float:
    """Half width that covers 90 % of out-of-fold errors, with papers held out."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.model_selection import GroupKFold, cross_val_predict

    inputs, target = _training(rows)
    model = HistGradientBoostingRegressor(max_iter=100, random_state=seed)
    predicted = cross_val_predict(model, inputs, target, groups=rows.source, cv=GroupKFold(4))
    return float(np.quantile(np.abs(predicted - target), 0.9))


def gaussian_process(
    rows: Measurements, seed: int, temperatures_k: Sequence[float]
) -> Log10Conductivity:
    """A Gaussian process on principal components of the descriptors and temperature."""
    from sklearn.decomposition import PCA
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    near = np.flatnonzero((rows.temperature_k > _COLDEST_K) & (rows.temperature_k < _HOTTEST_K))
    chosen = np.random.default_rng(seed).permutation(near)[:_TRUTH_ROWS]
    inputs, target = _training(rows.select(np.sort(chosen)))
    # Components of unit variance each: descriptors are many and say the same several times.
    scale = make_pipeline(StandardScaler(), PCA(_COMPONENTS, whiten=True, random_state=seed)).fit(
        inputs
    )
    # Prior variance of the data: a wider one extrapolates slopes to impossible conductivities.
    spread = ConstantKernel(1.0, "fixed")
    kernel = spread * Matern(5.0, (1.0, 50.0), nu=2.5) + WhiteKernel(0.01)
    few = np.random.default_rng(seed).permutation(len(target))[:_TUNING_ROWS]
    seen = scale.transform(inputs)
    tuned = GaussianProcessRegressor(kernel, normalize_y=True, random_state=seed)
    tuned.fit(seen[few], target[few])
    process = GaussianProcessRegressor(tuned.kernel_, optimizer=None, normalize_y=True)
    process.fit(seen, target)

    def log10(recipes: Sequence[Formulation]) -> NDArray[np.float64]:
        inputs = recipe_inputs(recipes)
        return np.stack(
            [
                process.predict(scale.transform(_with_temperature(inputs, t)))
                for t in temperatures_k
            ],
            axis=1,
        )

    return log10


class Encoding(Protocol):
    """A map from the unit cube to recipes."""

    names: tuple[str, ...]

    def decode(self, point: Sequence[float], /) -> Formulation | None:
        """The recipe at a point; None if it is not a legal one."""
        ...


class LegalEncoding:
    """Ours: every point is a legal recipe."""

    def __init__(self, space: SearchSpace) -> None:
        self.names = space.names
        self._space = space

    def decode(self, point: Sequence[float]) -> Formulation:
        """The recipe at a point."""
        return self._space.decode(point)


class IndependentFractions:
    """A number for each solvent, divided by their sum; a number for the salt, one for how much.

    Parameters
    ----------
    space
        Legal recipes.
    uniform
        Whether numbers are turned into ``-log(u)`` first, so that shares of random points are
        spread evenly over all blends (Dirichlet's distribution).
    """

    def __init__(self, space: SearchSpace, *, uniform: bool) -> None:
        self._space = space
        self._solvents, self._salts = space.components.solvents, space.components.salts
        self._uniform = uniform
        self.names = (*(f"fraction_{s.name}" for s in self._solvents), "salt", "molality")

    def decode(self, point: Sequence[float]) -> Formulation | None:
        """The recipe at a point; None if it breaks a limit."""
        *numbers, salt, molality = point
        shares = np.array(numbers)
        if self._uniform:
            shares = -np.log(np.clip(shares, 1e-12, 1.0))
        steps = self._grid_steps(shares)
        if steps is None:
            return None
        limits = self._space.limits
        fewest, most = limits.molality_steps
        in_steps = round(fewest + molality * (most - fewest))
        chosen = self._salts[min(int(salt * len(self._salts)), len(self._salts) - 1)]
        recipe = Formulation(
            solvents=tuple(
                SolventAmount(
                    solvent=self._solvents[i], mass_fraction=n / limits.whole, role="solvent"
                )
                for i, n in steps.items()
            ),
            salts=(
                SaltAmount(salt=chosen, molality_mol_kg=amount(in_steps, limits.molality_step)),
            ),
        )
        legal = not violations(recipe, self._space.components, limits)
        return recipe if legal else None

    def _grid_steps(self, shares: NDArray[np.float64]) -> dict[int, int] | None:
        """Grid steps of the largest shares, by largest remainders; None if all are zero."""
        limits = self._space.limits
        kept = np.argsort(-shares, kind="stable")[: limits.max_solvents]
        total = shares[kept].sum()
        if not total > 0:
            return None
        kept = kept[shares[kept] / total >= limits.smallest_fraction]
        ideal = limits.whole * shares[kept] / shares[kept].sum()
        steps = np.floor(ideal).astype(int)
        steps[np.argsort(steps - ideal)[: limits.whole - steps.sum()]] += 1
        return {int(i): int(n) for i, n in zip(kept, steps, strict=True)}
