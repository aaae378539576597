"""The map of known electrolytes in the representation that the graph network has learned."""

from electrolyte_ml.models.maps.map import (
    METHODS,
    ElectrolyteMap,
    MappedBlend,
    electrolyte_map,
)

__all__ = ["METHODS", "ElectrolyteMap", "MappedBlend", "electrolyte_map"]
