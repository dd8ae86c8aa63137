"""The source's pages as dicts: budget, sizes, retries. Knows no model and loads nothing."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple, Self

import httpx2
from django.utils.http import parse_http_date_safe
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exception,
    wait_exponential_jitter,
)

from spacedevs.middleware import OWN_HEADER
from spacedevs.mirror import errors
from spacedevs.mirror.budget import Budget, utc_now
from spacedevs.mirror.dump import Dump
from spacedevs.mirror.errors import CHECK, LATER, SourceError, TooLarge, excerpt
from spacedevs.mirror.pages import (
    ATTEMPTS,
    LEAST_ROWS,
    MOST_ROWS,
    Known,
    Object,
    Objects,
    Page,
    Same,
    read_page,
)

MOST_COUNT = 1_000_000  # rows of a resource
TIMEOUT = 120.0  # seconds of silence: a page of 100 detailed craft takes its time
PATIENCE = 4  # times the timeout: what a whole answer may take, its headers included
CONNECT = 10  # seconds that a connection may take
LARGEST = 64 * 2**20  # bytes of a body, decompressed
LONGEST_PAUSE = 86_400  # seconds
# Between two attempts: a growing pause, and what the source asked for.
PAUSES = wait_exponential_jitter(multiplier=5, max=60, jitter=2) + wait_exception(
    lambda error: getattr(error, "pause", 0.0)
)
LONGEST_ROOT = 200  # characters
WRITE_ONE = f"write a URL like https://host/2.3.0/, of at most {LONGEST_ROOT} characters"
RICHEST = "detailed"
OK, NOT_MODIFIED, GONE = 200, 304, 410
DUMP = "dump/catalogue.ndjson"
BOM = b"\xef\xbb\xbf"
NETWORK = "check the URL and the network"
TOKEN = "check the token, or leave it out"  # noqa: S105
# What a status means that is no answer: its words, what to do, and the kind of error.
STATUSES: dict[int, tuple[str, str, type[SourceError]]] = {
    401: (", not allowed", TOKEN, errors.Everywhere),
    403: (", not allowed", TOKEN, SourceError),
    404: (", not found", CHECK, errors.NotServed),
    429: (", too many calls", LATER, errors.Throttled),
    504: (", took too long", LATER, TooLarge),
    524: (", took too long", LATER, TooLarge),
}


def parse_root(text: str) -> httpx2.URL:
    """The source's root, with a slash at its end. Raises `SourceError`."""
    try:
        url = httpx2.URL(text.strip())
    except (httpx2.InvalidURL, UnicodeError):
        raise errors.Everywhere(f"The source is no URL; {WRITE_ONE}.") from None
    # The URL is not printed where it has a password.
    if url.userinfo:
        raise errors.Everywhere(f"The URL at {url.host} has a user name; give --token.")
    usable = url.scheme in ("http", "https") and url.host and (url.port or 80) < 2**16
    if not usable or url.query or url.fragment or len(str(url)) > LONGEST_ROOT:
        shown = excerpt(str(url.copy_with(query=None, fragment=None)))
        raise errors.Everywhere(f"{shown} can't be a source; {WRITE_ONE}.")
    return url.copy_with(path=url.path.rstrip("/") + "/", query=None, fragment=None)


class Changes(NamedTuple):
    """`results`: an entry for each object that changed up to `version`, as `changes/` says it."""

    version: str
    is_last: bool
    results: list[dict[str, Any]]
    date: datetime
    etag: str | None


class Gone(SourceError):
    """410."""


class Reply(NamedTuple):
    url: httpx2.URL
    status: int
    headers: httpx2.Headers
    body: bytes
    kind: str  # its media type


