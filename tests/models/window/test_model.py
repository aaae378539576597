import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.models.window.artefact import FOLDER, load, read_record, save
from electrolyte_ml.models.window.calibration import Calibration, fit_calibration
from electrolyte_ml.models.window.families import OTHER, family_of, has_multiple_bond
from electrolyte_ml.models.window.features import DESCRIPTORS, N_BITS, molecule_features
from electrolyte_ml.models.window.gaussian import fit, tanimoto
from electrolyte_ml.models.window.training import group_folds

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
        ("CCCC", OTHER),
    ],
)
def test_family(smiles, family):
    assert family_of(Chem.MolFromSmiles(smiles)) == family


@pytest.mark.parametrize(
    ("smiles", "expected"), [("O=c1occo1", True), ("C=CC", True), ("c1ccccc1", False), ("CC#N", 0)]
)
def test_multiple_bond_is_of_two_carbons_and_not_benzene(smiles, expected):
    assert has_multiple_bond(Chem.MolFromSmiles(smiles)) == bool(expected)


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
    process = fit(features, target, seed=0)
    mean, spread = process.predict(features)
    assert np.abs(mean - target).max() < 0.2
    _, far = process.predict(molecule_features(["O=P(F)(F)OC1CCC1", "c1ccsc1"]))
    assert far.min() > 2 * np.median(spread)


@given(
    slope=st.floats(0.3, 2), intercept=st.floats(-3, 3), shift=st.floats(-1, 1), seed=st.integers(0)
)
def test_calibration_finds_the_line(slope, intercept, shift, seed):
    rng = np.random.default_rng(seed)
    x, double = rng.uniform(4, 9, 25), np.arange(25) % 2 == 0
    line = fit_calibration(x, double, slope * x + intercept + shift * double)
    assert line.slope == pytest.approx(slope, abs=1e-3)
    assert line.multiple_bond_v == pytest.approx(shift, abs=1e-2)
    assert line.half_width_v == pytest.approx(0, abs=1e-2)
    assert Calibration.from_dict(line.to_dict()) == line


def test_an_outlier_bends_the_line_little():
    x = np.linspace(4, 9, 20)
    y = 0.8 * x + 1
    y[3] += 6
    line = fit_calibration(x, np.arange(20) % 3 == 0, y)
    assert line.slope == pytest.approx(0.8, abs=0.05)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=8, max_size=60), st.integers(0, 9))
def test_folds_keep_groups_whole(groups, seed):
    names = np.array(groups)
    folds = group_folds(names, seed)
    assert all(len(set(folds[names == name])) == 1 for name in set(groups))
    assert folds.min() >= 0
    assert folds.max() <= 4


def test_model_reads_back(tmp_path):
    model = load()
    save(model, {"note": "copy"}, tmp_path)
    again = load(tmp_path)
    smiles = ["CCCCCCCOC(=O)OCC", "CCCCCCCCC#N"]
    first, second = model.predict(smiles), again.predict(smiles)
    for axis in first:
        for a, b in zip(first[axis], second[axis], strict=True):
            assert a.value == pytest.approx(b.value, abs=1e-4)
    assert read_record(tmp_path)["training"] == {"note": "copy"}


def test_no_model_says_how_to_make_one(tmp_path):
    with pytest.raises(ArtefactError, match="train window"):
        read_record(tmp_path)


def test_a_model_of_another_version_is_refused(tmp_path):
    record = json.loads((FOLDER / "window.json").read_text())
    (tmp_path / "window.json").write_text(json.dumps(record | {"descriptors": ["other"]}))
    with pytest.raises(ArtefactError, match="another version"):
        read_record(tmp_path)


def test_published_theory_on_unseen_solvents_is_met():
    # The shipped record of the training: species of the catalog left out of table and calibration.
    rows = {
        (r["axis"], r["tier"]): r
        for r in read_record()["training"]["comparisons"]
        if "species of the catalog" in r["reference"]
    }
    for tier in ("table", "model"):
        assert rows["oxidation_limit_v", tier]["mae_v"] <= 0.30
        assert rows["reduction_limit_v", tier]["mae_v"] <= 0.50
