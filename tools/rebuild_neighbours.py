"""Make the table of measured recipes again that ships with the package.

Run as ``python tools/rebuild_neighbours.py``; it needs the data sets of conductivities.
"""

from __future__ import annotations

from pathlib import Path

from electrolyte_ml.data.conductivities import lithium_conductivities, sodium_conductivities
from electrolyte_ml.data.measurements import concatenate
from electrolyte_ml.models.neighbours import DATA_SET, MeasuredRecipes


def rebuild(folder: Path | None = None) -> MeasuredRecipes:
    """Write the table; into the package by default."""
    # Files whose rows may be shown to everyone.
    table = MeasuredRecipes.of_measurements(
        concatenate([lithium_conductivities(), sodium_conductivities()])
    )
    folder = table.save({"data": DATA_SET}, folder)
    table.FILES.write_card(card(table), folder)
    return table


def card(table: MeasuredRecipes) -> str:
    """The card of the table, Markdown."""
    held = table.record()
    return f"""\
# Measured recipes

- **Holds** {held["recipes"]:,} measured recipes of {held["papers"]} papers, made of
  {held["measurements"]:,} measurements: composition, range of temperature, ionic conductivity at
  25 °C (measured there, or interpolated in 1/T between measured temperatures) or else at the
  measured temperature nearest to it, and the DOI of the paper.
- **From** CALiSol-23 (de Blasio et al., Sci. Data 2024, 10.1038/s41597-024-03575-8), CC BY 4.0:
  points of one paper, salt and blend within 3 % in molality are one recipe, numbers are rounded,
  rows that the cleaning finds unusable are left out. And sodium points from the papers named.
- **Used by** `electrolyte-ml explain` and the report of `electrolyte-ml propose --out`, so that
  both show measured relatives of a recipe without any data on the machine. No model is trained on
  it.
- **Made again** by `{table.FILES.command}`, byte for byte given the data.
- **Format** `neighbours.npz` and `neighbours.json`; reading them runs no code.
"""


if __name__ == "__main__":
    print(rebuild().record())
