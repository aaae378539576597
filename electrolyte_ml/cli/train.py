"""``electrolyte-ml train``: rebuild the models that ship with the package."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.progress import Quiet
from electrolyte_ml.models.train import Trainable, trainable, trainable_models


class _Models(TyperGroup):
    """A command for each model that can be trained, those of other packages included.

    They are looked up when the verb is used: other verbs do not wait for the registry.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(trainable_models())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        model = trainable_models().get(cmd_name)
        if model is None:
            return None
        one = typer.Typer(add_completion=False)
        shown = example(f"train {model.name} --out new_model")
        one.command(model.name, help=model.summary, epilog=shown)(_command(model))
        return typer.main.get_command(one)


app = typer.Typer(help="Rebuild a model from its data.", cls=_Models, no_args_is_help=True)
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
            help="CSV, xlsx or Parquet file of your own measurements that correct the shipped "
            "model instead: columns recipe, temperature_c, conductivity_ms_cm."
        ),
    ] = None,
    accept_unusual: Annotated[
        bool,
        typer.Option(
            "--accept-unusual",
            help="With --finetune: also learn from values far off the predictions, or that no "
            "known electrolyte has.",
        ),
    ] = False,
    seed: _Seed = 0,
    quiet: Quiet = False,
    as_json: _Json = False,
) -> None:
    if finetune is not None:
        from electrolyte_ml.report.progress import working

        with working("fitting a correction", show=not quiet):
            report = _finetuned(finetune, out, accept_unusual=accept_unusual)
        if as_json:
            _print(report, as_json=True)
        else:
            for line in _tuned_lines(report):
                typer.echo(line)
    else:
        _run(trainable("conductivity"), out, seed, as_json, quiet=quiet)


def _encoder(
    out: _Out = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(help="Folder of checkpoints; the same command goes on from there."),
    ] = None,
    seed: _Seed = 0,
    quiet: Quiet = False,
    as_json: _Json = False,
) -> None:
    from electrolyte_ml.optional import import_optional

    import_optional("deepchem")
    model = trainable("encoder")
    _run(model, out, seed, as_json, quiet=quiet, checkpoints=checkpoints)


def _command(model: Trainable) -> Callable[..., None]:
    """The command of a model: with options of its own, or the plain one."""

    def plain(
        out: _Out = None, seed: _Seed = 0, quiet: Quiet = False, as_json: _Json = False
    ) -> None:
        _run(model, out, seed, as_json, quiet=quiet)

    own: dict[str, Callable[..., None]] = {"conductivity": _conductivity, "encoder": _encoder}
    return own.get(model.name, plain)


def _run(
    model: Trainable, out: Path | None, seed: int, as_json: bool, *, quiet: bool, **options: Any
) -> None:
    from electrolyte_ml.report.progress import progress_bar

    with progress_bar("fitting", show=not quiet) as progress:
        report = model.train(seed=seed, out=out, progress=progress.labelled, **options)
    _print(report, as_json=as_json)


def _finetuned(measurements: Path, out: Path | None, *, accept_unusual: bool) -> dict[str, Any]:
    """Fine-tune on a file; the report names the file that `score --tuned` takes."""
    from electrolyte_ml.campaign.adapted import FineTuned

    model = FineTuned.from_table(measurements, accept_unusual=accept_unusual)
    target = out or measurements.with_suffix(".tuned.json")
    report: dict[str, Any] = model.gain()
    model.write(target)
    return {**report, "use": f"electrolyte-ml score --tuned {target} RECIPE"}


def _tuned_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The gain of a fine-tuned model in words."""
    before, after = report["mae_log10_shipped"], report["mae_log10_finetuned"]
    yield f"fine-tuned on {report['n']} values of {report['recipes']} recipes"
    yield (
        f"mean error, log10, of recipes left out: {before:.3f} by the shipped model "
        f"(a factor of {10**before:.2f}), {after:.3f} with the correction ({10**after:.2f})"
    )
    yield f"its intervals are never narrower than a factor of {report['factor_left_out']:.3g}"
    if after > before:
        yield (
            "warning: the correction makes recipes left out worse: look for wrong rows, or "
            "measure more alike recipes, before it is used"
        )
    yield f"use: {report['use']}"


def _print(report: dict[str, Any], *, as_json: bool) -> None:
    from electrolyte_ml.report.text import dump_json

    if as_json:
        typer.echo(dump_json(report))
    else:
        for name, value in report.items():
            typer.echo(f"{name}: {value}")
