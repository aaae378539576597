"""Species: what can be in the bottle, and what is known of it, with a source for every value."""

from electrolyte_ml.species.catalog import Catalog, default_catalog, normalise_name
from electrolyte_ml.species.chemistry import canonical_smiles
from electrolyte_ml.species.entities import Ion, PropertyValue, Salt, Solvent

__all__ = [
    "Catalog",
    "Ion",
    "PropertyValue",
    "Salt",
    "Solvent",
    "canonical_smiles",
    "default_catalog",
    "normalise_name",
]
