import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from electrolyte_ml.errors import ArtefactError, InputErrors
from electrolyte_ml.models.intervals import conformal_quantile, pooled_quantile
from electrolyte_ml.models.numeric import tanimoto
from electrolyte_ml.models.window import WindowModel
from electrolyte_ml.models.window.calibration import (
    FORMS,
    TERMS,
    LimitCalibration,
    fit_calibration,
    fit_offset,
)
from electrolyte_ml.models.window.dataset import group_folds
from electrolyte_ml.models.window.features import (
    DESCRIPTORS,
    N_BITS,
    OTHER_FAMILY,
    family_of,
    has_double_bond,
    has_soft_lone_pair,
    molecule_features,
)
from electrolyte_ml.models.window.gp import fit_gp
from electrolyte_ml.quantum.library import library

SMILES = [
    *("C" * n + "OC" for n in range(1, 9)),
    *("C" * n + "C#N" for n in range(1, 9)),
    *("C" * n + "S(=O)(=O)C" for n in range(1, 9)),
    *("C" * n + "OC(=O)OC" for n in range(1, 9)),
]


@pytest.mark.parametrize(
    ("smiles", "family"),
    [
        ("O=C1OCCO1", "carbonate"),
        ("O=c1occo1", "carbonate"),
        ("COP(=O)(OC)OC", "phosphate"),
        ("O=S1(=O)CCCC1", "sulfone"),
        ("O=S1OCCO1", "sulfite"),
        ("N#CCCOC", "nitrile"),
        ("COCCOC", "glyme and acetal"),
        ("COCC(F)(F)F", "fluorinated ether"),
        ("O=C1CCCO1", "lactone"),
        ("CN(C)C=O", "amide, urea and carbamate"),
        ("CCCC", OTHER_FAMILY),
    ],
)
def test_family(smiles, family):
    assert family_of(Chem.MolFromSmiles(smiles)) == family


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("O=c1occo1", True),
        ("C=CC", True),
        ("C=COC=O", True),
        ("c1ccccc1", False),
        ("CC#N", False),
        ("C=CC(=O)OC", False),
        ("C=CC#N", False),
        ("C=CS(C)(=O)=O", False),
    ],
)
def test_double_bond_is_of_two_carbons_that_keep_their_electrons(smiles, expected):
    assert has_double_bond(Chem.MolFromSmiles(smiles)) == expected


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("CN(C)C", True),
        ("CN(C)C=O", True),
        ("CSC", True),
        ("CS(C)=O", True),
        ("CS(C)(=O)=O", False),
        ("COS(=O)OC", False),
        ("CN(C)S(=O)(=O)F", False),
        ("C[N+](=O)[O-]", False),
        ("CC#N", False),
    ],
)
def test_soft_lone_pairs_are_of_amines_amides_sulfides_and_sulfoxides(smiles, expected):
    assert has_soft_lone_pair(Chem.MolFromSmiles(smiles)) == expected


def test_features_are_finite_and_do_not_depend_on_how_a_molecule_is_written():
    features = molecule_features(["CCO", "OCC", "[H][H]", "C[Si](C)(C)F", "C[Ge](C)(C)C"])
    assert features.bits.shape == (5, N_BITS)
    assert features.descriptors.shape == (5, len(DESCRIPTORS))
    assert np.isfinite(features.descriptors).all()
    assert np.array_equal(features.bits[0], features.bits[1])
    assert np.allclose(features.descriptors[0], features.descriptors[1])


def test_similarity_is_one_to_oneself_and_symmetric():
    bits = molecule_features(SMILES).bits
    similar = tanimoto(bits, bits)
    assert np.allclose(np.diag(similar), 1)
    assert np.allclose(similar, similar.T)
    assert similar.min() >= 0


def test_process_learns_and_knows_what_it_does_not_know():
    features = molecule_features(SMILES)
    target = np.repeat([6.0, 8.0, 6.5, 7.0], 8) - np.tile(np.arange(8) * 0.05, 4)
    process = fit_gp(features, target, seed=0)
    mean, spread = process.predict(features)
    assert np.abs(mean - target).max() < 0.2
    _, far = process.predict(molecule_features(["O=P(F)(F)OC1CCC1", "c1ccsc1"]))
    assert far.min() > 2 * np.median(spread)


def terms(x, double, n=None):
    """Terms of a calibration: the limit, a constant, a double bond, and nothing else."""
    rest = np.random.default_rng(3).normal(size=(len(x), len(TERMS) - 3))
    return np.column_stack([x, np.ones_like(x), double, rest])


def names(n):
    return [f"molecule {i}" for i in range(n)]


