"""``electrolyte-ml cell``: what a recipe does in a cell, and exchange with programs of cells."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from electrolyte_ml.cli import completion
from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.progress import Quiet

if TYPE_CHECKING:
    from electrolyte_ml.cell import CellGeometry
    from electrolyte_ml.cell.runs import DischargeJob

app = typer.Typer(
    help="A recipe in a cell: where salt and voltage run out, discharge, exchange of parameters.",
    no_args_is_help=True,
)

Recipes = Annotated[
    list[str] | None,
    typer.Argument(metavar="RECIPE...", help="Such as '1 M NaPF6 in EC:PC 1:1 w'."),
]
CellName = Annotated[
    str,
    typer.Option(
        "--cell",
        help="Reference cell (see 'cell list'), or a TOML file of your own.",
        autocompletion=completion.cells,
    ),
]
Temperatures = Annotated[
    list[str] | None,
    typer.Option(help="Temperature with its unit, such as '25 degC'; may be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list", epilog=example("cell list hc_nvpf"))
def list_cells(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Print the file of this cell, to copy and change.", autocompletion=completion.cells
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the reference cells, or print the file of one."""
    from electrolyte_ml.cell import cell_text, find_cell, reference_cells
    from electrolyte_ml.report.cell import print_cells
    from electrolyte_ml.report.text import dump_json

    if name is not None and not as_json:
        typer.echo(cell_text(name), nl=False)
        return
    cells = [find_cell(one) for one in (reference_cells() if name is None else (name,))]
    if as_json:
        typer.echo(dump_json([cell.to_dict() for cell in cells]))
    else:
        print_cells(cells)


class CellForm(StrEnum):
    """What an electrolyte is exported to."""

    BPX = "bpx"
    PYBAMM = "pybamm"
    CSV = "csv"


# Temperatures of activation energies and tables where none is given, degC.
_RANGE_C = (-20.0, -10.0, 0.0, 10.0, 25.0, 40.0, 50.0, 60.0)


@app.command(
    epilog=example('cell export "1 M NaPF6 in EC:PC 1:1 w/w" --to bpx --out electrolyte.json')
)
def export(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE")],
    to: Annotated[
        CellForm, typer.Option(help="BPX 1.1 JSON, a Python module for PyBaMM, or tables.")
    ],
    at: Temperatures = None,
    into: Annotated[
        Path | None,
        typer.Option(help="BPX file of a cell whose electrolyte is replaced (with --to bpx)."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File; of tables also .xlsx; standard output by default."),
    ] = None,
) -> None:
    """Write conductivity, salt diffusivity and transference number against concentration.

    The first temperature is the reference of BPX; activation energies are fitted to all of them.
    """
    from io import StringIO

    import pandas as pd

    from electrolyte_ml.cell.exchange import electrolyte_text
    from electrolyte_ml.errors import InputError
    from electrolyte_ml.files import write_text
    from electrolyte_ml.formulation import parse_recipe
    from electrolyte_ml.tables.writing import write_frame
    from electrolyte_ml.units import ROOM_TEMPERATURE_K, ZERO_CELSIUS_K, temperature_k

    if into is not None and to is not CellForm.BPX:
        raise InputError(f"--into is for --to bpx, given --to {to.value}")
    kelvins = [temperature_k(text) for text in at or []]
    reference = kelvins[0] if kelvins else ROOM_TEMPERATURE_K
    if not kelvins or (len(kelvins) == 1 and to is CellForm.BPX):
        # One activation energy does not hold in the deep cold.
        celsius = (c for c in _RANGE_C if c >= 0 or to is not CellForm.BPX)
        kelvins = [round(c + ZERO_CELSIUS_K, 2) for c in celsius]
    text = electrolyte_text(parse_recipe(recipe), to.value, kelvins, reference, into)
    if out is None:
        typer.echo(text, nl=False)
        return
    if to is CellForm.CSV and out.suffix.lower() == ".xlsx":
        write_frame(pd.read_csv(StringIO(text)), out)
    else:
        write_text(out, text)
    typer.echo(f"written to {out}", err=True)


@app.command("import", epilog=example("cell import cell.json --cation Na --out mine.toml"))
def import_cell(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="BPX file of a cell.")],
    out: Annotated[
        Path | None, typer.Option(help="TOML file to write; standard output by default.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the cell; by default that of the file.")
    ] = None,
    cation: Annotated[
        str, typer.Option(help="Cation of the cell, which BPX files do not name.")
    ] = "Li",
) -> None:
    """Take the layers of a BPX file as a cell for 'limits' and 'simulate'."""
    from electrolyte_ml.cell.exchange import cell_of_bpx, toml_of
    from electrolyte_ml.files import write_text

    text = toml_of(cell_of_bpx(file, name=name, cation=cation))
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        typer.echo(f"written to {out}; use it as --cell {out}", err=True)


