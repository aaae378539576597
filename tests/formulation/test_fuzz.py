"""Whatever is typed, the parser gives a recipe or an error of this package, and soon."""

import csv
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.formulation.notation.normalise import LONGEST_RECIPE

HERE = Path(__file__).parent
# A suggestion for each of three names that nobody knows takes 140,000 calls.
MOST_CALLS = 400_000
# Of processor time, for 500 characters: only what will never end takes so long.
HANGS_AFTER_S = 120


def known_texts() -> list[str]:
    texts = []
    for name in ("literature_recipes.csv", "refused_recipes.csv"):
        with (HERE / name).open(newline="", encoding="utf-8") as stream:
            texts += [row["text"][:LONGEST_RECIPE] for row in csv.DictReader(stream)]
    return texts


TEXTS = known_texts()
WORDS_TEXT = """
1 M m NaPF6 in EC : DEC 1:1 v/v w/w + 2 wt% FEC ( ) [ ] , / | - . 1e9 % mol kg-1 2G aq _ r-1-2
1e308 1e-320 by volume of the mixture mixed solvent with and containing NaFSI:DME TTE 1:1.2:1 100%
50 vol% = ; C1 =O (F) [Na+] [Na+].[Cl-] c1ccccc1 2-MeTHF 1,2-dimethoxyethane 1.2DME a an in M
DMC_EC|50_50|LiPF6|2 1-1_1M ratio equiv ppm ~ ± 0,5 LP30 PP P/P NaPF6_DME_1M
"""
WORDS = WORDS_TEXT.split()
SMILES_CHARACTERS = "CNOPSFBIclnos()[]=#@+-.123456789%/\\HNaLi"


