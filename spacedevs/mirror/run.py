"""One run: read, load; and what became of it."""

import traceback
from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import DataError, Error, IntegrityError, transaction

from spacedevs.changes import log
from spacedevs.errors import sentence_of
from spacedevs.history import steps
from spacedevs.history.models import Step
from spacedevs.locks import alone
from spacedevs.mirror.budget import Spent
from spacedevs.mirror.errors import Everywhere, NotServed, SourceError
from spacedevs.mirror.groups import Group, by_need, declared_groups, groups_of
from spacedevs.mirror.lists import ListReading, Seen
from spacedevs.mirror.load import Disbelieved, Load, has_changes, model_of, running_in
from spacedevs.mirror.models import COUNTED, MirrorCall, Mirrored, MirrorList, MirrorPage, MirrorRun
from spacedevs.mirror.source import DUMP, Source

Outcome = MirrorRun.Outcome
FAILING = 3  # lists that fail one after the other: the source fails, and is left alone


class Exit(IntEnum):
    """What `manage.py mirror` ends with; `words`: a run that ends so …"""

    words: str

    DONE = 0, "is done: the catalogue is loaded, or was unchanged"
    FAILED = 1, "failed: nothing was loaded, and its last line says why"
    MISUSED = 2, "was given an option that makes no sense"
    UNFINISHED = 3, "is out of calls before the catalogue was loaded, or was stopped"
    BUSY = 4, "found another run at it"
    PARTLY = 5, "loaded some lists, and others failed"

    def __new__(cls, code: int, words: str) -> "Exit":
        made = int.__new__(cls, code)
        made._value_, made.words = code, words
        return made


class Stopped(BaseException):
    """Somebody told the run to stop; it does so between two pages."""


