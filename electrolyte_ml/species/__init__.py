"""Species: solvents, ions and salts, and their properties with a source for every value."""

from electrolyte_ml.species.catalog import Catalog, default_catalog
from electrolyte_ml.species.chemistry import canonical_smiles
from electrolyte_ml.species.entities import Ion, PropertyValue, Salt, Solvent
from electrolyte_ml.species.names import normalise_name

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
