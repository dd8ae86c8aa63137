"""One list of a source: read page by page, and kept until all of it is there.

An unstable order repeats rows between two pages and loses others. The union of all that came is
the list once it has as many rows as the source counts; until then, the pages that repeat a row
are read again, since what is lost was beside it.
"""

import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson

from spacedevs.mirror.errors import SourceError, TooLarge
from spacedevs.mirror.models import MirrorList, MirrorPage
from spacedevs.mirror.pages import Objects, Same, digest_of
from spacedevs.mirror.source import ATTEMPTS, LEAST_ROWS, MOST_ROWS, Known, Page, Source

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

    `seen` is told of each page: resource, rows read, rows in all. `attempts`: for each page.
    """

    def __init__(
        self,
        source: Source,
        resource: str,
        now: Callable[[], datetime],
        seen: Seen,
        attempts: int = ATTEMPTS,
    ) -> None:
        self.source, self.resource, self.now, self.seen = source, resource, now, seen
        self.attempts = attempts
        self.state, _ = MirrorList.objects.get_or_create(source=str(source.root), resource=resource)
        self.pages = {page.offset: page for page in self.state.pages.defer("changed")}
        self._loaded: dict[str, str] = orjson.loads(self.state.loaded)

    def staged(self) -> list[MirrorPage]:
        return [page for page in self.pages.values() if page.staged]

    def forget(self) -> None:
        """All of it is read, and compared with the rows here, anew."""
        self._drop_pages()
        self._loaded = {}
        self.state.loaded, self.state.compared_at = "{}", None
        self.state.save()

    def _drop_pages(self) -> None:
        self.state.pages.all().delete()
        self.pages = {}

    def is_due(self, every: timedelta) -> bool:
        loaded = self.state.loaded_at
        return bool(self.state.fault) or loaded is None or self.now() - loaded >= every

    # Reading

    def read(self, *, believed: bool = False) -> None:
        """Reads until the whole list is staged, from where an earlier run stopped.

        `believed`: the user says that a set that was disbelieved is right.

        Raises:
            Spent: the budget is used up; what was read is kept.
            SourceError: the source fails, or its list moves each time that it is read.
        """
        self._prepare(believed)
        size, reads = self._first_size(), 0
        while (gap := self._gap()) is not None:
            if reads > READS * (1 + self.state.count // size):
                raise SourceError(
                    f"{self.resource} moved while it was read, {reads} times: "
                    f"{self._disorder()}; try again later."
                )
            offset, limit = gap
            try:
                page = self._ask(offset, limit or size)
            except TooLarge:
                # The next run begins below the smallest that was tried.
                self.state.page_size = max(LEAST_ROWS, size // 2**self.attempts)
                raise
            size, reads = page.limit, reads + 1
            self._keep(page)
            self.seen(self.resource, self._rows_read(), self.state.count)

    def _prepare(self, believed: bool) -> None:
        staged, now = self.staged(), self.now()
        unsure = self.state.disbelieved and not believed
        too_old = any(page.date < now - STALE for page in staged)
        compared = self.state.compared_at or now
        if unsure or too_old or (not staged and compared <= now - COMPARED):
            self.forget()
        self.state.disbelieved = False

    def _first_size(self) -> int:
        """As large as the source bore last; twice that once a day, when all is compared anew."""
        known = self.state.page_size
        grows = not self.staged() and not self.state.compared_at and self.attempts > 1
        return min(MOST_ROWS, known * 2) if grows else known

    def _gap(self) -> tuple[int, int | None] | None:
        """Where the next page begins, and its limit if that is given; None: all is there."""
        if not self.staged():
            return 0, None
        offset = 0
        while offset < self.state.count:
            page = self.pages.get(offset)
            if page is None or not page.staged or page.count != self.state.count:
                return offset, None
            offset += page.length
        missing = self.state.count - len(self.digests())
        if not missing:
            return None
        if missing > 0 and (repeated := self._repeated()):
            page = min(repeated, key=lambda page: (page.times, page.offset))
            return page.offset, page.limit
        self._drop_pages()
        return 0, None

    def _walk(self) -> Iterator[MirrorPage]:
        """The staged pages, from the first row on."""
        offset = 0
        while (page := self.pages.get(offset)) and page.staged:
            yield page
            if not page.length:
                return
            offset += page.length

    def _rows_read(self) -> int:
        return sum(page.length for page in self._walk())

    def _repeated(self) -> list[MirrorPage]:
        """The pages that share a row with another."""
        first: dict[str, MirrorPage] = {}
        found: dict[int, MirrorPage] = {}
        for page in self._walk():
            for key in orjson.loads(page.objects_read):
                other = first.setdefault(key, page)
                if other is not page:
                    found |= {page.offset: page, other.offset: other}
        return list(found.values())

    def _disorder(self) -> str:
        return f"it counts {self.state.count} rows and {len(self.digests())} came"

    def _ask(self, offset: int, limit: int) -> Page:
        known, page = None, self.pages.get(offset)
        if page is not None and page.limit == limit:
            known = Known(page.etag, bytes(page.digest), self._known_objects(page))
        return self.source.page(
            self.resource, offset, limit=limit, known=known, attempts=self.attempts
        )

    def _known_objects(self, page: MirrorPage) -> Objects:
        """The objects of a page that was loaded; one that has to be looked at has no digest."""
        if page.staged:
            return {}
        objects: Objects = orjson.loads(page.objects_read)
        loaded = self._loaded
        return {
            key: (digest if loaded.get(key) == digest else "", length)
            for key, (digest, length) in objects.items()
        }

    def _keep(self, answer: Page) -> None:
        page = self.pages.get(answer.offset)
        if page is not None and answer.unchanged:
            page.times = page.times + 1 if page.staged else 1
            page.date, page.etag, page.staged = answer.date, answer.etag, True
            page.save(update_fields=("times", "date", "etag", "staged"))
        else:
            page = self._keep_new(answer, page)
        self.state.count, self.state.page_size = page.count, answer.limit
        self.state.save(update_fields=("count", "page_size"))

    def _keep_new(self, answer: Page, before: MirrorPage | None) -> MirrorPage:
        known = orjson.loads(before.objects_read) if before is not None else {}
        objects, changed = self._digest(answer, known)
        times = 1
        if before is not None and before.staged and before.count == answer.count:
            # The order is not stable: what came before is of the list as well.
            objects = known | objects
            changed = _unpack(before.changed) | changed
            times = before.times + 1
        page, _ = MirrorPage.objects.update_or_create(
            list=self.state,
            offset=answer.offset,
            defaults={
                "limit": answer.limit,
                "length": len(answer.results),
                "count": answer.count,
                "date": answer.date,
                "etag": answer.etag,
                "digest": answer.digest,
                "objects_read": orjson.dumps(objects).decode(),
                "changed": _pack(changed),
                "staged": True,
                "times": times,
            },
        )
        self.pages[answer.offset] = page
        page.changed = b""  # not kept in memory
        return page

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
                objects[key], changed[key] = ("", 0), f"{self.resource} {pk!r}: {TOO_DEEP}"
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

    def read_at(self) -> datetime:
        return min(page.date for page in self._walk())

    def changed(self) -> Iterator[tuple[dict[str, Item], int]]:
        """For each page, the objects that are not loaded as they are, by id; and its last row."""
        for page in list(self._walk()):
            packed = MirrorPage.objects.values_list("changed", flat=True).get(pk=page.pk)
            items = {key: (body, page.date) for key, body in _unpack(packed).items()}
            yield items, page.offset + page.length

    def settle(self, loaded: set[str]) -> None:
        """The list is loaded: only what tells that it is unchanged is kept of its pages.

        `loaded`: the ids of objects that were. Every other that was not before either has to be
        looked at by the next reading.
        """
        read = self.digests()
        known = {key for key, digest in read.items() if self._loaded.get(key) == digest}
        digests = {key: read[key] for key in known | loaded}
        again = read.keys() - digests.keys()
        self.state.loaded = orjson.dumps(digests).decode()
        self.state.read_at, self.state.loaded_at = self.read_at(), self.now()
        self.state.compared_at = self.state.compared_at or self.now()
        self.state.fault, self.state.disbelieved = "", False
        walked = {page.pk: page for page in self._walk()}
        looked_at = [
            pk for pk, page in walked.items() if again.intersection(orjson.loads(page.objects_read))
        ]
        self.state.pages.exclude(pk__in=walked).delete()
        self.state.pages.update(staged=False, changed=b"", times=1)
        self.state.pages.filter(pk__in=looked_at).update(etag=None, digest=b"")
        self.state.save()

    def fail(self, fault: str, *, anew: bool = False) -> None:
        """The list keeps its old rows, and is read first by the next run; `anew`: all of it."""
        self.state.fault, self.state.disbelieved = fault, anew
        self.state.save()

    def skip(self) -> None:
        """The source doesn't serve it: it is asked again when it would be due."""
        self.state.fault, self.state.loaded_at = "", self.now()
        self.state.save()


def _pack(changed: dict[str, Any]) -> bytes:
    return zlib.compress(orjson.dumps(changed), 1) if changed else b""


def _unpack(packed: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(zlib.decompress(packed)) if packed else {}
    return found
