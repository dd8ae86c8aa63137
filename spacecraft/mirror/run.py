"""One run: read, check, load; and what became of it."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path

from django.db import DataError, IntegrityError, connection, transaction
from httpx import URL

from spacecraft.mirror.budget import Spent
from spacecraft.mirror.checks import CATALOGUE, EXTRAS, Checked, Read, Refusal, check
from spacecraft.mirror.client import Source
from spacecraft.mirror.docked import STATIONS, docked_at, docked_here
from spacecraft.mirror.faults import NotServed, SourceFault
from spacecraft.mirror.load import Tally, load
from spacecraft.mirror.models import MirrorCall, MirrorPage, MirrorRun
from spacecraft.mirror.pages import Stage

Outcome = MirrorRun.Outcome
REMEMBERED = timedelta(days=7)  # calls; the budget needs an hour of them
LOCK = 0x73706163  # "spac": the mirror's, among a PostgreSQL database's advisory locks


class Exit(IntEnum):
    """What `manage.py mirror` ends with. 2 is an option that makes no sense."""

    DONE = 0
    FAULT = 1
    UNFINISHED = 3
    BUSY = 4


class Stopped(BaseException):
    """Somebody told the run to stop; it does so between two pages."""


class Busy(Exception):
    """Another run is at it."""


class Calls:
    """The ledger of a budget: the calls of a host, in the database.

    Of a host and not of a root: it counts those of all its versions, over http and https.
    """

    def __init__(self, root: URL) -> None:
        self.host = root.netloc.decode()

    def since(self, moment: datetime) -> list[datetime]:
        calls = MirrorCall.objects.filter(host=self.host, moment__gt=moment)
        return list(calls.values_list("moment", flat=True))

    def record(self, moment: datetime) -> None:
        MirrorCall.objects.create(host=self.host, moment=moment)
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
    only: tuple[str, ...] = ()
    dry_run: bool = False
    force: bool = False


@dataclass
class Mirror:
    """A run of the mirror. `seen` is told of each page: resource, rows read, rows in all."""

    source: Source
    options: Options
    now: Callable[[], datetime]
    seen: Callable[..., None]
    pause: Callable[[float], None]
    notes: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def run(self) -> tuple[MirrorRun, Exit]:
        """Reads, checks and loads. Raises Busy; whatever else ends it is in the run's row."""
        with alone():
            MirrorRun.objects.filter(outcome=Outcome.RUNNING).update(
                outcome=Outcome.FAILED, message="It was killed."
            )
            run = MirrorRun.objects.create(
                source=str(self.source.root),
                started=self.now(),
                rehearsal=self.options.dry_run,
            )
            code = self._outcome(run)
            self._close(run)
            return run, code

    def _outcome(self, run: MirrorRun) -> Exit:
        try:
            self._read_and_load(run)
        except Spent as spent:
            run.outcome, run.message = Outcome.UNFINISHED, f"{spent} {self.left()} Run again then."
            return Exit.UNFINISHED
        except Stopped:
            run.outcome = Outcome.UNFINISHED
            run.message = f"Stopped. {self.left()} The next run goes on from here."
            return Exit.UNFINISHED
        except Refusal as refusal:
            run.outcome, run.message = Outcome.REFUSED, str(refusal)
            return Exit.FAULT
        except SourceFault as fault:
            run.outcome, run.message = Outcome.FAILED, str(fault)
            return Exit.FAULT
        except (DataError, IntegrityError) as error:
            words = "The database can't hold what the source says, and nothing was changed"
            run.outcome, run.message = Outcome.REFUSED, f"{words}: {str(error).strip()}"
            return Exit.FAULT
        return Exit.DONE

    def _close(self, run: MirrorRun) -> None:
        host = Calls(self.source.root).host
        run.calls = MirrorCall.objects.filter(host=host, moment__gte=run.started).count()
        run.finished, run.notes = self.now(), "\n".join(self.notes)
        run.save()

    def _read_and_load(self, run: MirrorRun) -> None:
        names = self.options.only or tuple(CATALOGUE)
        asked = "spacecraft" in names
        stage = Stage(self.source, (*names, *([STATIONS] if asked else [])), self.now, self.seen)
        if self._was_refused(run) and not self.options.force:
            stage.begin_anew()
        sets = {name: stage.read(name) for name in names}
        docked = docked_at(stage, sets["spacecraft"], self.pause) if asked else docked_here()
        if not self.options.only:
            sets |= self._extras(stage)
        checked = check(sets, docked, force=self.options.force)
        run.refused = len(checked.refused)
        run.as_of = min((date for name in names for _, date in sets[name].objects), default=None)
        run.complete = set(CATALOGUE) <= sets.keys()
        self.notes += checked.refused.values()
        known = "is no key of the contract; kept out."
        self.notes += [f"{key} {known}" for key in sorted(checked.unknown)]
        self._load(run, stage, sets, checked)

    def _load(self, run: MirrorRun, stage: Stage, sets: dict[str, Read], checked: Checked) -> None:
        """All of it or nothing, and with it what the run's row and `Data-As-Of` say of it."""
        with transaction.atomic():
            self.tally = load(checked)
            stage.loaded([*sets, STATIONS])
            for column in ("added", "changed", "unchanged", "removed", "held"):
                setattr(run, column, getattr(self.tally, column).total())
            kept = "is gone at the source, but in use here."
            self.notes += [f"{row} {kept}" for row in self.tally.kept]
            run.outcome = Outcome.DONE if self.tally.changes() else Outcome.UNCHANGED
            self._close(run)
            if self.options.dry_run:
                transaction.set_rollback(True)

    def _was_refused(self, run: MirrorRun) -> bool:
        """Whether the run before could not be believed: its pages are for --force alone."""
        before = MirrorRun.objects.filter(source=run.source).exclude(pk=run.pk).first()
        return before is not None and before.outcome == Outcome.REFUSED

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

    def left(self) -> str:
        """What is read, and what is not."""
        staged = MirrorPage.objects.filter(source=str(self.source.root), staged=True)
        done = set(staged.values_list("resource", flat=True))
        left = [name for name in self.options.only or CATALOGUE if name not in done]
        return (
            f"Begun or read: {', '.join(sorted(done)) or 'nothing'}; "
            f"left: {', '.join(left) or 'the rest of these'}."
        )
