"""A recipe in a cell: where salt and voltage run out, discharge curves, exchange of parameters.

`electrolyte_ml.cell.geometry` has the cells, `electrolyte_ml.cell.limits` a closed form for many
recipes at once; simulating needs the extra ``cell``.
"""

from electrolyte_ml.cell.geometry import (
    CellGeometry,
    cell_text,
    find_cell,
    read_cell,
    reference_cells,
)
from electrolyte_ml.cell.limits import CellLimits, cell_limits, predict_cell_limits

__all__ = [
    "CellGeometry",
    "CellLimits",
    "cell_limits",
    "cell_text",
    "find_cell",
    "predict_cell_limits",
    "read_cell",
    "reference_cells",
]
