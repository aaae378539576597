"""Where simulations run: the platforms of OpenMM, and GROMACS."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import MappingProxyType
from typing import Any

from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.optional import import_optional

DEFAULT_PLATFORM = "cpu"

#: Dynamics of `electrolyte_ml.simulate.gromacs`.
GROMACS = "gromacs"

_GROMACS_PROGRAM = "gmx"

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
        # What GROMACS is not asked to do: minimisation, constant pressure, driven runs.
        GROMACS: ("CPU",),
    }
)

#: What a caller may ask for; ``auto`` takes the first of CUDA, OpenCL and CPU that works.
PLATFORMS = tuple(_NAMES)


class PlatformError(ElectrolyteError, RuntimeError):
    """Simulations cannot run on the requested platform."""


def make_context(system: Any, integrator: Any, platform: str = DEFAULT_PLATFORM) -> Any:
    """An OpenMM context.

    Parameters
    ----------
    system, integrator
        System to simulate, and its integrator.
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


def check_platform(platform: str) -> None:
    """Tell of a platform that cannot be there, before anything is packed.

    Raises
    ------
    InputError
        If there is no such platform.
    PlatformError
        If it is GROMACS, and that is not installed.
    """
    platform_names(platform)
    if platform == GROMACS:
        find_gromacs()


def find_gromacs() -> Path:
    """The program ``gmx``.

    Raises
    ------
    PlatformError
        If it is not on ``$PATH``.
    """
    found = shutil.which(_GROMACS_PROGRAM)
    if found is None:
        raise PlatformError(
            f"platform {GROMACS!r} needs the program {_GROMACS_PROGRAM} of GROMACS 2022 or "
            "newer on $PATH, in mixed precision and without MPI: apt-get install gromacs, conda "
            "install -c conda-forge gromacs, or a module of your cluster; or leave --platform out"
        )
    return Path(found).absolute()
