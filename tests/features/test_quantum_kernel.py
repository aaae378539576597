"""Quantum kernels: what a kernel must be, scikit-learn's interface, and the states of PennyLane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.svm import SVR

from electrolyte_ml.errors import InputError
from electrolyte_ml.features.quantum_kernel import (
    MOST_NOISY_QUBITS,
    MOST_QUBITS,
    FidelityKernel,
    ProjectedKernel,
    feature_densities,
    feature_states,
    nearest_positive,
    principal_components,
)

KERNELS = (
    FidelityKernel(0.7),
    FidelityKernel(0.7, repeats=1),
    FidelityKernel(0.7, depolarising=0.05),
    FidelityKernel(0.7, shots=200),
    ProjectedKernel(0.7),
    ProjectedKernel(0.7, depolarising=0.05),
    ProjectedKernel(0.7, shots=200),
)
NAMES = [f"{type(k).__name__}-{k.repeats}-{k.depolarising}-{k.shots}" for k in KERNELS]
every_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=NAMES)


def rows(n, q, seed=0):
    return np.random.default_rng(seed).normal(size=(n, q))


@every_kernel
def test_a_kernel_is_symmetric_and_positive_semi_definite(kernel):
    matrix = kernel(rows(30, 4))
    assert matrix == pytest.approx(matrix.T, abs=1e-14)
    assert np.linalg.eigvalsh(matrix).min() > -1e-12
    if kernel.shots is None:
        assert np.diag(matrix) == pytest.approx(kernel.diag(rows(30, 4)), abs=1e-12)
        assert matrix.max() <= 1 + 1e-12
        assert matrix.min() >= 0


@given(st.permutations(range(5)), st.sampled_from([k for k in KERNELS if k.shots is None]))
def test_the_order_of_components_changes_nothing(order, kernel):
    x, y = rows(6, 5), rows(4, 5, seed=1)
    assert kernel(x[:, order], y[:, order]) == pytest.approx(kernel(x, y), abs=1e-12)


@every_kernel
def test_rows_with_others_are_part_of_all_rows_with_themselves(kernel):
    x = rows(12, 3)
    whole, part = kernel(x), kernel(x[:5], x[5:])
    tolerance = 1e-12 if kernel.shots is None else 0.2
    assert part == pytest.approx(whole[:5, 5:], abs=tolerance)


def test_one_qubit_is_known_in_closed_form():
    x = np.linspace(-2, 2, 7)[:, None]
    apart = x - x.T
    assert FidelityKernel(repeats=1)(x) == pytest.approx(np.cos(apart / 2) ** 2)
    # The Bloch vector turns in the plane of X and Y.
    far = 4 * np.sin(apart / 2) ** 2
    assert ProjectedKernel(gamma=0.3, repeats=1)(x) == pytest.approx(np.exp(-0.15 * far))


def test_noise_shrinks_what_states_tell_and_wholly_depolarised_rows_are_alike():
    x = rows(10, 3)
    spread = [np.ptp(FidelityKernel(0.7, depolarising=p)(x)) for p in (0.0, 0.05, 0.2)]
    assert spread == sorted(spread, reverse=True)
    assert FidelityKernel(depolarising=0.75)(x) == pytest.approx(np.full((10, 10), 1 / 8))
    assert ProjectedKernel(depolarising=0.75)(x) == pytest.approx(np.ones((10, 10)))
    none = feature_densities(x, depolarising=0.0)
    states = feature_states(x)
    assert none == pytest.approx(states[:, :, None] * states[:, None, :].conj(), abs=1e-14)


@pytest.mark.parametrize("kind", [FidelityKernel, ProjectedKernel])
def test_shots_come_from_the_seed_and_more_of_them_are_nearer(kind):
    x, y = rows(15, 3), rows(10, 3, seed=1)
    exact = kind(0.7)(x, y)
    counted = kind(0.7, shots=500)(x, y)
    assert np.array_equal(counted, kind(0.7, shots=500)(x, y))
    assert not np.array_equal(counted, kind(0.7, shots=500, random_state=1)(x, y))
    errors = [np.abs(kind(0.7, shots=n)(x, y) - exact).mean() for n in (50, 5_000, 500_000)]
    assert errors[0] > 3 * errors[1] > 9 * errors[2]


def test_counts_of_shots_are_of_their_binomial():
    x = rows(40, 2)
    exact = FidelityKernel(0.7)(x[:20], x[20:])
    counted = FidelityKernel(0.7, shots=1000)(x[:20], x[20:])
    spread = np.sqrt(exact * (1 - exact) / 1000)
    assert (counted * 1000) % 1 == pytest.approx(0, abs=1e-9)
    assert ((counted - exact) / spread).std() == pytest.approx(1, abs=0.15)


def test_the_nearest_positive_matrix_keeps_what_is_positive():
    positive = FidelityKernel(0.7)(rows(8, 3))
    assert nearest_positive(positive) == pytest.approx(positive, abs=1e-12)
    found = nearest_positive(np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert found == pytest.approx(np.full((2, 2), 1.5))


@pytest.mark.parametrize(
    "kernel",
    [FidelityKernel(0.4), ProjectedKernel(0.4, gamma_bounds=(1e-2, 1e2))],
    ids=lambda kernel: type(kernel).__name__,
)
def test_scikit_learn_takes_the_kernels_as_they_are(kernel):
    x = rows(60, 2)
    y = np.sin(x[:, 0]) + 0.3 * x[:, 1]
    learn, ask = slice(0, 45), slice(45, None)
    process = GaussianProcessRegressor(kernel + WhiteKernel(1e-2), normalize_y=True)
    for model in (process, KernelRidge(alpha=1e-3, kernel=kernel), SVR(kernel=kernel, C=100)):
        found = clone(model).fit(x[learn], y[learn]).predict(x[ask])
        assert np.abs(found - y[ask]).mean() < 0.3 * np.abs(y[ask] - y[learn].mean()).mean()
    fitted = process.fit(x[learn], y[learn])
    # The likelihood was climbed from where the kernel began.
    began = fitted.log_marginal_likelihood((kernel + WhiteKernel(1e-2)).theta)
    assert fitted.log_marginal_likelihood_value_ > began + 1
    _, spread = fitted.predict(x[ask], return_std=True)
    assert (spread > 0).all()
    assert repr(kernel).startswith(f"{type(kernel).__name__}(scale=0.4")


def test_gradients_are_those_of_other_steps():
    kernel, x = ProjectedKernel(0.6, gamma=2.0, gamma_bounds=(0.1, 10)), rows(6, 3)
    _, gradient = kernel(x, eval_gradient=True)
    assert gradient.shape == (6, 6, 2)
    # d K / d ln gamma = K ln K
    matrix = kernel(x)
    of_gamma = [h.name for h in kernel.hyperparameters].index("gamma")
    assert gradient[:, :, of_gamma] == pytest.approx(matrix * np.log(matrix), abs=1e-8)
    _, none = FidelityKernel(scale_bounds="fixed")(x, eval_gradient=True)
    assert none.shape == (6, 6, 0)


def test_components_are_standardised_and_uncorrelated():
    raw = rows(50, 8) @ rows(8, 8, seed=2) + 5
    found = principal_components(3).fit_transform(raw)
    assert np.cov(found.T) == pytest.approx(np.eye(3), abs=1e-9)


@pytest.mark.parametrize(
    ("kernel", "given_rows", "told"),
    [
        (FidelityKernel(), np.zeros((2, MOST_QUBITS + 1)), "1 to 16 components"),
        (FidelityKernel(depolarising=0.1), np.zeros((2, MOST_NOISY_QUBITS + 1)), "noise"),
        (FidelityKernel(), np.array([[np.nan, 0.0]]), "not finite"),
        (FidelityKernel(scale=-1.0), np.zeros((2, 2)), "scale -1.0 is not positive"),
        (FidelityKernel(repeats=0), np.zeros((2, 2)), "repeats 0"),
        (FidelityKernel(depolarising=0.9), np.zeros((2, 2)), r"from 0 to 0\.75"),
        (ProjectedKernel(shots=0), np.zeros((2, 2)), "at least 1"),
        (ProjectedKernel(gamma=0.0), np.zeros((2, 2)), r"gamma 0\.0 is not positive"),
    ],
)
def test_what_cannot_be_is_refused(kernel, given_rows, told):
    with pytest.raises(InputError, match=told):
        kernel(given_rows)


def test_counts_have_no_gradient():
    x = rows(4, 2)
    with pytest.raises(InputError, match="fixed"):
        FidelityKernel(shots=10)(x, eval_gradient=True)
    matrix, _ = FidelityKernel(shots=10, scale_bounds="fixed")(x, eval_gradient=True)
    assert matrix.shape == (4, 4)
    with pytest.raises(InputError, match="leave Y out"):
        FidelityKernel()(x, x, eval_gradient=True)


@pytest.fixture
def pennylane():
    return pytest.importorskip(
        "pennylane", reason="PennyLane is not installed: pip install 'electrolyte_ml[quantum]'"
    )


def template(qml, x, repeats=1):
    """PennyLane's own template of the circuit, all pairs entangled."""
    wires = range(len(x))
    pairs = [[a, b] for a in wires for b in wires if a < b]
    qml.IQPEmbedding(x, wires=wires, n_repeats=repeats, pattern=pairs)


