"""What is read from the source, page by page, and kept until all of it is there."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from spacecraft.mirror.checks import EXTRAS, Read
from spacecraft.mirror.client import MOST_ROWS, Page, Source
from spacecraft.mirror.faults import SourceFault
from spacecraft.mirror.models import MirrorPage

SHIFTS = 3  # times that a list may be read because it moved
# Pages that were read longer ago are of another catalogue. The extras gather for longer: in the
# free tier, a call an hour is left for them.
STALE, STALE_EXTRAS = timedelta(hours=6), timedelta(hours=24)


class Stage:
    """The pages of one source, in the database: a run that is killed goes on from them."""

    def __init__(
        self,
        source: Source,
        lists: Sequence[str],
        now: Callable[[], datetime],
        seen: Callable[..., None],
    ) -> None:
        """`lists`: what has to be read, in this order; the budget is kept for all of it."""
        self.source, self.root, self.lists = source, str(source.root), lists
        self.now, self.seen = now, seen
        staged = self._all(staged=True)
        staged.filter(date__lt=now() - STALE_EXTRAS).update(staged=False)
        staged.filter(date__lt=now() - STALE).exclude(resource__in=EXTRAS).update(staged=False)

    def _all(self, **given: Any) -> Any:
        return MirrorPage.objects.filter(source=self.root, **given)

    def pages(self, resource: str) -> list[MirrorPage]:
        return list(self._all(resource=resource, staged=True))

    def begin_anew(self) -> None:
        """What was read so far is read again."""
        self._all(staged=True).update(staged=False)

    def loaded(self, resources: Iterable[str]) -> None:
        """These lists are in the tables now; their pages are kept for their ETags."""
        self._all(staged=True, resource__in=list(resources)).update(staged=False)

    def read(self, resource: str) -> Read:
        """The whole list, from where an earlier run stopped.

        Raises:
            Spent: the budget is used up; what was read is kept.
            SourceFault: the list moved each time that it was read.
        """
        fault = ""
        for _ in range(SHIFTS):
            self._read_on(resource)
            pages = self.pages(resource)
            if not (fault := shifted(pages)):
                return Read(tuple(objects(pages)), pages[-1].count)
            self._all(resource=resource).delete()
        raise SourceFault(
            f"{resource} moved while it was read, {SHIFTS} times: {fault}; try again later."
        )

    def first_page(self, resource: str, filters: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows of a list's first page. Raises as the client."""
        pages = self.pages(resource)
        page = pages[0] if pages else self._ask(resource, 0, None, filters)
        rows: list[dict[str, Any]] = orjson.loads(page.results)
        return rows

    def _read_on(self, resource: str) -> None:
        pages = self.pages(resource)
        offset = pages[-1].offset + len(orjson.loads(pages[-1].results)) if pages else 0
        count = pages[-1].count if pages else None
        while count is None or offset < count:
            page = self._ask(resource, offset, None if count is None else count - offset)
            offset += len(orjson.loads(page.results))
            self.seen(resource, offset, page.count)
            if page.count != (count or page.count):
                return  # it moved: the rest would be read for nothing
            count = page.count

    def _needed(self, resource: str, rows: int | None) -> int:
        """The calls that the rest of a list takes, and those of the lists after it."""
        calls = calls_for(rows) if rows is not None else self._known_calls(resource)
        place = self.lists.index(resource) + 1 if resource in self.lists else len(self.lists)
        return calls + sum(map(self._known_calls, self.lists[place:]))

    def _known_calls(self, resource: str) -> int:
        """By what the source last counted; of a list that was never read, one."""
        page = self._all(resource=resource).order_by("-date").first()
        return calls_for(page.count) if page else 1

    def _ask(
        self,
        resource: str,
        offset: int,
        rows: int | None,
        filters: dict[str, Any] | None = None,
    ) -> MirrorPage:
        known = self._all(resource=resource, offset=offset).exclude(etag=None).first()
        # An ETag is that of a page as large as it was then; the source is asked for such.
        whole = known and len(orjson.loads(known.results)) in (MOST_ROWS, known.count - offset)
        etag = known.etag if known and whole else None
        needed = self._needed(resource, rows)
        answer = self.source.page(
            resource, offset, needed=needed, rows_left=rows, etag=etag, filters=filters
        )
        return self._keep(resource, answer, known)

    def _keep(self, resource: str, answer: Page, known: MirrorPage | None) -> MirrorPage:
        values: dict[str, Any] = {"date": answer.date, "etag": answer.etag, "staged": True}
        if not answer.not_modified:
            values["count"] = answer.count
            values["results"] = orjson.dumps(answer.results).decode()
        page, _ = MirrorPage.objects.update_or_create(
            source=self.root, resource=resource, offset=answer.offset, defaults=values
        )
        return page


def calls_for(rows: int) -> int:
    return max(1, -(-rows // MOST_ROWS))


def objects(pages: list[MirrorPage]) -> Iterator[tuple[dict[str, Any], datetime]]:
    for page in pages:
        for item in orjson.loads(page.results):
            yield item, page.date


def shifted(pages: list[MirrorPage]) -> str:
    """What tells that the list moved between its pages."""
    counts = list(dict.fromkeys(page.count for page in pages))
    if len(counts) > 1:
        return f"its count was {' and then '.join(map(str, counts))}"
    ids = Counter(str(item.get("id")) for item, _ in objects(pages))
    if twice := [pk for pk, times in ids.items() if times > 1]:
        return f"id {twice[0]} came twice"
    if ids.total() != counts[0]:
        return f"it counts {counts[0]} objects and {ids.total()} came"
    return ""