@app.command(epilog=example('cell limits "1 M NaPF6 in EC:PC 1:1 w/w" --cell hc_nvpf'))
def limits(
    recipes: Recipes = None,
    cell: CellName = "hc_nvpf",
    file: Annotated[
        Path | None,
        typer.Option(help="CSV, xlsx or Parquet with a column 'recipe', as for 'score'."),
    ] = None,
    at: Temperatures = None,
    out: Annotated[
        Path | None, typer.Option(help="Write to a .csv, .xlsx or .parquet file instead.")
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Show the rate at which salt runs out, and the ohmic drop, for a thousand recipes a second."""
    from electrolyte_ml.cell import find_cell
    from electrolyte_ml.errors import InputError
    from electrolyte_ml.report.cell import limits_of, print_limits
    from electrolyte_ml.report.progress import progress_bar
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.scores import ScoreSource
    from electrolyte_ml.tables.writing import require_writable, write_records

    if not recipes and file is None:
        raise InputError("nothing to judge: give a RECIPE or --file")
    if out is not None:
        require_writable(out)
    geometry = find_cell(cell)
    source = ScoreSource(recipes or [], file, at or [])
    with progress_bar("recipes in the cell", show=not quiet, total=source.n_rows) as progress:
        records = limits_of(source, geometry, progress.steps)
    if out is not None:
        write_records(records, out)
        typer.echo(f"{len(records)} rows written to {out}", err=True)
    elif as_json:
        typer.echo(dump_json(records))
    else:
        print_limits(records, geometry)


@app.command(
    epilog=example(
        'cell simulate "1 M NaPF6 in EC:PC 1:1 w/w" --rate 1C --rate 3C --out discharges'
    )
)
def simulate(
    recipes: Annotated[
        list[str], typer.Argument(metavar="RECIPE...", help="Such as '1 M NaPF6 in EC:PC 1:1 w'.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of results; the same command continues it.")],
    cell: CellName = "hc_nvpf",
    rate: Annotated[
        list[str] | None, typer.Option(help="C rate, such as 1C; may be repeated.")
    ] = None,
    at: Temperatures = None,
    samples: Annotated[
        int, typer.Option(help="Samples of salt diffusivity, t+ and conductivity.")
    ] = 20,
    seed: Annotated[int, typer.Option(help="Seed of the samples.")] = 0,
    workers: Annotated[
        int | None, typer.Option(help="Processes; by default one a core, at most one a job.")
    ] = None,
    sei: Annotated[
        str | None,
        typer.Option(help="Also grow a film by this law of PyBaMM: 'solvent-diffusion limited'."),
    ] = None,
    cycles: Annotated[int, typer.Option(help="Cycles with the film.")] = 5,
    film: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Parameter of the film; may be repeated."),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Discharge a cell with PyBaMM (extra 'cell'): capacity and voltage with their intervals."""
    from electrolyte_ml.cell import find_cell
    from electrolyte_ml.cell.runs import run_jobs_of_cell
    from electrolyte_ml.cell.sei import require_law
    from electrolyte_ml.cell.simulate import pybamm_module
    from electrolyte_ml.executors import open_executor
    from electrolyte_ml.report.cell import print_discharges, without_samples, write_discharges
    from electrolyte_ml.report.progress import progress_bar
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.units import temperature_k

    geometry = find_cell(cell)
    rates = [_rate(text) for text in rate or ["1C"]]
    kelvins = [temperature_k(text) for text in at or ["25 degC"]]
    pybamm_module()
    if sei is not None:
        require_law(sei, geometry)
        _film_parameters(film or [])
    jobs = _jobs(recipes, geometry, rates, kelvins, samples, seed)
    n_processes = max(1, min(workers or os.cpu_count() or 1, len(jobs)))
    with (
        open_executor(n_processes) as executor,
        progress_bar("discharges", show=not quiet, total=len(jobs)) as progress,
    ):
        records = run_jobs_of_cell(
            jobs, out, executor=executor, progress=lambda job: progress.finished(job.label)
        )
    write_discharges(records, geometry, out)
    if as_json:
        typer.echo(dump_json([without_samples(record) for record in records]))
    else:
        print_discharges(records, geometry)
    if sei is not None:
        _films(jobs, sei, cycles, film or [], out)
    typer.echo(f"curves, samples and plots are in {out}", err=True)


def _films(jobs: list[DischargeJob], law: str, cycles: int, film: list[str], out: Path) -> None:
    """Cycles with a growing film, told on standard error and written to films.csv and .xlsx."""
    from electrolyte_ml.cell.sei import film_cycles
    from electrolyte_ml.report.cell import FILM_WORDS, film_line, write_films

    given = _film_parameters(film)
    found = [
        film_cycles(
            job.cell,
            job.electrolyte,
            law=law,
            rate_c=job.rate_c,
            cycles=cycles,
            parameters=given,
        )
        for job in jobs
    ]
    for suffix in (".csv", ".xlsx"):
        write_films(jobs, found, out / f"films{suffix}")
    for job, one in zip(jobs, found, strict=True):
        typer.echo(film_line(job, one), err=True)
    typer.echo(FILM_WORDS, err=True)


def _film_parameters(given: list[str]) -> dict[str, float]:
    from electrolyte_ml.cell.sei import film_parameters
    from electrolyte_ml.errors import InputError

    found = {}
    for text in given:
        name, _, value = text.rpartition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise InputError(
                f"a parameter of a film is NAME=VALUE, such as 'solvent diffusivity=2.5e-22'; "
                f"given {text!r}"
            ) from None
    film_parameters(found)
    return found


def _jobs(
    recipes: list[str],
    geometry: CellGeometry,
    rates: list[float],
    kelvins: list[float],
    samples: int,
    seed: int,
) -> list[DischargeJob]:
    from electrolyte_ml.cell.curves import electrolyte_curves
    from electrolyte_ml.cell.runs import DischargeJob
    from electrolyte_ml.errors import InputError
    from electrolyte_ml.formulation import parse_recipe

    jobs = []
    for text in recipes:
        for electrolyte in electrolyte_curves(parse_recipe(text), kelvins):
            if electrolyte.cation != geometry.cation:
                raise InputError(
                    f"{text}: the cell {geometry.name} is for {geometry.cation}, the recipe has "
                    f"{electrolyte.cation}"
                )
            jobs += [
                DischargeJob(
                    text=text,
                    cell=geometry,
                    electrolyte=electrolyte,
                    rate_c=rate,
                    samples=samples,
                    seed=seed,
                )
                for rate in rates
            ]
    return jobs


def _rate(text: str) -> float:
    """A C rate such as ``5C``, ``C/2`` or ``0.5``."""
    from electrolyte_ml.errors import InputError

    plain = text.strip().upper()
    try:
        found = 1.0 / float(plain[2:]) if plain.startswith("C/") else float(plain.removesuffix("C"))
    except (ValueError, ZeroDivisionError):
        found = float("nan")
    if not 0.001 <= found <= 1000:
        raise InputError(
            f"a rate is written 1C, 0.5C or C/10, from 0.001C to 1000C; given {text!r}"
        )
    return found
