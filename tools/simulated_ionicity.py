"""Simulated conductivity of independent ions over the real one, as it is and by Walden's rule.

Run as ``python -m tools.simulated_ionicity``. A line an electrolyte, the most polar first: the
Nernst-Einstein conductivity by that of the conductivity model, by how much the liquid is too mobile
(`electrolyte_ml.benchmarks.cokriging.excess_mobility`), and the first by the second.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from electrolyte_ml.benchmarks.cokriging import LONG, TABLES_OF, excess_mobility
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity import predict_conductivity
from electrolyte_ml.models.transport.ionicity import ionicity_features
from electrolyte_ml.models.transport.self_diffusion import FORCE_FIELD, simulated_runs
from electrolyte_ml.simulate.force_field import ForceField
from electrolyte_ml.text import celsius

_COLUMN = "nernst_einstein_corrected_ms_cm"


def ratios() -> Iterator[tuple[str, float, float, float, float]]:
    """Recipe, temperature in K, permittivity, simulated over real conductivity, excess mobility."""
    rows = [
        row
        for row in simulated_runs(TABLES_OF[LONG])
        if ForceField.of_row(row) == FORCE_FIELD and row.get(_COLUMN)
    ]
    formulations = [parse_recipe(row["realised"]) for row in rows]
    kelvin = np.array([float(row["temperature_k"]) for row in rows])
    real = predict_conductivity(formulations, kelvin).value
    beyond, _ = excess_mobility(rows, formulations, kelvin)
    permittivity = 8.0 / ionicity_features(formulations)[:, 1]
    for i in np.argsort(-permittivity).tolist():
        over = float(rows[i][_COLUMN]) / real[i]
        yield (
            formulations[i].notation(),
            float(kelvin[i]),
            float(permittivity[i]),
            float(over),
            float(10 ** beyond[i]),
        )


def main() -> None:
    """Print the table."""
    print(
        f"{'electrolyte':44s} {'at':>7s} {'eps':>5s} {'NE/real':>8s} {'excess':>7s} {'Walden':>7s}"
    )
    for recipe, kelvin, permittivity, over, excess in ratios():
        numbers = f"{permittivity:5.1f} {over:8.2f} {excess:7.2f} {over / excess:7.2f}"
        print(f"{recipe:44s} {celsius(kelvin):>7s} {numbers}")


if __name__ == "__main__":
    main()
