"""Fragments: objects as JSON, kept until a row that they were made of changes.

Each knows what it was made of, and what was made of it. The log of changes says which rows have
changed: their fragments go, and with them whatever they were put into; the others stay.

What is kept is of one version of the data. Who asks in the snapshot of an older one, because it
began before that of another thread, makes what it needs and keeps nothing.
"""

import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings

from spacedevs import clock
from spacedevs.api.making import Fragment, Key, Making, recipe_of
from spacedevs.api.object_urls import ObjectUrls
from spacedevs.changes import log

OVERHEAD = 1500  # bytes of a fragment beside its JSON
COUNTS = 1000  # lists of which is known how long they are
LONGEST = 500  # characters that name such a list
MANY = 20_000  # changes: whoever has missed more begins anew


class Fragments:
    """`most`: bytes of all that is kept. What was used least leaves first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._version: log.Version | None = None
        self._seen = 0.0  # time.monotonic() at which this version was the newest
        self._clear()

    def _clear(self) -> None:
        self._kept: OrderedDict[Key, Fragment] = OrderedDict()
        self._of: defaultdict[Any, defaultdict[Any, set[Fragment]]] = defaultdict(
            lambda: defaultdict(set)
        )  # by kind and primary key: one for each host
        self._size = 0
        self._counts: OrderedDict[str, int] = OrderedDict()

    def bring_to(self, version: log.Version, began: float) -> None:
        """Forgets what has changed up to `version`, which a snapshot has that began at `began`."""
        with self._lock:
            known, seen, kinds = self._version, self._seen, tuple(self._of)
        stale: list[tuple[Any, Any]] | None = None
        if known == version:
            return
        if known and version.number > known.number:
            changes = log.since(known.number, known.token, MANY)
            stale = None if changes is None else list(_stale(changes, kinds))
        elif known and began <= seen:
            return  # another thread has seen a newer one
        with self._lock:
            if self._version != known:
                return
            if stale is None or not self._of.keys() <= set(kinds):
                self._clear()  # or of a kind that has come meanwhile
                stale = None
            for kind, pk in stale or ():
                self._forget(kind, pk)
            self._version, self._seen = version, time.monotonic()
            self._counts.clear()

    def find(self, keys: list[Key], version: log.Version) -> list[Fragment]:
        with self._lock:
            if self._version != version:
                return []
            found = [self._kept[key] for key in keys if key in self._kept]
            for fragment in found:
                self._kept.move_to_end(fragment.key)
            return found

    def keep(self, fragments: Iterable[Fragment], version: log.Version) -> None:
        with self._lock:
            if self._version != version:
                return
            for fragment in fragments:
                self._insert(fragment)
            while self._size > self.most:
                key, oldest = next(iter(self._kept.items()))
                if oldest.holders:
                    self._kept.move_to_end(key)  # it is known by what it was put into
                else:
                    self._remove(oldest)

    def count(self, rows: str, version: log.Version, count: Callable[[], int]) -> int:
        """How many there are of the `rows` that are named so."""
        with self._lock:
            if self._version == version and rows in self._counts:
                self._counts.move_to_end(rows)
                return self._counts[rows]
        counted = count()
        with self._lock:
            if self._version == version and len(rows) <= LONGEST:
                self._counts[rows] = counted
                if len(self._counts) > COUNTS:
                    self._counts.popitem(last=False)
        return counted

    # Under the lock

    def _insert(self, fragment: Fragment) -> None:
        key = fragment.key
        if key in self._kept:
            return  # of the same version: as good as this one
        self._kept[key] = fragment
        self._of[key.kind][key.pk].add(fragment)
        self._size += fragment.size + OVERHEAD
        for part in fragment.below():
            self._insert(part)
            self._kept[part.key].holders.add(fragment)

    def _forget(self, kind: Any, pk: Any) -> None:
        """`pk` None: all of the kind."""
        of_kind = self._of[kind]
        rows = list(of_kind.values()) if pk is None else [of_kind.get(pk, set())]
        for fragment in [fragment for row in rows for fragment in row]:
            self._remove(fragment)

    def _remove(self, fragment: Fragment) -> None:
        """It, and what it was put into."""
        key = fragment.key
        if self._kept.get(key) is not fragment:
            return
        del self._kept[key]
        self._of[key.kind][key.pk].discard(fragment)
        if not self._of[key.kind][key.pk]:
            del self._of[key.kind][key.pk]
        self._size -= fragment.size + OVERHEAD
        for part in fragment.below():
            if part.key in self._kept:
                self._kept[part.key].holders.discard(fragment)
        for holder in tuple(fragment.holders):
            self._remove(holder)


def _stale(changes: list[log.Change], kinds: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Kind and primary key of what shows a changed row itself; None where that is any of a kind."""
    changed: defaultdict[str, set[str | None]] = defaultdict(set)
    for change in changes:
        changed[change.table].add(change.key)
    for kind in kinds:
        recipe = recipe_of(kind)
        to_python = recipe.model._meta.pk.to_python
        for key in changed.get(recipe.model._meta.db_table, ()):
            yield kind, key and to_python(key)
        for part in recipe.parts:
            if part.table and (keys := changed.get(part.table)):
                for pk in part.shown_by(keys):
                    yield kind, pk


class At:
    """What is kept, for a snapshot of this version."""

    def __init__(self, fragments: Fragments, version: log.Version) -> None:
        self._fragments, self._version = fragments, version

    def find(self, keys: list[Key]) -> list[Fragment]:
        return self._fragments.find(keys, self._version)

    def keep(self, fragments: Iterable[Fragment]) -> None:
        self._fragments.keep(fragments, self._version)


kept = Fragments(settings.FRAGMENTS * 2**20)


def see(request: Any, began: float | None) -> None:
    """Notes of which version the snapshot of this request is, which began at `began`.

    None: it is a transaction that may write, for which nothing is kept.
    """
    if began is not None and settings.FRAGMENTS:
        request.META[log.IN_ENVIRON] = version = log.version()
        kept.bring_to(version, began)


def count(request: Any, rows: str, make: Callable[[], int]) -> int:
    """How many there are of the rows that are named so: made once for each version."""
    version = request.META.get(log.IN_ENVIRON)
    return make() if version is None else kept.count(rows, version, make)


def objects(request: Any, shape: Any, ids: list[Any], urls: ObjectUrls) -> list[Any]:
    """The objects with these ids as JSON, in this order."""
    version = request.META.get(log.IN_ENVIRON)
    at = version and At(kept, version)
    making = Making(urls, clock.of_request(request), at)
    found = making.fragments(shape, ids)
    if at:
        at.keep(found.values())
    if any(fragment.lives for fragment in found.values()):
        clock.lives(request)
    return [making.json(found[pk]) for pk in ids]
