"""The option that hides progress, the same for every verb that shows it."""

from __future__ import annotations

from typing import Annotated

import typer

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress on standard error.")]
