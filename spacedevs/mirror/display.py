"""What a person sees of a run: progress and a table on a terminal, plain lines elsewhere."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from spacedevs.mirror.budget import Budget
from spacedevs.mirror.models import COUNTED, MirrorRun

COLUMNS = (*COUNTED, "calls")


@contextmanager
def mute_when_closed() -> Iterator[None]:
    """Nobody reads any more (`| head -1`): the run goes on, and says no more.

    Those of stdout and stderr that nobody reads lead nowhere; `2>&1 | head -1` closes both.
    """
    try:
        yield
    except BrokenPipeError:
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

    def calls(self) -> str:
        return f"{self.budget.used()} of {self.budget.limit} calls"

    @mute_when_closed()
    def say(self, words: str) -> None:
        self.out.write(words)
        self.out.flush()

    def page(self, resource: str, rows: int, count: int) -> None:
        self.say(f"{resource}: {rows} of {count} rows, {self.calls()}")

    def end(self, run: MirrorRun, seconds: float) -> None:
        figures = ", ".join(f"{getattr(run, column)} {column}" for column in COLUMNS)
        self.say(f"{run.outcome}: {figures}, {seconds:.1f} seconds")


class Screen(Lines):
    """For a terminal."""

    def __init__(self, out: Any) -> None:
        super().__init__(Console(file=out))

    @contextmanager
    def reading(self, budget: Budget) -> Iterator[None]:
        self.budget, self.tasks = budget, dict[str, Any]()
        name = TextColumn("{task.description}")
        rows = TextColumn("{task.completed:.0f} of {task.total:.0f} rows")
        calls = TextColumn("{task.fields[calls]}")
        times = TimeElapsedColumn(), TimeRemainingColumn()
        self.progress = Progress(name, BarColumn(), rows, calls, *times, console=self.out)
        with self.progress:
            yield

    def page(self, resource: str, rows: int, count: int) -> None:
        calls = self.calls()
        if resource not in self.tasks:
            self.tasks[resource] = self.progress.add_task(resource, total=count, calls=calls)
        self.progress.update(self.tasks[resource], completed=rows, total=count, calls=calls)

    def say(self, words: str) -> None:
        self.out.print(words)

    def end(self, run: MirrorRun, seconds: float) -> None:
        table = Table(title=f"{run.source}: {run.outcome}")
        for column in (*COLUMNS, "seconds"):
            table.add_column(column, justify="right")
        table.add_row(*(str(getattr(run, column)) for column in COLUMNS), f"{seconds:.1f}")
        self.out.print(table)
