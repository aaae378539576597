"""Species known to form a protecting film, which one-electron limits do not see.

A rule, not a prediction: the species of ``tables/film_formers.csv`` are named where they are in
the bottle, whatever their amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.species.catalog import packaged_catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmFormer:
    """A species that decomposes into a film which keeps the electrolyte from the electrode.

    Attributes
    ----------
    name
        Of the catalog.
    electrode
        ``negative``, ``positive`` or ``both``.
    film
        Composition of the film.
    source
        Its source.
    verified
        Whether the source was checked.
    """

    name: str
    electrode: str
    film: str
    source: str
    verified: bool


@cache
def film_formers() -> dict[str, FilmFormer]:
    """Film formers by canonical SMILES."""
    catalog = packaged_catalog()
    smiles = {s.name: s.smiles for s in (*catalog.solvents, *catalog.anions)}
    return {
        smiles[row["species"]]: FilmFormer(
            name=row["species"],
            electrode=row["electrode"],
            film=row["film"],
            source=row["source"],
            verified=row["verified"] == "yes",
        )
        for row in packaged_table("rules/tables/film_formers.csv")
    }


def passivation(formulation: Formulation) -> tuple[FilmFormer, ...]:
    """Film formers among the components, in the order of the recipe."""
    known = film_formers()
    smiles = [s.solvent.smiles for s in formulation.solvents]
    smiles += [s.salt.anion.smiles for s in formulation.salts]
    return tuple(known[text] for text in dict.fromkeys(smiles) if text in known)
