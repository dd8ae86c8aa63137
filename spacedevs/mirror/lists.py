"""One list of a source: read page by page, and kept until all of it is there.

An unstable order repeats rows between two pages and loses others. The union of all that came is
the list once it has as many rows as the source counts; until then, the pages that repeat a row
are read again, since what is lost was beside it.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from spacedevs.mirror.errors import SourceError, TooLarge
from spacedevs.mirror.models import MirrorList, MirrorPage
from spacedevs.mirror.pages import (
    ATTEMPTS,
    LEAST_ROWS,
    MOST_ROWS,
    Known,
    Objects,
    Page,
    Same,
    digest_of,
)

if TYPE_CHECKING:  # its HTTP client would be read by every process, for what is declared
    from spacedevs.mirror.source import Source

# Pages that were read longer ago are of another catalogue.
STALE = timedelta(days=1)
# So long the same bytes need no second look; then each row is compared again.
COMPARED = timedelta(days=1)
READS = 3  # times that a page may be read on average, for one loading
TOO_DEEP = "nests deeper than can be read"

Seen = Callable[[str, int, int], None]
Item = tuple[dict[str, Any] | str, datetime]  # a text: why it could not be kept


class ListReading:
    """What of a list is staged, and the reading of the rest.

    `seen` is told of each page: resource, rows read, rows in all.
    """

    def __init__(self, source: "Source", resource: str, seen: Seen) -> None:
        self.source, self.resource, self.seen = source, resource, seen
        self.state, _ = MirrorList.objects.get_or_create(source=str(source.root), resource=resource)
        self.pages = {page.offset: page for page in self.state.pages.defer("changed")}
        self._loaded: dict[str, str] = orjson.loads(self.state.loaded)
        # One that failed the last time comes first, and costs one call where it fails again.
        self._attempts = 1 if self.state.fault else ATTEMPTS
        self._reads = Counter[int]()  # by the page's first row
        self._given: set[str] = set()  # the objects that were given to be loaded

    def is_due(self, every: timedelta) -> bool:
        state = self.state
        return (
            bool(state.fault) or not state.loaded_at or self.source.now() - state.loaded_at >= every
        )

    # Reading

    def read(self, *, believed: bool = False) -> None:
        """Reads until the whole list is staged, from where an earlier run stopped.

        `believed`: the user says that a set that was disbelieved is right.

        Raises:
            Spent: the budget is used up; what was read is kept.
            SourceError: the source fails, or its list moves each time that it is read.
        """
        size = self._prepare(believed)
        while (gap := self._gap()) is not None:
            if (reads := self._reads.total()) > READS * (1 + self.state.count // size):
                raise SourceError(
                    f"{self.resource} moved while it was read, {reads} times: it counts "
                    f"{self.state.count} rows and {len(self.digests())} came; try again later."
                )
            offset, limit = gap
            try:
                page = self._ask(offset, limit or size)
            except TooLarge:
                # The next run begins below the smallest that was tried.
                self.state.page_size = max(LEAST_ROWS, size // 2**self._attempts)
                raise
            size = page.limit
            self._keep(page)
            self.seen(self.resource, sum(page.length for page in self._walk()), self.state.count)

    def _prepare(self, believed: bool) -> int:
        """Forgets what is too old, or was disbelieved. The size of the first page."""
        state, now = self.state, self.source.now()
        staged = [page for page in self.pages.values() if page.staged]
        unsure = state.disbelieved and not believed
        too_old = any(page.date < now - STALE for page in staged)
        if unsure or too_old or (not staged and (state.compared_at or now) <= now - COMPARED):
            self._drop_pages()
            staged, self._loaded = [], {}
            state.loaded, state.compared_at = "{}", None
            state.save()
        state.disbelieved = False
        # As large as the source bore last; twice that once a day, when all is compared anew.
        grows = not staged and not state.compared_at and self._attempts > 1
        return min(MOST_ROWS, state.page_size * 2) if grows else state.page_size

    def _drop_pages(self) -> None:
        self.state.pages.all().delete()
        self.pages = {}

    def _gap(self) -> tuple[int, int | None] | None:
        """Where the next page begins, and its limit if that is given; None: all is there."""
        walked = list(self._walk())
        offset = walked[-1].offset + walked[-1].length if walked else 0
        if not walked or offset < self.state.count:
            return offset, None
        missing = self.state.count - len(self.digests())
        if not missing:
            return None
        if missing > 0 and (repeated := self._repeated()):
            page = min(repeated, key=lambda page: (self._reads[page.offset], page.offset))
            return page.offset, page.limit
        self._drop_pages()
        return 0, None

    def _walk(self) -> Iterator[MirrorPage]:
        """The staged pages of one count, from the first row on."""
        offset = 0
        while (page := self.pages.get(offset)) and page.staged and page.count == self.state.count:
            yield page
            if not page.length:
                return
            offset += page.length

    def _repeated(self) -> list[MirrorPage]:
        """The pages that share a row with another."""
        read = [(page, orjson.loads(page.objects_read)) for page in self._walk()]
        times = Counter(key for _, objects in read for key in objects)
        return [page for page, objects in read if any(times[key] > 1 for key in objects)]

    def _ask(self, offset: int, limit: int) -> Page:
        known, page = None, self.pages.get(offset)
        if page is not None and page.limit == limit:
            # An object of a loaded page that has to be looked at has no digest.
            read = {} if page.staged else orjson.loads(page.objects_read)
            objects = {
                key: (digest if self._loaded.get(key) == digest else "", length)
                for key, (digest, length) in read.items()
            }
            known = Known(page.etag, bytes(page.digest), objects)
        return self.source.page(
            self.resource, offset, limit=limit, known=known, attempts=self._attempts
        )

    def _keep(self, answer: Page) -> None:
        self._reads[answer.offset] += 1
        page = self.pages.get(answer.offset)
        page = page or MirrorPage(list=self.state, offset=answer.offset, objects_read="{}")
        if not answer.unchanged:
            known = orjson.loads(page.objects_read)
            objects, changed = self._digest(answer, known)
            if page.staged and page.count == answer.count:
                # The order is not stable: what came before is of the list as well.
                objects, changed = known | objects, _unpack(page.changed) | changed
            page.objects_read = orjson.dumps(objects).decode()
            page.changed = zlib.compress(orjson.dumps(changed), 1) if changed else b""
            page.limit, page.length, page.count = answer.limit, len(answer.results), answer.count
            page.digest = answer.digest
        page.date, page.etag, page.staged = answer.date, answer.etag, True
        page.save()
        page.__dict__.pop("changed", None)  # not kept in memory
        self.pages[answer.offset] = page
        self.state.count, self.state.page_size = page.count, answer.limit
        self.state.save(update_fields=("count", "page_size"))

    def _digest(self, answer: Page, known: Objects) -> tuple[dict[str, Any], dict[str, Any]]:
        """Digest and length of each object by id; and those that were not loaded as they are."""
        objects: dict[str, Any] = {}
        changed: dict[str, dict[str, Any] | str] = {}
        for number, body in enumerate(answer.results):
            if isinstance(body, Same):
                objects[str(body)] = known[body]
                continue
            pk = body.get("id")
            key = str(pk) if type(pk) in (int, str) else f"?{answer.offset + number}"
            try:
                text = orjson.dumps(body)
            except TypeError:
                objects[key], changed[key] = ("", 0), TOO_DEEP
                continue
            objects[key] = (digest_of(text), len(text))
            if self._loaded.get(key) != objects[key][0]:
                changed[key] = body
        return objects, changed

    # Loading

    def digests(self) -> dict[str, str]:
        """A digest of each object of the list, by id."""
        found: dict[str, str] = {}
        for page in self._walk():
            objects = orjson.loads(page.objects_read)
            found |= {key: digest for key, (digest, _) in objects.items()}
        return found

    def gone(self, known: set[str]) -> set[str]:
        """Of the keys that are known here, those that are not in the list.

        An object that has no id may be any of them, and then none is gone.
        """
        listed = self.digests().keys()
        return set() if any(key.startswith("?") for key in listed) else known - listed

    def changed(self) -> Iterator[tuple[dict[str, Item], int]]:
        """For each page, the objects that are not loaded as they are, by id; and its last row."""
        for page in list(self._walk()):
            packed = MirrorPage.objects.values_list("changed", flat=True).get(pk=page.pk)
            items = {key: (body, page.date) for key, body in _unpack(packed).items()}
            self._given |= items.keys()
            yield items, page.offset + page.length

    def settle(self, again: set[str]) -> None:
        """The list is loaded: only what tells that it is unchanged is kept of its pages.

        `again`: the ids of objects that the next reading has to look at. So it has at those that
        were staged as unchanged, and have lost their row since.
        """
        read, state, loaded = self.digests(), self.state, self._given - again
        digests = {
            key: digest
            for key, digest in read.items()
            if key in loaded or self._loaded.get(key) == digest
        }
        unsure, walked = read.keys() - digests.keys(), list(self._walk())
        state.pages.exclude(pk__in=[page.pk for page in walked]).delete()
        state.pages.update(staged=False, changed=b"")
        looked_at = [
            page.pk for page in walked if unsure.intersection(orjson.loads(page.objects_read))
        ]
        state.pages.filter(pk__in=looked_at).update(etag=None, digest=b"")
        state.loaded = orjson.dumps(digests).decode()
        state.read_at, state.loaded_at = min(page.date for page in walked), self.source.now()
        state.compared_at = state.compared_at or state.loaded_at
        state.fault, state.disbelieved = "", False
        state.save()

    def fail(self, fault: str, *, anew: bool = False) -> None:
        """The list keeps its old rows, and is read first by the next run; `anew`: all of it."""
        self.state.fault, self.state.disbelieved = fault, anew
        self.state.save()

    def skip(self) -> None:
        """The source doesn't serve it: it is asked again when it would be due."""
        self.state.fault, self.state.loaded_at = "", self.source.now()
        self.state.save()


def forget(source: str, resource: str, keys: Iterable[str]) -> None:
    """These objects are not here as the list was loaded: its next reading looks at them."""
    for state in MirrorList.objects.filter(source=source, resource=resource):
        loaded = orjson.loads(state.loaded)
        for key in keys:
            loaded.pop(key, None)
        state.loaded = orjson.dumps(loaded).decode()
        state.save(update_fields=["loaded"])
        state.pages.all().delete()


def _unpack(packed: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(zlib.decompress(packed)) if packed else {}
    return found
