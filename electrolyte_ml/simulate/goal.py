r"""Runs of no fixed length: until a property is known well enough, or the time is over.

The error bar of a mean falls with the square root of the time it is averaged over,

.. math:: \epsilon(t) = k / \sqrt{t},

so that the errors of the last checks give :math:`k`, and with it the time that is still needed. A
goal counts as reached where both the error bar and this law are below it: four blocks that agree by
chance do not end a run.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import make_folder
from electrolyte_ml.simulate.analyse.estimate import Estimate
from electrolyte_ml.simulate.checkpoint import save_json
from electrolyte_ml.simulate.lengthened import Sampler, Subject, sampler_of
from electrolyte_ml.simulate.running import locked
from electrolyte_ml.threads import one_thread

#: Properties that a run can be continued for, with the unit of their estimates.
GOALS: Mapping[str, str] = {
    "diffusion": "1e-10 m2/s",
    "conductivity": "mS/cm",
    "viscosity": "mPa s",
    "density": "g/cm3",
    "coordination": "",
}

# Checks whose errors make the law: earlier ones are of motion that is not diffusive yet.
_CHECKS_OF_LAW = 4
# A run is lengthened by what the law asks for, within these factors.
_LEAST_GROWTH, _LARGEST_GROWTH = 1.25, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyGoal:
    """What is to be known, and how well.

    Attributes
    ----------
    property_name
        One of `GOALS`.
    relative_error
        Error bar by value at which the run ends.
    """

    property_name: str
    relative_error: float

    def __post_init__(self) -> None:
        if self.property_name not in GOALS:
            raise InputError(
                f"no run can be continued for {self.property_name!r}; properties: "
                f"{', '.join(GOALS)}"
            )
        if not 0 < self.relative_error < 1:
            raise InputError(
                f"an error lies above 0 and below 100 %, such as 10%, given "
                f"{100 * self.relative_error:g}%"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalCheck:
    """What a run knows after some time.

    Attributes
    ----------
    length_ps
        Time averaged over, ps.
    of
        Which estimate is known worst, such as ``Na``; empty where there is one only.
    value, error
        Its value and standard error; None where there is none yet.
    relative_error
        Its error by value; for coordination, by the whole coordination number. None as above.
    reasons
        Why the property may not be quoted yet.
    """

    length_ps: float
    of: str
    value: float | None
    error: float | None
    relative_error: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run for a goal ended.

    Attributes
    ----------
    goal
        What was asked for.
    reached
        Whether the property is known as well as that.
    checks
        What was known when, also of earlier runs that this one continued.
    used_s
        Wall-clock time of this run, s.
    left_s
        Wall-clock time that the goal still needs by the law, s; None where it is not known.
    stage
        Stage that the run ended in.
    result
        Result as of `electrolyte_ml.simulate.running.run_job`, or what it describes of the job
        with the property alone; None where the budget ended before the property was recorded.
    """

    goal: PropertyGoal
    reached: bool
    checks: tuple[GoalCheck, ...]
    used_s: float
    left_s: float | None
    stage: str
    result: dict[str, Any] | None

    def to_dict(self) -> dict[str, Any]:
        """JSON form: the result, and under ``goal`` how it was reached."""
        goal = {
            "property": self.goal.property_name,
            "error": self.goal.relative_error,
            "reached": self.reached,
            "used_s": self.used_s,
            "left_s": self.left_s,
            "stage": self.stage,
            "checks": [asdict(check) for check in self.checks],
        }
        return {**(self.result or {}), "goal": goal}


OnCheck = Callable[[GoalCheck, float, float | None], None]


