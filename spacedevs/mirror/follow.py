"""Follows another server of this project: what changes there is here within a second or two.

A full run comes first, by the source's dump. From its version on the source is asked each second
what has changed since; where it does not know any more, a full run begins anew.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import close_old_connections

from spacedevs.api.registry import resources
from spacedevs.history import steps
from spacedevs.history.models import Step
from spacedevs.locks import alone
from spacedevs.mirror.lists import Item, forget
from spacedevs.mirror.load import Load, running_in
from spacedevs.mirror.models import MirrorRun
from spacedevs.mirror.source import Changes, Source

EACH = 1.0  # second between two questions
NOTED = timedelta(seconds=10)  # between two notes that the data are of now
DELETED = "delete"


class Changed:
    """What of a list has changed: the objects by id, and the ids that are gone."""

    def __init__(self, source: Source, resource: str) -> None:
        self.source, self.resource = source, resource
        self.objects: dict[str, Item] = {}
        self.deleted: set[str] = set()

    def digests(self) -> dict[str, str]:
        return dict.fromkeys(self.objects, "")

    def changed(self) -> Iterator[tuple[dict[str, Item], int]]:
        yield self.objects, len(self.objects)

    def gone(self, known: set[str]) -> set[str]:
        return known & self.deleted

    def settle(self, again: set[str]) -> None:
        """A full run that comes later compares these objects anew."""
        forget(str(self.source.root), self.resource, self.objects.keys() | self.deleted)


class Follower:
    """`run`: the full run, of which this goes on. `within`: sleeps, and says whether to stop.
    `say`: is told of each oddity.
    """

    def __init__(
        self,
        source: Source,
        run: MirrorRun,
        version: str,
        within: Callable[[float], bool],
        say: Callable[[str], None],
    ) -> None:
        self.source, self.run, self.version = source, run, version
        self._within, self._say = within, say
        self._etag: str | None = None
        self._noted: datetime | None = None

    def follow(self) -> None:
        """Until it is told to stop. Raises SourceError, Gone where a full run has to begin anew."""
        while not self._within(EACH):
            close_old_connections()
            while (changes := self.source.changes(self.version, self._etag)) is not None:
                if changes.results:
                    for note in apply(changes, self.source, self.run):
                        self._say(note)
                self._note(changes.date)
                is_same, self.version = changes.version == self.version, changes.version
                self._etag = changes.etag if is_same else None
                if changes.is_last and is_same:
                    break
            else:
                self._note(self.source.now().replace(microsecond=0))

    def _note(self, date: datetime) -> None:
        """That the data are as of then."""
        if self._noted is None or date - self._noted >= NOTED:
            self._noted = date
            MirrorRun.objects.filter(pk=self.run.pk).exclude(as_of=None).update(as_of=date)


def apply(changes: Changes, source: Source, run: MirrorRun) -> list[str]:
    """In one transaction, as one step of the history. A sentence for each oddity. Raises Busy."""
    changed: dict[str, Changed] = {}
    running: dict[tuple[str, Any], list[str]] = {}
    for entry in changes.results:
        name, pk = entry["resource"], entry["id"]
        if name not in resources():
            continue
        of_list = changed.setdefault(name, Changed(source, name))
        if entry["kind"] == DELETED or "object" not in entry:
            of_list.deleted.add(str(pk))
        else:
            of_list.objects[str(pk)] = entry["object"], changes.date
            running[name, pk] = entry["runs"]
    with alone("mirror"), steps.step(Step.Kind.MIRROR, about="Followed.", run=run) as recorder:
        load = Load(
            recorder,
            changed.values(),
            is_whole=True,
            context=running_in(running),
            believed=changed.keys(),
            left=set(),
            seen=lambda *_: None,
        )
        load.run()
    return load.notes
