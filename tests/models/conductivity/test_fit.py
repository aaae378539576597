"""The model fitted to rows: what ships, what a benchmark fits in a fold, and other cations."""

from dataclasses import replace

import numpy as np
import pytest
from electrolyte_ml.models.conductivity.cation import UNKNOWN_CATION_SD

from electrolyte_ml.benchmarks import fits
from electrolyte_ml.benchmarks.evaluation import Case, content_sha256, evaluate_model
from electrolyte_ml.benchmarks.metrics import log_metrics
from electrolyte_ml.data.measurements import Measurements, Trust, concatenate
from electrolyte_ml.data.splits import Split
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity import ConductivityModel, fit
from electrolyte_ml.models.conductivity.descriptors import NetworkSettings
from electrolyte_ml.models.conductivity.domain import ConductivityDomain
from electrolyte_ml.models.conductivity.ensemble import EnsembleSettings
from electrolyte_ml.models.conductivity.graph.settings import GraphSettings
from electrolyte_ml.models.conductivity.model import calibrate

for _name in ("torch", "deepchem", "torch_geometric"):
    pytest.importorskip(_name, reason=f"{_name} is not installed (extra train)")

ROOM_K = 298.15
SMALL = EnsembleSettings(
    networks=NetworkSettings(members=4, steps=40, batch=64, width=8),
    graphs=GraphSettings(members=2, steps=20, early_steps=5, batch=64),
)
FACTOR = 4.0
MIXTURES = ("LiPF6 in EC:DEC 1:1 w/w", "LiPF6 in EC:DMC 1:1 w/w", "LiFSI in PC", "LiBF4 in DME")


def measured(texts, values=None, source="a", trust=None):
    n = len(texts)
    return Measurements(
        property_name="conductivity_ms_cm",
        formulations=tuple(parse_recipe(t) for t in texts),
        formulation_index=np.arange(n),
        temperature_k=np.full(n, ROOM_K),
        value=np.linspace(2.0, 9.0, n) if values is None else np.asarray(values),
        source=np.array([source] * n) if isinstance(source, str) else np.array(source),
        source_row=np.arange(n),
        flag=np.full(n, ""),
        trust=trust,
    )


@pytest.fixture(scope="module")
def lithium():
    texts = [f"{m} m {text}" for text in MIXTURES for m in (0.3, 0.6, 1.0, 1.5)]
    return measured(texts, source=[paper for paper in "abcd" for _ in range(4)])


@pytest.fixture(scope="module")
def model(lithium):
    return fit(lithium, SMALL, seed=1, factor=FACTOR)


def log10_of(prediction):
    return np.log10(prediction.value), np.log10(prediction.high / prediction.low) / 2.0


def test_the_suite_finds_the_numbers_of_the_model_itself(lithium, tmp_path, monkeypatch):
    monkeypatch.setattr(fits, "default_folder", lambda: tmp_path)
    shipped = ConductivityModel.load()
    train, test = np.arange(12), np.arange(12, 16)
    case = Case(
        measurements=lithium,
        split=Split(name="x", folds=((train, test),)),
        groups=np.zeros(4, dtype=np.intp),
        data={},
        split_sha256="",
        content_sha256=content_sha256(lithium),
    )
    rows, left_out = lithium.select(train), lithium.select(test)
    direct = fit(rows, SMALL, seed=1, factor=shipped.factor)
    prediction = direct.predict(left_out.row_formulations, left_out.temperature_k)
    centre, half_width = log10_of(prediction)
    expected = log_metrics(
        np.log10(left_out.value), centre, case.groups, half_width, prediction.in_domain
    )
    for _ in ("fitted", "kept"):
        result = evaluate_model(case, lambda rows: fits.fit_conductivity(rows, SMALL, seed=1), None)
        assert result.predicted == pytest.approx(prediction.value, rel=1e-9)
        assert result.metrics == pytest.approx({**expected, "folds": 1}, rel=1e-9)
    assert len(list(tmp_path.iterdir())) == 1
    assert fits.fit_seconds(rows, SMALL, seed=1) > 0


