"""``electrolyte-ml train``: rebuild the models that ship with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Rebuild a shipped model from its data.", no_args_is_help=True)


@app.callback()
def _train() -> None:
    pass


@app.command()
def conductivity(
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the model, by default the package's own; with --finetune a file."
        ),
    ] = None,
    finetune: Annotated[
        Path | None,
        typer.Option(
            help="CSV of your own measurements that correct the shipped model instead: columns "
            "recipe, temperature_c, conductivity_ms_cm."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed and data, same model.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the training report as JSON.")
    ] = False,
) -> None:
    """Train the ionic conductivity model on CALiSol-23 and measured sodium points."""
    from electrolyte_ml.report.leaderboard import fit_progress

    if finetune is not None:
        report = _finetuned(finetune, out)
    else:
        from electrolyte_ml.models.conductivity.training import train_conductivity

        with fit_progress(show=not as_json) as progress:
            report = train_conductivity(seed=seed, out=out, progress=progress)
    _print(report, as_json=as_json)


def _finetuned(measurements: Path, out: Path | None) -> dict[str, Any]:
    """Fine-tune on a file; the report names the file that `score --tuned` takes."""
    from electrolyte_ml.campaign.adapted import FineTuned

    model = FineTuned.from_table(measurements)
    target = out or measurements.with_suffix(".tuned.json")
    report: dict[str, Any] = model.gain()
    model.write(target)
    return {**report, "use": f"electrolyte-ml score --tuned {target} RECIPE"}


@app.command()
def viscosity(
    out: Annotated[
        Path | None, typer.Option(help="Folder for the model; the package's own by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed and data, same model.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the training report as JSON.")
    ] = False,
) -> None:
    """Train the viscosity model on pure and binary liquids and on the conductivity model."""
    from electrolyte_ml.models.train import trainable
    from electrolyte_ml.report.leaderboard import fit_progress

    with fit_progress(show=not as_json) as progress:
        report = trainable("viscosity").train(seed=seed, out=out, progress=progress)
    _print(report, as_json=as_json)


@app.command()
def graph(
    out: Annotated[
        Path | None, typer.Option(help="Folder for the model; the package's own by default.")
    ] = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(help="Folder of checkpoints; the same command goes on from there."),
    ] = None,
    keep_encoder: Annotated[
        bool, typer.Option("--keep-encoder", help="Fit on the shipped encoder: seconds.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Same seed and data, same model.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the training report as JSON.")
    ] = False,
) -> None:
    """Train the graph network (extra `deep`): pre-train on viscosity and windows, then fit."""
    from electrolyte_ml.features.graphs import import_deepchem
    from electrolyte_ml.report.leaderboard import fit_progress

    import_deepchem()
    from electrolyte_ml.models.deep.training import train_graph

    with fit_progress(show=not as_json) as progress:
        report = train_graph(
            seed=seed,
            out=out,
            keep_encoder=keep_encoder,
            checkpoints=checkpoints,
            progress=progress,
        )
    _print(report, as_json=as_json)


@app.command()
def window(
    out: Annotated[
        Path | None, typer.Option(help="Folder for the model; the package's own by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed and data, same model.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the training report as JSON.")
    ] = False,
) -> None:
    """Train the model of stability windows on the package's table of computed limits."""
    from electrolyte_ml.models.train import trainable
    from electrolyte_ml.report.leaderboard import fit_progress

    with fit_progress(show=not as_json) as progress:
        report = trainable("window").train(seed=seed, out=out, progress=progress)
    _print(report, as_json=as_json)


def _print(report: dict[str, Any], *, as_json: bool) -> None:
    from electrolyte_ml.report.text import dump_json

    if as_json:
        typer.echo(dump_json(report))
    else:
        for name, value in report.items():
            typer.echo(f"{name}: {value}")
