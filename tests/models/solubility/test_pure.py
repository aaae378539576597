import numpy as np
import pytest

from electrolyte_ml.models.solubility.evidence import solubility_evidence
from electrolyte_ml.models.solubility.pure import PureSolubility, pure_solubility
from electrolyte_ml.species import default_catalog

_Z = 1.645


def predict(model, *texts):
    catalog = default_catalog()
    pairs = [text.split() for text in texts]
    return model.predict([(catalog.salt(a), catalog.solvent(b)) for a, b in pairs])


def test_values_that_were_read_come_back():
    mean, deviation = predict(pure_solubility(), "NaBOB NMP", "LiClO4 EA", "NaNO3 AN")
    assert np.exp(mean) == pytest.approx([0.71, 8.9, 0.003], rel=0.1)
    assert np.all(deviation < 0.25)


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("LiNO3 DME", "LiNO3 DMC"),
        ("NaNO3 tetraglyme", "NaNO3 DMC"),
        ("NaPF6 PC", "NaPF6 DEC"),
        ("NaClO4 PC", "NaClO4 DMC"),
        ("LiPF6 DMC", "NaPF6 DMC"),
        ("NaPF6 PC", "KPF6 PC"),
        ("NaI DME", "NaCl DME"),
        ("LiFSI DME", "LiFSI TTE"),
        ("NaBF4 diglyme", "NaBF4 DEC"),
    ],
)
def test_order_of_salts_and_solvents(more, less):
    mean, _ = predict(pure_solubility(), more, less)
    assert mean[0] > mean[1] + np.log(2)


def test_salts_of_fluoride_and_sodium_chloride_hardly_dissolve_in_any_aprotic_solvent():
    pairs = [f"{s} {x}" for s in ("NaF", "LiF", "NaCl") for x in ("EC", "PC", "EMC", "DME", "GBL")]
    mean, _ = predict(pure_solubility(), *pairs)
    assert np.all(np.exp(mean) < 0.0025)


def test_what_is_not_known_is_less_certain():
    _, deviation = predict(pure_solubility(), "NaBOB NMP", "NaDFOB sulfolane")
    assert deviation[1] > 5 * deviation[0]


@pytest.mark.slow
def test_intervals_hold_values_of_solvents_left_out():
    """Of 16 values; the same for pairs, salts and anions is 0.88 to 0.94."""
    evidence = solubility_evidence()
    inside = []
    for smiles in dict.fromkeys(e.solvent.smiles for e in evidence if e.is_value):
        left_out = [e for e in evidence if e.solvent.smiles == smiles]
        model = PureSolubility.of([e for e in evidence if e.solvent.smiles != smiles])
        mean, deviation = model.predict([(e.salt, e.solvent) for e in left_out])
        centre = np.log([np.sqrt(e.low_mol_kg * e.high_mol_kg) for e in left_out])
        values = np.array([e.is_value for e in left_out])
        inside += (np.abs(centre - mean) < _Z * deviation)[values].tolist()
    assert len(inside) > 12
    assert np.mean(inside) > 0.8


def test_a_pair_has_the_same_digits_whatever_is_asked_beside_it():
    catalog = default_catalog()
    pairs = [(catalog.salt("NaPF6"), catalog.solvent(n)) for n in ("EC", "DEC", "DME", "THF", "PC")]
    whole = pure_solubility().predict(pairs)
    for number, pair in enumerate(pairs):
        mean, deviation = pure_solubility().predict([pair])
        assert (mean[0], deviation[0]) == (whole[0][number], whole[1][number])
