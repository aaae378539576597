"""Which processor OpenMM runs on: one thread of the CPU by default, a graphics card on request."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.optional import import_optional

DEFAULT_PLATFORM = "cpu"
# Jobs fan out over cores, threads do not; forces in single, sums in double precision on a card.
_PROPERTIES = MappingProxyType(
    {
        "CUDA": {"Precision": "mixed"},
        "OpenCL": {"Precision": "mixed"},
        "CPU": {"Threads": "1"},
        "Reference": {},
    }
)
_NAMES = MappingProxyType(
    {
        "auto": ("CUDA", "OpenCL", "CPU"),
        "cuda": ("CUDA",),
        "opencl": ("OpenCL",),
        "cpu": ("CPU",),
        "reference": ("Reference",),
    }
)
#: What a caller may ask for; ``auto`` takes the first of CUDA, OpenCL and CPU that works.
PLATFORMS = tuple(_NAMES)


class PlatformError(ElectrolyteError, RuntimeError):
    """OpenMM cannot run on the platform that was asked for."""


def make_context(system: Any, integrator: Any, platform: str = DEFAULT_PLATFORM) -> Any:
    """An OpenMM context.

    Parameters
    ----------
    system, integrator
        What is simulated, and how.
    platform
        One of `PLATFORMS`.

    Returns
    -------
    openmm.Context
        On the first platform of the request that works.

    Raises
    ------
    InputError
        If there is no such platform.
    PlatformError
        If none works; the message says why.
    """
    mm = import_optional("openmm")
    faults = []
    for name in platform_names(platform):
        try:
            found = mm.Platform.getPlatformByName(name)
            return mm.Context(system, integrator, found, dict(_PROPERTIES[name]))
        except mm.OpenMMException as error:
            faults.append(f"{name}: {error}")
    raise PlatformError(f"OpenMM cannot run on {platform!r}: {'; '.join(faults)}")


def platform_names(platform: str) -> tuple[str, ...]:
    """OpenMM's names of a request, in the order in which they are tried.

    Raises
    ------
    InputError
        If there is no such platform.
    """
    if platform not in _NAMES:
        raise InputError(f"no platform {platform!r}; platforms: {', '.join(PLATFORMS)}")
    return _NAMES[platform]
