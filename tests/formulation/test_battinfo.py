"""BattINFO JSON-LD: by unilyte where it can, else of the same structure."""

import sys

import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.formulation.battinfo import to_battinfo

RECIPE = "1 m NaPF6 in EC:DEC 1:1 w/w + 2 wt% FEC"


def amount(component):
    return component["hasMeasuredProperty"]["hasNumericalPart"]["hasNumberValue"]


def without_unilyte(monkeypatch):
    monkeypatch.setitem(sys.modules, "unilyte", None)


def test_unilyte_writes_what_it_knows(caplog):
    pytest.importorskip("unilyte", reason="the package unilyte is not installed")
    document, writer = to_battinfo(parse_recipe(RECIPE))
    assert writer == "written by unilyte"
    assert document["hasSolute"]["@type"] == ["Solute", "chemical:SodiumHexafluorophosphate"]
    assert amount(document["hasSolute"]) == 1.0
    assert [amount(s) for s in document["hasSolvent"]] == [50.0, 50.0]
    assert amount(document["hasAdditive"]) == 2.0
    assert not caplog.records


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0.8 m NaPF6 + 0.2 m NaClO4 in DME", "leaves out the concentrations of two salts"),
        ("1 m NaFSI in DME:TTE 1:1 w/w", "does not know TTE"),
        ("1 m NaPF6 in COCCOCC(C)C", "does not know"),
        # unilyte takes PP for polypropylene
        ("1 m NaPF6 in PP", "does not know PP"),
        ("17 m NaClO4 (aq)", "does not know water"),
    ],
)
def test_what_unilyte_cannot_say_is_written_here(text, why):
    pytest.importorskip("unilyte", reason="the package unilyte is not installed")
    document, writer = to_battinfo(parse_recipe(text))
    assert why in writer
    assert "Polypropylene" not in str(document)


def test_own_document_has_the_structure_of_unilyte(monkeypatch):
    unilyte = pytest.importorskip("unilyte", reason="the package unilyte is not installed")
    theirs = unilyte.parse("(1m NaPF6 in EC:DEC 50:50wt) + 2wt% FEC").to_battinfo()
    without_unilyte(monkeypatch)
    ours, _ = to_battinfo(parse_recipe(RECIPE))
    for relation in ("hasSolute", "hasAdditive"):
        assert ours[relation].items() >= theirs[relation].items()
    for own, other in zip(ours["hasSolvent"], theirs["hasSolvent"], strict=True):
        assert own.items() >= other.items()
    assert ours["@context"][0] == theirs["@context"][0]
    assert ours["@context"][1].items() >= theirs["@context"][1].items()
    assert ours["@type"] == theirs["@type"]


def test_own_document_names_every_component(monkeypatch):
    without_unilyte(monkeypatch)
    document, writer = to_battinfo(parse_recipe("0.8 m NaPF6 + 0.2 m Mg(TFSI)2 in DME:TTE 1:3 w/w"))
    assert "not installed" in writer
    assert "electrolyte_ml[exchange]" in writer
    first, second = document["hasSolute"]
    assert (first["rdfs:label"], amount(first)) == ("NaPF6", 0.8)
    assert (second["rdfs:label"], amount(second)) == ("Mg(TFSI)2", 0.2)
    assert second["schema:smiles"].count("[N-]") == 2
    assert [s["rdfs:label"] for s in document["hasSolvent"]] == ["DME", "TTE"]
    assert [amount(s) for s in document["hasSolvent"]] == [25.0, 75.0]
    assert document["hasSolvent"][1]["@type"] == "Solvent"


def test_an_aqueous_electrolyte_is_called_one(monkeypatch):
    without_unilyte(monkeypatch)
    document, _ = to_battinfo(parse_recipe("17 m NaClO4 (aq)"))
    assert document["@type"] == "AqueousElectrolyte"
    assert "hasMeasuredProperty" not in document["hasSolvent"]
