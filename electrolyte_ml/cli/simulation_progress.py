"""How ``simulate`` shows and keeps what a campaign has done: bar, table, status."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from electrolyte_ml.simulate.campaign import CampaignJob, SimulationCampaign
    from electrolyte_ml.simulate.engine import Progress, Report
    from electrolyte_ml.simulate.job import SimulationJob


@contextmanager
def going_on_later(folder: Path) -> Iterator[None]:
    """Say after an interruption how the work goes on, and leave with the code for it."""
    from electrolyte_ml.cli.exit_codes import ExitCode

    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"interrupted: the same command goes on from what {folder} holds", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def analyse_campaign_again(plan: SimulationCampaign, folder: Path) -> None:
    """Analyse kept recordings of a campaign again, and tell each."""
    from electrolyte_ml.simulate.running import analyse_again

    for entry in plan.jobs:
        if analyse_again(entry.job, folder, viscosity_mpa_s(entry)) is not None:
            typer.echo(f"{label_of(entry)}: analysed again", err=True)


def viscosity_mpa_s(entry: CampaignJob) -> float | None:
    """Measured viscosity of the campaign file, or else that of the model."""
    if entry.viscosity_mpa_s is not None:
        return entry.viscosity_mpa_s
    return model_viscosity_mpa_s(entry.job)


def model_viscosity_mpa_s(job: SimulationJob) -> float | None:
    """Viscosity of a job's liquid by the model, mPa s; None where the model has none."""
    from math import isfinite

    import numpy as np

    from electrolyte_ml.models.viscosity import predict_viscosity

    predicted = predict_viscosity([job.composition.formulation()], np.array([job.temperature_k]))
    value = float(predicted.value[0])
    return value if isfinite(value) else None


def reporter(
    plan: SimulationCampaign, folder: Path, target: Path, *, quiet: bool
) -> Callable[[CampaignJob, dict[str, Any] | None, str], None]:
    """What to call after each job: writes the table, and tells how much is left."""
    from electrolyte_ml.simulate.campaign import Pace, open_jobs
    from electrolyte_ml.simulate.results import read_table
    from electrolyte_ml.units import duration_text

    pace = Pace(open_jobs(plan.jobs, {row["key"] for row in read_table(target)}))

    def after_each(entry: CampaignJob, result: dict[str, Any] | None, fault: str) -> None:
        pace.finish(entry)
        if result is None:
            typer.echo(f"{label_of(entry)}: failed: {fault}", err=True)
            return
        done = write_results(plan, folder, target)
        left = pace.left_s()
        ahead = "" if left is None else f", about {duration_text(left)} left"
        if not quiet:
            typer.echo(f"{label_of(entry)}: done ({done} of {len(plan.jobs)}{ahead})", err=True)

    return after_each


def write_results(plan: SimulationCampaign, folder: Path, target: Path) -> int:
    """Write the table; rows of jobs that this folder does not hold are kept."""
    from electrolyte_ml.simulate.results import result_row, update_table

    rows = [result_row(entry, result) for entry, result in plan.finished(folder)]
    known = set(update_table(target, rows))
    return sum(entry.job.key in known for entry in plan.jobs)


def print_status(plan: SimulationCampaign, folder: Path, known: Collection[str]) -> None:
    """Print how far each job of a campaign is; jobs of the keys `known` are done."""
    from electrolyte_ml.simulate.checkpoint import load_result, load_state
    from electrolyte_ml.simulate.running import job_folder

    for entry in plan.jobs:
        own = job_folder(folder, entry.job)
        state = load_state(own)
        if entry.job.key in known or load_result(own) is not None:
            how_far = "done"
        elif state is None:
            how_far = "waiting"
        else:
            how_far = f"{state.stage}, {state.done_ps:g} ps"
        typer.echo(f"{entry.job.key}  {how_far:16s}  {label_of(entry)}")


def label_of(entry: CampaignJob) -> str:
    """Recipe, cation, force field, temperature and seed of a job, for people."""
    job = entry.job
    return (
        f"{entry.recipe} as {entry.cation or 'solvent'}, {job.force_field.label}, "
        f"{job.temperature_k:g} K, seed {job.seed}"
    )


class SimulationBar:
    """A progress bar on standard error; silent where that is not a terminal."""

    def __init__(self, *, show: bool) -> None:
        self._show = show

    def __enter__(self) -> SimulationBar:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[detail]}"),
            TimeRemainingColumn(),
        )
        from electrolyte_ml.report.progress import can_show

        disable = not (self._show and can_show())
        self._bar = Progress(
            *columns, console=Console(stderr=True), transient=True, disable=disable
        )
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def callback(self, label: str) -> Progress:
        """What an engine calls with its reports, shown as one line with a label."""
        task = self._bar.add_task(label, total=1.0, detail="packing")

        def show(report: Report) -> None:
            detail = f"{report.stage}, {report.ns_per_day:.0f} ns/day"
            ended = report.done_ps >= report.total_ps
            self._bar.update(
                task,
                completed=report.done_ps,
                total=report.total_ps,
                detail=detail,
                visible=not ended,
            )

        return show