def test_fits_of_other_rows_seeds_and_settings_are_kept_apart(lithium, tmp_path, monkeypatch):
    monkeypatch.setattr(fits, "fit", lambda *_, **__: ConductivityModel.load())
    asked = [
        (lithium, SMALL, 0),
        (lithium, SMALL, 1),
        (lithium, replace(SMALL, residuals=False), 0),
        (replace(lithium, value=lithium.value + 1.0), SMALL, 0),
        (replace(lithium, trust=np.full(16, Trust.CONTRADICTED.value)), SMALL, 0),
    ]
    for rows, settings, seed in asked:
        fits.fit_conductivity(rows, settings, seed=seed, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == len(asked)


def test_a_saved_copy_is_the_same_and_so_is_another_fit(model, lithium, tmp_path):
    recipes, at = lithium.row_formulations, lithium.temperature_k
    model.save({}, tmp_path)
    again = fit(lithium, SMALL, seed=1, factor=FACTOR)
    for other in (ConductivityModel.load(tmp_path), again):
        assert np.array_equal(other.predict(recipes, at).value, model.predict(recipes, at).value)
        assert other.domain == model.domain
    assert np.abs(fit(lithium, SMALL, seed=2, factor=FACTOR).predict(recipes, at).value).all()


def test_kinds_may_be_left_out(lithium, tmp_path):
    some = replace(SMALL, graphs=None, processes=False, residuals=False)
    found = fit(lithium, some, factor=FACTOR)
    assert found.ensemble.graph is None
    assert found.ensemble.process is None
    found.save({}, tmp_path)
    recipes, at = lithium.row_formulations, lithium.temperature_k
    again = ConductivityModel.load(tmp_path).predict(recipes, at)
    assert np.array_equal(again.value, found.predict(recipes, at).value)


def test_intervals_are_calibrated_on_papers_left_out(lithium):
    quick = replace(SMALL, graphs=None, networks=None)
    found = calibrate(lithium, quick)
    assert (found.folds, found.n) == (4, 16)
    assert fit(lithium, quick).factor == pytest.approx(found.factor)


def test_a_cation_with_points_has_a_shift_of_its_own(lithium):
    texts = [f"{m} m KPF6 in EC:DEC 1:1 w/w" for m in (0.5, 1.0)]
    asked, at = [parse_recipe("0.8 m KPF6 in EC:DEC 1:1 w/w")], np.array([ROOM_K])
    shipped = ConductivityModel.load()
    before = shipped.predict(asked, at)
    lots = shipped.predict([parse_recipe(t) for t in texts], np.full(2, ROOM_K)).value * 1.5
    potassium = measured(texts, lots)
    after_model = fit(concatenate([lithium, potassium]), lithium=shipped)
    after = after_model.predict(asked, at)
    assert list(after_model.shifts) == ["[Na+]", "[K+]"]
    assert after_model.shifts["[K+]"].prior_extra_sd == UNKNOWN_CATION_SD
    assert after.value[0] > 1.15 * before.value[0]
    assert log10_of(after)[1][0] < 0.5 * log10_of(before)[1][0]
    assert "cation" in before.reason[0]
    assert "cation" not in (after.reason[0] or "")
    # Points of potassium say nothing of sodium.
    sodium = [parse_recipe("0.8 m NaPF6 in EC:DEC 1:1 w/w")]
    untouched = fit(lithium, lithium=shipped).predict(sodium, at)
    assert after_model.predict(sodium, at).value == pytest.approx(untouched.value)


def test_points_read_second_hand_move_the_shift_less(lithium):
    text, at = "1 m NaPF6 in EC:DEC 1:1 w/w", np.array([ROOM_K])
    shipped, recipe = ConductivityModel.load(), [parse_recipe("1 m NaPF6 in EC:DEC 1:1 w/w")]
    moved = []
    for trust in (Trust.FULL, Trust.SECOND_HAND, Trust.CONTRADICTED):
        point = measured([text], [20.0], trust=np.array([trust.value]))
        moved.append(fit(concatenate([lithium, point]), lithium=shipped).predict(recipe, at).value)
    prior = fit(lithium, lithium=shipped).predict(recipe, at).value
    assert moved[0] > moved[1] > moved[2]
    assert moved[2] == pytest.approx(prior)


def test_rows_that_cannot_be_learnt_from_are_refused_in_words(lithium):
    mixed = measured(["0.5 m LiPF6 + 0.5 m NaPF6 in PC"])
    with pytest.raises(InputError, match="1 rows have no cation or several kinds"):
        fit(concatenate([lithium, mixed]), SMALL, factor=FACTOR)
    with pytest.raises(InputError, match="no lithium electrolyte"):
        fit(measured(["1 m NaPF6 in PC"]), SMALL, factor=FACTOR)


def test_rows_unlike_those_of_the_fit_are_out_of_the_domain():
    domain = ConductivityDomain.of(measured(["1 m LiPF6 in EC:DEC 1:1 w/w"]))
    inside, other_anion, other_solvent = (
        domain.faults(parse_recipe(t))
        for t in (
            "1 m LiPF6 in EC:DEC 2:1 w/w",
            "1 m LiFSI in EC:DEC 1:1 w/w",
            "1 m LiPF6 in diglyme",
        )
    )
    assert not inside
    assert "anion FSI" in other_anion[0]
    assert "solvent diglyme" in other_solvent[0]


def test_rows_that_are_not_trusted_make_nothing_known():
    texts = ["1 m LiPF6 in EC:DEC 1:1 w/w", "1 m LiPF6 in THF"]
    trust = np.array([Trust.FULL.value, Trust.CONTRADICTED.value])
    domain = ConductivityDomain.of(measured(texts, trust=trust))
    assert "solvent THF" in domain.faults(parse_recipe(texts[1]))[0]


def test_salt_is_beyond_what_was_measured_of_its_anion_alone():
    from electrolyte_ml.features import compose

    domain = ConductivityDomain.of(measured(["1 m LiPF6 in EC:DEC 1:1 w/w"]))
    asked = ("2 m LiPF6 in DEC", "0.5 m LiPF6 in EC", "4 m LiFSI in EC")
    composition = compose([parse_recipe(t) for t in asked])
    beyond = domain.salt_beyond(composition)[composition.index]
    assert beyond == pytest.approx([np.log(2.0), 0.0, 0.0])
