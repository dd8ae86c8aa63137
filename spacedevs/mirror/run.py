"""One run: read, load; and what became of it."""

import fcntl
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import DataError, Error, IntegrityError, connection, transaction

from spacedevs.errors import sentence_of
from spacedevs.mirror.budget import Spent
from spacedevs.mirror.errors import Everywhere, NotServed, SourceError
from spacedevs.mirror.groups import (
    NOT_DUE,
    Group,
    declared_groups,
    groups_of,
    needs,
    prepare_rows,
)
from spacedevs.mirror.lists import ListReading
from spacedevs.mirror.load import COUNTED, Disbelieved, Load, LoadResult, model_of
from spacedevs.mirror.models import MirrorCall, Mirrored, MirrorList, MirrorPage, MirrorRun
from spacedevs.mirror.source import ATTEMPTS, Source

Outcome = MirrorRun.Outcome
LOCK = 0x73706163  # "spac": the mirror's, among a PostgreSQL database's advisory locks
FAILING = 3  # lists that fail one after the other: the source fails, and is left alone


class Exit(IntEnum):
    """What `manage.py mirror` ends with. 2 is an option that makes no sense."""

    DONE = 0
    FAILED = 1
    UNFINISHED = 3
    BUSY = 4
    PARTLY = 5


class Stopped(BaseException):
    """Somebody told the run to stop; it does so between two pages."""


class Busy(Exception):
    """Another run is at it."""


