"""``electrolyte-ml simulate``: molecular dynamics of a recipe, or of a campaign of many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.executors import Dask, ShardOption, Workers
from electrolyte_ml.cli.progress import Quiet
from electrolyte_ml.cli.simulation_progress import (
    SimulationBar,
    analyse_campaign_again,
    going_on_later,
    label_of,
    model_viscosity_mpa_s,
    print_status,
    reporter,
    viscosity_mpa_s,
    write_results,
)

if TYPE_CHECKING:
    from electrolyte_ml.simulate.force_field import ForceField
    from electrolyte_ml.simulate.goal import GoalCheck
    from electrolyte_ml.simulate.job import SimulationJob
    from electrolyte_ml.simulate.results import CationRatio

HELP = "Simulate electrolytes with OpenMM: density, coordination, ion pairing, transport."
_STATE_HELP = "Folder of jobs, finished or killed; the user's state folder by default."
_PLATFORM_HELP = (
    "cpu (one thread), cuda, opencl; auto: the first of CUDA, OpenCL, CPU that works; or gromacs, "
    "several times faster than cpu where the program gmx is installed."
)


class _RunByDefault(TyperGroup):
    """A group whose verb ``run`` may be left out: ``simulate "1 M NaPF6 in PC"``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(help=HELP, cls=_RunByDefault, no_args_is_help=True)


