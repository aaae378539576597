"""Output of simulations: results that may be quoted, and why others may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from electrolyte_ml.simulate.force_field import ForceField
from electrolyte_ml.simulate.goal import GOALS, GoalCheck, Outcome, PropertyGoal
from electrolyte_ml.units import duration_text

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
    yield from _job_lines(result)
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


def _job_lines(result: Mapping[str, Any]) -> Iterator[str]:
    job = result["job"]
    yield f"{result['recipe']} (realised), {result['n_atoms']} atoms, {job['temperature_k']:g} K"
    speed = f", {result['ns_per_day']:.0f} ns/day" if "ns_per_day" in result else ""
    yield f"cation set {ForceField.from_dict(job).label}, seed {job['seed']}{speed}"


def check_line(goal: PropertyGoal, check: GoalCheck, used_s: float, left_s: float | None) -> str:
    """What a run for a goal knows after some time, and how long it may still take.

    Parameters
    ----------
    goal, check
        What is asked for, and what is known.
    used_s, left_s
        Wall-clock time used, and left by the law of errors, s; None where it is not known.
    """
    known = _known(goal, check)
    left = "" if not left_s else f", about {duration_text(left_s)} left"
    if not known:
        known = f"no error bar yet ({check.reasons[0]})" if check.reasons else "no error bar yet"
    return f"{_length(check.length_ps)}: {known}; {duration_text(used_s)} used{left}"


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """The end of a run for a goal: the results, and whether the property is known well enough."""
    goal, result = outcome.goal, outcome.result
    if result is None:
        yield (
            f"the budget ended in stage {outcome.stage}, before any {goal.property_name} was "
            "recorded; the same command continues"
        )
        return
    yield from _result_of_goal(result)
    last = outcome.checks[-1]
    ended = f"after {_length(last.length_ps)} and {duration_text(outcome.used_s)}"
    asked = f"{goal.property_name} within {100 * goal.relative_error:g} %"
    if outcome.reached:
        yield f"{asked}: reached {ended} ({_known(goal, last)})"
        return
    known = _known(goal, last) or "no error bar yet"
    left = outcome.left_s
    more = f" for about {duration_text(left)}" if left else ""
    why = f"; {'; '.join(last.reasons)}" if last.reasons else ""
    yield f"{asked}: not reached {ended} ({known}{why}); the same command continues{more}"


def _result_of_goal(result: Mapping[str, Any]) -> Iterator[str]:
    """All of a production; of other runs, the property alone."""
    if "pairing" in result:
        yield from result_lines(result)
        return
    yield from _job_lines(result)
    if "density_g_cm3" in result:
        yield _line("density, g/cm3", result["density_g_cm3"])
    if "shear_rate_per_s" in result:
        rate = f"at a shear rate of {result['shear_rate_per_s']:.1e}/s"
        yield _line(f"viscosity {rate}, mPa s", result["viscosity_mpa_s"])


def _known(goal: PropertyGoal, check: GoalCheck) -> str:
    """``diffusion of Na 3.4 +- 0.5 1e-10 m2/s, 15 %``; empty where there is no error bar."""
    if check.value is None or check.error is None or check.relative_error is None:
        return ""
    of = f" of {check.of}" if check.of else ""
    unit = f" {GOALS[goal.property_name]}" if GOALS[goal.property_name] else ""
    share = f"{100 * check.relative_error:.2g} %"
    return f"{goal.property_name}{of} {check.value:.4g} +- {check.error:.2g}{unit}, {share}"


def _length(ps: float) -> str:
    return f"{ps / 1000:.2f} ns" if ps >= 1000 else f"{ps:g} ps"


def _structure_lines(result: Mapping[str, Any]) -> Iterator[str]:
    for cation, shells in result["coordination"].items():
        for shell in shells:
            name = f"{shell['element']} of {shell['species']} around {cation}"
            peak = shell["peak_nm"]
            where = "no peak" if peak is None else f"peak {peak:.2f} nm"
            yield _line(f"{name} ({where})", shell["number"])
    for cation, pairing in result["pairing"].items():
        for key, label in _PAIRING.items():
            yield _line(f"{cation}: {label}", pairing[key])
        yield _line(f"{cation}: life of a contact, ps", pairing["residence_ps"])


def _line(label: str, estimate: Mapping[str, Any]) -> str:
    if not estimate["converged"]:
        return f"{label}: not converged ({'; '.join(estimate['reasons'])})"
    error = "" if estimate["error"] is None else f" +- {estimate['error']:.2g}"
    return f"{label}: {estimate['value']:.4g}{error}"
