"""Output of simulations: results that may be quoted, and why others may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from electrolyte_ml.simulate.force_field import ForceField

_PAIRING = {
    "contact": "contact ion pairs",
    "separated": "solvent-separated pairs",
    "free": "free cations",
    "aggregated": "in contact with two anions or more",
}


def result_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Results of a simulation as lines of text.

    Parameters
    ----------
    result
        Result of `electrolyte_ml.simulate.running.run_job`.

    Yields
    ------
    str
        One line each.
    """
    job = result["job"]
    yield f"{result['recipe']} (realised), {result['n_atoms']} atoms, {job['temperature_k']:g} K"
    yield (
        f"cation set {ForceField.from_dict(job).label}, "
        f"seed {job['seed']}, {result['ns_per_day']:.0f} ns/day"
    )
    yield _line("density, g/cm3", result["density_g_cm3"])
    if "relative_permittivity" in result:
        yield _line("static permittivity", result["relative_permittivity"])
    yield from _structure_lines(result)
    corrected = result.get("diffusion_corrected_1e10_m2_s", {})
    for name, diffusion in result["diffusion_1e10_m2_s"].items():
        yield _line(f"diffusion of {name} in the box, 1e-10 m2/s", diffusion)
        if name in corrected:
            yield _line(f"diffusion of {name}, corrected for the box", corrected[name])
    for key, label in (
        ("nernst_einstein_ms_cm", "Nernst-Einstein conductivity, mS/cm"),
        ("nernst_einstein_corrected_ms_cm", "the same, corrected for the box, mS/cm"),
        ("einstein_helfand_ms_cm", "Einstein-Helfand conductivity, mS/cm"),
    ):
        if key in result:
            yield _line(label, result[key])
    if "yeh_hummer_correction_1e10_m2_s" in result:
        yield (
            f"correction for the box: {result['yeh_hummer_correction_1e10_m2_s']:.3g} 1e-10 m2/s, "
            f"with a viscosity of {result['viscosity_mpa_s']:.3g} mPa s"
        )
    else:
        yield "diffusion is that of the box: no viscosity was given to correct for its size"


def _structure_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for cation, shells in result["coordination"].items():
        for shell in shells:
            name = f"{shell['element']} of {shell['species']} around {cation}"
            yield _line(f"{name} (peak {shell['peak_nm']:.2f} nm)", shell["number"])
    for cation, pairing in result["pairing"].items():
        for key, label in _PAIRING.items():
            yield _line(f"{cation}: {label}", pairing[key])
        yield _line(f"{cation}: life of a contact, ps", pairing["residence_ps"])


def _line(label: str, estimate: Mapping[str, Any]) -> str:
    if not estimate["converged"]:
        return f"{label}: not converged ({'; '.join(estimate['reasons'])})"
    error = "" if estimate["error"] is None else f" +- {estimate['error']:.2g}"
    return f"{label}: {estimate['value']:.4g}{error}"
