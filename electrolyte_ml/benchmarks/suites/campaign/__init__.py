"""Suite ``campaign``: intervals of campaigns, and shortlists, in simulated laboratories.

`laboratory` says what is measured there, `rehearsal` how intervals are judged, `shortlists` how the
rule that picks a shortlist is.
"""

from __future__ import annotations

from functools import partial

from electrolyte_ml.benchmarks.job import Job, chosen_splits
from electrolyte_ml.benchmarks.suites.campaign.rehearsal import judge_intervals
from electrolyte_ml.benchmarks.suites.campaign.shortlists import RULES, judge_shortlists

TASK = "simulated laboratories, conductivity"
SHORTLISTS = "shortlists in simulated laboratories, conductivity"
PROBLEMS = ("sodium_low_temperature", "sodium_room_temperature", "lithium_reference")
OURS, SHIPPED = "campaign", "shipped intervals, nothing learned"
_SEEDS, _QUICK_SEEDS = 20, 2
_CODE = (
    "electrolyte_ml.benchmarks.suites.campaign",
    "electrolyte_ml.campaign",
    "electrolyte_ml.models",
    "electrolyte_ml.rules",
    "electrolyte_ml.search",
)


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Campaigns and shortlists in the laboratories of each problem.

    Parameters
    ----------
    quick
        Two laboratories of the first problem.
    splits
        Names of problems; all of `PROBLEMS` by default.
    seed
        Of the first laboratory.

    Raises
    ------
    InputError
        If there is no such problem in the suite.
    """
    names = chosen_splits(splits, known=PROBLEMS, default=PROBLEMS[:1] if quick else PROBLEMS)
    seeds = range(seed, seed + (_QUICK_SEEDS if quick else _SEEDS))
    runs = [
        *(
            (TASK, model, partial(judge_intervals, learns=model == OURS))
            for model in (OURS, SHIPPED)
        ),
        *((SHORTLISTS, rule, partial(judge_shortlists, rule=rule)) for rule in RULES),
    ]
    return [
        Job(
            task=task,
            split=name,
            model=model,
            seed=seed,
            run=partial(run, name, seeds),
            depends_on=_CODE,
            version=str(len(seeds)),
        )
        for name in names
        for task, model, run in runs
    ]
