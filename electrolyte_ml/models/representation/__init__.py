"""The map of known electrolytes in the representation that the graph network has learned."""

from electrolyte_ml.models.representation.mapping import (
    METHODS,
    MappedBlend,
    RepresentationMap,
    representation_map,
)

__all__ = ["METHODS", "MappedBlend", "RepresentationMap", "representation_map"]
