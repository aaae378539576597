"""Basis to basis, text to recipe, order of components: what goes out comes back."""

import dataclasses

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation import (
    AdditiveBasis,
    Amounts,
    Formulation,
    RatioBasis,
    SaltBasis,
    parse_recipe,
    weigh_out_g,
)
from electrolyte_ml.formulation.exchange import formulation_from_dict, formulations_from_csv, to_csv
from electrolyte_ml.formulation.notation.normalise import LONGEST_RECIPE
from electrolyte_ml.species import Salt, default_catalog
from electrolyte_ml.species.chemistry import is_word

CATALOG = default_catalog()
SOLVENTS = [s.name for s in CATALOG.solvents]
SALTS = [Salt(cation=c, anion=a).name for c in CATALOG.cations for a in CATALOG.anions]
ADDITIVES = ["FEC", "VC", "DTD", "PS", "1,3-dioxane"]
SALT_BASES = [basis for basis in SaltBasis if basis is not SaltBasis.RATIO]
MANY = settings(max_examples=400)
VERY_MANY = settings(max_examples=10_000)


def parts(smallest: float = 0.05, largest: float = 10) -> st.SearchStrategy[float]:
    return st.floats(smallest, largest).map(lambda x: float(f"{x:.6g}"))


@st.composite
def amounts(draw) -> Amounts:
    """Recipes in any mixture of bases, of any species of the catalog."""
    names = draw(st.lists(st.sampled_from(SOLVENTS), min_size=1, max_size=5, unique=True))
    salts = draw(st.lists(st.sampled_from(SALTS), max_size=3, unique=True))
    extra = draw(st.lists(st.sampled_from(ADDITIVES), max_size=2, unique=True))
    added = draw(st.lists(st.sampled_from(SALTS), max_size=1))
    assume(not set(extra) & set(names) and not set(added) & set(salts))
    if not salts:
        added = []
    basis, additive_basis = st.sampled_from(SALT_BASES), st.sampled_from(list(AdditiveBasis))
    return Amounts(
        base_solvents=[(CATALOG.solvent(n), draw(parts())) for n in names],
        ratio_basis=draw(st.sampled_from(list(RatioBasis))),
        salts=[(CATALOG.salt(n), draw(parts(0.01, 1)), draw(basis)) for n in salts],
        additives=[(CATALOG.solvent(n), draw(parts(0.1, 10)), draw(additive_basis)) for n in extra],
        added_salts=[(CATALOG.salt(n), draw(parts(0.01, 0.5)), draw(basis)) for n in added],
    )


def typed(smiles: str) -> str:
    """A SMILES as a person has to type it: a word of letters would be a name."""
    return f"smiles:{smiles}" if is_word(smiles) else smiles


def formulation_of(given_amounts: Amounts) -> Formulation:
    try:
        return Formulation.from_amounts(given_amounts)
    except AmountError:
        reject()  # three heavy salts can leave no room for the solvents


def amount_in(recipe: Formulation, salt: Salt, basis: SaltBasis) -> float:
    """What a salt amounts to, by the definition of the basis."""
    molality = recipe.molalities_mol_kg[salt.name]
    solution = 1 + recipe.salt_mass_per_kg_solvent
    return {
        SaltBasis.MOLARITY: recipe.molarities_mol_l()[salt.name],
        SaltBasis.MOLALITY: molality,
        SaltBasis.MOL_PER_KG_SOLUTION: molality / solution,
        SaltBasis.MASS_PERCENT: molality * salt.molar_mass_g_mol / 10 / solution,
        SaltBasis.MOLE_PERCENT: 100 * recipe.mole_fractions[salt.name],
    }[basis]


def check_basis_to_basis(given_amounts: Amounts, basis: SaltBasis, ratio: RatioBasis) -> None:
    plain = dataclasses.replace(given_amounts, additives=[], added_salts=[])
    recipe = formulation_of(plain)
    per_unit = {
        RatioBasis.MASS: lambda s: s.mass_fraction,
        RatioBasis.MOLE: lambda s: s.mass_fraction / s.solvent.molar_mass_g_mol,
        RatioBasis.VOLUME: lambda s: s.mass_fraction / parse_recipe(s.solvent.name).density_g_cm3(),
    }[ratio]
    again = Formulation.from_amounts(
        Amounts(
            base_solvents=[(s.solvent, per_unit(s)) for s in recipe.solvents],
            ratio_basis=ratio,
            salts=[(s.salt, amount_in(recipe, s.salt, basis), basis) for s in recipe.salts],
        )
    )
    assert again.mass_fractions == pytest.approx(recipe.mass_fractions, rel=1e-9)
    assert again.molalities_mol_kg == pytest.approx(recipe.molalities_mol_kg, rel=1e-9)
    for salt, amount, given_in in plain.salts:
        assert amount_in(recipe, salt, given_in) == pytest.approx(amount, rel=1e-9)


