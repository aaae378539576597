"""``electrolyte-ml web``: the page for the laboratory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from electrolyte_ml.cli.examples import example

HELP = "Open the page: scores, comparisons and the rest in your browser, on this machine alone."
EXAMPLE = example("web --open")


def web(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8321,
    folder: Annotated[
        Path,
        typer.Option(help="Where long work and campaigns of the page are kept."),
    ] = Path("electrolyte-ml-page"),
    open_: Annotated[bool, typer.Option("--open", help="Open it in your browser.")] = False,
    host: Annotated[
        str, typer.Option(help="Address; one that other machines reach needs a --token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            envvar="ELECTROLYTE_ML_WEB_TOKEN",
            help="What whoever opens the page must know, 16 characters or more.",
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Do not say where the page is.")
    ] = False,
) -> None:
    """Run the page until Ctrl-C."""
    from electrolyte_ml.optional import import_optional

    for needed in ("fastapi", "python_multipart", "uvicorn"):
        import_optional(needed)
    from electrolyte_ml.web.server import serve

    serve(
        folder,
        host=host,
        port=port,
        token=token,
        opens=open_,
        tell=lambda line: None if quiet else typer.echo(line, err=True),
    )
