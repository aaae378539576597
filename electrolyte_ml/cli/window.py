"""``electrolyte-ml window``: stability windows of recipes, and computing limits of molecules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.executors import Dask, ShardOption, Workers
from electrolyte_ml.cli.progress import Quiet
from electrolyte_ml.cli.skipping import BadRowsFile, SkipBad, bad_rows_of, exit_if_skipped

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from electrolyte_ml.quantum.electrodes import ReferenceElectrode
    from electrolyte_ml.quantum.table import LimitRow

_BOTH = ("Na/Na+", "Li/Li+")
_SHOW = example('window show "1 M NaPF6 in EC:DEC 1:1 v/v" --against Na/Na+')

app = typer.Typer(
    help="Electrochemical stability windows: of recipes, and computed for molecules.",
    no_args_is_help=True,
)


class _WithValidation(TyperCommand):
    """A command whose help ends with the errors of the shipped window model, and an example."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from electrolyte_ml.report.window import validation

        self.epilog = f"{validation()}\n\n{_SHOW}"
        super().format_help(ctx, formatter)


@app.command(cls=_WithValidation, epilog=_SHOW)
def show(
    recipes: Annotated[list[str], typer.Argument(metavar="RECIPE...")],
    against: Annotated[
        list[str] | None, typer.Option(help="Reference electrode; may be repeated.")
    ] = None,
    minimum_share: Annotated[
        float, typer.Option(help="Mole fraction below which a component sets no limit.")
    ] = 0.05,
    sodium_above_lithium: Annotated[
        float | None, typer.Option(help="Potential of Na/Na+ against Li/Li+, V; 0.3 by default.")
    ] = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the window of recipes, the species that limit it, and known film formers."""
    from electrolyte_ml.formulation import parse_recipe
    from electrolyte_ml.models.window import predict_window
    from electrolyte_ml.report.progress import working
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.report.window import print_windows, window_records

    electrodes = [_electrode(name, sodium_above_lithium) for name in against or _BOTH]
    formulations = [parse_recipe(text) for text in recipes]
    with working("windows", show=not quiet):
        windows = [predict_window(formulations, e, minimum_share) for e in electrodes]
    records = window_records(formulations, windows)
    if as_json:
        typer.echo(dump_json(records))
    else:
        print_windows(records)


def _electrode(name: str, sodium_above_lithium: float | None) -> ReferenceElectrode:
    from dataclasses import replace

    from electrolyte_ml.quantum.electrodes import reference_electrode

    electrode = reference_electrode(name)
    if sodium_above_lithium is None or name != "Na/Na+":
        return electrode
    return replace(
        electrode, above_lithium_v=sodium_above_lithium, uncertainty_v=0.0, source="given"
    )


@app.command(epilog=example("window screen --file molecules.csv --workers 4"))
def screen(
    smiles: Annotated[
        list[str] | None, typer.Argument(metavar="SMILES...", help="Molecules and anions.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="Text file with a SMILES at the start of each line, or a table with a column "
            "'smiles'."
        ),
    ] = None,
    against: Annotated[str, typer.Option(help="Reference electrode.")] = "Na/Na+",
    sodium_above_lithium: Annotated[
        float | None, typer.Option(help="Potential of Na/Na+ against Li/Li+, V; 0.3 by default.")
    ] = None,
    skip_bad: SkipBad = False,
    bad_rows: BadRowsFile = None,
    workers: Workers = 1,
    dask: Dask = None,
    shard: ShardOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Write to a .csv, .xlsx or .parquet file instead.")
    ] = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Limits of molecules from the table, your calculations or the model: thousands a minute."""
    from electrolyte_ml.errors import InputError
    from electrolyte_ml.executors import open_executor
    from electrolyte_ml.models.window.screening import listed_molecules, screened_windows
    from electrolyte_ml.report.progress import working
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.report.window import print_species, species_records
    from electrolyte_ml.tables.writing import require_writable, write_records

    if not smiles and file is None:
        raise InputError("nothing to screen: give SMILES or --file")
    if out is not None:
        require_writable(out)
    electrode = _electrode(against, sodium_above_lithium)
    bad = bad_rows_of(file, skip=skip_bad, file=bad_rows, out=out)
    molecules = listed_molecules(smiles or [], file, bad)
    if not molecules:
        raise InputError(f"{file}: no molecules")
    molecules = _held(molecules, shard)
    with (
        open_executor(workers, dask) as executor,
        working(f"{len(molecules)} molecules", show=not quiet),
    ):
        windows = screened_windows([molecule.smiles for molecule in molecules], executor)
    records = species_records(windows, electrode, [molecule.given for molecule in molecules])
    if out is not None:
        write_records(records, out)
        typer.echo(f"{len(records)} rows written to {out}", err=True)
    elif as_json:
        typer.echo(dump_json(records))
    else:
        print_species(records)
    exit_if_skipped(bad)


@app.command(epilog=example("window compute COCCOC --out mine.csv"))
def compute(
    smiles: Annotated[
        list[str] | None, typer.Argument(metavar="SMILES...", help="Molecules and anions.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="Text file with a SMILES at the start of each line, or a table with a column "
            "'smiles'."
        ),
    ] = None,
    library: Annotated[
        bool, typer.Option("--library", help="Also the package's library of molecules.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only this many molecules of the library.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Table to keep and continue; your own, which scores use, by default."),
    ] = None,
    workers: Workers = 1,
    dask: Dask = None,
    shard: ShardOption = None,
    dft: Annotated[
        bool, typer.Option("--dft", help="wB97X/6-31+G* with PySCF instead of xTB; needs --out.")
    ] = False,
    relaxed: Annotated[
        bool,
        typer.Option("--relaxed", help="With --dft: relax ions with it, too; slow."),
    ] = False,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compute limits with tblite; molecules already in the table are not computed again."""
    from electrolyte_ml.bad_rows import BadRows
    from electrolyte_ml.errors import InputError
    from electrolyte_ml.executors import open_executor
    from electrolyte_ml.files import make_folder
    from electrolyte_ml.models.window.screening import listed_molecules
    from electrolyte_ml.models.window.species import user_table
    from electrolyte_ml.quantum.computation import read_molecules
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.report.window import limit_records, print_limits

    texts = list(smiles or [])
    if file is not None:
        texts += [molecule.smiles for molecule in listed_molecules([], file, BadRows())]
    if library:
        from electrolyte_ml.quantum.library import library as library_molecules

        texts += [m.smiles for m in library_molecules()[:limit]]
    if not texts:
        raise InputError("nothing to compute: give SMILES, --file or --library")
    if dft and out is None:
        raise InputError("--dft needs --out: your own table, which scores use, holds xTB limits")
    if relaxed and not dft:
        raise InputError("--relaxed needs --dft: xTB relaxes all structures as it is")
    molecules = _held(read_molecules(texts), shard)
    table = out or user_table()
    make_folder(table.resolve().parent)
    with open_executor(workers, dask) as executor:
        rows = _run(molecules, table, executor, dft=dft, relaxed=relaxed, quiet=quiet)
    if as_json:
        typer.echo(dump_json(limit_records(rows)))
    elif library:
        failed = sum(bool(row.failure) for row in rows)
        typer.echo(f"{len(rows) - failed} molecules computed, {failed} failed: {table}")
    else:
        print_limits(rows)


def _run(
    molecules: list[Any],
    table: Path,
    executor: Executor | None,
    *,
    dft: bool,
    relaxed: bool,
    quiet: bool,
) -> list[LimitRow]:
    from functools import partial

    from electrolyte_ml.optional import import_optional
    from electrolyte_ml.quantum.computation import Compute, compute_table, xtb_compute
    from electrolyte_ml.quantum.table import XtbProtocol

    # Fail here once, not in every worker.
    import_optional("tblite.interface")
    compute: Compute
    if dft:
        from electrolyte_ml.quantum.dft import RELAXED, DftProtocol, dft_row

        import_optional("pyscf.dft")
        protocol = RELAXED if relaxed else DftProtocol()
        key, compute = protocol.key, partial(dft_row, protocol=protocol)
    else:
        key, compute = XtbProtocol().key, xtb_compute(XtbProtocol())
    after_each = _reporter(quiet=quiet)
    return compute_table(molecules, key, compute, table, executor=executor, after_each=after_each)


def _held(molecules: list[Any], shard: str | None) -> list[Any]:
    """Molecules of a shard; all without one."""
    from electrolyte_ml.executors import Shard

    part = Shard.read(shard)
    return [molecule for number, molecule in enumerate(molecules) if part.holds(number)]


def _reporter(*, quiet: bool) -> Callable[[LimitRow, int, int], None]:
    def after_each(row: LimitRow, done: int, total: int) -> None:
        if row.failure or not quiet:
            what = f"failed: {row.failure}" if row.failure else "done"
            typer.echo(f"{done}/{total} {row.smiles} {what}", err=True)

    return after_each


@app.command(epilog=example("window library --json"))
def library(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the package's library of molecules, in the order they are computed."""
    from electrolyte_ml.quantum.library import library as library_molecules
    from electrolyte_ml.report.text import dump_json

    molecules = library_molecules()
    if as_json:
        typer.echo(dump_json([{"smiles": m.smiles, "family": m.family} for m in molecules]))
        return
    for molecule in molecules:
        typer.echo(f"{molecule.smiles}\t{molecule.family}")


@app.command(epilog=example("window shells"))
def shells(
    table: Annotated[
        Path | None,
        typer.Argument(
            metavar="TABLE.csv", help="Table of simulate shells; by default the one that ships."
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how the first shell of a cation shifts limits, and if measured orders come nearer."""
    from electrolyte_ml.errors import TableError
    from electrolyte_ml.models.window.shells import summary
    from electrolyte_ml.report.progress import working
    from electrolyte_ml.report.shells import print_shells
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.simulate.shells import read_shells

    with working("shells", show=not quiet):
        rows = [row for row in read_shells(table) if not row.failure]
        if not rows:
            raise TableError([f"{table or 'the table that ships'} holds no computed shells"])
        record = summary(rows)
    if as_json:
        typer.echo(dump_json(record))
    else:
        print_shells(record)
