"""One run: read, check, load; and what became of it."""

import fcntl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction
from isodate import parse_duration

from spacecraft import models
from spacecraft.mirror.budget import Budget, Spent
from spacecraft.mirror.checks import CATALOGUE, EXTRAS, Checked, Read, Refusal, check, whole
from spacecraft.mirror.client import NotServed, Page, Source, SourceFault
from spacecraft.mirror.load import Tally, load
from spacecraft.mirror.models import MirrorCall, MirrorPage, MirrorRun
from spacecraft.mirror.pages import Stage

STATIONS = "space_stations"
DOCKED = {"docked_vehicles__gte": 1}
IN_SPACE = {"in_space": "true"}
REMEMBERED = timedelta(days=7)  # calls; the budget needs an hour of them
LOCK = 0x73706163  # "spac": the mirror's, among a PostgreSQL database's advisory locks


class Exit(IntEnum):
    """What `manage.py mirror` ends with."""

    DONE = 0
    FAULT = 1
    OUT_OF_CALLS = 3
    BUSY = 4


class Busy(Exception):
    """Another run is at it."""


class Calls:
    """The ledger of a budget: the calls of a source, in the database."""

    def __init__(self, root: str) -> None:
        self.root = root

    def since(self, moment: datetime) -> list[datetime]:
        calls = MirrorCall.objects.filter(source=self.root, moment__gt=moment)
        return list(calls.values_list("moment", flat=True))

    def record(self, moment: datetime) -> None:
        MirrorCall.objects.create(source=self.root, moment=moment)
        MirrorCall.objects.filter(moment__lt=moment - REMEMBERED).delete()


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
    with (settings.DATA_DIR / "mirror.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield


@dataclass
class Options:
    only: tuple[str, ...] = ()
    dry_run: bool = False
    force: bool = False


@dataclass
class Mirror:
    """A run of the mirror. `seen` is told of each page: resource, rows read, rows in all."""

    source: Source
    budget: Budget
    options: Options
    now: Callable[[], datetime]
    seen: Callable[..., None]
    pause: Callable[[float], None]
    notes: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def run(self) -> tuple[MirrorRun, Exit]:
        """Reads, checks and loads. Raises Busy; whatever else ends it is in the run's row."""
        with alone():
            MirrorRun.objects.filter(outcome=MirrorRun.Outcome.RUNNING).update(
                outcome=MirrorRun.Outcome.FAILED, message="It was killed."
            )
            run = MirrorRun.objects.create(
                source=str(self.source.root),
                started=self.now(),
                rehearsal=self.options.dry_run,
            )
            code = self._outcome(run)
            calls = MirrorCall.objects.filter(source=run.source, moment__gte=run.started)
            run.calls = calls.count()
            run.finished = self.now()
            run.save()
            return run, code

    def _outcome(self, run: MirrorRun) -> Exit:
        outcome = MirrorRun.Outcome
        try:
            self._read_and_load(run)
        except Spent as spent:
            run.outcome, run.message = outcome.UNFINISHED, self._left(spent)
            return Exit.OUT_OF_CALLS
        except Refusal as refusal:
            run.outcome, run.message = outcome.REFUSED, str(refusal)
            return Exit.FAULT
        except SourceFault as fault:
            run.outcome, run.message = outcome.FAILED, str(fault)
            return Exit.FAULT
        except (DataError, IntegrityError) as error:
            words = "The database can't hold what the source says, and nothing was changed"
            run.outcome, run.message = outcome.REFUSED, f"{words}: {str(error).strip()}"
            return Exit.FAULT
        run.outcome = outcome.DONE if self.tally.changes() else outcome.UNCHANGED
        return Exit.DONE

    def _read_and_load(self, run: MirrorRun) -> None:
        stage = Stage(self.source, self.now, self.seen)
        sets = {name: stage.read(name) for name in self.options.only or CATALOGUE}
        docked = self._docked(sets)
        sets |= {} if self.options.only else self._extras(stage)
        checked = check(sets, docked, force=self.options.force)
        run.refused, run.as_of = len(checked.refused), as_of(sets)
        run.complete = set(CATALOGUE) <= sets.keys()
        self.notes += checked.refused
        known = "is no key of the contract; kept out."
        self.notes += [f"{key} {known}" for key in sorted(checked.unknown)]
        self._load(run, stage, sets, checked)

    def _load(self, run: MirrorRun, stage: Stage, sets: dict[str, Read], checked: Checked) -> None:
        with transaction.atomic():
            self.tally = load(checked.rows, whole=whole(sets), spared=checked.spared)
            stage.loaded(sets)
            if self.options.dry_run:
                transaction.set_rollback(True)
        for column in ("added", "changed", "unchanged", "removed", "held"):
            setattr(run, column, getattr(self.tally, column).total())
        self.notes += [f"{row} is gone at the source, but in use here." for row in self.tally.kept]

    def _extras(self, stage: Stage) -> dict[str, Read]:
        """What the budget still allows. What it does not is read by a later run."""
        sets: dict[str, Read] = {}
        for name in EXTRAS:
            try:
                sets[name] = stage.read(name)
            except NotServed:
                continue
            except Spent as spent:
                self.notes.append(f"{name} and what follows wait for calls: {spent}")
                break
        return sets

    def _docked(self, sets: dict[str, Read]) -> set[int]:
        """The ids of the craft that are docked now, by what the stations say.

        A source that serves no stations (another instance of this server) is asked a second time
        for the craft in space: who is docked has grown by the seconds in between.
        """
        known = models.Spacecraft.objects.exclude(docked_since=None)
        docked = set(known.values_list("pk", flat=True))
        if "spacecraft" not in sets:
            return docked
        try:
            return set(chasers(self.source.page(STATIONS, 0, filters=DOCKED).results))
        except NotServed:
            pass
        try:
            self.pause(1)
            page = self.source.page("spacecraft", 0, mode="normal", filters=IN_SPACE)
        except Spent:
            self.notes.append("Who is docked was not asked, and is as it was: no calls are left.")
            return docked
        return set(grown(sets["spacecraft"], page))

    def _left(self, spent: Spent) -> str:
        staged = MirrorPage.objects.filter(source=str(self.source.root), staged=True)
        done = sorted(set(staged.values_list("resource", flat=True)))
        left = [name for name in self.options.only or CATALOGUE if name not in done]
        words = f"{spent} Begun or read: {', '.join(done) or 'nothing'}"
        return f"{words}; left: {', '.join(left) or 'the rest of these'}. Run again then."


def grown(read: Read, page: Page) -> Iterator[int]:
    """The craft whose time docked has grown by the time between two answers."""
    before = {body.get("id"): (body.get("time_docked"), date) for body, date in read.objects}
    for body in page.results:
        said, date = before.get(body.get("id"), (None, page.date))
        try:
            more = parse_duration(body["time_docked"]) - parse_duration(said)
        except (KeyError, TypeError, ValueError):
            continue
        if page.date > date and more == page.date - date:
            yield body["id"]


def as_of(sets: dict[str, Read]) -> datetime | None:
    return min((date for read in sets.values() for _, date in read.objects), default=None)


def chasers(part: Any) -> Iterable[int]:
    """Wherever a docking that goes on stands in a station, the id of the craft that docked."""
    if isinstance(part, list):
        for item in part:
            yield from chasers(item)
    elif isinstance(part, dict):
        flight = part.get("flight_vehicle_chaser")
        if isinstance(flight, dict) and part.get("docking") and part.get("departure") is None:
            craft = flight.get("spacecraft")
            if isinstance(craft, dict) and isinstance(craft.get("id"), int):
                yield craft["id"]
        else:
            for value in part.values():
                yield from chasers(value)
