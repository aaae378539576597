"""The model fitted to rows: what ships, what a benchmark fits in a fold, and other cations."""

from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.benchmarks import fits
from electrolyte_ml.benchmarks.evaluation import Case, content_sha256, evaluate_model
from electrolyte_ml.benchmarks.metrics import log_metrics
from electrolyte_ml.data.measurements import Measurements, Trust, concatenate
from electrolyte_ml.data.splits import Split
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity import ConductivityModel, fit
from electrolyte_ml.models.conductivity import model as model_module
from electrolyte_ml.models.conductivity.descriptors import NetworkSettings, fit_network
from electrolyte_ml.models.conductivity.domain import ConductivityDomain
from electrolyte_ml.models.conductivity.ensemble import EnsembleSettings, fit_ensemble
from electrolyte_ml.models.conductivity.graph.settings import GRAPHS, POOLED
from electrolyte_ml.models.conductivity.model import calibrate
from electrolyte_ml.models.conductivity.rows import MixtureRows, TrainingRows

for _name in ("torch", "deepchem", "torch_geometric"):
    pytest.importorskip(_name, reason=f"{_name} is not installed (extra train)")

ROOM_K = 298.15
SMALL = EnsembleSettings(
    networks=NetworkSettings(members=4, steps=40, batch=64, width=8),
    pooled=replace(POOLED, members=2, steps=20, batch=64),
    graphs=replace(GRAPHS, members=2, steps=20, batch=64),
)
NETWORKS = replace(SMALL, pooled=None, graphs=None, residuals=False)
FACTORS = {"lithium": 4.0, "other metal": 4.0, "metal and organic": 3.0, "organic": 2.0}
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
    return fit(lithium, SMALL, seed=1, factors=FACTORS)


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
    direct = fit(rows, SMALL, seed=1, factors=shipped.factors)
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
    again = fit(lithium, SMALL, seed=1, factors=FACTORS)
    for other in (ConductivityModel.load(tmp_path), again):
        assert np.array_equal(other.predict(recipes, at).value, model.predict(recipes, at).value)
        assert other.domain == model.domain
    other_seed = fit(lithium, SMALL, seed=2, factors=FACTORS).predict(recipes, at).value
    assert np.abs(other_seed / model.predict(recipes, at).value - 1.0).max() > 1e-3


def test_kinds_may_be_left_out(lithium, tmp_path):
    recipes, at = lithium.row_formulations, lithium.temperature_k
    for kind in ("networks", "pooled", "graphs"):
        alone = {name: None for name in ("networks", "pooled", "graphs") if name != kind}
        found = fit(lithium, replace(SMALL, **alone, residuals=False), factors=FACTORS)
        ensemble = found.ensemble
        held = (ensemble.network, ensemble.pooled, ensemble.graph)
        assert sum(part is not None for part in held) == 1
        assert ensemble.residual is None
        found.save({}, tmp_path / kind)
        again = ConductivityModel.load(tmp_path / kind).predict(recipes, at)
        assert np.array_equal(again.value, found.predict(recipes, at).value)


def test_intervals_are_calibrated_on_series_left_out(lithium, monkeypatch):
    """Whole sets of species are left out, whatever papers they are from."""
    trained = []

    def spied(rows, settings, *, seed):
        trained.append(set(rows.series.tolist()))
        return fit_ensemble(rows, settings, seed=seed)

    monkeypatch.setattr("electrolyte_ml.models.conductivity.model.fit_ensemble", spied)
    one_paper = replace(lithium, source=np.full(16, "a"))
    found = calibrate(one_paper, NETWORKS)
    assert (found.folds, found.n) == (4, 16)
    assert all(len(series) == 3 for series in trained)
    assert len(set.union(*trained)) == 4
    assert fit(one_paper, NETWORKS).factors == pytest.approx(found.factors)
    # Sixteen rows are too few for a factor of a class of cations.
    assert len(set(found.factors.values())) == 1


def test_every_class_of_cations_has_the_factor_of_its_own_errors():
    rng, n = np.random.default_rng(2), 400
    scale = rng.uniform(0.02, 0.1, 2 * n + 40)
    classes = np.repeat(["lithium", "organic", "metal and organic"], [n, n, 40])
    error = scale * np.where(classes == "organic", 2.0, 4.0) * rng.normal(size=len(scale))
    found = model_module._factors(error, scale, classes)
    assert found["organic"] == pytest.approx(2 * 1.645, rel=0.15)
    assert found["lithium"] == pytest.approx(4 * 1.645, rel=0.15)
    # Too few of their own: the factor of all rows.
    assert found["organic"] < found["metal and organic"] < found["lithium"]


def test_classes_of_cations():
    of_recipe = {
        "1 m LiPF6 in PC": "lithium",
        "1 m NaPF6 in PC": "other metal",
        "0.5 m LiPF6 + 0.5 m KPF6 in PC": "other metal",
        "EMIMFSI": "organic",
        "1 m NaFSI in EMIMFSI": "metal and organic",
        "1 m TEABF4 in PC": "organic",
    }
    mixtures = MixtureRows.of(compose([parse_recipe(t) for t in of_recipe]))
    classes = list(of_recipe.values())
    assert mixtures.cation_classes().tolist() == classes


def test_rows_that_are_not_trusted_are_not_learnt(lithium):
    n = len(lithium)
    text = "1 m LiClO4 in PC"
    trust = np.array([Trust.FULL.value] * n + [Trust.CONTRADICTED.value])
    found = []
    for wrong in (1e-3, 50.0):
        rows = replace(concatenate([lithium, measured([text], [wrong])]), trust=trust)
        model = fit(rows, SMALL, factors=FACTORS)
        found.append(model.predict([parse_recipe(text)], np.array([ROOM_K])).value)
        assert "ClO4" in model.predict([parse_recipe(text)], np.array([ROOM_K])).reason[0]
    assert np.array_equal(*found)


