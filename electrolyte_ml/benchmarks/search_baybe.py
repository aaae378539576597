"""BayBE as a competitor, on a list of recipes, as its guide advises for mixtures.

Its spaces of mixtures have no limit on how many components take part that its default recommender
could use, so it chooses from the pool, or from a thousand recipes of our space.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.search_worlds import World
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation

_RECIPES = 1000
_TARGET = "log10_conductivity"


class BaybeSearch:
    """BayBE's default recommender, one objective, with amounts as numbers.

    Parameters
    ----------
    world
        Where to search; of several objectives it is told the first.
    seed
        Of the list and of BayBE's random numbers.
    """

    def __init__(self, world: World, seed: int) -> None:
        from baybe import Campaign
        from baybe.objectives import SingleTargetObjective
        from baybe.parameters import NumericalDiscreteParameter
        from baybe.searchspace import SearchSpace
        from baybe.targets import NumericalTarget
        from baybe.utils.random import set_random_seed

        set_random_seed(seed)
        points = np.random.default_rng(seed).random((_RECIPES, world.space.dimension))
        recipes = world.pool or tuple(world.space.decode_many(points))
        frame = _amounts(recipes)
        self._recipe_of = {
            tuple(row): recipes[i]
            for i, row in zip(frame.index, frame.to_numpy().tolist(), strict=True)
        }
        self._columns = list(frame.columns)
        parameters = [
            NumericalDiscreteParameter(name, sorted(set(frame[name].tolist()))) for name in frame
        ]
        self._campaign: Any = Campaign(
            SearchSpace.from_dataframe(frame, parameters=parameters),
            SingleTargetObjective(NumericalTarget(_TARGET)),
        )
        self._asked = frame.iloc[:0]

    def ask(self, n: int) -> list[Formulation]:
        """What BayBE recommends."""
        self._asked = self._campaign.recommend(batch_size=n)
        rows = self._asked[self._columns].to_numpy().tolist()
        return [self._recipe_of[tuple(row)] for row in rows]

    def tell(self, values: NDArray[np.float64]) -> None:
        """Tell BayBE logarithms, as everybody learns."""
        measured = self._asked.copy()
        measured[_TARGET] = np.log10(values[:, 0])
        self._campaign.add_measurements(measured)


def _amounts(recipes: Sequence[Formulation]) -> pd.DataFrame:
    """Distinct recipes as amounts, one column for each that varies."""
    composition = compose(recipes)
    amounts = np.column_stack(
        [
            composition.solvent_mole_fraction,
            composition.anion_fraction,
            composition.molality_mol_kg,
        ]
    )
    names = [s.name for s in (*composition.solvents, *composition.anions)]
    frame = pd.DataFrame(amounts, columns=[*names, "molality"]).round(6).drop_duplicates()
    return frame.loc[:, frame.max() > frame.min()]
