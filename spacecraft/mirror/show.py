"""What a person sees of a run: progress and a table on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from spacecraft.mirror.budget import Budget
from spacecraft.mirror.models import MirrorRun

COLUMNS = ("added", "changed", "unchanged", "removed", "held", "refused", "calls")


class Lines:
    """For a log."""

    def __init__(self, out: Any) -> None:
        self.out = out

    @contextmanager
    def reading(self, budget: Budget) -> Iterator[None]:
        self.budget = budget
        yield

    def page(self, resource: str, rows: int, count: int) -> None:
        calls = f"{self.budget.used} of {self.budget.limit} calls"
        self.out.write(f"{resource}: {rows} of {count} rows, {calls}")

    def say(self, words: str) -> None:
        self.out.write(words)

    def end(self, run: MirrorRun, seconds: float) -> None:
        figures = ", ".join(f"{getattr(run, column)} {column}" for column in COLUMNS)
        self.out.write(f"{run.outcome}: {figures}, {seconds:.1f} seconds")


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
        calls = f"{self.budget.used}/{self.budget.limit} calls"
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
