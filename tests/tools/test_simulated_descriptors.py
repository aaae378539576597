import numpy as np

from tools.simulated_descriptors import judge


def test_a_descriptor_that_explains_all_is_told_from_noise():
    rng = np.random.default_rng(1)
    values = rng.normal(size=12)
    good = judge("good", 0.3 * values + 0.01 * rng.normal(size=12), values)
    assert good.mae_with < 0.1 * good.mae_without
    assert good.chance < 0.01
    noise = judge("noise", rng.normal(size=12), values)
    assert noise.chance > 0.05