def test_what_is_left_out_is_predicted_as_by_a_process_without_it():
    features = molecule_features(SMILES)
    folds = np.arange(32) // 8
    target = np.random.default_rng(0).normal(size=(4, 8))
    # Folds of one mean, because the process keeps the mean of all.
    target = (target - target.mean(axis=1, keepdims=True)).ravel() + 7.0
    process = fit_gp(features, target, seed=0)
    mean, spread = process.out_of_fold(folds)
    for fold in range(4):
        out, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        smaller = replace(process, features=features.select(rest), target=target[rest])
        expected_mean, expected_spread = smaller.predict(features.select(out))
        assert mean[out] == pytest.approx(expected_mean, abs=1e-6)
        assert spread[out] == pytest.approx(expected_spread, abs=1e-6)


@settings(max_examples=8, deadline=None)
@given(
    slope=st.floats(0.3, 2), intercept=st.floats(-3, 3), shift=st.floats(-1, 1), seed=st.integers(0)
)
def test_calibration_finds_the_line(slope, intercept, shift, seed):
    rng = np.random.default_rng(seed)
    x, double = rng.uniform(4, 9, 25), np.arange(25) % 2 == 0
    reference = slope * x + intercept + shift * double
    line = fit_calibration(terms(x, double), reference, names(25))
    # Terms are drawn to zero by a tenth of a molecule, which 25 of them feel by their size.
    drawn = 0.05 + 0.3 * abs(slope - 1) + 0.05 * abs(shift)
    off = np.abs(line.apply(terms(x, double)) - reference)
    assert off.mean() < drawn
    assert off.max() < 2.5 * drawn
    assert line.mae_v < drawn
    assert LimitCalibration.from_dict(line.to_dict()) == line


def test_the_simplest_form_that_serves_is_taken():
    rng = np.random.default_rng(0)
    x, double = rng.uniform(4, 9, 60), np.arange(60) % 3 == 0
    noise = rng.normal(scale=0.1, size=60)
    assert fit_calibration(terms(x, double), x + 1 + noise, names(60)).form == "shift"
    found = fit_calibration(terms(x, double), x - 0.8 * double + noise, names(60))
    assert found.form == "line, double bond"
    assert found.coefficients["double bond"] == pytest.approx(-0.8, abs=0.1)
    assert set(found.compared) == set(FORMS)


def test_what_our_own_theory_lies_off_is_found_and_not_in_the_limits():
    rng = np.random.default_rng(1)
    x, own = rng.uniform(4, 9, 40), np.arange(40) % 2 == 0
    reference = 0.8 * x + 1 + 0.4 * own + rng.normal(scale=0.02, size=40)
    line = fit_calibration(terms(x, 0 * x), reference, names(40), own)
    assert line.own_theory_v == pytest.approx(0.4, abs=0.03)
    assert line.apply(terms(x, 0 * x)) == pytest.approx(0.8 * x + 1, abs=0.1)


def test_a_group_of_one_molecule_is_nothing_when_that_molecule_is_left_out():
    x, silane = np.linspace(4, 9, 30), np.arange(30) == 7
    table = terms(x, np.arange(30) % 3 == 0)
    table[:, TERMS.index("silicon")] = silane
    line = fit_calibration(table, x + 1 + 0.9 * silane, names(30))
    # Without the molecule nobody knows of its group: the others are met, and it is missed.
    assert line.compared["line, groups"] == pytest.approx(0.9 / 30, abs=0.02)


def test_an_outlier_bends_the_line_little():
    x = np.linspace(4, 9, 20)
    y = 0.8 * x + 1
    y[3] += 6
    line = fit_calibration(terms(x, np.arange(20) % 3 == 0), y, names(20))
    assert line.coefficients["computed"] == pytest.approx(0.8, abs=0.05)


def test_rows_of_one_molecule_are_left_out_together():
    x = np.repeat(np.linspace(4, 9, 12), 2)
    y = x + np.repeat(np.random.default_rng(2).normal(scale=0.3, size=12), 2)
    alone = fit_calibration(terms(x, 0 * x), y, names(24))
    twins = [f"molecule {i // 2}" for i in range(24)]
    together = fit_calibration(terms(x, 0 * x), y, twins)
    assert together.n == 12
    assert together.compared["all"] > alone.compared["all"]


def test_the_interval_of_few_errors_is_the_largest():
    errors = np.arange(1.0, 21.0)
    assert conformal_quantile(errors) == 19
    assert conformal_quantile(errors[:5]) == 5


def test_offset_is_the_median_and_is_judged_by_leaving_one_out():
    found = fit_offset(np.zeros(5), np.array([1.0, 1.1, 0.9, 1.0, 3.0]))
    assert found.shift_v == 1.0
    assert found.half_width_v == pytest.approx(2.0, abs=0.1)


