"""What is read from the source, page by page, and kept until all of it is there."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson

from spacecraft.mirror.checks import EXTRAS, Read
from spacecraft.mirror.client import MOST_ROWS, Page, Source, SourceFault
from spacecraft.mirror.models import MirrorPage

SHIFTS = 3  # times that a list may be read because it moved
# Pages that were read longer ago are of another catalogue. The extras gather for longer: in the
# free tier, a call an hour is left for them.
STALE, STALE_EXTRAS = timedelta(hours=6), timedelta(hours=24)


class Stage:
    """The pages of one source, in the database: a run that is killed goes on from them."""

    def __init__(self, source: Source, now: Callable[[], datetime], seen: Callable[..., None]):
        self.source, self.root, self.now, self.seen = source, str(source.root), now, seen
        staged = self._all(staged=True)
        staged.filter(date__lt=now() - STALE_EXTRAS).update(staged=False)
        staged.filter(date__lt=now() - STALE).exclude(resource__in=EXTRAS).update(staged=False)

    def _all(self, **given: Any) -> Any:
        return MirrorPage.objects.filter(source=self.root, **given)

    def pages(self, resource: str) -> list[MirrorPage]:
        return list(self._all(resource=resource, staged=True))

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

    def _read_on(self, resource: str) -> None:
        pages = self.pages(resource)
        offset = pages[-1].offset + len(orjson.loads(pages[-1].results)) if pages else 0
        count = pages[-1].count if pages else None
        while count is None or offset < count:
            page = self._ask(resource, offset, 1 if count is None else count - offset)
            count, rows = page.count, len(orjson.loads(page.results))
            offset += rows
            self.seen(resource, offset, count)

    def _ask(self, resource: str, offset: int, rows: int) -> MirrorPage:
        known = self._all(resource=resource, offset=offset).exclude(etag=None).first()
        # An ETag is that of a page as large as it was then; the source is asked for such.
        whole = known and len(orjson.loads(known.results)) in (MOST_ROWS, known.count - offset)
        etag = known.etag if known and whole else None
        answer = self.source.page(resource, offset, needed=-(-rows // MOST_ROWS), etag=etag)
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
