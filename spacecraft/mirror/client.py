"""The source's pages as dicts: budget, sizes, retries. Knows no model and loads nothing."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import ceil
from typing import Any, Self, TypeVar

import httpx
import orjson
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from spacecraft.mirror.addresses import root_of
from spacecraft.mirror.budget import Budget, Spent, utc_now
from spacecraft.mirror.faults import (
    CHECK,
    LATER,
    NotServed,
    Passing,
    Refused,
    SourceFault,
    Struggling,
    Throttled,
    excerpt,
)
from spacecraft.mirror.wire import Reply, Wire, header_safe

T = TypeVar("T")

MOST_ROWS, LEAST_ROWS = 100, 10  # on a page; 100 is the contract's most
MOST_COUNT = 1_000_000  # rows of a resource
ATTEMPTS = 4
SHORT_PAUSE = 60  # seconds: a longer one ends the run unless the budget waits
LONGEST_PAUSE = 86_400  # seconds
PAUSES = wait_exponential_jitter(initial=1, max=30, jitter=1)
THROTTLE = "api-throttle/"


@dataclass(frozen=True)
class Answer:
    """`date`: the source's clock, to the second. With `not_modified` the body is empty."""

    body: dict[str, Any]
    date: datetime
    etag: str | None
    not_modified: bool


@dataclass(frozen=True)
class Page:
    """Rows `offset` to `offset + len(results)` of `count`; `limit` is what was asked for.

    With `not_modified` there are no results, and `count` is 0.
    """

    resource: str
    offset: int
    limit: int
    count: int
    results: list[dict[str, Any]]
    date: datetime
    etag: str | None
    not_modified: bool = False