def test_rows_of_doubt_weigh_less(lithium):
    trust = np.array([Trust.DOUBTFUL.value] + [Trust.FULL.value] * (len(lithium) - 1))
    doubted = replace(lithium, trust=trust)
    full, doubt = (TrainingRows.of(m).fit_weight() for m in (lithium, doubted))
    assert doubt[0] < 0.5 * full[0]
    assert full.mean() == pytest.approx(1.0)
    assert doubt.mean() == pytest.approx(1.0)


def test_a_long_series_and_unreadable_rows_weigh_less_in_each_row():
    long = [f"{m} m LiPF6 in EC:DEC 1:1 w/w" for m in np.linspace(0.2, 1.5, 30)]
    rows = TrainingRows.of(
        measured([*long, "1 m LiFSI in PC", "1 m LiBF4 in DME"], [*[5.0] * 31, 1e-3])
    )
    weight = rows.fit_weight()
    assert weight[0] < 0.5 * weight[30]
    assert weight[:30].sum() > weight[30]
    assert weight[31] < 0.2 * weight[30]


def test_cations_are_learnt_from_the_same_rows_as_lithium():
    """Sodium that conducts twice as well as lithium is told from it, in solvents of its own."""
    solvents = ("EC:DEC 1:1 w/w", "PC", "DME", "EC:DMC 1:1 w/w")
    texts = [f"{m} m {c}PF6 in {s}" for c in ("Li", "Na") for s in solvents for m in (0.5, 1, 1.5)]
    lithium_values = np.array([6.0, 6, 6, 4, 4, 4, 12, 12, 12, 9, 9, 9])
    rows = measured(texts, np.concatenate([lithium_values, 2.0 * lithium_values]))
    longer = replace(NETWORKS, networks=replace(NETWORKS.networks, steps=400))
    model = fit(rows, longer, factors=FACTORS)
    asked = [parse_recipe(f"1 m {c}PF6 in EC:PC 1:1 w/w") for c in ("Li", "Na")]
    lithium, sodium = model.predict(asked, np.full(2, ROOM_K)).value
    assert 1.5 < sodium / lithium < 2.5
    assert model.domain.cations == {"[Li+]", "[Na+]"}


def test_several_cations_and_ionic_liquids_are_learnt(lithium, model):
    mixed, liquids = "0.5 m LiPF6 + 0.5 m NaPF6 in PC", ("1 m NaFSI in EMIMFSI", "EMIMFSI")
    texts = [mixed, *liquids, "1 m TEABF4 in PC"]
    every = fit(concatenate([lithium, measured(texts)]), SMALL, factors=FACTORS)
    asked = [parse_recipe(t) for t in texts]
    found = every.predict(asked, np.full(4, ROOM_K))
    assert found.in_domain.all()
    assert (found.value > 0).all()
    before = model.predict(asked, np.full(4, ROOM_K))
    assert np.isfinite(before.value).all()
    assert not before.in_domain.any()
    assert "cation EMIM" in before.reason[2]


def test_a_fit_knows_nothing_of_what_it_was_not_given(lithium):
    """Coordinates are of the species of the rows, and of no others."""
    rows = TrainingRows.of(lithium).select(np.arange(12))
    network = fit_network(rows, NETWORKS.networks)
    assert "COCCOC" not in network.species
    assert {"[Li+]", "O=C1OCCO1"} <= set(network.species)


def faults_of(domain, text):
    return domain.faults(compose([parse_recipe(text)]))[0]


def test_rows_unlike_those_of_the_fit_are_out_of_the_domain():
    domain = ConductivityDomain.of(measured(["1 m LiPF6 in EC:DEC 1:1 w/w"]))
    inside, other_anion, other_solvent = (
        faults_of(domain, t)
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
    assert "solvent THF" in faults_of(domain, texts[1])[0]


def test_an_ionic_liquid_has_one_domain_however_it_is_written():
    domain = ConductivityDomain.of(
        measured(["1 m NaFSI in EMIMFSI", "EMIMFSI:PC 1:1 w/w", "2 m EMIMTFSI in PC"])
    )
    assert domain.highest_molality == pytest.approx({"O=S(=O)(F)[N-]S(=O)(=O)F": 1.0})
    for text in ("EMIMFSI", "0.5 m EMIMFSI in PC", "EMIMFSI:PC 1:4 w/w", "EMIMTFSI:PC 1:1 w/w"):
        # No molality of the liquid itself is too high, and neither are its ions unknown.
        assert not [f for f in faults_of(domain, text) if "ion" in f or "above" in f]
    salt, solvent = (
        faults_of(domain, text) for text in ("9 m EMIMFSI in PC", "EMIMFSI:PC 72:28 w/w")
    )
    assert salt == solvent == []
    assert faults_of(domain, "2 m NaFSI in EMIMFSI") == [
        "2 mol/kg is above the highest measured with FSI, 1 mol/kg"
    ]
    assert faults_of(domain, "1 m NaTFSI in PC") == [
        "TFSI was measured in ionic liquids alone",
        "TFSI was measured with at most 56 wt% PC, here 100 wt%",
    ]
    assert "cation Pyr13" in faults_of(domain, "Pyr13FSI")[0]
    assert domain.temperature_faults(
        compose([parse_recipe("EMIMFSI")] * 2), np.array([200.0, 298.15])
    ) == ["98 K below the coldest measurement of mixtures of mostly EMIM", None]
