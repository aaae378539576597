"""BattINFO/EMMO JSON-LD of formulations.

The package `unilyte` writes it wherever it can express the recipe; elsewhere a document of the same
structure is written here, with a label and a SMILES for each component. Classes of substances are
those of the EMMO domain ontology of chemical substances [1]_, as far as it has them.

References
----------
.. [1] https://github.com/emmo-repo/domain-chemical-substance
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation.amounts import Amounts
from electrolyte_ml.formulation.formulation import Formulation
from electrolyte_ml.formulation.writing import canonical_amounts, write
from electrolyte_ml.species import Salt, Solvent

_CONTEXT: dict[str, str] = {
    "chemical": "https://w3id.org/emmo/domain/chemical-substance#",
    "emmo": "https://w3id.org/emmo#",
    "unit": "https://qudt.org/vocab/unit/",
}
# Keys that this package's own writer adds to each component.
_OWN_CONTEXT = {
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
}
_BATTERY_CONTEXT = "https://w3id.org/emmo/domain/battery/context"
_WATER = "water"


class _EmmoName(NamedTuple):
    emmo_class: str
    unilyte_name: str


def to_battinfo(formulation: Formulation) -> tuple[dict[str, Any], str]:
    """JSON-LD document of a formulation, and which program wrote it.

    Parameters
    ----------
    formulation
        The recipe.

    Returns
    -------
    document : dict
        JSON-LD: ``hasSolvent`` with mass fractions in the base solvents, ``hasSolute`` with mol by
        kg of base solvents, ``hasAdditive`` with mass fractions in the whole electrolyte.
    writer : str
        ``written by unilyte``, or why it was not.
    """
    amounts = canonical_amounts(formulation.solvents, formulation.salts)
    own = _document(amounts)
    reason = _not_for_unilyte(amounts)
    if reason is None:
        import unilyte

        document: dict[str, Any] = unilyte.parse(_unilyte_text(amounts)).to_battinfo()
        if _same(document, _without_own_keys(own)):
            return document, "written by unilyte"
        reason = "unilyte reads the recipe otherwise"
    return own, f"written by electrolyte_ml: {reason}"


def _not_for_unilyte(amounts: Amounts) -> str | None:
    """Reason why `unilyte` cannot write a recipe; None if it can."""
    try:
        import unilyte  # noqa: F401
    except ImportError:
        return "unilyte is not installed (pip install 'electrolyte_ml[exchange]')"
    names = [s.name for s, _ in amounts.base_solvents] + [s.name for s, _, _ in amounts.additives]
    names += [s.name for s, _, _ in amounts.salts]
    unknown = [name for name in names if name not in _emmo_names()]
    if unknown:
        return f"unilyte does not know {', '.join(unknown)}"
    if len(amounts.salts) > 1:
        return "unilyte leaves out the concentrations of two salts"
    return None


def _unilyte_text(amounts: Amounts) -> str:
    names = {name: known.unilyte_name for name, known in _emmo_names().items()}
    return write(amounts, names=names, brackets=True)


def _document(amounts: Amounts) -> dict[str, Any]:
    solutes = [
        _component("Solute", s, _property("AmountConcentration", "unit:MOL-PER-KiloGM", m))
        for s, m, _ in amounts.salts
    ]
    alone = len(amounts.base_solvents) == 1
    solvents = [
        _component("Solvent", s, {} if alone else _property("MassFraction", "unit:PERCENT", part))
        for s, part in amounts.base_solvents
    ]
    additives = [
        _component("Additive", s, _property("MassFraction", "unit:PERCENT", percent))
        for s, percent, _ in amounts.additives
    ]
    total = sum(part for _, part in amounts.base_solvents)
    water = sum(part for s, part in amounts.base_solvents if s.name == _WATER)
    document: dict[str, Any] = {
        "@context": [_BATTERY_CONTEXT, _CONTEXT | _OWN_CONTEXT],
        "@type": "AqueousElectrolyte" if water > total / 2 else "OrganicElectrolyte",
    }
    for relation, components in (
        ("hasSolute", solutes),
        ("hasSolvent", solvents),
        ("hasAdditive", additives),
    ):
        if components:
            document[relation] = components if len(components) > 1 else components[0]
    return document


def _component(role: str, species: Solvent | Salt, measured: dict[str, Any]) -> dict[str, Any]:
    known = _emmo_names().get(species.name)
    smiles = (
        species.smiles
        if isinstance(species, Solvent)
        else ".".join(
            [species.cation.smiles] * species.n_cation + [species.anion.smiles] * species.n_anion
        )
    )
    substance = [f"chemical:{known.emmo_class}"] if known and known.emmo_class else []
    return {
        "@type": [role, *substance] if substance else role,
        "rdfs:label": species.name,
        "schema:smiles": smiles,
        **({"hasMeasuredProperty": measured} if measured else {}),
    }


def _property(kind: str, unit: str, value: float) -> dict[str, Any]:
    return {
        "@type": kind,
        "hasMeasurementUnit": unit,
        "hasNumericalPart": {"@type": "emmo:RealData", "hasNumberValue": float(value)},
    }


def _without_own_keys(value: Any) -> Any:
    """The document as `unilyte` writes it: a label only where there is no class."""
    if isinstance(value, dict):
        labelled = isinstance(value.get("@type"), str)
        return {
            key: _without_own_keys(inner)
            for key, inner in value.items()
            if key not in _OWN_CONTEXT
            and key != "schema:smiles"
            and (key != "rdfs:label" or labelled)
        }
    return [_without_own_keys(inner) for inner in value] if isinstance(value, list) else value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return bool(one == other)


@cache
def _emmo_names() -> dict[str, _EmmoName]:
    """Class in EMMO, and name in `unilyte`, of the species that both know.

    A few salts are known to `unilyte` and have no class in EMMO yet. Propyl propanoate is left
    out: its short name PP is polypropylene there.
    """
    rows = packaged_table("formulation/emmo_classes.csv")
    return {row["name"]: _EmmoName(row["emmo_class"], row["unilyte_name"]) for row in rows}
