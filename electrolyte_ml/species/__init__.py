"""Species: what can be in the bottle, and what is known of it, with a source for every value."""

from electrolyte_ml.species.base import Ion, PropertyValue, Salt, Solvent
from electrolyte_ml.species.catalog import Catalog
from electrolyte_ml.species.chemistry import canonical_smiles
from electrolyte_ml.species.default import default_catalog
from electrolyte_ml.species.spelling import normalise_name

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
