import numpy as np
import pytest

from electrolyte_ml.data.solutions import binary_densities, solution_union
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models import predict_density
from electrolyte_ml.models.density import DensityModel
from electrolyte_ml.models.density.fit import fit_density, pairs_left_out, papers_left_out


def predicted(*recipes, at=298.15):
    return predict_density([parse_recipe(r) for r in recipes], np.full(len(recipes), at))


def test_density_has_an_interval_and_flags_estimates():
    recipes = [parse_recipe("1 M NaPF6 in PC"), parse_recipe("1 M NaPF6 in CCCCCCCC")]
    prediction = predict_density(recipes, np.full(2, 298.15))
    assert (prediction.low < prediction.value).all()
    assert (prediction.value < prediction.high).all()
    assert prediction.in_domain.tolist() == [True, False]
    assert "estimated" in prediction.reason[1]


def test_density_interval_widens_away_from_room_temperature():
    recipe = parse_recipe("1 M NaPF6 in PC")
    prediction = predict_density([recipe] * 2, np.array([298.15, 253.15]))
    width = prediction.high / prediction.low
    assert width[1] > width[0]
    assert prediction.value[1] > prediction.value[0]


def test_an_estimated_component_widens_the_interval_by_its_share():
    recipes = [parse_recipe(r) for r in ("PC", "PC:CCCCCCCC 9:1 w/w", "PC:CCCCCCCC 1:9 w/w")]
    prediction = predict_density(recipes, np.full(3, 298.15))
    relative = prediction.high / prediction.value - 1
    assert relative[0] < 0.01 < relative[1] < relative[2]
    assert 0.08 < relative[2] < 0.12
    assert prediction.in_domain.tolist() == [True, False, False]


def test_a_trace_that_is_estimated_stays_in_the_domain():
    prediction = predict_density([parse_recipe("PC:CCCCCCCC 99:1 w/w")], np.array([298.15]))
    assert prediction.in_domain[0]


def test_salt_widens_the_interval():
    recipes = [parse_recipe(f"{m} mol/kg NaPF6 in PC") for m in (0.1, 1.0, 3.0)]
    prediction = predict_density(recipes, np.full(3, 298.15))
    assert (np.diff(prediction.high / prediction.value) > 0).all()


def test_what_is_measured_of_an_ionic_liquid_is_met():
    found = predicted("EMIMFSI", "0.5 m LiTFSI in EMIMTFSI", "0.5 m LiTFSI in EMIMTFSI:PC 1:1 w/w")
    assert found.value[0] == pytest.approx(1.442, rel=0.004)
    # 10.1016/j.jct.2017.08.033
    assert found.value[1] == pytest.approx(1.561, rel=0.008)
    assert found.value[1] > found.value[2] > predicted("PC").value[0]
    assert found.in_domain.all()
    assert predicted("EMIMFSI", at=353.15).value[0] == pytest.approx(1.391, rel=0.004)


def test_unlike_solvents_contract_when_mixed():
    mixture = parse_recipe("AN:GBL 1:1 mol/mol")
    density = predict_density([mixture], np.array([298.15])).value[0]
    # 10.1016/j.molliq.2015.06.041
    assert density == pytest.approx(0.9887, rel=0.002)
    assert density > 1.004 * mixture.density_g_cm3()
    single = parse_recipe("GBL")
    assert predict_density([single], np.array([298.15])).value[0] == pytest.approx(
        single.density_g_cm3()
    )


def test_a_salt_takes_up_less_among_molecules_that_are_easily_compressed():
    def volume(solvent):
        recipe = parse_recipe(f"1 m NaPF6 in {solvent}")
        density, pure = predicted(f"1 m NaPF6 in {solvent}", solvent).value
        return 1000 * ((1 + recipe.salt_mass_per_kg_solvent) / density - 1 / pure)

    assert volume("DME") + 10 < volume("tetraglyme") < volume("PC")


def test_an_ion_that_was_not_measured_has_a_wider_interval():
    measured, estimated = predicted("2 m NaTFSI in PC", "2 m NaDFOB in PC")
    relative = [p.high[0] / p.value[0] - 1 for p in (measured, estimated)]
    assert relative[1] > 1.3 * relative[0]


def test_rows_of_one_recipe_are_predicted_each_at_its_temperature():
    recipe = parse_recipe("1 m LiFSI in DMC")
    kelvin = np.array([320.0, 280.0, 320.0])
    found = predict_density([recipe] * 3, kelvin)
    assert found.value[0] == found.value[2] < found.value[1]
    assert found.value[1] == predict_density([recipe], kelvin[1:2]).value[0]


def test_files_give_the_same_model(tmp_path):
    model = DensityModel.load()
    model.save({"data": []}, tmp_path)
    recipes = [parse_recipe(r) for r in ("1 m NaFSI in Pyr13FSI", "EC:DMC 1:1 w/w")]
    kelvin = np.full(2, 310.0)
    again = DensityModel.load(tmp_path).predict(recipes, kelvin)
    assert again.value.tolist() == model.predict(recipes, kelvin).value.tolist()


def test_a_fit_without_measurements_still_answers_and_knows_little():
    model = fit_density(None, None)
    recipes = [parse_recipe(r) for r in ("PC", "1 m NaPF6 in PC")]
    found = model.predict(recipes, np.full(2, 298.15))
    width = found.high / found.low - 1
    assert np.isfinite(found.value).all()
    shipped = predict_density(recipes, np.full(2, 298.15))
    assert width[1] > 1.5 * (shipped.high / shipped.low - 1)[1]


@pytest.mark.full_data
def test_papers_and_pairs_that_were_left_out_are_met():
    papers = papers_left_out(solution_union("density_g_cm3").measurements)
    assert np.abs(papers.error).mean() < 0.008
    pairs = pairs_left_out(binary_densities())
    assert np.abs(pairs.error).mean() < 0.002