def check_additives(given_amounts: Amounts) -> None:
    bare = dataclasses.replace(given_amounts, additives=[], added_salts=[])
    base, recipe = formulation_of(bare), formulation_of(given_amounts)
    left = sum(s.mass_fraction for s in recipe.solvents if s.role != "additive")
    for name, molality in base.molalities_mol_kg.items():
        assert recipe.molalities_mol_kg[name] / left == pytest.approx(molality, rel=1e-9)
    sheet = weigh_out_g(recipe, 100)
    assert sum(sheet.values()) == pytest.approx(100)
    for solvent, percent, basis in given_amounts.additives:
        if basis is AdditiveBasis.MASS_PERCENT:
            assert sheet[solvent.name] == pytest.approx(percent, rel=1e-9)
    for salt, amount, basis in given_amounts.added_salts:
        assert amount_in(recipe, salt, basis) == pytest.approx(amount, rel=1e-9)


def check_text(given_amounts: Amounts) -> None:
    recipe = formulation_of(given_amounts)
    # The key rounds mole fractions to six decimals; halfway, the last bit of a sum decides.
    assume(all(abs(x * 1e6 % 1 - 0.5) > 1e-6 for x in recipe.mole_fractions.values()))
    again = parse_recipe(recipe.notation())
    assert again.key == recipe.key
    assert again.notation() == recipe.notation()
    assert again.mass_fractions == pytest.approx(recipe.mass_fractions, rel=1e-3, abs=1e-6)
    assert [s.role == "additive" for s in again.solvents] == [
        s.role == "additive" for s in recipe.solvents
    ]


def check_exchange(given_amounts: Amounts) -> None:
    recipe = formulation_of(given_amounts)
    assert formulation_from_dict(recipe.to_dict()) == recipe
    (from_table,) = formulations_from_csv(to_csv([recipe]))
    assert from_table == dataclasses.replace(recipe, assumptions=())


def check_order(given_amounts: Amounts, random) -> None:
    recipe = formulation_of(given_amounts)
    solvents, salts = list(recipe.solvents), list(recipe.salts)
    random.shuffle(solvents)
    random.shuffle(salts)
    shuffled = Formulation(solvents=tuple(solvents), salts=tuple(salts))
    assert shuffled.key == recipe.key
    assert shuffled.density_g_cm3() == pytest.approx(recipe.density_g_cm3(), rel=1e-12)
    blend, base_salts = list(given_amounts.base_solvents), list(given_amounts.salts)
    random.shuffle(blend)
    random.shuffle(base_salts)
    mixed = Formulation.from_amounts(
        dataclasses.replace(given_amounts, base_solvents=blend, salts=base_salts)
    )
    assert mixed.mass_fractions == pytest.approx(recipe.mass_fractions, rel=1e-9)
    assert mixed.molalities_mol_kg == pytest.approx(recipe.molalities_mol_kg, rel=1e-9)


SALT_UNITS = {
    SaltBasis.MOLARITY: ["M", " M", " mol L-1", " mol/L", " mol·dm−3", " molar"],
    SaltBasis.MOLALITY: [" m", " mol/kg", " mol kg-1", " molal"],
    SaltBasis.MOL_PER_KG_SOLUTION: [" mol/kg solution", " mol kg-1 of solution"],
    SaltBasis.MASS_PERCENT: [" wt%", " wt.%", " mass%", " % w/w"],
    SaltBasis.MOLE_PERCENT: [" mol%", " mol.%"],
}
RATIO_WORDS = {
    RatioBasis.VOLUME: ["v/v", "by volume", "vol", "in volume", "V:V"],
    RatioBasis.MASS: ["w/w", "by weight", "wt", "by mass", "m/m"],
    RatioBasis.MOLE: ["mol", "by mole", "molar ratio", "n/n"],
}
ADDITIVE_UNITS = {
    AdditiveBasis.MASS_PERCENT: [" wt%", "wt%", " wt.%", " % w/w"],
    AdditiveBasis.MASS_PERCENT_OF_BASE: [" wt% of base"],
    AdditiveBasis.MASS_PERCENT_OF_SOLVENTS: [" wt% of solvents"],
    AdditiveBasis.VOLUME_PERCENT: [" vol%", " vol.%", " % v/v"],
}