@st.composite
def mangled(draw) -> str:
    """A recipe with a few characters deleted, inserted, doubled or taken from another one."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(text)))
        piece = draw(
            st.one_of(
                st.just(""),
                st.sampled_from(" ()[]:/|,;+-_%.0123456789MmvwEC\N{MINUS SIGN}"),
                st.sampled_from(TEXTS).map(lambda t: t[:20]),
            )
        )
        text = text[:at] + piece + text[at + draw(st.integers(0, 2)) :]
    return text


ANYTHING = st.one_of(
    mangled(),
    st.text(max_size=200),
    st.binary(max_size=200).map(lambda b: b.decode("latin-1")),
    st.binary(max_size=200).map(lambda b: b.decode("utf-8", "surrogateescape")),
    st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=40).map("".join),
    st.text(SMILES_CHARACTERS, max_size=200).map("1 M NaPF6 in {}".format),
    st.tuples(st.floats(), st.floats(), st.floats()).map(
        lambda x: "{} M NaPF6 in EC:DEC {}:{} v/v".format(*x)
    ),
)


def read(text: str) -> Formulation | ElectrolyteError:
    try:
        return parse_recipe(text)
    except ElectrolyteError as error:
        return error


# Tables that are made when first needed, on the way to a suggestion for a name.
read("1 M NaXX in ethylene carbonat")


@contextmanager
def no_hang(text: str) -> Iterator[None]:
    """A pattern that searches for ever is one call: it is stopped and fails the test."""

    def stop(*_: object) -> None:
        raise AssertionError(f"the parser hangs on {text!r}")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, HANGS_AFTER_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def survives(text: str, count_calls) -> None:
    with no_hang(text), count_calls() as count:
        outcome = read(text)
    assert count.calls < MOST_CALLS, text
    if isinstance(outcome, Formulation):
        again = parse_recipe(outcome.notation())
        assert again.mole_fractions == pytest.approx(outcome.mole_fractions, rel=0, abs=1.1e-6)
    else:
        assert str(outcome)


@given(ANYTHING)
@example("1 M NaPF6 in P/P")  # diphosphane, whose SMILES is the name of propyl propanoate
@example("1 M NaFSA/PC:F C (98:2 by vol.)")
@example("N:FSI_DME_r-1-1p2")  # a SMILES with a colon would be written into a ratio
@settings(max_examples=500, suppress_health_check=list(HealthCheck))
def test_any_text_gives_a_recipe_or_an_error_of_ours_soon(count_calls, text):
    survives(text, count_calls)


@pytest.mark.slow
@given(ANYTHING)
@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
def test_any_of_very_many_texts_gives_a_recipe_or_an_error_of_ours_soon(count_calls, text):
    survives(text, count_calls)


# Text on which a careless pattern or search takes time that doubles with every few characters.
GREEDY = [
    "1 M NaPF6 in " + "of a " * 95 + "1:1 x",
    "1 M NaPF6 in EC" + " of a" * 90 + " 1:1 x",
    "1 M NaPF6 in EC" + " by vol" * 65 + " 1:1 x",
    "1 M NaPF6 in EC:DEC 1:1 " + "v/" * 200 + "v",
    "1 M NaPF6 in EC:DEC 1:1 (" + "v/v)(" * 90 + ")",
    "(" * 250 + ")" * 250,
    "1 M NaPF6 in " + "(EC " * 60 + ")" * 60,
    "1 M NaPF6 in " + "1:1 " * 110,
    "1 M NaPF6 in EC" + " + 2 wt% FEC" * 38,
    "1 M NaPF6 + " * 38 + "in EC",
    "1 M NaPF6 in " + "EC:" * 150 + " 1:1 v/v",
    "1 M NaPF6 in " + "C-" * 200 + "C 1:1 v/v",
    "1 M NaPF6 in " + "C-" * 19 + "C 1:1:1:1:1:1:1:1:1:1 v/v",
    "1 M NaPF6 in " + "EC (50 vol%)/" * 35,
    "1 M NaPF6 in " + "50 % EC and " * 38 + "by volume x",
    "1 M NaPF6 in EC (" + "30%, " * 90 + ")",
    "(" + "1 in " * 95 + "()" + ")",
    ".," * 200 + "x",
    "_" * 500,
    "%" * 500,
    "1" * 500,
    "1-" * 250,
    "1e1" * 160,
    "1.1.1." * 80,
    "a_" * 250,
    "1|" * 250,
    "NaPF6_" * 60 + "1M",
    "NaPF6_" + "EC-" * 120 + "1-1_1M",
    "NaPF6_EC_" + "1M-" * 120 + "1M",
    "DMC_" * 100 + "|" + "1_" * 20 + "1",
    "1 M Na" + "PF6" * 150 + " in EC",
    "lithium " * 60,
    "1 M (" + "NaPF6 " * 70 + ") in EC",
    "1 M NaPF6 in C" + "(C" * 150 + ")" * 150,
    "1 M NaPF6 in " + "C1CC1" * 48,
    "1 M NaPF6 in " + "c1ccc2ccccc2c1" * 17,
    "1 M NaPF6 in " + "C[C@H](F)" * 27,
    "1 M NaPF6 in " + "C/C=C/" * 40 + "C",
    "1 M " + ".".join(["[Na+]", "[Cl-]"] * 40) + " in EC",
    "1 M NaPF6 in " + "C" * 487,
    "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 400,
    "1 M NaXX in ethylene carbonat:dimethyl carbonatee:ethyl methyll carbonate 1:1:1 v/v",
]


@pytest.mark.parametrize("text", GREEDY, ids=lambda t: f"{t[:20]}...{t[-10:]}")
def test_no_text_keeps_the_parser_busy(count_calls, text):
    survives(text[:LONGEST_RECIPE], count_calls)


def test_a_recipe_is_read_in_two_thousand_calls(count_calls):
    solvents = ["EC", "PC", "DMC", "EMC", "DEC", "DME", "diglyme", "THF"]
    salts = ["NaPF6", "NaFSI", "NaTFSI", "LiPF6", "sodium hexafluorophosphate"]
    forms = [
        "{m:.4f} M {salt} in {a}:{b} {r}:{q} v/v + {w:.2f} wt% FEC",
        "{m:.4f} mol L-1 {salt} in {a}/{b} ({r}/{q}, w/w) with {w:.2f} wt.% VC",
        "{salt}:{a}:TTE 1:{m:.4f}:{w:.2f} mol",
        "{m:.4f} m {salt} in {a}",
        "{m:.4f} M {salt} + 0.1 M NaDFOB in {a} and {b} ({r}:{q} by volume)",
    ]
    texts = {
        forms[i % 5].format(
            m=0.1 + i * 1e-4,
            salt=salts[i % 5],
            a=solvents[i % 8],
            b=solvents[(i + 1 + i // 8 % 7) % 8],
            r=1 + i % 7,
            q=1 + i % 5,
            w=0.5 + i % 97 / 20,
        )
        for i in range(500)
    }
    assert len(texts) == 500
    with count_calls() as count:
        for text in texts:
            parse_recipe(text)
    assert count.calls < 2000 * len(texts)
