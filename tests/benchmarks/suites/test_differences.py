import numpy as np

from electrolyte_ml.benchmarks.suites.differences import _partners
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.similarity import square_distances, square_distances_of_pairs


def test_distances_of_pairs_are_those_of_all():
    texts = (
        "1 M NaPF6 in EC:DMC 1:1 v/v",
        "0.5 M NaFSI in EC:DMC 1:3 v/v",
        "1 M LiPF6 in PC",
        "2 m NaTFSI in diglyme",
    )
    recipes = compose([parse_recipe(text) for text in texts])
    every = square_distances(recipes, recipes)
    left, right = (rows.ravel() for rows in np.indices((4, 4)))
    pairs = square_distances_of_pairs(recipes, left, right)
    np.testing.assert_allclose(pairs, every.ravel(), atol=1e-12)


def test_partners_share_group_and_temperature():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 3, 200)
    kelvin = rng.choice([253.15, 273.15, 298.15], 200) + rng.normal(0, 0.2, 200)
    rows = np.flatnonzero(rng.random(200) < 0.5)
    left = rng.choice(rows, 500)
    right = _partners(left, rows, groups, kelvin, rng)
    assert set(right) <= set(rows.tolist())
    assert (groups[left] == groups[right]).all()
    assert (np.abs(kelvin[left] - kelvin[right]) <= 1.0).all()
    assert len(set(right.tolist())) > 50