@dataclass
class Mirror:
    """A run of the mirror. `seen` is told of each page: resource, rows so far, rows in all.

    `only`: these lists alone. `force`: the lists whose size is believed.
    """

    source: Source
    seen: Seen
    only: tuple[str, ...] = ()
    dry_run: bool = False
    force: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)  # a sentence for each oddity
    counts: Counter[str] = field(default_factory=Counter)  # of rows
    failed: list[str] = field(default_factory=list)  # what failed, and why
    is_loaded: bool = False  # at least one group
    waiting: list[Group] = field(default_factory=list)  # groups that are still to be read
    in_a_row: int = 0  # lists that failed, and had not failed the last time

    def run(self) -> tuple[MirrorRun, Exit]:
        """Reads and loads. Raises Busy, and what the database raises as it can't be written.

        Whatever else happens, the run's row is closed with a sentence.
        """
        with alone("mirror"):
            runs = MirrorRun.objects.filter(outcome=Outcome.RUNNING)
            runs.update(outcome=Outcome.FAILED, message="It was killed.")
            now, root = self.source.now(), str(self.source.root)
            run = MirrorRun.objects.create(source=root, started=now, rehearsal=self.dry_run)
            unfinished = ""
            try:
                unfinished = self._read_groups(run)
            except Stopped:
                unfinished = f"Stopped. {self.describe_left()} The next run goes on from here."
            except Exception as error:
                sentence = sentence_of(error) if isinstance(error, Error) else describe(error)
                self.failed.insert(0, sentence)
            if self.failed:
                code = Exit.PARTLY if self.is_loaded else Exit.FAILED
            else:
                code = Exit.UNFINISHED if unfinished else Exit.DONE
            self._close(run, code, unfinished or next(iter(self.failed), ""))
            log.prune()
            steps.prune()
            return run, code

    def _close(self, run: MirrorRun, code: Exit, message: str) -> None:
        calls = MirrorCall.objects.filter(host=self.source.budget.host, moment__gte=run.started)
        run.calls = calls.count()
        for name in COUNTED:
            setattr(run, name, self.counts[name])
        unchanged = code is Exit.DONE and not has_changes(self.counts)
        run.outcome = Outcome.UNCHANGED if unchanged else getattr(Outcome, code.name)
        rehearsed = "Nothing was kept: --dry-run changes no row." if self.dry_run else ""
        run.message = " ".join(filter(None, (message, rehearsed)))
        self.notes += sorted(self.source.notes)
        run.finished, run.notes = self.source.now(), "\n".join(self.notes)
        run.save()

    def _fail(self, why: str, *readings: ListReading, anew: bool = False) -> None:
        """Notes it; the next run asks these lists first, and with `anew` for all their pages."""
        self.failed.append(why)
        self.notes.append(why)
        if not self.dry_run:
            for reading in readings:
                reading.fail(why, anew=anew)

    # The groups, one after the other

    def _read_groups(self, run: MirrorRun) -> str:
        """What to say where the calls run out before what is needed was read."""
        self._notice_deleted()
        if MirrorList.objects.filter(source=run.source, resource=DUMP).exists():
            self.source.read_dump()
        try:
            return self._read_chosen(run)
        finally:
            if self.source.dump:  # it is asked for first from now on
                MirrorList.objects.get_or_create(source=run.source, resource=DUMP)

    def _read_chosen(self, run: MirrorRun) -> str:
        chosen = groups_of(self.only)
        groups, due = by_need(chosen, str(self.source.root), self.source.now())
        for number, group in enumerate(groups):
            self.waiting = groups[number:]
            try:
                self._read_group(run, group)
            except Spent as spent:
                # Only what was declared or asked for makes a run unfinished; the rest takes hours.
                if self.only or set(groups[number:due]) & set(declared_groups()):
                    return f"{spent} {self.describe_left()} Run again then."
                self.notes.append(f"{group.lists[0]} and what follows wait for calls: {spent}")
                break
        return ""

    def _read_group(self, run: MirrorRun, group: Group) -> None:
        """Reads a group's lists and loads them, if none of them fails. Raises Spent."""
        readings = [ListReading(self.source, name, self.seen) for name in group.lists]
        if not self.only:
            # Where one of them failed, the others may be loaded already.
            readings = [each for each in readings if each.is_due(group.every)] or readings
        is_read = [self._read(each, group) for each in readings]  # each of them is asked
        if not all(is_read):
            return
        context = None
        try:
            if self.source.dump:
                context = running_in(self.source.dump.running())
            elif group.ask and len(readings) == len(group.lists):
                context = group.ask(self.source, {each.resource: each for each in readings})
        except SourceError as error:
            self._fail(str(error))
        self._load(run, group, readings, context)

    def _read(self, reading: ListReading, group: Group) -> bool:
        try:
            reading.read(believed=reading.resource in self.force)
            self.in_a_row = 0
            return True
        except Everywhere:
            raise
        except NotServed as error:
            if group in declared_groups():
                self._fail(str(error), reading)
            else:
                reading.skip()
                self.notes.append(str(error))
        except SourceError as error:
            self.in_a_row += not reading.state.fault
            self._fail(str(error), reading)
            if self.in_a_row == FAILING:
                raise Everywhere(f"{error} The rest was not asked.") from error
        return False

    def _load(
        self, run: MirrorRun, group: Group, readings: list[ListReading], context: Any
    ) -> None:
        """All of a group's lists in one transaction, but for those that are not believed."""
        # A craft that nests in a flight is of another hour than the catalogue.
        others = (each for each in declared_groups() if not set(each.lists) & set(group.lists))
        left = {model_of(name) for each in others for name in each.lists}
        about = f"Loaded {', '.join(reading.resource for reading in readings)}."
        try:
            with steps.step(Step.Kind.MIRROR, about=about, run=run) as recorder:
                load = Load(
                    recorder,
                    readings,
                    is_whole=group.is_whole,
                    context=context,
                    believed=self.force,
                    left=left,
                    seen=self.seen,
                )
                load.run()
                if self.dry_run:
                    transaction.set_rollback(True)
        except Disbelieved as error:
            believed = [each for each in readings if each.resource != error.resource]
            self._fail(str(error), *(set(readings) - set(believed)), anew=True)
            if believed:
                self._load(run, group, believed, context)
            return
        except Exception as error:
            if isinstance(error, Error) and not isinstance(error, DataError | IntegrityError):
                raise
            for reading in readings:
                why = f"{reading.resource}: nothing was changed: {describe(error)}"
                self._fail(why, reading, anew=True)
            return
        self.counts += load.counts
        self.notes += load.notes
        self.is_loaded = True
        if group in declared_groups()[:1]:
            lists = MirrorList.objects.filter(source=run.source, resource__in=group.lists)
            dates = [state.read_at for state in lists if state.read_at]
            # As of when all of them are; unknown where one was never loaded.
            run.as_of = min(dates) if len(dates) == len(group.lists) else None

    def _notice_deleted(self) -> None:
        """What came from the source and was deleted here comes back: all is compared anew."""
        deleted = 0
        for name in set(Mirrored.objects.values_list("model", flat=True)):
            rows = Mirrored.objects.filter(model=name)
            stored = apps.get_model(name)._base_manager.values_list("pk", flat=True)
            gone = set(rows.values_list("key", flat=True)) - set(map(str, stored))
            deleted += rows.filter(key__in=gone).delete()[0]
        if deleted:  # what is staged is not lost
            MirrorPage.objects.filter(staged=False).delete()
            MirrorList.objects.update(loaded="{}", compared_at=None)

    def describe_left(self) -> str:
        """What is begun or read, and what is not."""
        begun = MirrorList.objects.filter(source=str(self.source.root), pages__staged=True)
        names = sorted(set(begun.values_list("resource", flat=True)))
        left = [name for group in self.waiting for name in group.lists if name not in names]
        return (
            f"Begun or read: {', '.join(names) or 'nothing'}; "
            f"left: {', '.join(left) or 'the rest of these'}."
        )


def describe(error: Exception) -> str:
    """A sentence about an error; about an unexpected one, its type and where it happened."""
    if isinstance(error, SourceError):
        return str(error)
    words = f"{type(error).__name__}: {str(error).strip()[:300]}"
    if isinstance(error, Error):
        return f"The database can't hold what the source says ({words})."
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"Unforeseen, at {where}: {words}. Please report this."