@st.composite
def spelled(draw) -> tuple[str, Amounts]:
    """A recipe, and one of the many ways to write it."""
    recipe = draw(amounts())

    def one(choices):
        return draw(st.sampled_from(choices))

    def salt_text(salt: Salt, amount: float, basis: SaltBasis) -> str:
        aliases = [salt.name, f"{salt.cation.smiles}.{salt.anion.smiles}"]
        name = aliases[0] if salt.n_cation + salt.n_anion > 2 else one(aliases)
        return f"{amount!r}{one(SALT_UNITS[basis])} {name}"

    salts = one([" + ", " and "]).join(salt_text(*s) for s in recipe.salts)
    names = [one([s.name, typed(s.smiles), *s.aliases]) for s, _ in recipe.base_solvents]
    # A colon parts the numbers of long names, a slash could be a bond of a SMILES.
    joint = one([":", " : "] if any("smiles:" in name for name in names) else [":", "/", " : "])
    text = joint.join(names)
    if len(names) > 1:
        numbers = one([":", "/"]).join(repr(part) for _, part in recipe.base_solvents)
        words = one(RATIO_WORDS[recipe.ratio_basis])
        text += one([f" {numbers} {words}", f" ({numbers}, {words})", f" = {numbers} ({words})"])
    for solvent, amount, basis in recipe.additives:
        share = f"{amount!r}{one(ADDITIVE_UNITS[basis])} {solvent.name}"
        text += one([" + ", " with ", ", "]) + share
    for salt in recipe.added_salts:
        text += f" + {salt_text(*salt)}"
    spelling = f"{salts} in {text}" if salts else text
    assume(len(spelling) <= LONGEST_RECIPE)  # longer ones are refused, which others test
    return spelling, recipe


def check_spelling(text_and_recipe: tuple[str, Amounts]) -> None:
    text, given_amounts = text_and_recipe
    expected = formulation_of(given_amounts)
    recipe = parse_recipe(text)
    assert recipe.mass_fractions == pytest.approx(expected.mass_fractions, rel=1e-9)
    assert recipe.molalities_mol_kg == pytest.approx(expected.molalities_mol_kg, rel=1e-9)
    assert recipe.assumptions == expected.assumptions


BASES = st.sampled_from(SALT_BASES)
RATIOS = st.sampled_from(list(RatioBasis))


@MANY
@given(amounts(), BASES, RATIOS)
def test_every_basis_gives_back_what_was_asked_for(given_amounts, basis, ratio):
    check_basis_to_basis(given_amounts, basis, ratio)


@MANY
@given(amounts())
def test_additives_are_added_to_the_base_electrolyte(given_amounts):
    check_additives(given_amounts)


@MANY
@given(amounts())
def test_notation_is_read_back_to_the_same_recipe(given_amounts):
    check_text(given_amounts)


@MANY
@given(amounts())
def test_json_and_csv_are_read_back_to_the_same_recipe(given_amounts):
    check_exchange(given_amounts)


@MANY
@given(amounts(), st.randoms())
def test_order_of_components_changes_nothing(given_amounts, random):
    check_order(given_amounts, random)


@MANY
@given(spelled())
def test_every_spelling_means_the_same(text_and_recipe):
    check_spelling(text_and_recipe)


@pytest.mark.slow
@VERY_MANY
@given(amounts(), BASES, RATIOS, st.randoms())
def test_round_trips_of_very_many_recipes(given_amounts, basis, ratio, random):
    check_basis_to_basis(given_amounts, basis, ratio)
    check_additives(given_amounts)
    check_text(given_amounts)
    check_exchange(given_amounts)
    check_order(given_amounts, random)


@pytest.mark.slow
@VERY_MANY
@given(spelled())
def test_very_many_spellings_mean_the_same(text_and_recipe):
    check_spelling(text_and_recipe)
