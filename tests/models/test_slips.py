"""Tables in another unit, in logarithms or under the wrong heading are found against the models."""

import re
from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.quality import available_names
from electrolyte_ml.data.sources import load_tables
from electrolyte_ml.formulation import Amounts, Formulation, RatioBasis, SaltBasis, parse_recipe
from electrolyte_ml.models import predict_conductivity, predict_viscosity
from electrolyte_ml.models.slips import find_slips
from electrolyte_ml.properties import property_of
from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.ionic_liquids import ionic_liquid

SALTY = [
    "1 M NaPF6 in PC",
    "0.5 M NaPF6 in EC:DEC 1:1 w/w",
    "1 M LiPF6 in EC:DMC 1:1 w/w",
    "1 M NaPF6 in diglyme",
    "0.3 M LiPF6 in PC",
]
ROOM_K = 298.15
# How far a measurement is from the model.
SCATTER = np.array([1.1, 0.9, 1.05, 0.8, 1.2])


def expected(predict=predict_conductivity, recipes=SALTY, kelvin=ROOM_K):
    found = predict([parse_recipe(r) for r in recipes], np.full(len(recipes), kelvin))
    return found.value * SCATTER


def table(value, *, source="lab", name="conductivity_ms_cm", kelvin=ROOM_K, recipes=SALTY):
    n = len(recipes)
    return Measurements(
        property_name=name,
        formulations=tuple(parse_recipe(r) for r in recipes),
        formulation_index=np.arange(n),
        temperature_k=np.full(n, kelvin),
        value=np.asarray(value, dtype=float),
        source=np.broadcast_to(np.asarray(source), n).astype(np.str_),
        source_row=np.arange(n),
        flag=np.full(n, ""),
    )


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (
            lambda k: k / 1000,
            "about (950|1000) times below.*in S/cm, not in mS/cm",
        ),
        (lambda k: k / 10, "times below.*numbers are in S/m, not in mS/cm"),
        (lambda k: k * 100, "about 1[01]0 times above.*numbers are in mS/m, not in mS/cm"),
        (np.log10, "times below.*numbers are log10 of mS/cm"),
    ],
)
def test_conductivities_in_another_unit_are_named_with_it(number, words):
    (slip,) = find_slips(table(number(expected())))
    assert re.search(words, str(slip)), str(slip)
    assert slip.rows == (0, 1, 2, 3, 4)
    assert not slip.is_part
    assert slip.to_dict()["n_rows"] == 5
    assert "all 5 rows of lab" in str(slip)


@pytest.mark.parametrize(("factor", "unit"), [(1e-3, "Pa s"), (1e-2, "P"), (1e3, "µPa s")])
def test_viscosities_in_another_unit_are_named_with_it(factor, unit):
    recipes = ["PC", "DMC", "DME", "diglyme", "EC:DMC 1:1 w/w"]
    value = factor * expected(predict_viscosity, recipes)
    (slip,) = find_slips(table(value, name="viscosity_mpa_s", recipes=recipes))
    assert slip.causes[0] == f"the numbers are in {unit}, not in mPa s"


def test_right_values_and_a_laboratory_that_reads_twice_as_much_are_none():
    assert find_slips(table(expected())) == ()
    assert find_slips(table(2 * expected())) == ()


def test_one_paper_of_several_is_blamed_and_no_other():
    value = expected() * np.array([1, 1, 1e-3, 1e-3, 1e-3])
    (slip,) = find_slips(table(value, source=["a", "a", "b", "b", "b"]))
    assert (slip.source, slip.rows) == ("b", (2, 3, 4))


def test_papers_of_a_row_each_are_one_slip_of_the_table():
    (slip,) = find_slips(table(expected() / 1000, source=list("abcde")))
    assert slip.source == ""
    assert str(slip).startswith("conductivity_ms_cm: all 5 rows lie about")


def test_a_part_of_a_sheet_in_another_unit_is_told_by_its_rows():
    value = expected() * np.array([1, 1, 1e-3, 1e-3, 1e-3])
    (slip,) = find_slips(table(value))
    assert slip.is_part
    assert slip.rows == (2, 3, 4)
    assert "3 rows of lab (3 to 5) lie" in str(slip)