@pytest.mark.slow
@pytest.mark.parametrize(("qubits", "repeats"), [(1, 1), (2, 2), (4, 1), (6, 2), (5, 3)])
def test_states_and_overlaps_are_those_of_pennylane(pennylane, qubits, repeats):
    qml = pennylane
    x = rows(4, qubits)

    @qml.qnode(qml.device("default.qubit", wires=qubits))
    def state(row):
        template(qml, row, repeats)
        return qml.state()

    # As a device would: one circuit, then the other backwards, and the chance of zeros.
    @qml.qnode(qml.device("default.qubit", wires=qubits))
    def back(one, two):
        template(qml, one, repeats)
        qml.adjoint(template)(qml, two, repeats)
        return qml.probs(wires=range(qubits))

    found = feature_states(x, repeats=repeats)
    assert found == pytest.approx(np.array([state(row) for row in x]), abs=1e-9)
    overlaps = [[back(one, two)[0] for two in x] for one in x]
    assert FidelityKernel(repeats=repeats)(x) == pytest.approx(np.array(overlaps), abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("depolarising", [0.0, 0.03, 0.3])
def test_noise_and_single_qubits_are_those_of_pennylane(pennylane, depolarising):
    qml, qubits, repeats = pennylane, 3, 2
    x = rows(3, qubits)
    paulis = (qml.PauliX, qml.PauliY, qml.PauliZ)

    def circuit(row):
        for _ in range(repeats):
            template(qml, row)
            for wire in range(qubits):
                qml.DepolarizingChannel(depolarising, wires=wire)

    @qml.qnode(qml.device("default.mixed", wires=qubits))
    def density(row):
        circuit(row)
        return qml.density_matrix(wires=range(qubits))

    @qml.qnode(qml.device("default.mixed", wires=qubits))
    def means(row):
        circuit(row)
        return [qml.expval(pauli(wire)) for wire in range(qubits) for pauli in paulis]

    theirs = np.array([density(row) for row in x])
    ours = feature_densities(x, repeats=repeats, depolarising=depolarising)
    assert ours == pytest.approx(theirs, abs=1e-9)
    kernel = FidelityKernel(depolarising=depolarising)
    traces = np.einsum("nij,mji->nm", theirs, theirs).real
    assert kernel(x) == pytest.approx(traces, abs=1e-9)
    projected = ProjectedKernel(depolarising=depolarising)
    vectors = np.array([means(row) for row in x]).reshape(len(x), qubits, 3)
    assert projected.bloch_vectors(x) == pytest.approx(vectors, abs=1e-9)


@pytest.mark.slow
def test_projected_kernels_are_those_of_pennylanes_single_qubits(pennylane):
    qml, qubits = pennylane, 4
    x = rows(3, qubits)

    @qml.qnode(qml.device("default.qubit", wires=qubits))
    def singles(row):
        template(qml, row, 2)
        return [qml.density_matrix(wires=wire) for wire in range(qubits)]

    matrices = np.array([singles(row) for row in x])
    apart = np.abs(matrices[:, None] - matrices[None]) ** 2
    expected = np.exp(-0.8 * apart.sum(axis=(2, 3, 4)))
    assert ProjectedKernel(gamma=0.8)(x) == pytest.approx(expected, abs=1e-9)