def run_until(
    subject: Subject,
    goal: PropertyGoal,
    budget_s: float,
    *,
    on_check: OnCheck | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Run, or continue, a job until a property is known well enough or the budget ends.

    Parameters
    ----------
    subject
        What to simulate. Runs of the same job that are longer or shorter are continued.
    goal
        Property and error.
    budget_s
        Wall-clock time of this run, s.
    on_check
        Called after every check with it, the time used, s, and the time left by the law, s.
    clock
        Seconds of a clock.

    Returns
    -------
    Outcome
        What is known, and whether it is enough.

    Raises
    ------
    InputError
        If the property is not one of the liquid.
    JobLockedError
        If another process is at it.
    """
    _require_ions(subject, goal)
    deadline = _Deadline(clock, budget_s)
    sampler = sampler_of(goal.property_name, subject)
    make_folder(sampler.folder)
    with locked(sampler.folder / "lock"), one_thread():
        sampler.begin()
        return _Search(sampler, goal, deadline, on_check).run()


def _require_ions(subject: Subject, goal: PropertyGoal) -> None:
    box = subject.job.composition
    needed = {"conductivity": box.cations, "coordination": box.metal_cations}
    if not needed.get(goal.property_name, box.components):
        raise InputError(
            f"a liquid without a salt of a metal has no {goal.property_name} to simulate; "
            "simulate its density, diffusion or viscosity, or add a salt"
        )


class _Deadline:
    """The end of a budget of wall-clock time."""

    def __init__(self, clock: Callable[[], float], budget_s: float) -> None:
        self._clock, self._started, self._budget_s = clock, clock(), budget_s

    def used_s(self) -> float:
        return self._clock() - self._started

    def over(self, *_: object) -> bool:
        return self.used_s() >= self._budget_s


class _Search:
    """Lengthen a run and look at the property until one of the ends."""

    def __init__(
        self, sampler: Sampler, goal: PropertyGoal, deadline: _Deadline, on_check: OnCheck | None
    ) -> None:
        self._sampler, self._goal = sampler, goal
        self._deadline, self._on_check = deadline, on_check
        self._record = sampler.folder / f"checks-{goal.property_name}.json"
        self._checks = _read_checks(self._record)

    def run(self) -> Outcome:
        sampler = self._sampler
        target, result, reached = max(sampler.first_ps, sampler.length_ps), None, False
        while True:
            if sampler.length_ps < target:
                sampler.advance(target, self._deadline.over)
            if sampler.length_ps == 0:
                break
            result, estimates = sampler.look()
            self._add(_checked(sampler.length_ps, estimates, self._goal))
            reached = _reached(self._checks, self._goal)
            if reached or self._deadline.over():
                break
            target = sampler.length_ps * _growth(self._checks, self._goal)
        return Outcome(
            goal=self._goal,
            reached=reached,
            checks=tuple(self._checks),
            used_s=self._deadline.used_s(),
            left_s=0.0 if reached else self._left_s(),
            stage=sampler.stage,
            result=result,
        )

    def _add(self, check: GoalCheck) -> None:
        self._checks = [c for c in self._checks if c.length_ps < check.length_ps - 1e-6]
        self._checks.append(check)
        save_json(self._record, {"checks": [asdict(c) for c in self._checks]})
        if self._on_check is not None:
            self._on_check(check, self._deadline.used_s(), self._left_s())

    def _left_s(self) -> float | None:
        needed = needed_ps(self._checks, self._goal.relative_error)
        speed = self._sampler.ps_per_s
        if needed is None or not speed:
            return None
        return max(0.0, needed - self._sampler.length_ps) / speed


def needed_ps(checks: Sequence[GoalCheck], relative_error: float) -> float | None:
    """Time, ps, after which the error bar is expected to be small enough; None if unknown."""
    known = [
        c.relative_error**2 * c.length_ps
        for c in checks[-_CHECKS_OF_LAW:]
        if c.relative_error is not None
    ]
    return sum(known) / len(known) / relative_error**2 if known else None


def _reached(checks: Sequence[GoalCheck], goal: PropertyGoal) -> bool:
    last = checks[-1]
    if last.reasons or last.relative_error is None:
        return False
    needed = needed_ps(checks, goal.relative_error)
    enough = needed is not None and needed <= last.length_ps
    return enough and last.relative_error <= goal.relative_error


def _growth(checks: Sequence[GoalCheck], goal: PropertyGoal) -> float:
    needed = needed_ps(checks, goal.relative_error)
    if needed is None:
        return _LARGEST_GROWTH
    return min(_LARGEST_GROWTH, max(_LEAST_GROWTH, needed / checks[-1].length_ps))


def _checked(length_ps: float, estimates: Mapping[str, Estimate], goal: PropertyGoal) -> GoalCheck:
    """The estimate that is known worst, and what speaks against any of them."""
    whole = sum(e.value for e in estimates.values())
    share = goal.property_name == "coordination"
    errors = {
        name: (e.error / whole if share and whole > 0 else e.relative_error)
        for name, e in estimates.items()
    }
    errors = {name: e if math.isfinite(e) else math.inf for name, e in errors.items()}
    of = max(errors, key=errors.__getitem__)
    worst = estimates[of]
    return GoalCheck(
        length_ps=length_ps,
        of=of,
        value=_finite(worst.value),
        error=_finite(worst.error),
        relative_error=_finite(errors[of]),
        reasons=tuple(dict.fromkeys(r for e in estimates.values() for r in e.reasons)),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _read_checks(path: Path) -> list[GoalCheck]:
    if not path.is_file():
        return []
    held = json.loads(path.read_text(encoding="utf-8"))["checks"]
    return [GoalCheck(**{**c, "reasons": tuple(c["reasons"])}) for c in held]
