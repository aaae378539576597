"""Descriptors of molecules and of mixtures, the input of the models."""

from electrolyte_ml.features.mixture import (
    ANION_FEATURES,
    FEATURE_NAMES,
    FEATURE_VIEWS,
    SOLVENT_FEATURES,
    Composition,
    compose,
    ion_content_of,
    mixture_features,
)

__all__ = [
    "ANION_FEATURES",
    "FEATURE_NAMES",
    "FEATURE_VIEWS",
    "SOLVENT_FEATURES",
    "Composition",
    "compose",
    "ion_content_of",
    "mixture_features",
]