@app.command(
    epilog=example('simulate "1 M NaPF6 in PC" --property diffusion --error 10% --budget "2 h"')
)
def run(
    recipe: Annotated[str, typer.Argument(help="Such as '1 M NaPF6 in PC'.")],
    preset: Annotated[
        str | None,
        typer.Option(
            help="Length and size, one of smoke, density, pair, quick, liquid, shells, campaign, "
            "survey, standard, transport; quick by default, standard with --property."
        ),
    ] = None,
    property_name: Annotated[
        str | None,
        typer.Option(
            "--property",
            help="Run until this is known well enough: diffusion, conductivity, viscosity, density "
            "or coordination.",
        ),
    ] = None,
    error: Annotated[
        str, typer.Option(help="Error bar by value at which a run for --property ends.")
    ] = "10%",
    budget: Annotated[
        str, typer.Option(help="Time after which a run for --property ends at the latest.")
    ] = "2 h",
    at: Annotated[str, typer.Option(help="Temperature with its unit.")] = "25 degC",
    cation_set: Annotated[
        str | None, typer.Option(help="Published parameters of the cations.")
    ] = None,
    charge_scale: Annotated[
        float | None, typer.Option(help="Factor on ion charges, above 0 and at most 1.")
    ] = None,
    solvent_set: Annotated[
        str, typer.Option(help="Named refinement of solvents; empty for the published numbers.")
    ] = "",
    solvent_charge_scale: Annotated[
        float, typer.Option(help="Factor on the partial charges of solvents.")
    ] = 1.0,
    solvent_epsilon_scale: Annotated[
        float, typer.Option(help="Factor on the Lennard-Jones depths of solvents.")
    ] = 1.0,
    solvent_sigma_scale: Annotated[
        float, typer.Option(help="Factor on the Lennard-Jones diameters of solvents.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Makes packing and velocities repeatable.")] = 1,
    platform: Annotated[str, typer.Option(help=_PLATFORM_HELP)] = "cpu",
    state: Annotated[Path | None, typer.Option(help=_STATE_HELP)] = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Simulate one recipe; a killed run is continued by the same command."""
    from electrolyte_ml.report.simulation import result_lines
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.simulate import run_job
    from electrolyte_ml.simulate.force_field import DEFAULT_CHARGE_SCALE, ForceField
    from electrolyte_ml.simulate.ions import DEFAULT_CATION_SET
    from electrolyte_ml.simulate.running import default_folder

    force_field = ForceField(
        cation_set=DEFAULT_CATION_SET if cation_set is None else cation_set,
        charge_scale=DEFAULT_CHARGE_SCALE if charge_scale is None else charge_scale,
        solvent_set=solvent_set,
        solvent_charge_scale=solvent_charge_scale,
        solvent_epsilon_scale=solvent_epsilon_scale,
        solvent_sigma_scale=solvent_sigma_scale,
    )
    usual = "quick" if property_name is None else "standard"
    job = _job(recipe, at, preset or usual, force_field, seed=seed)
    if property_name is not None:
        _run_until(
            job,
            state or default_folder(),
            (property_name, error, budget),
            platform=platform,
            quiet=quiet,
            as_json=as_json,
        )
        return
    folder = state or default_folder()
    with going_on_later(folder), SimulationBar(show=not quiet) as bar:
        result = run_job(
            job,
            folder,
            bar.callback(recipe),
            viscosity_mpa_s=model_viscosity_mpa_s(job),
            platform=platform,
        )
    if as_json:
        typer.echo(dump_json(result))
        return
    for line in result_lines(result):
        typer.echo(line)


def _job(recipe: str, at: str, preset: str, force_field: ForceField, *, seed: int) -> SimulationJob:
    from electrolyte_ml.formulation import parse_recipe
    from electrolyte_ml.simulate import SimulationJob, compose_box
    from electrolyte_ml.simulate import preset as preset_of
    from electrolyte_ml.units import temperature_k

    protocol, n_atoms = preset_of(preset)
    at_k = temperature_k(at)
    box = compose_box(
        parse_recipe(recipe),
        n_atoms,
        least_length_nm=protocol.least_length_nm,
        temperature_k=at_k,
    )
    return SimulationJob(
        composition=box,
        temperature_k=at_k,
        force_field=force_field,
        protocol=protocol,
        seed=seed,
    )


def _run_until(
    job: SimulationJob,
    folder: Path,
    wanted: tuple[str, str, str],
    *,
    platform: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run for a property, an error and a budget as they were typed; tell every check."""
    from electrolyte_ml.report.simulation import check_line, outcome_lines
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.simulate.goal import PropertyGoal, run_until
    from electrolyte_ml.simulate.lengthened import Subject
    from electrolyte_ml.units import duration_s, share

    name, error, budget = wanted
    goal = PropertyGoal(property_name=name, relative_error=share(error))
    budget_s = duration_s(budget)

    def on_check(check: GoalCheck, used_s: float, left_s: float | None) -> None:
        if not quiet:
            typer.echo(check_line(goal, check, used_s, left_s), err=True)

    with going_on_later(folder), SimulationBar(show=not quiet) as bar:
        subject = Subject(
            job=job,
            folder=folder,
            viscosity_mpa_s=model_viscosity_mpa_s(job),
            platform=platform,
            progress=bar.callback(name),
        )
        outcome = run_until(subject, goal, budget_s, on_check=on_check)
    if as_json:
        typer.echo(dump_json(outcome.to_dict()))
        return
    for line in outcome_lines(outcome):
        typer.echo(line)


@app.command(epilog=example("simulate campaign solvents.toml --workers 4"))
def campaign(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml")],
    state: Annotated[Path | None, typer.Option(help=_STATE_HELP)] = None,
    table: Annotated[
        Path | None, typer.Option(help="Results table; default: NAME.csv in the state folder.")
    ] = None,
    workers: Workers = 1,
    dask: Dask = None,
    shard: ShardOption = None,
    platform: Annotated[str, typer.Option(help=_PLATFORM_HELP)] = "cpu",
    status: Annotated[
        bool, typer.Option("--status", help="Show how far the campaign is, and stop.")
    ] = False,
    reanalyse: Annotated[
        bool, typer.Option("--reanalyse", help="Analyse kept recordings again; simulate nothing.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Run every job of a campaign that is not finished; the table grows as jobs end."""
    from functools import partial

    from electrolyte_ml.executors import Shard, open_executor
    from electrolyte_ml.simulate import read_campaign, run_campaign
    from electrolyte_ml.simulate.results import read_table
    from electrolyte_ml.simulate.running import default_folder

    plan = read_campaign(file).shard(Shard.read(shard))
    folder = state or default_folder()
    target = table or folder / f"{plan.name}.csv"
    known = {row["key"] for row in read_table(target)}
    if status:
        print_status(plan, folder, known)
        return
    if reanalyse:
        analyse_campaign_again(plan, folder)
        write_results(plan, folder, target)
        return
    write_results(plan, folder, target)
    after_each = reporter(plan, folder, target, quiet=quiet)
    run_campaign = partial(run_campaign, viscosity=viscosity_mpa_s, platform=platform)
    if workers == 1 and dask is None:
        with going_on_later(folder), SimulationBar(show=not quiet) as bar:
            run_campaign(
                plan,
                folder,
                after_each=after_each,
                skip=known,
                progress=lambda entry: bar.callback(label_of(entry)),
            )
        return
    with going_on_later(folder), open_executor(workers, dask) as executor:
        run_campaign(plan, folder, executor=executor, after_each=after_each, skip=known)


@app.command("ratios", epilog=example("simulate ratios solvents.csv"))
def print_ratios(
    table: Annotated[Path, typer.Argument(metavar="TABLE.csv", help="A campaign's results.")],
    column: Annotated[
        str, typer.Option(help="Quantity whose ratio is shown: a column of the table.")
    ] = "nernst_einstein_short_ms_cm",
    over: Annotated[str, typer.Option(help="Cation of the numerator.")] = "Na",
    under: Annotated[str, typer.Option(help="Cation of the denominator.")] = "Li",
) -> None:
    """Ratio of a quantity between the halves of each pair, and the mean of all pairs."""
    from math import isfinite

    from electrolyte_ml.errors import InputError, TableError
    from electrolyte_ml.simulate.results import ratios, read_table

    rows = read_table(table)
    if not rows or column not in rows[0]:
        raise TableError([f"{table} holds no rows with a column {column!r}"])
    found = ratios(rows, column, over, under)
    if not found:
        cations = ", ".join(sorted({row["cation"] for row in rows if row.get("cation")}))
        raise InputError(
            f"{table} holds no pair of {over} and {under} with a {column}; its cations: {cations}"
        )
    for ratio in found:
        labels = ", ".join(ratio.labels.values())
        known = isfinite(ratio.error)
        seeds = f"{ratio.n_seeds} seed" + ("s" if ratio.n_seeds > 1 else "")
        error = f" +- {ratio.error:.2f}" if known else ""
        bar = "" if known else ", no error bar"
        typer.echo(f"{over}/{under} {ratio.value:.2f}{error} ({seeds}{bar}): {labels}")
    for line in _pooled_lines(found, f"{over}/{under}"):
        typer.echo(line)


def _pooled_lines(found: Sequence[CationRatio], name: str) -> Iterator[str]:
    """Mean of the ratios by cation set and charge scale, alone and against measured ones."""
    from electrolyte_ml.simulate.results import against_measured, measured_ratios, pool_ratios

    deviations = against_measured(found, measured_ratios())
    kinds = (
        (f"mean log10 {name}", pool_ratios(found)),
        ("  where measured, simulated less measured", deviations),
    )
    for label, pools in kinds:
        for (cation_set, scale), pooled in pools.items():
            mean = f"{pooled.mean_log10:+.3f} +- {pooled.error_log10:.3f}"
            many = pooled.n_pairs > 1
            spread = f", spread {pooled.spread_log10:.3f} ({pooled.n_pairs} pairs)" if many else ""
            yield f"{label}, {cation_set} x{scale}: {mean}{spread}"


@app.command("validate", epilog=example("simulate validate solvents.csv"))
def validate(
    table: Annotated[Path, typer.Argument(metavar="TABLE.csv", help="A campaign's results.")],
    write: Annotated[
        Path | None,
        typer.Option(help="Also write every comparison to this .csv, .xlsx or .parquet file."),
    ] = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare simulated diffusion and density with measured ones; judge each force field."""
    import pandas as pd

    from electrolyte_ml.errors import TableError
    from electrolyte_ml.report.progress import working
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.simulate.results import read_table
    from electrolyte_ml.simulate.validation import compare, judge
    from electrolyte_ml.tables.writing import require_writable, write_frame

    if write is not None:
        require_writable(write, option="--write")
    with working("comparing with measured values", show=not quiet):
        comparisons = compare(read_table(table))
    if not comparisons:
        raise TableError([f"{table} holds nothing that is measured too"])
    verdicts = judge(comparisons)
    if write is not None:
        write_frame(pd.DataFrame([comparison.to_dict() for comparison in comparisons]), write)
    if as_json:
        typer.echo(dump_json([verdict.to_dict() for verdict in verdicts]))
        return
    for verdict in verdicts:
        for line in verdict.lines():
            typer.echo(line)


@app.command("shells", epilog=example("simulate shells solvents.toml"))
def compute_first_shells(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.toml", help="A campaign with finished jobs.")
    ],
    state: Annotated[Path | None, typer.Option(help=_STATE_HELP)] = None,
    table: Annotated[
        Path | None,
        typer.Option(help="Table to continue; default: NAME_shells.csv in the state folder."),
    ] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="Shells of each box at the least.")] = 20,
    workers: Workers = 1,
    dask: Dask = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Limits of first shells of cations by tight binding; computed shells are kept."""
    from dataclasses import asdict

    from electrolyte_ml.executors import open_executor
    from electrolyte_ml.report.progress import progress_bar
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.simulate import read_campaign
    from electrolyte_ml.simulate.running import default_folder
    from electrolyte_ml.simulate.shells import compute_shells, shell_tasks

    plan = read_campaign(file)
    folder = state or default_folder()
    target = table or folder / f"{plan.name}_shells.csv"
    tasks = shell_tasks(plan, folder, n)
    with (
        open_executor(workers, dask) as executor,
        progress_bar("shells", show=not quiet, total=len(tasks)) as bar,
    ):
        rows = compute_shells(
            tasks,
            target,
            executor=executor,
            after_each=lambda found, done, total: bar.labelled(found[0].shell, done, total),
        )
    if as_json:
        typer.echo(dump_json([asdict(row) for row in rows]))
        return
    failures = {row.shell_key: row for row in rows if row.failure}
    for row in failures.values():
        typer.echo(f"{row.recipe}, {row.shell}: failed: {row.failure}", err=True)
    typer.echo(
        f"{len(tasks) - len(failures)} shells computed, {len(failures)} failed: {target}; "
        f"show what they do to limits with: electrolyte-ml window shells {target}"
    )
