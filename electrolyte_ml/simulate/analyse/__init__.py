"""What a recorded simulation says: density, structure, ion pairing, diffusion, conductivity."""

from electrolyte_ml.simulate.analyse.conductivity import (
    einstein_helfand_ms_cm,
    nernst_einstein_ms_cm,
    short_lag_nernst_einstein_ms_cm,
)
from electrolyte_ml.simulate.analyse.diffusion import (
    diffusion_1e10_m2_s,
    mean_square_displacement,
    yeh_hummer_1e10_m2_s,
)
from electrolyte_ml.simulate.analyse.estimate import Estimate, NotConvergedError
from electrolyte_ml.simulate.analyse.pairing import IonPairing, ion_pairing
from electrolyte_ml.simulate.analyse.structure import Coordination, coordination

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
