import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.errors import InputError
from electrolyte_ml.tables import read_number, unusual_temperature


@pytest.mark.parametrize(
    ("text", "number"),
    [("7.9", 7.9), ("7,9", 7.9), (" \N{MINUS SIGN}20,5 ", -20.5), ("\N{EN DASH}20", -20),
     ("1e-3", 1e-3), (".5", 0.5), ("25,0", 25), ("0,500", 0.5), ("9.500", 9.5)],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text, number):
    assert read_number(text) == number


def test_a_thousand_in_doubt_is_asked_about():
    with pytest.raises(InputError, match=r"'9,500', which can be .* ways; write 9500 or 9\.500"):
        read_number("9,500")
    assert read_number("9,500", decimal_comma=True) == 9.5
    for text in ("4.1 mS/cm", "8,1mS cm-1", "-20 °C", "5 %"):
        with pytest.raises(InputError, match="not a number; give the number alone"):
            read_number(text)
    with pytest.raises(InputError, match=r"not a number$"):
        read_number("1e5 or more")
    with pytest.raises(InputError, match=r"'9\.500', which can be .* ways; write 9500 or 9,500"):
        read_number("9.500", decimal_comma=True)


@pytest.mark.parametrize("text", ["1,234.5", "1.234,5", "1 234", "19,000,000"])
def test_separators_of_thousands_are_refused(text):
    with pytest.raises(InputError, match="without separators of thousands"):
        read_number(text)


@pytest.mark.parametrize("text", ["", "warm", "25 °C", "nan", "inf", "1_000", "7±1", "<1", "٣"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(InputError, match="not a number"):
        read_number(text)


@given(st.text(max_size=10))
def test_any_text_is_a_number_or_is_refused(text):
    try:
        assert isinstance(read_number(text), float)
    except InputError:
        return


@pytest.mark.parametrize("kelvin", [223.15, 298.15, 400.0, float("nan")])
def test_temperatures_of_electrolytes_are_usual(kelvin):
    assert unusual_temperature(kelvin, "") is None


@pytest.mark.parametrize(("kelvin", "words"), [(571.3, "K in a column of degC"), (25, "of K")])
def test_room_temperature_in_the_other_unit_is_unusual(kelvin, words):
    fault = unusual_temperature(kelvin, "temperature is 1")
    assert words in fault
    assert "--accept-unusual" in fault
