"""Analysis of a recorded simulation: density, structure, ion pairing, diffusion, conductivity."""

from electrolyte_ml.simulate.analyse.estimate import Estimate, NotConvergedError
from electrolyte_ml.simulate.analyse.structure import (
    Coordination,
    IonPairing,
    coordination,
    ion_pairing,
)
from electrolyte_ml.simulate.analyse.transport import (
    diffusion_1e10_m2_s,
    einstein_helfand_ms_cm,
    mean_square_displacement,
    nernst_einstein_ms_cm,
    short_lag_nernst_einstein_ms_cm,
    yeh_hummer_1e10_m2_s,
)

__all__ = [
    "Coordination",
    "Estimate",
    "IonPairing",
    "NotConvergedError",
    "coordination",
    "diffusion_1e10_m2_s",
    "einstein_helfand_ms_cm",
    "ion_pairing",
    "mean_square_displacement",
    "nernst_einstein_ms_cm",
    "short_lag_nernst_einstein_ms_cm",
    "yeh_hummer_1e10_m2_s",
]
