"""Progress of long work on standard error, where that is a terminal and nobody asked for quiet."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class WorkProgress:
    """One bar; its methods are the callbacks that long work takes.

    Parameters
    ----------
    bar
        What is drawn.
    task
        The line of it.
    """

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar, self._task = bar, task

    def steps(self, done: int, total: int | None = None) -> None:
        """Show that `done` steps of `total` are done; without a total, that of before."""
        self._bar.update(self._task, completed=done, total=total)

    def labelled(self, label: str, done: int, total: int) -> None:
        """Show the same, with what is done now."""
        self._bar.update(self._task, description=label, completed=done, total=total)

    def finished(self, label: str) -> None:
        """Show that one more step is done, and which."""
        self._bar.update(self._task, description=label, advance=1)


def can_show() -> bool:
    """Whether standard error is a terminal, where a bar can be drawn and wiped out again."""
    return sys.stderr.isatty()


@contextmanager
def progress_bar(words: str, *, show: bool, total: int | None = None) -> Iterator[WorkProgress]:
    """A bar that is gone when the work is done.

    Parameters
    ----------
    words
        What is done, such as ``searching``.
    show
        False for ``--quiet``. Where standard error is no terminal, nothing is shown either.
    total
        Number of steps, if it is known before the first.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not (show and can_show())
    ) as bar:
        yield WorkProgress(bar, bar.add_task(words, total=total))


@contextmanager
def working(words: str, *, show: bool) -> Iterator[None]:
    """A turning sign beside `words`, for work whose steps are not counted."""
    from rich.console import Console

    if not (show and can_show()):
        yield
        return
    with Console(stderr=True, markup=False).status(words):
        yield
