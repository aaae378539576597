"""Recipes as papers, data sheets and repositories write them, and what they mean.

What a recipe means is checked from the bottle backwards: from the masses and moles that the parser
arrived at, with the catalog's densities, molar masses and ion volumes, the amounts that the text
gives are worked out by the definition of each unit.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.species import Ion, Salt, Solvent
from electrolyte_ml.species.estimates import ion_volume_cm3_mol

HERE = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


LITERATURE = rows("literature_recipes.csv")
REFUSED = rows("refused_recipes.csv")


def density(solvent: Solvent) -> float:
    held = solvent.properties["density_g_cm3"]
    slope = solvent.value("density_slope_g_cm3_k")
    return held.value + (298.15 - held.temperature_k) * (
        slope if slope is not None else -1.1e-3 * held.value
    )


def ion_volume(ion: Ion) -> float:
    held = ion.value("partial_molar_volume_cm3_mol")
    return ion_volume_cm3_mol(ion.smiles) if held is None else held


def salt_volume(salt: Salt) -> float:
    return salt.n_cation * ion_volume(salt.cation) + salt.n_anion * ion_volume(salt.anion)


@dataclass
class Bottle:
    """Grams of solvents and moles of salts in some of a bottle."""

    grams: dict[str, float]
    moles: dict[str, float]
    recipe: Formulation

    @property
    def solvent(self) -> dict[str, Solvent]:
        return {s.solvent.name: s.solvent for s in self.recipe.solvents}

    @property
    def salt(self) -> dict[str, Salt]:
        return {s.salt.name: s.salt for s in self.recipe.salts}

    def grams_of_salt(self, name: str) -> float:
        return self.moles[name] * self.salt[name].molar_mass_g_mol

    @property
    def solvent_grams(self) -> float:
        return sum(self.grams.values())

    @property
    def all_grams(self) -> float:
        return self.solvent_grams + sum(map(self.grams_of_salt, self.moles))

    @property
    def solvent_ml(self) -> float:
        return sum(g / density(self.solvent[n]) for n, g in self.grams.items())

    @property
    def litres(self) -> float:
        salts = sum(n * salt_volume(self.salt[name]) for name, n in self.moles.items())
        return (self.solvent_ml + salts) / 1000

    @property
    def all_moles(self) -> float:
        solvents = sum(g / self.solvent[n].molar_mass_g_mol for n, g in self.grams.items())
        return solvents + sum(self.moles.values())

    def salt_amount(self, name: str, unit: str) -> float:
        n = self.moles[name]
        return {
            "M": lambda: n / self.litres,
            "m": lambda: 1000 * n / self.solvent_grams,
            "mol/kg solution": lambda: 1000 * n / self.all_grams,
            "wt%": lambda: 100 * self.grams_of_salt(name) / self.all_grams,
            "mol%": lambda: 100 * n / self.all_moles,
        }[unit]()


def given(text: str) -> list[tuple[str, float, str]]:
    """Read ``NaPF6=1 M; NaFSI=0.2 M`` of the table."""
    found = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, amount = part.split("=")
        number, unit = amount.split(" ", 1)
        found.append((name, float(number), unit))
    return found


def bottles(recipe: Formulation, additives: set[str]) -> tuple[Bottle, Bottle]:
    """The base electrolyte, and all that is in the bottle."""
    grams = {s.solvent.name: 1000 * s.mass_fraction for s in recipe.solvents}
    moles = recipe.molalities_mol_kg
    base = Bottle(
        {n: g for n, g in grams.items() if n not in additives},
        {n: m for n, m in moles.items() if n not in additives},
        recipe,
    )
    return base, Bottle(grams, moles, recipe)


@pytest.mark.parametrize("row", LITERATURE, ids=lambda row: row["text"][:60])
def test_a_recipe_of_the_literature_means_what_it_says(row):
    recipe = parse_recipe(row["text"])
    salts, additives = given(row["salts"]), given(row["additives"])
    base, whole = bottles(recipe, {name for name, _, _ in additives})
    solvents = row["solvents"].split(":")
    assert set(base.grams) == set(solvents)
    assert set(base.moles) == {name for name, _, _ in salts}
    assert set(whole.grams) | set(whole.moles) == {
        *solvents,
        *(name for name, _, _ in [*salts, *additives]),
    }
    shares = solvent_shares(base, row["basis"])
    if row["parts"]:
        parts = dict(zip(solvents, map(float, row["parts"].split(":")), strict=True))
        units = [shares[name] / part for name, part in parts.items()]
        assert units == pytest.approx([units[0]] * len(units), rel=1e-9)
    for name, amount, unit in salts:
        if unit == "ratio":
            assert base.moles[name] / units[0] == pytest.approx(amount, rel=1e-9)
        else:
            assert base.salt_amount(name, unit) == pytest.approx(amount, rel=1e-9)
    for name, amount, unit in additives:
        assert additive_amount(base, whole, name, unit) == pytest.approx(amount, rel=1e-9)


def solvent_shares(base: Bottle, basis: str) -> dict[str, float]:
    grams_per_part = {
        "": dict.fromkeys(base.grams, 1.0),
        "w": dict.fromkeys(base.grams, 1.0),
        "v": {name: density(base.solvent[name]) for name in base.grams},
        "mol": {name: base.solvent[name].molar_mass_g_mol for name in base.grams},
    }[basis]
    return {name: grams / grams_per_part[name] for name, grams in base.grams.items()}


def additive_amount(base: Bottle, whole: Bottle, name: str, unit: str) -> float:
    if name in whole.moles:
        return whole.salt_amount(name, unit)
    grams = whole.grams[name]
    return (
        100
        * {
            "wt%": lambda: grams / whole.all_grams,
            "wt% of base": lambda: grams / base.all_grams,
            "wt% of solvents": lambda: grams / whole.solvent_grams,
            "vol%": lambda: grams / density(whole.solvent[name]) / whole.solvent_ml,
        }[unit]()
    )


@pytest.mark.parametrize("row", LITERATURE, ids=lambda row: row["text"][:60])
def test_what_is_written_of_it_is_read_back(row):
    recipe = parse_recipe(row["text"])
    assert parse_recipe(recipe.notation()).key == recipe.key


# Beyond the grammar of unilyte 0.1.0a0: two salts, and names with a hyphen, comma or space.
FOR_UNILYTE = [
    row
    for row in LITERATURE
    if row["salts"].count("=") == 1
    and not set(row["solvents"]) & set("-, ")
    and "LiNO3" not in row["additives"]
    and "LiPF6" not in row["additives"]
]


@pytest.mark.parametrize("row", FOR_UNILYTE, ids=lambda row: row["text"][:60])
def test_unilyte_reads_what_is_written_of_it(row):
    unilyte = pytest.importorskip("unilyte", reason="the package unilyte is not installed")
    recipe = parse_recipe(row["text"])
    rendered = unilyte.parse(recipe.notation()).normalize()
    assert parse_recipe(rendered).key == recipe.key


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["text"][:60] or "empty")
def test_a_bad_recipe_is_refused_with_its_reason(row):
    with pytest.raises(ElectrolyteError) as caught:
        parse_recipe(row["text"])
    assert row["message"] in str(caught.value)


def test_the_lists_are_long_and_of_different_recipes():
    for table, least in ((LITERATURE, 120), (REFUSED, 60)):
        texts = [row["text"] for row in table]
        assert len(texts) == len(set(texts)) >= least
