"""``electrolyte-ml species``: the catalog of species, and adding to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from electrolyte_ml.cli import completion
from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.progress import Quiet

app = typer.Typer(help="List, show and add species of the catalog.", no_args_is_help=True)


@app.command("list", epilog=example("species list --family glyme"))
def list_species(
    family: Annotated[
        str | None, typer.Option(help="Only this family, such as 'cyclic carbonate' or 'anion'.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List solvents, diluents, additives and ions."""
    from electrolyte_ml.report.species import print_list, species_rows
    from electrolyte_ml.report.text import dump_json

    rows = species_rows(family)
    if as_json:
        typer.echo(dump_json(rows))
    else:
        print_list(rows)


@app.command(epilog=example("species show diglyme"))
def show(
    name: Annotated[
        str,
        typer.Argument(help="Name, alias, formula or SMILES.", autocompletion=completion.species),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show every value of a solvent, an ion or a salt, each with its source."""
    from electrolyte_ml.report.species import describe, print_species
    from electrolyte_ml.report.text import dump_json

    described = describe(name)
    if as_json:
        typer.echo(dump_json(described))
    else:
        for one in described:
            print_species(one)


@app.command(epilog=example("species bind diglyme FEC"))
def bind(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help="Names or SMILES.", autocompletion=completion.species
        ),
    ],
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compute how strongly Li+ and Na+ are bound (extra `qm`), kept in your user folder."""
    from dataclasses import asdict

    from electrolyte_ml.quantum.binding import IONS
    from electrolyte_ml.quantum.binding_table import compute_own
    from electrolyte_ml.report.progress import working
    from electrolyte_ml.report.species import describe
    from electrolyte_ml.report.text import dump_json

    smiles = [one["smiles"] for name in names for one in describe(name)]
    with working("relaxing complexes", show=not quiet):
        rows = compute_own([s for s in smiles if s not in IONS], IONS)
    if as_json:
        typer.echo(dump_json([asdict(row) for row in rows]))
        return
    for row in rows:
        found = row.failure or f"{-(row.binding_ev or 0.0):.2f} eV by {row.donors}"
        typer.echo(f"{row.smiles} {row.ion}: {found}")


@app.command(epilog=example("species add mine.csv"))
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv|.xlsx|.toml")],
    accept_unusual: Annotated[
        bool,
        typer.Option(
            "--accept-unusual", help="Accept temperatures at which no electrolyte is used."
        ),
    ] = False,
) -> None:
    """Add your own species; the tables are kept in your user folder."""
    from electrolyte_ml.species.catalog import user_folder
    from electrolyte_ml.species.user import add_species

    names = add_species(file, accept_unusual=accept_unusual)
    typer.echo(f"added {', '.join(names)} to {user_folder()}")
