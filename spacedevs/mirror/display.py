"""What a person sees of a run: progress and a table on a terminal, plain lines elsewhere."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from spacedevs.mirror.budget import Budget
from spacedevs.mirror.load import COUNTED
from spacedevs.mirror.models import MirrorRun

COLUMNS = (*COUNTED, "calls")


def mute_when_closed(write: Callable[..., None]) -> Callable[..., None]:
    """Nobody reads any more (`| head -1`): the run goes on, and says no more."""

    @wraps(write)
    def guarded(*args: Any) -> None:
        try:
            write(*args)
        except BrokenPipeError:
            mute_closed()

    return guarded


def mute_closed() -> None:
    """Leads those of stdout and stderr nowhere that nobody reads; `2>&1 | head -1` closes both."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()  # what could not be written is still there, and fails again
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


class Lines:
    """For a log."""

    def __init__(self, out: Any) -> None:
        self.out = out

    @contextmanager
    def reading(self, budget: Budget) -> Iterator[None]:
        self.budget = budget
        yield

    @mute_when_closed
    def page(self, resource: str, rows: int, count: int) -> None:
        calls = f"{self.budget.used()} of {self.budget.limit} calls"
        self.out.write(f"{resource}: {rows} of {count} rows, {calls}")
        self.out.flush()

    @mute_when_closed
    def say(self, words: str) -> None:
        self.out.write(words)
        self.out.flush()

    @mute_when_closed
    def end(self, run: MirrorRun, seconds: float) -> None:
        figures = ", ".join(f"{getattr(run, column)} {column}" for column in COLUMNS)
        self.out.write(f"{run.outcome}: {figures}, {seconds:.1f} seconds")
        self.out.flush()


class Screen:
    """For a terminal."""

    def __init__(self, out: TextIO) -> None:
        self.console = Console(file=out)

    @contextmanager
    def reading(self, budget: Budget) -> Iterator[None]:
        self.budget = budget
        self.tasks: dict[str, Any] = {}
        words = "{task.description}", "{task.completed:.0f} of {task.total:.0f} rows"
        self.progress = Progress(
            TextColumn(words[0]),
            BarColumn(),
            TextColumn(words[1]),
            TextColumn("{task.fields[calls]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
        )
        with self.progress:
            yield

    def page(self, resource: str, rows: int, count: int) -> None:
        calls = f"{self.budget.used()}/{self.budget.limit} calls"
        if resource not in self.tasks:
            self.tasks[resource] = self.progress.add_task(resource, total=count, calls=calls)
        self.progress.update(self.tasks[resource], completed=rows, total=count, calls=calls)

    def say(self, words: str) -> None:
        self.console.print(words)

    def end(self, run: MirrorRun, seconds: float) -> None:
        table = Table(title=f"{run.source}: {run.outcome}")
        for column in (*COLUMNS, "seconds"):
            table.add_column(column, justify="right")
        table.add_row(*(str(getattr(run, column)) for column in COLUMNS), f"{seconds:.1f}")
        self.console.print(table)
