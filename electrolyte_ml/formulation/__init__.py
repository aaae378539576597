"""Formulations: amounts and their bases, lab notation, identity, weigh-out."""

from electrolyte_ml.formulation.amounts import Amounts
from electrolyte_ml.formulation.base import Formulation, SaltAmount, SolventAmount
from electrolyte_ml.formulation.bases import AdditiveBasis, RatioBasis, SaltBasis
from electrolyte_ml.formulation.notation import parse_recipe
from electrolyte_ml.formulation.writing import canonical_notation, weigh_out_g

__all__ = [
    "AdditiveBasis",
    "Amounts",
    "Formulation",
    "RatioBasis",
    "SaltAmount",
    "SaltBasis",
    "SolventAmount",
    "canonical_notation",
    "parse_recipe",
    "weigh_out_g",
]