def test_one_row_off_by_a_decade_is_a_row_and_no_slip():
    value = expected() * np.array([1, 1, 1, 1, 0.1])
    assert find_slips(table(value)) == ()


def test_single_rows_a_decade_off_are_named_one_by_one():
    value = expected() / SCATTER * np.array([1, 1, 0.009, 5.0, 20.0])
    first, second = find_slips(table(value), single_rows=True)
    assert find_slips(table(value)) == ()
    assert (first.rows, second.rows) == ((2,), (4,))
    assert "row 3 of lab lies about 110 times below" in str(first)
    assert "likely cause" not in str(second)
    # Rows that are off together are named as a slip, once.
    part = table(expected() * np.array([1, 1, 1e-3, 1e-3, 1e-3]))
    assert len(find_slips(part, single_rows=True)) == len(find_slips(part)) == 1
    assert find_slips(table(expected()), single_rows=True) == ()


def test_kelvin_in_a_column_of_celsius():
    value = expected(kelvin=243.15)
    (slip,) = find_slips(table(value, kelvin=243.15 + 273.15))
    assert slip.causes[0] == "temperatures are in K, not in degC"


def test_a_column_of_another_property_is_named():
    recipes = ["1 M NaPF6 in PC", "0.5 M NaPF6 in PC", "1 M LiPF6 in PC"]
    kelvin = 243.15
    conductivity = predict_conductivity([parse_recipe(r) for r in recipes], np.full(3, kelvin))
    under = table(conductivity.value, name="viscosity_mpa_s", recipes=recipes, kelvin=kelvin)
    (slip,) = find_slips(under)
    assert "the column holds conductivity" in slip.causes


def test_what_no_model_predicts_and_what_may_be_negative_has_no_slips():
    assert find_slips(table(SCATTER, name="working_voltage_v")) == ()
    assert find_slips(table(SCATTER, name="oxidation_limit_v")) == ()
    assert find_slips(table(expected()).select(np.empty(0, dtype=np.intp))) == ()


def test_ionic_liquids_are_checked_like_the_others():
    catalog = default_catalog()
    molten = Formulation.from_amounts(
        Amounts(
            base_solvents=[(ionic_liquid(catalog.salt("LiTFSI")), 1.0)],
            ratio_basis=RatioBasis.MASS,
            salts=[(catalog.salt("NaTFSI"), 0.5, SaltBasis.MOLALITY)],
        )
    )
    right = table(expected() / 1000)
    mixed = replace(
        right,
        formulations=(molten, *right.formulations[1:]),
    )
    (slip,) = find_slips(mixed)
    assert slip.n_recipes == 5


@pytest.mark.full_data
def test_known_slips_of_all_data_sets_are_found_and_no_others():
    slips = [s for name in available_names() for m in load_tables(name)[0] for s in find_slips(m)]
    assert {s.source for s in slips} == {
        "10.1007/s10008-002-0300-9",
        "10.1016/S0378-7753(01)00697-8",
        "10.1016/j.jct.2011.12.022",  # a row of water of 1000 times its viscosity
        "10.1149/2.0051701jes",  # the coldest rows of an ionic liquid, which crystallised
    }


def test_a_density_in_kilograms_by_cubic_metre_is_refused_with_that_unit():
    assert "check the unit (is it in kg/m3?)" in property_of("density_g_cm3").fault(1190)


def test_less_is_asked_of_unknown_chemistry_where_a_unit_explains_it():
    recipes = ["1 M NaFSI in DME", "1 M NaTFSI in diglyme", "1 M NaTFSI in PC"]
    found = predict_conductivity([parse_recipe(r) for r in recipes], np.full(3, ROOM_K))
    assert not found.in_domain.all()
    (slip,) = find_slips(table(found.value / 10, recipes=recipes))
    assert slip.causes[0] == "the numbers are in S/m, not in mS/cm"