class Deadline(threading.Timer):
    """Cuts a connection that is still at it when its time is over, whatever it is reading.

    A timeout is one of each read: an answer that drips in, a byte now and then, meets none.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds, self.cut)
        self.daemon, self.passed = True, False
        self.socket: socket.socket | None = None

    def cut(self) -> None:
        self.passed = True
        if self.socket is not None:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)


@dataclass
class Source:
    """A server that speaks the contract, asked within `budget`; a context manager.

    `timeout`: seconds that the source may be silent. `sleep`, `now`, `transport`: for tests.
    `is_own`: whether it is another server of this project; such a one gives its `dump` in one call.
    `notes`: what was odd in its answers, and was taken all the same. The token is printed nowhere.
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
    dump: Dump | None = None
    notes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.root = parse_root(self.url)
        self._dump_asked = False
        if not _is_header_safe(self.token) or " " in self.token:
            raise errors.Everywhere("The token has characters that no token has; copy it again.")
        headers = {"User-Agent": self.user_agent, "Accept": "application/json"}
        # A connection for each call: none is kept for an hour, and the deadline knows its socket.
        headers |= {"Accept-Encoding": "gzip", "Connection": "close"}
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        # Without trust_env: a .netrc would send a password.
        self._client = httpx2.Client(
            headers=headers,
            timeout=httpx2.Timeout(self.timeout, connect=min(CONNECT, self.timeout)),
            transport=self.transport or httpx2.HTTPTransport(),
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def page(
        self,
        resource: str,
        offset: int,
        *,
        limit: int = MOST_ROWS,
        mode: str = RICHEST,
        known: Known | None = None,
        filters: Mapping[str, str | int] | None = None,
        attempts: int = ATTEMPTS,
    ) -> Page:
        """One page of `resource` from row `offset` on, of `limit` rows or as many as it can bear.

        The next page begins at `offset + len(results)`. Raises `SourceError` and `Spent`.
        """
        if self.dump and not filters and mode == RICHEST:
            return self.dump.page(resource, offset, limit, known or Known())
        # In the default order, by name, upstream repeats and loses rows between pages.
        params = {**(filters or {}), "mode": mode, "offset": offset, "ordering": "id"}
        size, failures = limit, 0

        def attempt() -> Page:
            nonlocal size, failures
            same = known if known and size == limit else Known()
            try:
                return self._page(resource, {**params, "limit": size}, same)
            except errors.ServerError as error:
                failures += 1
                # An error of the moment is asked again as it was; a second may be of the size.
                if failures > 1 or isinstance(error, TooLarge):
                    size = max(LEAST_ROWS, size // 2)
                raise

        page = Retrying(
            stop=stop_after_attempt(attempts),
            retry=retry_if_exception_type(errors.Passing),
            wait=PAUSES,
            sleep=self.sleep,
            reraise=True,
        )(attempt)
        if self.is_own and not self._dump_asked:
            self.read_dump()
        return page

    def read_dump(self) -> None:
        """All lists by one call, from which all later pages are. Without one, they are asked for.

        Raises Spent.
        """
        self._dump_asked = True
        self.budget.allow()
        try:
            reply = self._fetch(self.root.copy_with(path=f"{self.root.path}{DUMP}"), None)
            if reply.status != 200:
                raise self._refusal(reply)
            self.dump = Dump(reply.body)
            self.is_own = True
        except (SourceError, ValueError) as error:
            self.notes.add(f"There is no dump, and each list is read: {error}")

    def _page(self, resource: str, params: dict[str, Any], known: Known) -> Page:
        self.budget.allow()
        url = self.root.copy_with(path=f"{self.root.path}{resource}/", params=params)
        reply = self._fetch(url, known.etag)
        self.is_own = self.is_own or OWN_HEADER in reply.headers
        digest = blake2b(reply.body, digest_size=16).digest()
        unchanged = digest == known.digest
        if reply.status == 304 and known.etag:
            digest, unchanged = known.digest, True
        elif reply.status != 200 or reply.kind == "text/html":
            raise self._refusal(reply)
        offset, limit = params["offset"], params["limit"]
        count, results = (0, []) if unchanged else self._rows(reply, offset, limit, known.objects)
        date = _parse_date(reply.headers.get("Date", "")) or self.now().replace(microsecond=0)
        # Only an ETag that can be kept and sent again.
        tag = reply.headers.get("ETag", "")
        etag = tag if 0 < len(tag) <= 200 and _is_header_safe(tag) else None
        etag = etag or (known.etag if unchanged else None)
        return Page(offset, limit, count, results, date, etag, digest, unchanged)

    def changes(self, since: str, etag: str | None) -> Changes | None:
        """What has changed there since a version; None: nothing since the answer with that ETag.

        It is small, and asked each second: no budget counts it. Raises `SourceError`, and `Gone`
        where the source does not know any more.
        """
        params = {"since": since, "objects": "true"}
        url = self.root.copy_with(path=f"{self.root.path}changes/", params=params)
        reply = self._fetch(url, etag, is_counted=False)
        if reply.status == NOT_MODIFIED and etag:
            return None
        if reply.status == GONE:
            raise Gone(f"{url}: the source does not know what has changed since.")
        if reply.status != OK:
            raise self._status_error(reply)
        body = self._object(reply, {})
        try:
            date = _parse_date(reply.headers.get("Date", "")) or self.now().replace(microsecond=0)
            tag = reply.headers.get("ETag")
            return Changes(body["version"], body["next"] is None, body["results"], date, tag)
        except (KeyError, TypeError):
            raise self._error(url, "gave no changes as this release reads them") from None

    # A call

    def _fetch(self, url: httpx2.URL, etag: str | None, *, is_counted: bool = True) -> Reply:
        """The reply. The call is counted as the request is sent. Raises `SourceError`."""
        deadline = Deadline(PATIENCE * self.timeout)

        def trace(event: str, info: dict[str, Any]) -> None:
            if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                deadline.socket = info["return_value"].get_extra_info("socket")
            elif is_counted and event == "http11.send_request_headers.started":
                self.budget.record()

        headers = {"If-None-Match": etag} if etag else {}
        request = self._client.build_request(
            "GET", url, headers=headers, extensions={"trace": trace}
        )
        deadline.start()
        try:
            with closing(self._client.send(request, stream=True)) as response:
                body = self._read(url, response)
        except httpx2.HTTPError as error:
            if not deadline.passed:
                raise self._failure(url, error) from None
        finally:
            deadline.cancel()
        if deadline.passed:
            raise self._error(url, "sends too slowly", LATER, TooLarge)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Reply(url, response.status_code, response.headers, body, kind)

    def _read(self, url: httpx2.URL, response: httpx2.Response) -> bytes:
        """The body, unpacked. A part of it unpacks to less than LARGEST, whatever it is."""
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("gzip", "identity"):
            raise self._error(url, f"is packed as {excerpt(coding)}, not gzip")
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > LARGEST:
                raise self._error(url, f"sent more than {LARGEST // 2**20} MiB")
        return bytes(body)

    # What is no answer

    def _error(
        self, url: httpx2.URL, came: str, do: str = CHECK, kind: type[SourceError] = SourceError
    ) -> SourceError:
        return kind(self._without_token(f"{url} {came}; {do}."))

    def _quote(self, what: bytes | str) -> str:
        """What came, harmless: a source may send the token back."""
        text = what if isinstance(what, str) else what[:8000].decode("utf-8", "replace")
        return f"“{excerpt(self._without_token(text))}”"

    def _without_token(self, text: str) -> str:
        return text.replace(self.token, "…") if self.token else text

    def _cut_off(self, url: httpx2.URL, why: str) -> SourceError:
        return self._error(url, f"broke off in its answer ({self._quote(why)})", LATER, TooLarge)

    def _failure(self, url: httpx2.URL, error: httpx2.HTTPError) -> SourceError:
        if isinstance(error, httpx2.ConnectTimeout):
            came = f"took no connection within {min(CONNECT, self.timeout):g} s"
            return self._error(url, came, NETWORK, errors.Unreachable)
        if isinstance(error, httpx2.TimeoutException):
            return self._error(url, f"was silent for {self.timeout:g} s", LATER, TooLarge)
        if isinstance(error, httpx2.ConnectError):
            kind = errors.Everywhere if _has_bad_certificate(error) else errors.Unreachable
            came = f"can't be reached ({self._quote(str(error))})"
            return self._error(url, came, NETWORK, kind)
        return self._cut_off(url, str(error) or "the connection was lost")

    def _refusal(self, reply: Reply) -> SourceError:
        """The error, with the pause that the source asks for. Raises `Spent` for a long one."""
        error = self._status_error(reply)
        if isinstance(error, errors.Passing):
            asked = _seconds(reply.headers.get("Retry-After", ""), self.now())
            error.pause = min(asked, LONGEST_PAUSE)
            self.budget.check_pause(error.pause, f"{reply.url} answered {reply.status}")
        return error

    def _status_error(self, reply: Reply) -> SourceError:
        status, excerpt = reply.status, self._quote(reply.body)
        meaning, do, kind = STATUSES.get(status, ("", LATER, errors.ServerError))
        if reply.kind == "text/html" and (status in (200, 403) or status >= 500):
            # An error of the moment, and not an answer.
            kind = kind if kind is TooLarge else errors.ServerError
            marks = f"{reply.headers} {reply.body[:5000]!r}".lower()
            is_theirs = "cloudflare" in marks or "cf-ray" in reply.headers
            whose = "a page of Cloudflare, before the source," if is_theirs else "HTML"
            came = f"answered {status}: sent {whose} and not JSON: {excerpt}"
            return self._error(reply.url, came, f"{LATER}, or {CHECK}", kind)
        if 300 <= status < 400 and (location := reply.headers.get("Location")):
            came = f"has moved to {self._quote(location)}"
            return self._error(reply.url, came, "name the source by that URL")
        if meaning or status >= 500:
            return self._error(reply.url, f"answered {status}{meaning}", do, kind)
        return self._error(reply.url, f"answered {status} {excerpt}")

    # An answer

    def _rows(
        self, reply: Reply, offset: int, limit: int, known: Objects
    ) -> tuple[int, list[Object]]:
        """The count and the results, where they are as the contract has them."""
        body, do = self._object(reply, known), CHECK
        count, results = body.get("count"), body.get("results")
        if type(count) is not int or not 0 <= count <= MOST_COUNT:
            came = f"says that count is {excerpt(repr(count))}, not 0 to {MOST_COUNT}"
        elif type(results) is not list or not all(isinstance(row, dict | Same) for row in results):
            came = "has no list of objects as its results"
        elif len(results) > limit:
            came = f"gave {len(results)} rows where {limit} were asked for"
        elif offset < count and not results:
            came, do = f"counts {count} rows and gives none from row {offset} on", LATER
        else:
            return count, results
        raise self._error(reply.url, came, do)

    def _object(self, reply: Reply, known: Objects) -> dict[str, Any]:
        text = reply.body.removeprefix(BOM)
        if reply.kind != "application/json":
            came = f"sent {excerpt(reply.kind) or 'no type'} and not JSON"
            raise self._error(reply.url, f"{came}: {self._quote(reply.body)}")
        if len(text) < len(reply.body):
            self.notes.add("Its answers begin with a byte order mark (BOM); taken without it.")
        try:
            body = read_page(text, known)
        except ValueError as error:
            # Without a length only the missing end tells that the rest was lost.
            if not text.rstrip().endswith((b"}", b"]")):
                raise self._cut_off(reply.url, "its end is missing") from None
            came = f"sent broken JSON ({excerpt(str(error))}): {self._quote(reply.body)}"
            raise self._error(reply.url, came, LATER) from None
        if not isinstance(body, dict):
            came = f"sent JSON that is no object: {self._quote(reply.body)}"
            raise self._error(reply.url, came)
        return body


def _is_header_safe(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _has_bad_certificate(error: BaseException | None) -> bool:
    """Whether a certificate was refused: no retry mends that."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _seconds(text: str, now: datetime) -> float:
    """`Retry-After`, seconds or a date, as seconds from `now`; 0 for anything else."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    date = _parse_date(text)
    return 0.0 if date is None else max(0.0, (date - now).total_seconds())


def _parse_date(text: str) -> datetime | None:
    seconds = parse_http_date_safe(text)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