def test_each_family_counts_once_in_the_pooled_quantile():
    small = [f"family {i}" for i in range(19)]
    groups = np.array(["large"] * 1000 + small)
    scores = np.array([0.5] * 1000 + [float(i) for i in range(1, 20)])
    # Of 20 families and the next one, 90 % are 18.9: the large one and 18 small ones.
    assert pooled_quantile(scores, groups) == 18
    assert pooled_quantile(scores[:3], groups[:3]) == 0.5


def test_intervals_hold_nine_tenths_of_families_whose_errors_are_alike():
    rng = np.random.default_rng(0)
    held = []
    for _ in range(300):
        level = rng.lognormal(size=31)
        sizes = rng.integers(1, 200, size=31)
        scores = [np.abs(level[i] * rng.normal(size=sizes[i])) for i in range(31)]
        groups = np.repeat([f"family {i}" for i in range(30)], sizes[:30])
        limit = pooled_quantile(np.concatenate(scores[:30]), groups)
        held.append((scores[30] <= limit).mean())
    assert 0.87 < np.mean(held) < 0.95


@given(st.lists(st.sampled_from("abcdefgh"), min_size=8, max_size=60), st.integers(0, 9))
def test_folds_keep_groups_whole(groups, seed):
    names = np.array(groups)
    folds = group_folds(names, seed)
    assert all(len(set(folds[names == name])) == 1 for name in set(groups))
    assert folds.min() >= 0
    assert folds.max() <= 4


def test_model_reads_back(tmp_path):
    model = WindowModel.load()
    model.save({"note": "copy"}, tmp_path)
    again = WindowModel.load(tmp_path)
    smiles = ["CCCCCCCOC(=O)OCC", "CCCCCCCCC#N"]
    first, second = model.predict(smiles), again.predict(smiles)
    for axis in first:
        for a, b in zip(first[axis], second[axis], strict=True):
            assert a.value == pytest.approx(b.value, abs=1e-4)
    assert WindowModel.FILES.read_record(tmp_path)["training"] == {"note": "copy"}


def test_ions_asked_of_the_solvent_model_are_refused_and_all_named():
    with pytest.raises(InputErrors) as caught:
        WindowModel.load().predict(["CCO", "F[P-](F)(F)(F)(F)F", "[Na+]", "C[N+](=O)[O-]"])
    assert [m.split()[0] for m in caught.value.messages] == ["F[P-](F)(F)(F)(F)F", "[Na+]"]
    assert "window compute" in caught.value.messages[0]


def test_a_molecule_is_screened_in_two_thousand_calls(count_calls):
    smiles = [m.smiles for m in library() if "-]" not in m.smiles][-100:]
    model = WindowModel.load()
    model.predict(smiles[:1])
    with count_calls() as count:
        found = model.predict(smiles)
    assert count.calls < 2000 * len(smiles)
    assert all(np.isfinite(limit.value) for axis in found.values() for limit in axis)


def test_no_model_says_how_to_make_one(tmp_path):
    with pytest.raises(ArtefactError, match="train window"):
        WindowModel.FILES.read_record(tmp_path)


def test_a_model_of_another_version_is_refused(tmp_path):
    record = json.loads((WindowModel.FILES.folder / "window.json").read_text())
    (tmp_path / "window.json").write_text(json.dumps(record | {"descriptors": ["other"]}))
    with pytest.raises(ArtefactError, match="another version"):
        WindowModel.FILES.read_record(tmp_path)


def comparisons(reference):
    return {
        (r["axis"], r["tier"]): r
        for r in WindowModel.FILES.read_record()["training"]["comparisons"]
        if r["reference"] == f"{reference}, species of the catalog"
    }


@pytest.mark.parametrize("tier", ["table", "model"])
def test_published_theory_on_unseen_solvents_is_met(tier):
    # The shipped record of the training: species of the catalog left out of table, calibration
    # and the choice of its form.
    rows = comparisons("wB97X-V (BattSLM)")
    assert rows["oxidation_limit_v", tier]["mae_v"] <= 0.30
    assert rows["reduction_limit_v", tier]["mae_v"] <= 0.50


@pytest.mark.parametrize(
    ("axis", "tier", "mae"),
    [
        ("oxidation_limit_v", "table", 0.30),
        ("oxidation_limit_v", "model", 0.30),
        ("reduction_limit_v", "table", 0.45),
        ("reduction_limit_v", "model", 0.35),
    ],
)
def test_our_own_theory_on_unseen_solvents_is_met(axis, tier, mae):
    # Where the record stands, with a little to spare; 0.30 and 0.50 V are what is asked.
    row = comparisons("wB97X")[axis, tier]
    assert row["n"] >= 15
    assert row["mae_v"] <= mae
