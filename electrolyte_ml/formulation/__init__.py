"""Formulations: amounts and their bases, lab notation, identity, exchange, weigh-out."""

from electrolyte_ml.formulation.amounts import (
    AdditiveBasis,
    Amounts,
    RatioBasis,
    SaltAmount,
    SaltBasis,
    SolventAmount,
)
from electrolyte_ml.formulation.battinfo import to_battinfo
from electrolyte_ml.formulation.exchange import (
    formulation_from_dict,
    formulation_from_json,
    formulations_from_csv,
    to_csv,
)
from electrolyte_ml.formulation.formulation import Formulation
from electrolyte_ml.formulation.notation.parse import parse_recipe
from electrolyte_ml.formulation.weigh_out import (
    Sheet,
    SheetRow,
    weigh_out_g,
    weigh_out_rounded_g,
    weigh_out_sheet,
)

__all__ = [
    "AdditiveBasis",
    "Amounts",
    "Formulation",
    "RatioBasis",
    "SaltAmount",
    "SaltBasis",
    "Sheet",
    "SheetRow",
    "SolventAmount",
    "formulation_from_dict",
    "formulation_from_json",
    "formulations_from_csv",
    "parse_recipe",
    "to_battinfo",
    "to_csv",
    "weigh_out_g",
    "weigh_out_rounded_g",
    "weigh_out_sheet",
]
