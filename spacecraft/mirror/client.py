"""The source's pages as dicts: HTTP, budget, retries. Knows no model and loads nothing.

The limits of the address check: names are resolved by the system, which has a timeout of its own;
proxies named in the environment are not used, since they would resolve the names themselves. The
limit of the deadline: it is looked at between two parts of a body, so that headers that drip in
are bounded only by their size and by `timeout` for each part.
"""

import re
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
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

from spacecraft.mirror.budget import Budget, Spent, utc_now

T = TypeVar("T")

MOST_ROWS, LEAST_ROWS = 100, 10  # on a page; 100 is the contract's most
LARGEST = 64 * 2**20  # bytes of a body, decompressed
MOST_COUNT = 1_000_000  # rows of a resource
ATTEMPTS = 4
REDIRECTS = 3
ADDRESSES = 4  # of a host, that are tried
PATIENCE = 4  # times the timeout: what a whole answer may take
SHORT_PAUSE = 60  # seconds: a longer one ends the run unless the budget waits
LONGEST_PAUSE = 86_400  # seconds
EXCERPT = 80  # characters of what came
MOVED = {301, 302, 303, 307, 308}
PAUSES = wait_exponential_jitter(initial=1, max=30, jitter=1)
THROTTLE = "api-throttle/"
# An IPv4 address behind a translator: its last 32 bits say which.
NAT64, LOCAL_NAT64 = IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48")

LATER = "try again later"
CHECK = "check that the address is that of a server of Launch Library 2.3.0"


class SourceFault(Exception):
    """One sentence: what was asked, what came, what to do."""


class Refused(SourceFault):
    """401 or 403."""


class NotServed(SourceFault):
    """404: the source doesn't have this path; a caller that can do without goes on."""


class Passing(SourceFault):
    """What may pass by itself, and is tried again."""

    pause: float = 0  # seconds that the source asks for


class Throttled(Passing):
    """429."""


class Struggling(Passing):
    """A timeout, a lost connection, a 5xx, a body cut off: smaller pages may help."""


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


@dataclass(frozen=True)
class Reply:
    address: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes


def root_of(address: str) -> httpx.URL:
    """The source's root, with a slash at its end. Raises `SourceFault`."""
    try:
        url = httpx.URL(address.strip())
    except (httpx.InvalidURL, UnicodeError):
        raise SourceFault("The source is no address; write one like https://host/2.3.0/.") from None
    # The address is not printed where it has a password.
    if url.userinfo:
        raise SourceFault(f"The source at {url.host} has a user name in its address; give --token.")
    usable = url.scheme in ("http", "https") and url.host and (url.port or 80) < 2**16
    if not usable or url.query or url.fragment:
        said = excerpt(str(url.copy_with(query=None, fragment=None)))
        raise SourceFault(f"{said} can't be a source; write an address like https://host/2.3.0/.")
    return url.copy_with(path=url.path.rstrip("/") + "/", query=None, fragment=None)


