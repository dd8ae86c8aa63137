"""The source's pages as dicts: budget, sizes, retries. Knows no model and loads nothing."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import Any, NamedTuple, Self

import httpx2
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from spacedevs.middleware import OWN_HEADER
from spacedevs.mirror.budget import SHORT_PAUSE, Budget, Spent, utc_now
from spacedevs.mirror.errors import (
    CHECK,
    LATER,
    Everywhere,
    NotServed,
    Passing,
    ServerError,
    SourceError,
    Throttled,
    TooLarge,
    excerpt,
)
from spacedevs.mirror.http_client import HttpClient, Reply, header_safe
from spacedevs.mirror.pages import Object, Objects, Same, read_page

MOST_ROWS, LEAST_ROWS = 100, 10  # on a page; 100 is the contract's most
MOST_COUNT = 1_000_000  # rows of a resource
TIMEOUT = 120.0  # seconds of silence: a page of 100 detailed craft takes its time
ATTEMPTS = 4
LONGEST_PAUSE = 86_400  # seconds
PAUSES = wait_exponential_jitter(multiplier=5, max=60, jitter=2)
LONGEST_ROOT = 200  # characters
BOM = b"\xef\xbb\xbf"
# What a status means that is no answer: its words, what to do, and the kind of error.
TOKEN = "check the token, or leave it out"  # noqa: S105
STATUSES: dict[int, tuple[str, str, type[SourceError]]] = {
    401: ("not allowed", TOKEN, Everywhere),
    403: ("not allowed", TOKEN, SourceError),
    404: ("not found", CHECK, NotServed),
    429: ("too many calls", LATER, Throttled),
    504: ("took too long", LATER, TooLarge),
    524: ("took too long", LATER, TooLarge),
}


def parse_root(text: str) -> httpx2.URL:
    """The source's root, with a slash at its end. Raises `SourceError`."""
    try:
        url = httpx2.URL(text.strip())
    except (httpx2.InvalidURL, UnicodeError):
        raise Everywhere("The source is no URL; write one like https://host/2.3.0/.") from None
    # The URL is not printed where it has a password.
    if url.userinfo:
        raise Everywhere(f"The source at {url.host} has a user name in its URL; give --token.")
    usable = url.scheme in ("http", "https") and url.host and (url.port or 80) < 2**16
    if not usable or url.query or url.fragment or len(str(url)) > LONGEST_ROOT:
        shown = excerpt(str(url.copy_with(query=None, fragment=None)))
        raise Everywhere(
            f"{shown} can't be a source; write a URL like https://host/2.3.0/, "
            f"of at most {LONGEST_ROOT} characters."
        )
    return url.copy_with(path=url.path.rstrip("/") + "/", query=None, fragment=None)


class Known(NamedTuple):
    """What is known of a page from before, of the same offset and limit."""

    etag: str | None = None
    digest: bytes = b""
    objects: Objects = {}


@dataclass(frozen=True)
class Page:
    """Rows `offset` to `offset + len(results)` of `count`; `limit` is what was asked for.

    In place of an object of which the bytes are known, `results` have its id.
    `date`: the source's clock, to the second. With `unchanged` the page is the same as when it had
    that ETag or digest: it has no results then, and `count` is 0.
    """

    offset: int
    limit: int
    count: int
    results: list[Object]
    date: datetime
    etag: str | None
    digest: bytes
    unchanged: bool


