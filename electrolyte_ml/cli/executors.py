"""Options that say where work runs, the same for every verb that can be spread."""

from __future__ import annotations

from typing import Annotated

import typer

Workers = Annotated[
    int, typer.Option("--workers", min=1, help="Processes on this machine; results are the same.")
]
Dask = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="ADDRESS|local",
        help="Run on the Dask cluster of this scheduler, or on a local one of --workers processes.",
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard", metavar="I/N", help="Only this part, such as 2/8: for an array of machines."
    ),
]
