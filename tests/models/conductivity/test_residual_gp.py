from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.data.conductivities import learnt_conductivities
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity import ConductivityModel
from electrolyte_ml.models.conductivity.residual_gp import ResidualGP
from electrolyte_ml.models.conductivity.rows import (
    Described,
    MixtureRows,
    RowContent,
    TrainingRows,
)
from electrolyte_ml.models.conductivity.spread import centre_of

ROOM_K = 298.15
# The largest correction, log10.
BOUND = 0.15
MOLALITIES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
TEMPERATURES_K = (273.15, 283.15, 298.15, 313.15, 333.15)


def readings(deviation, texts=("LiPF6 in EC:DEC 1:1 w/w",), flags=None):
    """Rows of a grid of states, whose networks say 1 mS/cm and which were measured otherwise."""
    states = [(m, t) for m in MOLALITIES for t in TEMPERATURES_K]
    recipes = [parse_recipe(f"{m} m {text}") for text in texts for m, _ in states]
    kelvin = np.array([t for _ in texts for _, t in states])
    molality = np.array([m for _ in texts for m, _ in states])
    n = len(kelvin)
    return TrainingRows.of(
        Measurements(
            property_name="conductivity_ms_cm",
            formulations=tuple(recipes),
            formulation_index=np.arange(n),
            temperature_k=kelvin,
            value=10 ** deviation(molality, kelvin),
            source=np.full(n, "a"),
            source_row=np.arange(n),
            flag=np.full(n, "") if flags is None else flags,
        )
    )


def fitted(deviation, **settings):
    rows = readings(deviation, **settings)
    return ResidualGP.of(rows, np.zeros(len(rows.trusted)))


def corrections(process, texts, temperature_k=ROOM_K):
    composition = compose([parse_recipe(text) for text in texts])
    content = RowContent.of(Described.of(composition), composition.index)
    kelvin = np.full(len(texts), temperature_k)
    return process.correction(MixtureRows.of(composition), content, kelvin)


def corrected(process, text, temperature_k=ROOM_K):
    return corrections(process, [text], temperature_k)[0]


def test_a_smooth_deviation_is_found_at_states_between():
    def deviation(molality, kelvin):
        return 0.02 + 0.02 * (np.sqrt(molality) - 1) - 0.03 * (1000 / kelvin - 3.35)

    process = fitted(deviation)
    for molality, kelvin in ((0.6, 290.0), (1.1, 298.15), (1.7, 320.0)):
        found = corrected(process, f"{molality} m LiPF6 in EC:DEC 1:1 w/w", kelvin)
        assert found == pytest.approx(deviation(molality, kelvin), abs=0.002)


@pytest.mark.parametrize(
    "text",
    [
        "1 m LiBF4 in EC:DEC 1:1 w/w",
        "1 m NaPF6 in EC:DEC 1:1 w/w",
        "1 m EMIMPF6 in EC:DEC 1:1 w/w",
        "EMIMPF6",
        "1 m LiPF6 in PC",
        "1 m LiPF6 in EC:DEC 1:4 w/w",
        "1 m LiPF6 in EC:DEC:PC 1:1:1 w/w",
        "1 m LiPF6 in EC:CCCCOC(C)=O 1:1 w/w",
    ],
)
def test_other_mixtures_are_left_alone(text):
    assert corrected(fitted(lambda m, _: 0.1 + 0 * m), text) == pytest.approx(0, abs=1e-3)


def test_a_mixture_next_to_a_measured_one_gets_a_part():
    process = fitted(lambda m, _: 0.1 + 0 * m)
    same, next_to = (
        corrected(process, f"1 m LiPF6 in EC:DEC {share}:{100 - share} w/w") for share in (50, 54)
    )
    assert 0.3 * same < next_to < 0.95 * same
    # A twentieth of the cations of another kind: near, too.
    mixed = corrected(process, "0.98 m LiPF6 + 0.02 m NaPF6 in EC:DEC 1:1 w/w")
    assert 0.3 * same < mixed < 0.95 * same


def test_between_two_measured_mixtures_there_is_no_step():
    # One was measured at all states, the other in the cold alone.
    rows = readings(
        lambda m, _: 0.1 + 0 * m, texts=("LiPF6 in EC:DEC 50:50 w/w", "LiPF6 in EC:DEC 58:42 w/w")
    )
    half = len(rows.trusted) // 2
    trusted = (np.arange(2 * half) < half) | (rows.temperature_k < 280)
    process = ResidualGP.of(
        replace(rows, trusted=trusted),
        np.zeros(2 * half),
    )
    shares = np.arange(46, 62, 0.1)
    found = [corrected(process, f"1 m LiPF6 in EC:DEC {s}:{100 - s} w/w", 333.15) for s in shares]
    assert max(found) > 0.06
    assert min(found) < 0.5 * max(found)
    assert np.abs(np.diff(found)).max() < 0.003


