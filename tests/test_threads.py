from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models import predict_conductivity
from electrolyte_ml.models.conductivity.ensemble import Ensemble
from electrolyte_ml.models.viscosity import predict_viscosity
from electrolyte_ml.models.viscosity.model import ViscosityModel
from electrolyte_ml.threads import one_thread

_LIBRARIES = ("numpy.libs", "scipy.libs")


def numbers():
    """Threads of the linear algebra of NumPy and SciPy, as they are now.

    That of other packages, which earlier tests may have loaded, can be built for one thread alone.
    """
    return {
        pool["num_threads"]
        for pool in threadpool_info()
        if pool["user_api"] == "blas" and Path(pool["filepath"]).parent.name in _LIBRARIES
    }


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2):
        assert numbers() == {2}
        yield
        assert numbers() == {2}


@pytest.mark.parametrize(
    ("owner", "name", "predict"),
    [
        (Ensemble, "members", predict_conductivity),
        (ViscosityModel, "_liquid", predict_viscosity),
    ],
)
def test_predictions_run_on_one_thread(monkeypatch, owner, name, predict):
    seen = []
    original = getattr(owner, name)

    def noted(*arguments, **named):
        seen.append(numbers())
        return original(*arguments, **named)

    monkeypatch.setattr(owner, name, noted)
    predict([parse_recipe("1 M NaPF6 in PC")], np.array([298.15]))
    assert seen == [{1}]


def test_inner_use_changes_nothing():
    with one_thread():
        with one_thread():
            assert numbers() == {1}
        assert numbers() == {1}


def test_an_error_lifts_the_limit():
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError


def test_python_threads_that_overlap_restore_what_was():
    first, second = one_thread(), one_thread()
    first.__enter__()
    other = Thread(target=second.__enter__)
    other.start()
    other.join()
    first.__exit__(None, None, None)
    assert numbers() == {1}
    second.__exit__(None, None, None)