@contextmanager
def alone() -> Iterator[None]:
    """Raises Busy where another process is within. A process that is killed leaves at once."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                raise Busy
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        return
    database = str(connection.settings_dict["NAME"])
    if connection.is_in_memory_db():  # type: ignore[attr-defined]  # of this process alone
        yield
        return
    with Path(f"{database}.mirror-lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield


@dataclass
class Options:
    """`only`: these lists alone. `force`: the lists whose size is believed."""

    only: tuple[str, ...] = ()
    dry_run: bool = False
    force: tuple[str, ...] = ()


@dataclass
class Mirror:
    """A run of the mirror. `seen` is told of each page: resource, rows so far, rows in all."""

    source: Source
    options: Options
    now: Callable[[], datetime]
    seen: Callable[[str, int, int], None]
    notes: list[str] = field(default_factory=list)
    result: LoadResult = field(default_factory=LoadResult)
    loaded: list[Group] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # lists that are still to be read
    in_a_row: int = 0  # lists that failed, and had not failed the last time

    def run(self) -> tuple[MirrorRun, Exit]:
        """Reads and loads. Raises Busy, and what the database raises as it can't be written."""
        with alone():
            MirrorRun.objects.filter(outcome=Outcome.RUNNING).update(
                outcome=Outcome.FAILED, message="It was killed."
            )
            run = MirrorRun.objects.create(
                source=str(self.source.root),
                started=self.now(),
                rehearsal=self.options.dry_run,
            )
            code = self._end(run)
            return run, code

    def _end(self, run: MirrorRun) -> Exit:
        """Whatever happens in the run, its row is closed with a sentence."""
        unfinished, message = False, ""
        try:
            unfinished, message = self._read_and_load(run)
        except Stopped:
            unfinished = True
            message = f"Stopped. {self.describe_left()} The next run goes on from here."
        except Exception as error:
            message = sentence_of(error) if isinstance(error, Error) else describe(error)
            self.failed.append(message)
        code = self._code(unfinished)
        self._close(run, code, message)
        return code

    def _code(self, unfinished: bool) -> Exit:
        if self.failed:
            return Exit.PARTLY if self.loaded else Exit.FAILED
        return Exit.UNFINISHED if unfinished else Exit.DONE

    def _close(self, run: MirrorRun, code: Exit, message: str) -> None:
        calls = MirrorCall.objects.filter(host=self.source.budget.host, moment__gte=run.started)
        run.calls = calls.count()
        for name in COUNTED:
            setattr(run, name, self.result.counts[name])
        unchanged = code is Exit.DONE and not self.result.has_changes()
        run.outcome = Outcome.UNCHANGED if unchanged else getattr(Outcome, code.name)
        rehearsed = "Nothing was kept: --dry-run changes no row." if self.options.dry_run else ""
        run.message = " ".join(filter(None, (message, rehearsed)))
        self.notes += [*self.result.notes, *sorted(self.source.notes)]
        run.finished, run.notes = self.now(), "\n".join(self.notes)
        run.save()

    # The groups, one after the other

    def _read_and_load(self, run: MirrorRun) -> tuple[bool, str]:
        """Whether the calls ran out before what is needed was read; and what to say."""
        self._notice_deleted()
        source, groups = str(self.source.root), groups_of(self.options.only)
        need = needs(groups, source, self.now())
        for number, group in enumerate(need):
            waiting = list(need)[number:]
            self.left = [name for group in waiting for name in group.lists]
            try:
                self._read_group(run, group)
            except Spent as spent:
                due = [group for group in waiting if need[group][0] < NOT_DUE]
                return self._out_of_calls(due, spent)
        self.left = []
        return False, self.failed[0] if self.failed else ""

    def _out_of_calls(self, due: list[Group], spent: Spent) -> tuple[bool, str]:
        """Only what was declared or asked for makes a run unfinished; the rest takes its hours."""
        if self.options.only or set(due).intersection(declared_groups()):
            return True, f"{spent} {self.describe_left()} Run again then."
        self.notes.append(f"{self.left[0]} and what follows wait for calls: {spent}")
        return False, self.failed[0] if self.failed else ""

    def _read_group(self, run: MirrorRun, group: Group) -> None:
        """Reads a group's lists and loads them, if none of them fails. Raises Spent."""
        readings = [self._reading(name) for name in group.lists]
        if not self.options.only:
            # Where one of them failed, the others may be loaded already.
            readings = [each for each in readings if each.is_due(group.every)] or readings
        is_read = [self._read(each, group) for each in readings]  # each of them is asked
        if all(is_read):
            self._load(run, group, readings, self._ask(group, readings))

    def _reading(self, resource: str) -> ListReading:
        reading = ListReading(self.source, resource, self.now, self.seen)
        # One that failed the last time comes first, and costs one call where it fails again.
        reading.attempts = 1 if reading.state.fault else ATTEMPTS
        return reading

    def _read(self, reading: ListReading, group: Group) -> bool:
        try:
            reading.read(believed=reading.resource in self.options.force)
        except NotServed as error:
            if group not in declared_groups():
                reading.skip()
                self.notes.append(str(error))
            else:
                self._note_failed(reading, str(error))
            return False
        except Everywhere:
            raise
        except SourceError as error:
            self.in_a_row += not reading.state.fault
            self._note_failed(reading, str(error))
            if self.in_a_row == FAILING:
                raise Everywhere(f"{error} The rest was not asked.") from error
            return False
        self.in_a_row = 0
        return True

    def _note_failed(self, reading: ListReading, why: str, *, anew: bool = False) -> None:
        self.failed.append(why)
        self.notes.append(why)
        if not self.options.dry_run:
            reading.fail(why, anew=anew)

    def _ask(self, group: Group, readings: list[ListReading]) -> Any:
        """What else the source says of a group; None where it fails, which is noted."""
        if group.ask is None or len(readings) < len(group.lists) or not group.is_whole:
            return None
        try:
            return group.ask(self.source, {reading.resource: reading for reading in readings})
        except SourceError as error:
            self.failed.append(str(error))
            self.notes.append(str(error))
            return None

    def _load(
        self, run: MirrorRun, group: Group, readings: list[ListReading], context: Any
    ) -> None:
        """All of a group's lists in one transaction, but for those that are not believed."""
        try:
            result = self._load_once(group, readings, context)
        except Disbelieved as error:
            (reading,) = (each for each in readings if each.resource == error.resource)
            self._note_failed(reading, str(error), anew=True)
            if rest := [each for each in readings if each is not reading]:
                self._load(run, group, rest, context)
            return
        except Exception as error:
            if isinstance(error, Error) and not isinstance(error, DataError | IntegrityError):
                raise
            for reading in readings:
                why = f"{reading.resource}: nothing was changed: {describe(error)}"
                self._note_failed(reading, why, anew=True)
            return
        self.result.add(result)
        self.loaded.append(group)
        if group in declared_groups()[:1]:
            run.as_of = self._as_of(group)

    def _as_of(self, group: Group) -> datetime | None:
        """As of when all lists of a group are; None where one was never loaded."""
        states = MirrorList.objects.filter(source=str(self.source.root), resource__in=group.lists)
        read_at = [state.read_at for state in states if state.read_at]
        return min(read_at) if len(read_at) == len(group.lists) else None

    def _load_once(self, group: Group, readings: list[ListReading], context: Any) -> LoadResult:
        # A craft that nests in a flight is of another hour than the catalogue.
        others = (each for each in declared_groups() if not set(each.lists) & set(group.lists))
        with transaction.atomic():
            result = Load(
                readings,
                is_whole=group.is_whole,
                prepare=prepare_rows,
                context=context,
                believed=self.options.force,
                left={model_of(name) for each in others for name in each.lists},
                seen=self.seen,
            ).run()
            if self.options.dry_run:
                transaction.set_rollback(True)
        return result

    def _notice_deleted(self) -> None:
        """What came from the source and was deleted here comes back: all is compared anew."""
        deleted = 0
        for name in set(Mirrored.objects.values_list("model", flat=True)):
            model = apps.get_model(name)
            here = set(map(str, model._base_manager.values_list("pk", flat=True)))
            rows = Mirrored.objects.filter(model=name)
            gone = set(rows.values_list("key", flat=True)) - here
            deleted += rows.filter(key__in=gone).delete()[0]
        if deleted:
            forget_all()

    def describe_left(self) -> str:
        """What is begun or read, and what is not."""
        begun = MirrorList.objects.filter(source=str(self.source.root), pages__staged=True)
        names = sorted(set(begun.values_list("resource", flat=True)))
        left = [name for name in self.left if name not in names]
        return (
            f"Begun or read: {', '.join(names) or 'nothing'}; "
            f"left: {', '.join(left) or 'the rest of these'}."
        )


def forget_all() -> None:
    """The next readings compare every object with its row; what is staged is not lost."""
    MirrorPage.objects.filter(staged=False).delete()
    MirrorList.objects.update(loaded="{}", compared_at=None)


def describe(error: Exception) -> str:
    """A sentence about an error; about one that nobody foresaw, what it is and where."""
    if isinstance(error, SourceError):
        return str(error)
    words = f"{type(error).__name__}: {str(error).strip()[:300]}"
    if isinstance(error, Error):
        return f"The database can't hold what the source says ({words})."
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"Unforeseen, at {where}: {words}. Please report this."
