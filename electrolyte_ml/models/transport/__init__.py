"""Transport numbers of a salt: self-diffusion, salt diffusivity, transference number.

`electrolyte_ml.models.transport.model` says how they are found, and what they rest on.
"""

from electrolyte_ml.models.transport.model import (
    TransportModel,
    TransportNumbers,
    nernst_einstein,
    predict_transport,
)

__all__ = ["TransportModel", "TransportNumbers", "nernst_einstein", "predict_transport"]
