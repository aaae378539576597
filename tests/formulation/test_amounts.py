"""Conversions, checked against arithmetic done by hand and by round trips."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation import (
    AdditiveBasis,
    Amounts,
    Formulation,
    RatioBasis,
    SaltBasis,
    SolventAmount,
    parse_recipe,
    weigh_out_g,
)
from electrolyte_ml.species import default_catalog

CATALOG = default_catalog()
SOLVENTS = ["EC", "PC", "DMC", "EMC", "DEC", "DME", "diglyme", "TMP", "TTE", "AN"]
SALTS = ["NaPF6", "NaFSI", "NaTFSI", "NaClO4", "LiPF6", "KFSI", "Mg(TFSI)2"]


def test_mass_ratio_and_molality_are_the_canonical_form():
    recipe = parse_recipe("0.9 mol/kg NaPF6 in EC:DEC 3:7 w/w")
    assert recipe.mass_fractions == pytest.approx({"EC": 0.3, "DEC": 0.7})
    assert recipe.molalities_mol_kg == pytest.approx({"NaPF6": 0.9})


def test_volume_ratio_uses_densities():
    recipe = parse_recipe("PC:DMC 1:1 v/v")
    pc, dmc = (CATALOG.solvent(n).value("density_g_cm3") for n in ("PC", "DMC"))
    assert recipe.mass_fractions["PC"] == pytest.approx(pc / (pc + dmc), rel=1e-4)


def test_mole_ratio_uses_molar_masses():
    recipe = parse_recipe("EC:DMC 1:1 mol")
    assert recipe.mass_fractions["EC"] == pytest.approx(88.06 / (88.06 + 90.08), abs=1e-4)
    assert recipe.mole_fractions == pytest.approx({"EC": 0.5, "DMC": 0.5})


def test_molarity_counts_the_volume_of_the_solution():
    recipe = parse_recipe("1 M NaPF6 in PC")
    grams_per_litre = 1000 * recipe.density_g_cm3()
    salt = 167.95
    assert recipe.molalities_mol_kg["NaPF6"] == pytest.approx(
        1000 / (grams_per_litre - salt), rel=1e-4
    )
    assert recipe.molarities_mol_l() == pytest.approx({"NaPF6": 1.0})


def test_molality_of_solution_and_mass_percent():
    of_solution = parse_recipe("1 mol/kg solution NaPF6 in PC")
    percent = parse_recipe("16.795 wt% NaPF6 in PC")
    expected = 1 / (1 - 0.16795)
    assert of_solution.molalities_mol_kg["NaPF6"] == pytest.approx(expected, rel=1e-4)
    assert percent.molalities_mol_kg["NaPF6"] == pytest.approx(expected, rel=1e-3)


def test_mole_percent_counts_everything():
    recipe = parse_recipe("10 mol% NaFSI in EC:DMC 1:1 w/w")
    assert recipe.mole_fractions["NaFSI"] == pytest.approx(0.1)


def test_salt_in_a_mole_ratio():
    recipe = parse_recipe("NaFSI:DME:TTE 1:1.2:1 mol")
    x = recipe.mole_fractions
    assert x["DME"] / x["NaFSI"] == pytest.approx(1.2)
    assert x["TTE"] / x["NaFSI"] == pytest.approx(1.0)
    assert [s.role for s in recipe.solvents] == ["solvent", "diluent"]


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("2 wt% FEC", lambda fec, recipe: fec / (1 + recipe.salt_mass_per_kg_solvent)),
        (
            "2 wt% of base FEC",
            lambda fec, recipe: fec / (1 + recipe.salt_mass_per_kg_solvent - fec),
        ),
        ("2 wt% of solvents FEC", lambda fec, _: fec),
    ],
)
def test_additive_percent_is_of_what_is_said(text, share):
    recipe = parse_recipe(f"1 M NaPF6 in EC:DEC 1:1 v/v + {text}")
    fec = next(s for s in recipe.solvents if s.solvent.name == "FEC")
    assert fec.role == "additive"
    assert share(fec.mass_fraction, recipe) == pytest.approx(0.02)


def test_concentration_is_that_of_the_base_electrolyte():
    base = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v")
    with_additive = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC")
    ratio = with_additive.molalities_mol_kg["NaPF6"] / with_additive.mass_fractions["EC"]
    assert ratio == pytest.approx(base.molalities_mol_kg["NaPF6"] / base.mass_fractions["EC"])


def test_added_salt_counts_on_the_finished_electrolyte():
    recipe = parse_recipe("1 M NaPF6 in PC + 1 wt% NaDFOB")
    assert weigh_out_g(recipe, 100)["NaDFOB"] == pytest.approx(1.0)
    recipe = parse_recipe("1 M NaPF6 in PC + 0.05 M NaDFOB")
    assert recipe.molarities_mol_l()["NaDFOB"] == pytest.approx(0.05)


def test_volume_percent_of_an_additive_counts_solvent_volumes():
    recipe = parse_recipe("1 M NaClO4 in PC + 5 vol% FEC")
    volumes = {
        s.solvent.name: s.mass_fraction / s.solvent.value("density_g_cm3") for s in recipe.solvents
    }
    assert volumes["FEC"] / sum(volumes.values()) == pytest.approx(0.05, rel=1e-3)


def test_weigh_out_adds_up_to_the_batch():
    sheet = weigh_out_g(parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC"), 250)
    assert sum(sheet.values()) == pytest.approx(250)
    assert sheet["FEC"] == pytest.approx(5.0)


def test_divalent_salts_hold_two_anions_in_a_formula_unit():
    recipe = parse_recipe("0.5 M Mg(TFSI)2 in DME")
    assert recipe.molarities_mol_l() == pytest.approx({"Mg(TFSI)2": 0.5})
    assert CATALOG.salt("Mg(TFSI)2").molar_mass_g_mol == pytest.approx(584.6, abs=0.1)


def test_contract_form():
    form = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC").to_dict()
    assert form["schema_version"] == 1
    assert [s["role"] for s in form["solvents"]] == ["solvent", "solvent", "additive"]
    assert sum(s["mass_fraction"] for s in form["solvents"]) == pytest.approx(1)
    fractions = [c["mole_fraction"] for c in form["solvents"] + form["salts"]]
    assert sum(fractions) == pytest.approx(1)
    salt = form["salts"][0]
    assert salt["cation_smiles"] == "[Na+]"
    assert salt["molarity_mol_l"] == pytest.approx(1.0, rel=0.03)


def test_formulation_validates_itself():
    ec = CATALOG.solvent("EC")
    with pytest.raises(AmountError, match="sum to 1"):
        Formulation(solvents=(SolventAmount(solvent=ec, mass_fraction=0.9),))
    with pytest.raises(AmountError, match="at least one solvent"):
        Formulation(solvents=())
    half = SolventAmount(solvent=ec, mass_fraction=0.5)
    with pytest.raises(AmountError, match="twice"):
        Formulation(solvents=(half, half))


def test_mole_fractions_among_solvents_leave_the_salts_out():
    recipe = parse_recipe("0.5 m NaPF6 + 0.25 m NaFSI in EC:DMC 1:1 mol")
    assert recipe.solvent_mole_fractions == pytest.approx({"EC": 0.5, "DMC": 0.5})
    assert recipe.molality_mol_kg == pytest.approx(0.75)
    assert parse_recipe("EC").molality_mol_kg == 0


@given(
    parts=st.lists(st.floats(0.1, 100), min_size=3, max_size=3),
    molality=st.floats(0.01, 30),
    percent=st.floats(0.01, 60),
)
def test_canonical_bases_are_solved_as_the_linear_system_solves_them(parts, molality, percent):
    names = ("EC", "DMC", "diglyme")
    amounts = Amounts(
        base_solvents=[(CATALOG.solvent(n), part) for n, part in zip(names, parts, strict=True)],
        ratio_basis=RatioBasis.MASS,
        salts=[(CATALOG.salt("NaPF6"), molality, SaltBasis.MOLALITY)],
        additives=[(CATALOG.solvent("FEC"), percent, AdditiveBasis.MASS_PERCENT)],
    )
    for direct, linear in zip(amounts._directly(), amounts._linearly(), strict=True):
        assert direct == pytest.approx(linear, rel=1e-9)


@pytest.mark.parametrize("percents", [(60, 40), (80, 30)])
def test_additives_leave_room_for_the_solvents(percents):
    amounts = Amounts(
        base_solvents=[(CATALOG.solvent("EC"), 1.0)],
        ratio_basis=RatioBasis.MASS,
        additives=[
            (CATALOG.solvent(name), percent, AdditiveBasis.MASS_PERCENT)
            for name, percent in zip(("FEC", "VC"), percents, strict=True)
        ],
    )
    with pytest.raises(AmountError, match="leave no room"):
        amounts.solve()