def test_misread_rows_and_untrusted_ones_do_not_count():
    n = len(MOLALITIES) * len(TEMPERATURES_K)
    wrong = np.arange(n) % 6 == 0

    def deviation(molality, _):
        return np.where(np.resize(wrong, len(molality)), 1.0, 0.05)

    process = fitted(deviation)
    assert corrected(process, "1 m LiPF6 in EC:DEC 1:1 w/w") == pytest.approx(0.05, abs=0.01)
    rows = readings(lambda m, _: 0.05 + 0 * m, texts=("LiPF6 in PC", "LiPF6 in DMC"))
    half = np.arange(2 * n) < n
    untrusted = replace(rows, trusted=half)
    process = ResidualGP.of(untrusted, np.zeros(2 * n))
    assert corrected(process, "1 m LiPF6 in PC") == pytest.approx(0.05, abs=0.01)
    assert corrected(process, "1 m LiPF6 in DMC") == 0


def test_corrections_are_bounded_and_fade_where_nothing_was_measured():
    process = fitted(lambda m, _: 0.8 + 0 * m)
    states = [("1", ROOM_K), ("6", ROOM_K), ("0.001", ROOM_K), ("1", 473.15)]
    found = [corrected(process, f"{m} m LiPF6 in EC:DEC 1:1 w/w", k) for m, k in states]
    assert 0.05 < found[0] <= BOUND
    assert all(0 <= far < 0.5 * found[0] for far in found[1:])


def test_an_ionic_liquid_is_corrected_however_it_is_written():
    process = fitted(lambda m, _: 0.1 + 0 * m, texts=("EMIMFSI in PC",))
    mass = parse_recipe("1 m EMIMFSI in PC").salts[0].salt.molar_mass_g_mol / 1000.0
    as_salt, as_solvent = corrections(process, ["1 m EMIMFSI in PC", f"EMIMFSI:PC {mass}:1 w/w"])
    assert as_salt > 0.05
    assert as_solvent == pytest.approx(as_salt, abs=1e-6)


def test_groups_do_not_inform_each_other():
    """What is measured of one chemistry changes no bit of the weights of another."""
    alone = fitted(lambda m, _: 0.1 + 0 * m)
    other = readings(lambda m, _: -0.1 + 0 * m, texts=("NaPF6 in EC:DEC 1:1 w/w",))
    both = readings(
        lambda m, _: np.where(np.arange(len(m)) < len(m) // 2, 0.1, -0.1),
        texts=("LiPF6 in EC:DEC 1:1 w/w", "NaPF6 in EC:DEC 1:1 w/w"),
    )
    together = ResidualGP.of(both, np.zeros(len(both)))
    text = "1 m LiPF6 in EC:DEC 1:1 w/w"
    assert corrected(together, text) == pytest.approx(corrected(alone, text), abs=1e-6)
    sodium = ResidualGP.of(other, np.zeros(len(other)))
    text = "1 m NaPF6 in EC:DEC 1:1 w/w"
    assert corrected(together, text) == pytest.approx(corrected(sodium, text), abs=1e-6)


def test_a_process_is_read_back_as_it_was():
    process = fitted(lambda m, k: 0.02 * m - 0.001 * (k - 298))
    species = {name: getattr(process, name) for name in ("solvents", "cations", "anions")}
    again = ResidualGP.of_arrays(process.arrays(), species)
    texts = [f"{m} m LiPF6 in EC:DEC 1:1 w/w" for m in (0.3, 1.0, 1.7)]
    assert np.array_equal(corrections(again, texts), corrections(process, texts))
    single = [array.astype(np.float32).astype(np.float64) for array in process.arrays().values()]
    assert all(map(np.array_equal, single, process.arrays().values()))


def test_the_shipped_process_is_smooth():
    ensemble = ConductivityModel.load().ensemble
    assert ensemble.residual is not None
    assert len(ensemble.residual.weights) > 150
    texts = [f"{m:.3f} m LiPF6 in PC" for m in np.arange(0.1, 2, 0.01)]
    correction = corrections(ensemble.residual, texts)
    assert np.abs(correction).max() > 1e-3
    assert np.abs(np.diff(correction)).max() < 2e-3


def test_measured_rows_are_met_better_with_the_process_than_without(sample):
    some = learnt_conductivities()
    rows, ensemble = TrainingRows.of(some), ConductivityModel.load().ensemble
    errors = [
        np.abs(centre_of(e.of_rows(rows)) - np.log10(some.value)).mean()
        for e in (replace(ensemble, residual=None), ensemble)
    ]
    assert errors[1] < 0.9 * errors[0]
