"""Viscosity of solutions: the law, the joint fit, and what the model that ships says."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity.descriptors import NetworkSettings
from electrolyte_ml.models.conductivity.rows import Described, TrainingRows
from electrolyte_ml.models.viscosity import ViscosityModel, predict_viscosity
from electrolyte_ml.models.viscosity.solution import (
    IONS,
    METAL,
    METAL_IN_IONS,
    ORGANIC,
    Solutions,
)
from electrolyte_ml.models.viscosity.solution_fit import SolutionFitSettings
from electrolyte_ml.models.viscosity.solution_law import N_SOLUTION, held_share, ln_viscosity
from electrolyte_ml.models.viscosity.solution_train import (
    calibrate_solutions,
    fit_solutions,
    without_species,
)
from electrolyte_ml.models.viscosity.walden import WaldenFit

ROOM_K = 298.15
USUAL = np.zeros((1, N_SOLUTION))


def described(*texts):
    composition = compose([parse_recipe(text) for text in texts])
    return Described.of(composition), composition


def share_of(*texts):
    held, composition = described(*texts)
    return held_share(held)[composition.index]


def test_ions_hold_nothing_without_salt_and_everything_alone():
    none, dilute, one, molten = share_of("PC", "0.01 m NaPF6 in PC", "1 m NaPF6 in PC", "EMIMTFSI")
    assert none == pytest.approx(0.0, abs=1e-6)
    assert dilute == pytest.approx(one / 100, rel=0.5)
    assert 0.25 < one < 0.45
    assert molten == pytest.approx(1.0)


def test_a_metal_ion_holds_a_shell_that_an_organic_one_has_not():
    sodium, organic = share_of("1 m NaTFSI in PC", "1 m EMIMTFSI in PC")
    assert sodium > 1.3 * organic


def test_law_has_the_solvents_and_the_ions_as_its_ends():
    kelvin = np.full(3, ROOM_K)
    ends = ln_viscosity(USUAL, np.array([0.0, 0.5, 1.0]), np.full(3, 1.0), kelvin, np)
    assert ends[0] == pytest.approx(1.0)
    assert ends[1] == pytest.approx((ends[0] + ends[2]) / 2)
    thin = ln_viscosity(USUAL, np.ones(1), np.full(1, -3.0), kelvin[:1], np)
    assert thin[0] == pytest.approx(ends[2])


def test_law_thickens_in_the_cold_up_to_a_glass():
    kelvin = np.arange(400.0, 20.0, -20.0)
    found = ln_viscosity(USUAL, np.full(len(kelvin), 0.9), np.zeros(len(kelvin)), kelvin, np)
    assert (np.diff(found) >= 0).all()
    assert (np.diff(found[kelvin > 150]) > 0).all()
    assert found[-1] < np.log(1.01e15)


def test_classes_are_by_cations_and_molecules():
    texts = ["1 m NaPF6 in PC", "1 m EMIMTFSI in PC", "EMIMTFSI", "1 m NaTFSI in EMIMTFSI"]
    composition = described(*texts)[1]
    n = len(texts)
    found = Solutions.of(composition, np.arange(n), np.full(n, ROOM_K), np.zeros(n)).classes()
    assert found.tolist() == [METAL, ORGANIC, IONS, METAL_IN_IONS]


def measured(property_name, texts, value):
    kelvins = np.array([283.15, 298.15, 323.15])
    recipes = [parse_recipe(text) for text in texts]
    n = len(recipes) * len(kelvins)
    return Measurements(
        property_name=property_name,
        formulations=tuple(recipes),
        formulation_index=np.repeat(np.arange(len(recipes)), len(kelvins)),
        temperature_k=np.tile(kelvins, len(recipes)),
        value=np.concatenate([v * np.exp(k * (kelvins - ROOM_K)) for v, k in value]),
        source=np.full(n, "own"),
        source_row=np.arange(n),
        flag=np.full(n, ""),
    )


ORGANIC_SALTS = [f"{m} m {salt} in PC" for salt in ("EMIMTFSI", "BMIMBF4") for m in (0.5, 1, 3)]
METAL_SALTS = [f"{m} m {salt} in PC" for salt in ("NaPF6", "LiTFSI") for m in (0.5, 1, 2)]
VISCOSITIES = measured("viscosity_mpa_s", ORGANIC_SALTS, [(3, -0.02), (4, -0.02), (8, -0.025)] * 2)
CONDUCTIVITIES = measured(
    "conductivity_ms_cm",
    [*METAL_SALTS, *ORGANIC_SALTS],
    [(5, 0.02), (6, 0.02), (5, 0.03)] * 2 + [(7, 0.02), (10, 0.02), (15, 0.02)] * 2,
)
QUICK = SolutionFitSettings(networks=NetworkSettings(members=2, width=16, steps=80, batch=64))
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="needs torch")


def solvents(measurements):
    return np.full(len(measurements), np.log10(2.5))


@needs_torch
def test_fit_meets_what_was_measured_and_repeats_itself():
    one, other = (fit_solutions(VISCOSITIES, CONDUCTIVITIES, solvents, QUICK) for _ in range(2))
    rows = TrainingRows.of(VISCOSITIES)
    read = Solutions(
        described=rows.described,
        index=rows.index,
        mixtures=rows.mixtures,
        temperature_k=rows.temperature_k,
        log10_solvents=solvents(VISCOSITIES),
    )
    found = one.members(read)
    assert np.array_equal(found, other.members(read))
    assert np.abs(found.mean(axis=0) - rows.log10_value).mean() < 0.1
    plain = replace(one, residual=None).members(read)
    assert (
        np.abs(found.mean(axis=0) - rows.log10_value).mean()
        < np.abs(plain.mean(axis=0) - rows.log10_value).mean()
    )


@needs_torch
def test_conductivity_bounds_viscosity_in_molecules_and_tells_it_among_ions():
    import torch

    held, composition = described("1 m NaPF6 in PC", "EMIMTFSI")
    in_molecules, among_ions = composition.index

    def loss(row, ln_believed):
        generator = torch.Generator().manual_seed(0)
        fit = WaldenFit(
            torch,
            held,
            np.arange(2),
            np.full(2, ROOM_K),
            members=2,
            steps=1,
            generator=generator,
        )
        rows = torch.tensor([int(row)])
        usual = torch.full((2, 1), 4.0)
        return float(fit.loss((rows, rows), usual, torch.full((2, 1), ln_believed)).detach())

    assert loss(in_molecules, -2.0) == pytest.approx(loss(in_molecules, 4.0), abs=0.05)
    assert loss(in_molecules, 10.0) > loss(in_molecules, 4.0) + 0.5
    assert loss(among_ions, -2.0) > loss(among_ions, 4.0) + 0.5
    assert loss(among_ions, 10.0) > loss(among_ions, 4.0) + 0.5


@needs_torch
def test_calibration_leaves_out_a_series_with_its_conductivities(monkeypatch):
    from electrolyte_ml.models.viscosity import solution_train

    given = []

    def noted(viscosities, conductivities, *args, **options):
        given.append((viscosities, conductivities))
        return fit_solutions(viscosities, conductivities, *args, **options)

    monkeypatch.setattr(solution_train, "fit_solutions", noted)
    few = SolutionFitSettings(networks=replace(QUICK.networks, steps=5))
    found = calibrate_solutions(VISCOSITIES, CONDUCTIVITIES, solvents, few)
    assert found.folds == len(given) == 2
    for viscosities, conductivities in given:
        assert len(viscosities.formulations) == 3
        assert len(conductivities.formulations) == 9
    assert found.errors[ORGANIC]["n"] == len(VISCOSITIES)
    assert set(found.factors) == {METAL, ORGANIC, IONS, METAL_IN_IONS}


def test_species_are_left_out_whatever_their_amounts():
    sets = [frozenset(s) for s in (["A"], [])]
    assert len(without_species(CONDUCTIVITIES, sets)) == len(CONDUCTIVITIES)
    pair = parse_recipe("3 m NaPF6 in PC")
    ions = [i.smiles for s in pair.salts for i in (s.salt.cation, s.salt.anion)]
    species = frozenset([*ions, pair.solvents[0].solvent.smiles])
    assert len(without_species(CONDUCTIVITIES, [species])) == len(CONDUCTIVITIES) - 9


def predict(*texts, kelvin=ROOM_K):
    recipes = [parse_recipe(text) for text in texts]
    return predict_viscosity(recipes, np.full(len(recipes), kelvin))


def test_concentrated_solutions_are_no_glass():
    found = predict(
        "LiTFSI:tetraglyme 1:1 mol", "LiFSI:DMC 1:1.1 mol", "21 m LiTFSI in water", kelvin=303.15
    )
    # Measured: 81, 239, and some 30 mPa s.
    assert (found.value < 1e3).all()
    assert (found.high < 1e5).all()


def test_ionic_liquids_are_met_and_one_composition_has_one_viscosity():
    # ILThermo, mPa s at 25 degC.
    assert predict("EMIMTFSI", "Pyr13FSI").value == pytest.approx([33, 40.6], rel=0.15)
    mass = parse_recipe("1 m EMIMTFSI in PC").salts[0].salt.molar_mass_g_mol / 1000.0
    salt, solvent = predict("1 m EMIMTFSI in PC", f"EMIMTFSI:PC {mass}:1 w/w").value
    assert salt == pytest.approx(solvent, rel=1e-4)


def test_an_ionic_liquid_known_from_its_solutions_alone_is_in_its_interval():
    found = predict("BMIMBF4")
    assert found.low[0] < 104 < found.high[0]  # mPa s at 25 degC, ILThermo


@pytest.mark.xfail(
    strict=True,
    reason="63 mPa s, 40 % too thin: measured in solutions up to half of the particles alone",
)
def test_an_ionic_liquid_known_from_its_solutions_alone_is_met():
    assert predict("BMIMBF4").value == pytest.approx([104], rel=0.15)


def test_intervals_of_metal_salts_in_molecules_are_wider():
    metal, organic = (predict(f"1 m {salt} in PC") for salt in ("LiBF4", "BMIMBF4"))
    assert np.log(metal.high / metal.low)[0] > 1.5 * np.log(organic.high / organic.low)[0]


def test_intervals_widen_beyond_the_measured_concentrations():
    solutions = ViscosityModel.load().solutions
    composition = described("1 m NaPF6 in PC", "9 m NaPF6 in PC")[1]
    read = Solutions.of(composition, np.arange(2), np.full(2, ROOM_K), np.full(2, 0.4))
    measured, beyond = solutions.scale(np.zeros((2, 2)), read)
    assert beyond > 5 * measured


def test_a_model_of_liquids_alone_has_no_number_with_salt():
    bare = ViscosityModel.of_liquids(ViscosityModel.load().liquid)
    recipes = [parse_recipe(text) for text in ("PC", "1 m NaPF6 in PC")]
    found = bare.predict(recipes, np.full(2, ROOM_K))
    assert np.isfinite(found.value).tolist() == [True, False]
    assert "liquids without salt" in found.reason[1]