class Source:
    """A server that speaks the contract, asked within `budget`; a context manager.

    `allow_private`: the user named this address outright, and it may be a private one. `timeout`:
    seconds that the source may be silent. `sleep`, `now`, `transport`: for tests.
    """

    def __init__(
        self,
        root: str,
        budget: Budget,
        *,
        user_agent: str,
        token: str = "",
        allow_private: bool = False,
        timeout: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.root = root_of(root)
        self._budget = budget
        self._sleep = sleep
        self._now = now
        self._size = MOST_ROWS
        self._wire = Wire(
            user_agent=user_agent,
            token=token,
            allow_private=allow_private,
            timeout=timeout,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._wire.close()

    def page(
        self,
        resource: str,
        offset: int,
        *,
        mode: str = "detailed",
        needed: int = 1,
        rows_left: int | None = None,
        etag: str | None = None,
        filters: Mapping[str, str | int] | None = None,
    ) -> Page:
        """One page of `resource` from row `offset` on, as large as the server can bear.

        `rows_left`: the rows of this list from `offset` on, where they are known. `needed`: the
        calls that everything still to be read takes at 100 rows a call, other lists and this
        page included. Pages are never made so small that it would not fit in the budget.
        `etag`: of this page at 100 rows; it is sent only while pages are that large. The next
        page begins at `offset + len(results)`: `limit` may be another for each.
        Raises `SourceFault` and `Spent`.
        """
        # In the default order, by name, upstream repeats and loses rows between pages.
        params = {**(filters or {}), "mode": mode, "offset": offset, "ordering": "id"}
        return self._retry(
            lambda: self._page(resource, params, offset, self._fits(needed, rows_left), etag)
        )

    def get(self, path: str, params: Mapping[str, str | int], *, etag: str | None = None) -> Answer:
        """The object at `path` under the root. Raises `SourceFault` and `Spent`."""
        return self._retry(lambda: self._ask(path, params, etag))

    def throttle(self) -> dict[str, Any]:
        """What the source says of our calls; itself not counted. Raises `SourceFault`."""
        return self._answer(self._wire.fetch(self._address(THROTTLE, {}), None, uncounted)).body

    def _page(
        self, resource: str, params: dict[str, Any], offset: int, fits: int, etag: str | None
    ) -> Page:
        limit = max(self._size, fits)
        tag = etag if limit == MOST_ROWS else None
        try:
            answer = self._ask(f"{resource}/", {**params, "limit": limit}, tag)
        except Struggling:
            self._size = max(LEAST_ROWS, limit // 2)
            raise
        self._size = min(MOST_ROWS, limit * 2)
        count, results = 0, list[dict[str, Any]]()
        if not answer.not_modified:
            address = self._address(f"{resource}/", {**params, "limit": limit})
            count, results = self._rows(address, answer.body, offset, limit)
        seen = (answer.date, answer.etag, answer.not_modified)
        return Page(resource, offset, limit, count, results, *seen)

    def _fits(self, needed: int, rows_left: int | None) -> int:
        """The fewest rows a page with which everything still fits in the budget.

        Where it doesn't even with full pages another hour is needed anyway, and only what the
        server can bear counts: it would never be read otherwise.
        """
        rows = needed * MOST_ROWS if rows_left is None else max(1, rows_left)
        calls = self._budget.left - max(0, needed - ceil(rows / MOST_ROWS))
        fits = ceil(rows / calls) if calls > 0 else MOST_ROWS + 1
        return fits if fits <= MOST_ROWS else LEAST_ROWS

    def _rows(
        self, address: httpx.URL, body: dict[str, Any], offset: int, limit: int
    ) -> tuple[int, list[dict[str, Any]]]:
        count, results = body.get("count"), body.get("results")
        if type(count) is not int or not 0 <= count <= MOST_COUNT:
            said = excerpt(repr(count))
            raise self._wire.fault(
                address, f"says that count is {said}, not 0 to {MOST_COUNT}", CHECK
            )
        if not isinstance(results, list) or not all(isinstance(row, dict) for row in results):
            raise self._wire.fault(address, "has no list of objects as its results", CHECK)
        if len(results) > limit:
            came = f"gave {len(results)} rows where {limit} were asked for"
            raise self._wire.fault(address, came, CHECK)
        if offset < count and not results:
            came = f"counts {count} rows and gives none from row {offset} on"
            raise self._wire.fault(address, came, LATER)
        return count, results

    def _retry(self, attempt: Callable[[], T]) -> T:
        """`attempt`, again while its fault may pass. `Spent` is none of those, and ends it."""
        return Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            retry=retry_if_exception_type(Passing),
            wait=pause_before,
            sleep=self._sleep,
            reraise=True,
        )(attempt)

    def _ask(self, path: str, params: Mapping[str, str | int], etag: str | None) -> Answer:
        reply = self._wire.fetch(self._address(path, params), etag, self._budget.spend)
        if reply.status == 304 and etag:
            return Answer({}, self._date(reply), tag_of(reply) or etag, True)
        try:
            return self._answer(reply)
        except Passing as fault:
            fault.pause = self._pause(reply)
            if fault.pause > SHORT_PAUSE and not self._budget.wait:
                until = self._now() + timedelta(seconds=fault.pause)
                raise Spent(until, f"{reply.address} answered {reply.status}") from fault
            raise

    def _pause(self, reply: Reply) -> float:
        """The seconds that the source wants to be left alone; 0 where it doesn't say."""
        told = seconds_of(reply.headers.get("Retry-After", ""), self._now())
        if told is None and reply.status == 429:
            try:
                told = seconds_of(str(self.throttle().get("next_use_secs")), self._now())
            except SourceFault:
                told = None
        return min(told or 0, LONGEST_PAUSE)

    def _answer(self, reply: Reply) -> Answer:
        """What a reply says. Raises the fault that fits its status or its body."""
        address, status = reply.address, reply.status
        if status == 429:
            raise self._wire.fault(address, "answered 429, too many calls", LATER, Throttled)
        if status >= 500:
            raise self._wire.fault(address, f"answered {status}", LATER, Struggling)
        if status in (401, 403):
            do = "check the token, or leave it out"
            raise self._wire.fault(address, f"answered {status}, not allowed", do, Refused)
        if status == 404:
            raise self._wire.fault(address, "answered 404, not found", CHECK, NotServed)
        if status != 200:
            raise self._wire.fault(
                address, f"answered {status} {self._wire.quote(reply.body)}", CHECK
            )
        return Answer(self._object(reply), self._date(reply), tag_of(reply), False)

    def _object(self, reply: Reply) -> dict[str, Any]:
        kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            came = f"sent {excerpt(kind) or 'no type'} and not JSON: {self._wire.quote(reply.body)}"
            raise self._wire.fault(reply.address, came, CHECK)
        try:
            body = orjson.loads(reply.body)
        except ValueError as error:
            # Without a length only the missing end tells that the rest was lost.
            if not reply.body.rstrip().endswith((b"}", b"]")):
                raise self._wire.cut(reply.address) from None
            came = f"sent broken JSON ({excerpt(str(error))}): {self._wire.quote(reply.body)}"
            raise self._wire.fault(reply.address, came, LATER) from None
        if not isinstance(body, dict):
            came = f"sent JSON that is no object: {self._wire.quote(reply.body)}"
            raise self._wire.fault(reply.address, came, CHECK)
        return body

    def _date(self, reply: Reply) -> datetime:
        return date_of(reply.headers.get("Date", "")) or self._now().replace(microsecond=0)

    def _address(self, path: str, params: Mapping[str, str | int]) -> httpx.URL:
        if not re.fullmatch(r"([\w-]+/)*", path, re.ASCII):
            raise ValueError(f"{path!r} is no path under the root, like spacecraft/.")
        return self.root.copy_with(path=self.root.path + path, params=params or None)


def uncounted() -> None:
    """The source gives it for nothing."""


def pause_before(state: RetryCallState) -> float:
    """The seconds before the next attempt: what the source asked for, and a growing pause."""
    fault = state.outcome and state.outcome.exception()
    return PAUSES(state) + (fault.pause if isinstance(fault, Passing) else 0)


def seconds_of(text: str, now: datetime) -> float | None:
    """`Retry-After`, seconds or a date, as seconds from `now`; None for anything else."""
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return float(text)
    date = date_of(text)
    return None if date is None else max(0.0, (date - now).total_seconds())


def date_of(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def tag_of(reply: Reply) -> str | None:
    """The ETag, where it is one that can be kept and sent again."""
    tag = reply.headers.get("ETag", "")
    return tag if 0 < len(tag) <= 200 and header_safe(tag) else None
