"""Fragments: objects as JSON, kept until a row that they were made of changes.

Each knows what it was made of, and what was made of it. The log of changes says which rows have
changed: their fragments go, and with them whatever they were put into; the others stay.

What is kept is of one version of the data. Who asks in the snapshot of an older one, because it
began before that of another thread, makes what it needs and keeps nothing.
"""

import threading
import time
from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet

from spacedevs import clock
from spacedevs.api.making import Fragment, Key, Making, recipe_of
from spacedevs.api.object_urls import ObjectUrls
from spacedevs.changes import log

OVERHEAD = 1500  # bytes of a fragment beside its JSON
LISTS = 1_000_000  # ids of rows of all lists of which they are known
SHORT = 2000  # rows of such a list; of a longer one is known how long it is
LONGEST = 500  # characters that name a list
MANY = 20_000  # changes: whoever has missed more begins anew


class Fragments:
    """`most`: bytes of all that is kept. What has not been asked for lately leaves first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._version: log.Version | None = None
        self._seen = 0.0  # time.monotonic() at which this version was the newest
        self._large: set[type[Model]] = set()
        self._clear()

    def _clear(self) -> None:
        self._kept: OrderedDict[Key, Fragment] = OrderedDict()
        self._of: defaultdict[Any, defaultdict[Any, set[Fragment]]] = defaultdict(
            lambda: defaultdict(set)
        )  # by kind and primary key: one for each host
        self._size = 0
        self._clear_lists()

    def _clear_lists(self) -> None:
        self._lists: OrderedDict[str, RowIds] = OrderedDict()
        self._listed = 0

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
            self._clear_lists()

    def find(self, keys: list[Key], version: log.Version) -> list[Fragment]:
        with self._lock:
            if self._version != version:
                return []
            found = [fragment for fragment in map(self._kept.get, keys) if fragment]
        for fragment in found:
            fragment.is_used = True
        return found

    def keep(self, fragments: Iterable[Fragment], version: log.Version) -> None:
        with self._lock:
            if self._version != version:
                return
            for fragment in fragments:
                self._insert(fragment)
            while self._size > self.most:
                key, oldest = next(iter(self._kept.items()))
                if oldest.is_used or oldest.holders:  # the latter: known by what it was put into
                    oldest.is_used = False
                    self._kept.move_to_end(key)
                else:
                    self._remove(oldest)

    def rows(self, name: str, version: log.Version) -> "RowIds | None":
        with self._lock:
            if self._version != version or name not in self._lists:
                return None
            self._lists.move_to_end(name)
            return self._lists[name]

    def ids_or_count(self, queryset: QuerySet) -> "RowIds":
        """By one query where the list is short. Of a table that had a long one, it is asked first
        how long this one is: to sort the ids of a long list takes longer."""
        if queryset.model not in self._large:
            ids = list(queryset[: SHORT + 1])
            if len(ids) <= SHORT:
                return _packed(ids)
            self._large.add(queryset.model)
        count = queryset.count()
        return count if count > SHORT else _packed(list(queryset))

    def keep_rows(self, name: str, rows: "RowIds", version: log.Version) -> None:
        with self._lock:
            if self._version != version or len(name) > LONGEST or name in self._lists:
                return
            self._lists[name] = rows
            self._listed += _length(rows)
            while self._listed > LISTS:
                self._listed -= _length(self._lists.popitem(last=False)[1])

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


# The ids of a list in their order; of a long one how many there are.
RowIds = Sequence[Any] | int


def _length(rows: RowIds) -> int:
    return 100 + (0 if isinstance(rows, int) else len(rows))


class NotKnown(Exception):
    """The database has to be asked."""


class CacheAtVersion:
    """What is kept of one version of the data. `reads`: what is not kept can be asked for."""

    def __init__(self, fragments: Fragments, version: log.Version, reads: bool) -> None:
        self._fragments, self._version, self.reads = fragments, version, reads

    def find(self, keys: list[Key]) -> list[Fragment]:
        found = self._fragments.find(keys, self._version)
        if not self.reads and len(found) < len(keys):
            raise NotKnown
        return found

    def keep(self, fragments: Iterable[Fragment]) -> None:
        self._fragments.keep(fragments, self._version)

    def rows(self, name: str) -> RowIds | None:
        found = self._fragments.rows(name, self._version)
        if not self.reads and (found is None or isinstance(found, int)):
            raise NotKnown
        return found

    def keep_rows(self, name: str, queryset: QuerySet) -> RowIds:
        rows = self._fragments.ids_or_count(queryset)
        self._fragments.keep_rows(name, rows, self._version)
        return rows


def _packed(ids: list[Any]) -> Sequence[Any]:
    try:
        return array("q", ids)
    except (TypeError, OverflowError):  # texts, UUIDs
        return ids


kept = Fragments(settings.FRAGMENTS * 2**20)


def cache_of_known_version(request: Any) -> CacheAtVersion | None:
    """Of the version that this process has read a moment ago: it is not asked for again."""
    version = request.META.get(log.KNOWN)
    if version is None or not settings.FRAGMENTS:
        return None
    request.META[log.IN_ENVIRON] = version
    return CacheAtVersion(kept, version, reads=False)


def cache_of_snapshot(request: Any, began: float | None) -> CacheAtVersion | None:
    """Of the snapshot that began then; None: it is a transaction that may write."""
    if began is None or not settings.FRAGMENTS:
        return None
    request.META[log.IN_ENVIRON] = version = log.version()
    kept.bring_to(version, began)
    return CacheAtVersion(kept, version, reads=True)


def objects(
    cache: CacheAtVersion | None, request: Any, shape: Any, ids: list[Any], urls: ObjectUrls
) -> list[Any]:
    """The objects with these ids as JSON, in this order; those that are not there are left out."""
    making = Making(urls, clock.of_request(request), cache)
    found = making.fragments(shape, ids)
    if cache and cache.reads:
        cache.keep(found.values())
    if any(fragment.lives for fragment in found.values()):
        clock.lives(request)
    return [making.json(found[pk]) for pk in ids if pk in found]
