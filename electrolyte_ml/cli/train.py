"""``electrolyte-ml train``: rebuild the models that ship with the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from electrolyte_ml.models.train import TRAINABLE, Trainable, trainable

app = typer.Typer(help="Rebuild a shipped model from its data.", no_args_is_help=True)
_Out = Annotated[
    Path | None, typer.Option(help="Folder for the model; the package's own by default.")
]
_Seed = Annotated[int, typer.Option(help="Same seed and data, same model.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the training report as JSON.")]


@app.callback()
def _train() -> None:
    pass


def _conductivity(
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
    seed: _Seed = 0,
    as_json: _Json = False,
) -> None:
    if finetune is not None:
        _print(_finetuned(finetune, out), as_json=as_json)
    else:
        _run(trainable("conductivity"), out, seed, as_json)


def _graph(
    out: _Out = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(help="Folder of checkpoints; the same command goes on from there."),
    ] = None,
    keep_encoder: Annotated[
        bool, typer.Option("--keep-encoder", help="Fit on the shipped encoder: seconds.")
    ] = False,
    seed: _Seed = 0,
    as_json: _Json = False,
) -> None:
    from electrolyte_ml.optional import import_optional

    import_optional("deepchem")
    model = trainable("graph")
    _run(model, out, seed, as_json, keep_encoder=keep_encoder, checkpoints=checkpoints)


def _plain(model: Trainable) -> Callable[..., None]:
    """The command of a model without options of its own."""

    def command(out: _Out = None, seed: _Seed = 0, as_json: _Json = False) -> None:
        _run(model, out, seed, as_json)

    return command


_WITH_OPTIONS: dict[str, Callable[..., None]] = {"conductivity": _conductivity, "graph": _graph}
for _model in TRAINABLE:
    app.command(_model.name, help=_model.summary)(_WITH_OPTIONS.get(_model.name) or _plain(_model))


def _run(model: Trainable, out: Path | None, seed: int, as_json: bool, **options: Any) -> None:
    from electrolyte_ml.report.leaderboard import fit_progress

    with fit_progress(show=not as_json) as progress:
        report = model.train(seed=seed, out=out, progress=progress, **options)
    _print(report, as_json=as_json)


def _finetuned(measurements: Path, out: Path | None) -> dict[str, Any]:
    """Fine-tune on a file; the report names the file that `score --tuned` takes."""
    from electrolyte_ml.campaign.adapted import FineTuned

    model = FineTuned.from_table(measurements)
    target = out or measurements.with_suffix(".tuned.json")
    report: dict[str, Any] = model.gain()
    model.write(target)
    return {**report, "use": f"electrolyte-ml score --tuned {target} RECIPE"}


def _print(report: dict[str, Any], *, as_json: bool) -> None:
    from electrolyte_ml.report.text import dump_json

    if as_json:
        typer.echo(dump_json(report))
    else:
        for name, value in report.items():
            typer.echo(f"{name}: {value}")