@dataclass
class Source:
    """A server that speaks the contract, asked within `budget`; a context manager.

    `timeout`: seconds that the source may be silent. `sleep`, `now`, `transport`: for tests.
    `is_own`: whether it is another server of this project. `notes`: what was odd in its answers,
    and was taken all the same.
    """

    url: str
    budget: Budget
    user_agent: str
    token: str = field(default="", repr=False)
    timeout: float = TIMEOUT
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = utc_now
    transport: httpx2.BaseTransport | None = None
    is_own: bool = False
    notes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.root = parse_root(self.url)
        self._http = HttpClient(
            user_agent=self.user_agent,
            token=self.token,
            timeout=self.timeout,
            transport=self.transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def page(
        self,
        resource: str,
        offset: int,
        *,
        limit: int = MOST_ROWS,
        mode: str = "detailed",
        known: Known | None = None,
        filters: Mapping[str, str | int] | None = None,
        attempts: int = ATTEMPTS,
    ) -> Page:
        """One page of `resource` from row `offset` on, of `limit` rows or as many as it can bear.

        The next page begins at `offset + len(results)`. Raises `SourceError` and `Spent`.
        """
        # In the default order, by name, upstream repeats and loses rows between pages.
        params = {**(filters or {}), "mode": mode, "offset": offset, "ordering": "id"}
        size, errors = limit, 0

        def attempt() -> Page:
            nonlocal size, errors
            try:
                return self._page(
                    resource, {**params, "limit": size}, known if size == limit else None
                )
            except ServerError as error:
                errors += 1
                # An error of the moment is asked again as it was; a second may be of the size.
                if errors > 1 or isinstance(error, TooLarge):
                    size = max(LEAST_ROWS, size // 2)
                raise

        return Retrying(
            stop=stop_after_attempt(attempts),
            retry=retry_if_exception_type(Passing),
            wait=_pause_before,
            sleep=self.sleep,
            reraise=True,
        )(attempt)

    def _page(self, resource: str, params: dict[str, Any], known: Known | None) -> Page:
        known = known or Known()
        url = self.root.copy_with(path=f"{self.root.path}{resource}/", params=params)
        self.budget.allow()
        reply = self._http.fetch(url, known.etag, self.budget.record)
        self.is_own = self.is_own or OWN_HEADER in reply.headers
        digest = blake2b(reply.body, digest_size=16).digest()
        unchanged = digest == known.digest
        if reply.status == 304 and known.etag:
            digest, unchanged = known.digest, True
        elif error := self._error_of(reply):
            raise self._with_pause(error, reply)
        offset, limit = params["offset"], params["limit"]
        count, results = (0, []) if unchanged else self._rows(reply, offset, limit, known.objects)
        date = _parse_date(reply.headers.get("Date", "")) or self.now().replace(microsecond=0)
        etag = _tag(reply) or (known.etag if unchanged else None)
        return Page(offset, limit, count, results, date, etag, digest, unchanged)

    def _rows(
        self, reply: Reply, offset: int, limit: int, known: Objects
    ) -> tuple[int, list[Object]]:
        body = self._object(reply, known)
        count, results = body.get("count"), body.get("results")
        if type(count) is not int or not 0 <= count <= MOST_COUNT:
            came = f"says that count is {excerpt(repr(count))}, not 0 to {MOST_COUNT}"
            raise self._http.error(reply.url, came, CHECK)
        if not isinstance(results, list) or not all(
            isinstance(row, dict | Same) for row in results
        ):
            raise self._http.error(reply.url, "has no list of objects as its results", CHECK)
        if len(results) > limit:
            came = f"gave {len(results)} rows where {limit} were asked for"
            raise self._http.error(reply.url, came, CHECK)
        if offset < count and not results:
            came = f"counts {count} rows and gives none from row {offset} on"
            raise self._http.error(reply.url, came, LATER)
        return count, results

    def _object(self, reply: Reply, known: Objects) -> dict[str, Any]:
        text = reply.body.removeprefix(BOM)
        if _kind(reply) != "application/json":
            came = f"sent {excerpt(_kind(reply)) or 'no type'} and not JSON"
            quoted = self._http.quote(reply.body)
            raise self._http.error(reply.url, f"{came}: {quoted}", CHECK)
        if len(text) < len(reply.body):
            self.notes.add("Its answers begin with a byte order mark (BOM); taken without it.")
        try:
            body = read_page(text, known)
        except ValueError as error:
            # Without a length only the missing end tells that the rest was lost.
            if not text.rstrip().endswith((b"}", b"]")):
                raise self._http.cut_off(reply.url) from None
            quoted = self._http.quote(reply.body)
            came = f"sent broken JSON ({excerpt(str(error))}): {quoted}"
            raise self._http.error(reply.url, came, LATER) from None
        if not isinstance(body, dict):
            quoted = self._http.quote(reply.body)
            raise self._http.error(reply.url, f"sent JSON that is no object: {quoted}", CHECK)
        return body

    def _error_of(self, reply: Reply) -> SourceError | None:
        status = reply.status
        if status == 200 and _kind(reply) != "text/html":
            return None
        quoted = self._http.quote(reply.body)
        meaning, do, kind = STATUSES.get(status, ("", LATER, ServerError))
        if _kind(reply) == "text/html" and (status in (200, 403) or status >= 500):
            # An error of the moment, and not an answer.
            kind = kind if kind is TooLarge else ServerError
            whose = "a page of Cloudflare, before the source," if _is_cloudflare(reply) else "HTML"
            came = f"answered {status}: sent {whose} and not JSON: {quoted}"
            return self._http.error(reply.url, came, f"{LATER}, or {CHECK}", kind)
        if 300 <= status < 400 and (location := reply.headers.get("Location")):
            came = f"has moved to {self._http.quote(location)}"
            return self._http.error(reply.url, came, "name the source by that URL")
        if meaning or status >= 500:
            came = f"answered {status}{meaning and ', '}{meaning}"
            return self._http.error(reply.url, came, do, kind)
        return self._http.error(reply.url, f"answered {status} {quoted}", CHECK)

    def _with_pause(self, error: SourceError, reply: Reply) -> Exception:
        """The error, with the pause that the source asks for; a long one ends the run."""
        pause = min(_seconds(reply.headers.get("Retry-After", ""), self.now()), LONGEST_PAUSE)
        if not isinstance(error, Passing):
            return error
        if pause > SHORT_PAUSE and not self.budget.wait:
            until = self.now() + timedelta(seconds=pause)
            return Spent(until, f"{reply.url} answered {reply.status}")
        error.pause = pause
        return error


def _kind(reply: Reply) -> str:
    return str(reply.headers.get("Content-Type", "").partition(";")[0].strip().lower())


def _is_cloudflare(reply: Reply) -> bool:
    marks = f"{reply.headers.get('Server', '')} {reply.body[:5000]!r}".lower()
    return "cloudflare" in marks or "CF-RAY" in reply.headers


def _pause_before(state: RetryCallState) -> float:
    """The seconds before the next attempt: what the source asked for, and a growing pause."""
    error = state.outcome and state.outcome.exception()
    return PAUSES(state) + (error.pause if isinstance(error, Passing) else 0)


def _seconds(text: str, now: datetime) -> float:
    """`Retry-After`, seconds or a date, as seconds from `now`; 0 for anything else."""
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return float(text)
    date = _parse_date(text)
    return 0.0 if date is None else max(0.0, (date - now).total_seconds())


def _parse_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _tag(reply: Reply) -> str | None:
    """The ETag, where it is one that can be kept and sent again."""
    tag = reply.headers.get("ETag", "")
    return tag if 0 < len(tag) <= 200 and header_safe(tag) else None
