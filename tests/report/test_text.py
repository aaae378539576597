import pytest
from rich.table import Table

from electrolyte_ml.report.text import interval, liquid_range_text, output_console, value_text
from electrolyte_ml.report.window import window_text
from electrolyte_ml.text import significant


def _prediction(value, low, high, *, in_domain=True):
    return {"value": value, "low": low, "high": high, "in_domain": in_domain}


@pytest.mark.parametrize(
    ("prediction", "text"),
    [
        (_prediction(6.414, 4.9, 8.31), "6.41 (4.9-8.31)"),
        (_prediction(6.4, 4.9, 8.3, in_domain=False), "6.4 (4.9-8.3) ?"),
        # A factor of five each way is no answer; just below four is one.
        (_prediction(23.8, 4.59, 124.0, in_domain=False), "unknown (4.59-124) ?"),
        (_prediction(4.0, 1.01, 16.0), "4 (1.01-16)"),
        (_prediction(0.0, 0.0, 0.0), "0 (0-0)"),
        (_prediction(-0.1, -0.8, 0.6), "-0.1 (-0.8 to 0.6)"),
        (_prediction(None, None, None), "-"),
        # The upper bound is too large for a number.
        (_prediction(1e14, 0.0, None, in_domain=False), "unknown (0-?) ?"),
    ],
)
def test_intervals_as_people_read_them(prediction, text):
    assert interval(prediction) == text


def test_a_value_without_an_interval_stands():
    assert value_text({"value": 1.25, "low": None, "high": None}) == significant(1.25) == "1.25"


def shown_at(monkeypatch, capsys, width):
    """What a table of three columns looks like in a console of that width."""
    monkeypatch.setenv("COLUMNS", str(width))
    table = Table(box=None, pad_edge=False)
    table.add_column("recipe", overflow="fold")
    table.add_column("T", justify="right", no_wrap=True)
    table.add_column("conductivity, mS/cm", justify="right")
    table.add_row("1 M NaPF6 in " + ":".join(["EC", "DEC"] * 4) + " by volume" * 8, "25 °C", "8.98")
    output_console().print(table)
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [120, 60])
def test_a_table_that_must_be_narrower_breaks_no_word(monkeypatch, capsys, width):
    out = shown_at(monkeypatch, capsys, width)
    assert max(map(len, out.splitlines())) <= width
    assert {"conductivity,", "EC:DEC:EC:DEC:EC:DEC:EC:DEC", "volume"} <= set(out.split())
    assert "25 °C" in out


def test_where_words_are_too_long_rows_stand_below_each_other(monkeypatch, capsys):
    assert "  conductivity, mS/cm: 8.98\n" in shown_at(monkeypatch, capsys, 40)


def test_no_number_of_a_table_is_minus_zero():
    liquid = dict.fromkeys(("freezes_below_k", "boils_above_k", "flash_point_k"), 273.15 - 0.3)
    liquid |= {f"{name}_in_domain": True for name in tuple(liquid)}
    assert liquid_range_text(liquid) == "0 / 0 / 0"
    side = {"value": -0.04, "in_domain": True, "limiting_species": "PC", "reference": "Na/Na+"}
    record = {"reduction_limit_v": side, "oxidation_limit_v": {**side, "value": 6.0}}
    assert window_text(record) == "0.0 PC to 6.0 PC vs Na/Na+"