def excerpt(text: str) -> str:
    """The beginning of what came, harmless to a terminal."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[:2000])
    return " ".join(printable.split())[:EXCERPT]


def is_public(address: str) -> bool:
    """Whether `address`, and the IPv4 address that it may wrap, is one of the public Internet."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in NAT64:
            wrapped = IPv4Address(int(ip) & 0xFFFFFFFF)
        if wrapped:
            return is_public(str(wrapped))
        if ip.is_site_local or ip in LOCAL_NAT64:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def header_safe(text: str) -> bool:
    return text.isascii() and text.isprintable()


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
        if not header_safe(token) or " " in token:
            raise SourceFault("The token has characters that no token has; copy it again.")
        self.root = root_of(root)
        self._budget = budget
        self._token = token
        self._allow_private = allow_private
        self._timeout = timeout
        self._sleep = sleep
        self._now = now
        self._size = MOST_ROWS
        headers = {"User-Agent": user_agent, "Accept": "application/json"}
        headers["Accept-Encoding"] = "gzip"
        if token:
            headers["Authorization"] = f"Token {token}"
        # Without trust_env: a .netrc would send a password, and a proxy would see every name.
        self._client = httpx.Client(
            headers=headers,
            timeout=timeout,
            transport=transport or httpx.HTTPTransport(),
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

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
        params = {**(filters or {}), "mode": mode, "offset": offset}
        return self._retry(
            lambda: self._page(resource, params, offset, self._fits(needed, rows_left), etag)
        )

    def get(self, path: str, params: Mapping[str, str | int], *, etag: str | None = None) -> Answer:
        """The object at `path` under the root. Raises `SourceFault` and `Spent`."""
        return self._retry(lambda: self._ask(path, params, etag))

    def throttle(self) -> dict[str, Any]:
        """What the source says of our calls; itself not counted. Raises `SourceFault`."""
        return self._answer(self._fetch(self._address(THROTTLE, {}), None, counted=False)).body

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
            raise self._fault(address, f"says that count is {said}, not 0 to {MOST_COUNT}", CHECK)
        if not isinstance(results, list) or not all(isinstance(row, dict) for row in results):
            raise self._fault(address, "has no list of objects as its results", CHECK)
        if len(results) > limit:
            came = f"gave {len(results)} rows where {limit} were asked for"
            raise self._fault(address, came, CHECK)
        if offset < count and not results:
            came = f"counts {count} rows and gives none from row {offset} on"
            raise self._fault(address, came, LATER)
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
        reply = self._fetch(self._address(path, params), etag)
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
            raise self._fault(address, "answered 429, too many calls", LATER, Throttled)
        if status >= 500:
            raise self._fault(address, f"answered {status}", LATER, Struggling)
        if status in (401, 403):
            do = "check the token, or leave it out"
            raise self._fault(address, f"answered {status}, not allowed", do, Refused)
        if status == 404:
            raise self._fault(address, "answered 404, not found", CHECK, NotServed)
        if status != 200:
            raise self._fault(address, f"answered {status} {self._quote(reply.body)}", CHECK)
        return Answer(self._object(reply), self._date(reply), tag_of(reply), False)

    def _object(self, reply: Reply) -> dict[str, Any]:
        kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            came = f"sent {excerpt(kind) or 'no type'} and not JSON: {self._quote(reply.body)}"
            raise self._fault(reply.address, came, CHECK)
        try:
            body = orjson.loads(reply.body)
        except ValueError as error:
            # Without a length only the missing end tells that the rest was lost.
            if not reply.body.rstrip().endswith((b"}", b"]")):
                raise self._cut(reply.address) from None
            came = f"sent broken JSON ({excerpt(str(error))}): {self._quote(reply.body)}"
            raise self._fault(reply.address, came, LATER) from None
        if not isinstance(body, dict):
            came = f"sent JSON that is no object: {self._quote(reply.body)}"
            raise self._fault(reply.address, came, CHECK)
        return body

    def _date(self, reply: Reply) -> datetime:
        return date_of(reply.headers.get("Date", "")) or self._now().replace(microsecond=0)

    def _fetch(self, address: httpx.URL, etag: str | None, *, counted: bool = True) -> Reply:
        """The reply at the end of the redirects; each request is a call of the budget."""
        for _ in range(REDIRECTS + 1):
            hosts = self._hosts(address)
            if counted:
                self._budget.spend()
            reply = self._exchange(address, hosts, etag)
            if reply.status not in MOVED:
                return reply
            address = self._moved(reply)
        raise self._fault(address, f"is a redirect after {REDIRECTS} others", CHECK)

    def _moved(self, reply: Reply) -> httpx.URL:
        """Where a redirect leads: the same server, or its https."""
        here, location = reply.address, reply.headers.get("Location", "")
        do = "name the source by its own address"
        try:
            there = here.join(location) if location else httpx.URL()
        except (httpx.InvalidURL, UnicodeError):
            there = httpx.URL()
        allowed = {(here.scheme, here.port), ("https", None)}
        if there.userinfo or there.host != here.host or (there.scheme, there.port) not in allowed:
            raise self._fault(here, f"redirects elsewhere, to {self._quote(location)}", do)
        return there

    def _hosts(self, address: httpx.URL) -> list[str]:
        """The addresses to connect to, all of them looked at: a second lookup may say another."""
        host = address.raw_host.decode()
        if self._allow_private:
            return [host]
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise self._fault(address, "has a host that is not known", LATER, Struggling) from None
        hosts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if private := [host for host in hosts if not is_public(host)]:
            came = f"leads to {excerpt(private[0])}, which is no public address"
            raise self._fault(address, came, "name it outright with --from if it is meant")
        return hosts[:ADDRESSES]

    def _exchange(self, address: httpx.URL, hosts: list[str], etag: str | None) -> Reply:
        try:
            with closing(self._open(address, hosts, etag)) as response:
                unread = response.status_code in MOVED
                body = b"" if unread else self._read(address, response)
                return Reply(address, response.status_code, response.headers, body)
        except httpx.TimeoutException:
            came = f"was silent for {self._timeout:g} s"
            raise self._fault(address, came, LATER, Struggling) from None
        except (httpx.RemoteProtocolError, zlib.error) as error:
            raise self._cut(address, str(error)) from None
        except httpx.HTTPError as error:
            kind = SourceFault if untrusted(error) else Struggling
            came = f"can't be reached ({self._quote(str(error))})"
            raise self._fault(address, came, "check the address and the network", kind) from None

    def _open(self, address: httpx.URL, hosts: list[str], etag: str | None) -> httpx.Response:
        """The response's head, from the first of `hosts` that can be connected to."""
        headers = {"Host": address.netloc.decode()}
        if etag and header_safe(etag):
            headers["If-None-Match"] = etag
        for left, host in reversed(list(enumerate(reversed(hosts)))):
            # The certificate is checked against the name, whatever the address.
            request = self._client.build_request(
                "GET",
                address.copy_with(host=host),
                headers=headers,
                extensions={"sni_hostname": address.raw_host.decode()},
            )
            try:
                return self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if not left:
                    raise
        raise httpx.ConnectError("no address")

    def _read(self, address: httpx.URL, response: httpx.Response) -> bytes:
        """The body, unpacked here: no more of it than is allowed is ever in memory."""
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("gzip", "identity"):
            raise self._fault(address, f"is packed as {excerpt(coding)}, not gzip", CHECK)
        unpack = zlib.decompressobj(wbits=31) if coding == "gzip" else None
        end = time.monotonic() + PATIENCE * self._timeout
        body = bytearray()
        for part in response.iter_raw():
            body += unpack.decompress(part, LARGEST + 1 - len(body)) if unpack else part
            if len(body) > LARGEST:
                raise self._fault(address, f"sent more than {LARGEST // 2**20} MiB", CHECK)
            if time.monotonic() > end:
                raise self._fault(address, "sends too slowly", LATER, Struggling)
        # A 304 names the coding of the body that it doesn't have.
        if unpack and not unpack.eof and response.status_code == 200:
            raise self._cut(address)
        return bytes(body)

    def _address(self, path: str, params: Mapping[str, str | int]) -> httpx.URL:
        if not re.fullmatch(r"([\w-]+/)*", path, re.ASCII):
            raise ValueError(f"{path!r} is no path under the root, like spacecraft/.")
        return self.root.copy_with(path=self.root.path + path, params=params or None)

    def _cut(self, address: httpx.URL, why: str = "its end is missing") -> SourceFault:
        came = f"broke off in its answer ({self._quote(why)})"
        return self._fault(address, came, LATER, Struggling)

    def _quote(self, what: bytes | str) -> str:
        """What came, harmless: a source may send the token back."""
        text = what if isinstance(what, str) else what.decode("utf-8", "replace")
        return f"“{excerpt(text.replace(self._token, '…') if self._token else text)}”"

    def _fault(
        self, address: httpx.URL, came: str, do: str, kind: type[SourceFault] = SourceFault
    ) -> SourceFault:
        sentence = f"{address} {came}; {do}."
        return kind(sentence.replace(self._token, "…") if self._token else sentence)


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


def untrusted(error: BaseException) -> bool:
    """Whether a certificate was refused: no retry mends that."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
