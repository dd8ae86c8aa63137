"""One URL of the source → its reply: how long it may take, and how much it may be."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, NamedTuple

import httpx2

from spacedevs.mirror.errors import (
    CHECK,
    LATER,
    Everywhere,
    SourceError,
    TooLarge,
    Unreachable,
    excerpt,
)

LARGEST = 64 * 2**20  # bytes of a body, decompressed
CONNECT = 10  # seconds that a connection may take
QUOTED = 8000  # bytes of a body that a quote is made of
PATIENCE = 4  # times the timeout: what a whole answer may take, its headers included


class Reply(NamedTuple):
    url: httpx2.URL
    status: int
    headers: httpx2.Headers
    body: bytes


def header_safe(text: str) -> bool:
    return text.isascii() and text.isprintable()


class Deadline:
    """Cuts a connection that is still at it when its time is over, whatever it is reading.

    A timeout is one of each read: an answer that drips in, a byte now and then, meets none.
    """

    def __init__(self, seconds: float, sending: Callable[[], None]) -> None:
        self.passed = False
        self._socket: socket.socket | None = None
        self._seconds, self._sending = seconds, sending

    @contextmanager
    def running(self) -> Iterator[None]:
        timer = threading.Timer(self._seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """httpx's trace extension: what the connection is at."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
        elif event == "http11.send_request_headers.started":
            self._sending()

    def _cut(self) -> None:
        self.passed = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class HttpClient:
    """Asks one server, and prints its token nowhere. `transport`: for tests."""

    def __init__(
        self,
        *,
        user_agent: str,
        token: str,
        timeout: float,
        transport: httpx2.BaseTransport | None,
    ) -> None:
        if not header_safe(token) or " " in token:
            raise Everywhere("The token has characters that no token has; copy it again.")
        self._token, self._timeout = token, timeout
        headers = {"User-Agent": user_agent, "Accept": "application/json"}
        # A connection for each call: none is kept for an hour, and the deadline knows its socket.
        headers |= {"Accept-Encoding": "gzip", "Connection": "close"}
        if token:
            headers["Authorization"] = f"Token {token}"
        # Without trust_env: a .netrc would send a password.
        self._client = httpx2.Client(
            headers=headers,
            timeout=httpx2.Timeout(timeout, connect=min(CONNECT, timeout)),
            transport=transport or httpx2.HTTPTransport(),
            trust_env=False,
        )

    def close(self) -> None:
        self._client.close()

    def fetch(self, url: httpx2.URL, etag: str | None, sending: Callable[[], None]) -> Reply:
        """The reply; `sending` is called as the request is sent. Raises `SourceError`."""
        deadline = Deadline(PATIENCE * self._timeout, sending)
        headers = {"If-None-Match": etag} if etag else {}
        extensions = {"trace": deadline.trace}
        request = self._client.build_request("GET", url, headers=headers, extensions=extensions)
        try:
            with (
                deadline.running(),
                closing(self._client.send(request, stream=True)) as response,
            ):
                body = self._read(url, response)
                if not deadline.passed:
                    return Reply(url, response.status_code, response.headers, body)
        except httpx2.HTTPError as error:
            if not deadline.passed:
                raise self._failure(url, error) from None
        raise self.error(url, "sends too slowly", LATER, TooLarge)

    def quote(self, what: bytes | str) -> str:
        """What came, harmless: a source may send the token back."""
        text = what if isinstance(what, str) else what[:QUOTED].decode("utf-8", "replace")
        return f"“{excerpt(self._without_token(text))}”"

    def error(
        self, url: httpx2.URL, came: str, do: str, kind: type[SourceError] = SourceError
    ) -> SourceError:
        return kind(self._without_token(f"{url} {came}; {do}."))

    def cut_off(self, url: httpx2.URL, why: str = "its end is missing") -> SourceError:
        came = f"broke off in its answer ({self.quote(why)})"
        return self.error(url, came, LATER, TooLarge)

    def _without_token(self, text: str) -> str:
        return text.replace(self._token, "…") if self._token else text

    def _failure(self, url: httpx2.URL, error: httpx2.HTTPError) -> SourceError:
        check = "check the URL and the network"
        if isinstance(error, httpx2.ConnectTimeout):
            came = f"took no connection within {min(CONNECT, self._timeout):g} s"
            return self.error(url, came, check, Unreachable)
        if isinstance(error, httpx2.TimeoutException):
            return self.error(url, f"was silent for {self._timeout:g} s", LATER, TooLarge)
        if isinstance(error, httpx2.ConnectError):
            kind = Everywhere if has_bad_certificate(error) else Unreachable
            return self.error(url, f"can't be reached ({self.quote(str(error))})", check, kind)
        return self.cut_off(url, str(error) or "the connection was lost")

    def _read(self, url: httpx2.URL, response: httpx2.Response) -> bytes:
        """The body, unpacked. A part of it unpacks to less than LARGEST, whatever it is."""
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("gzip", "identity"):
            raise self.error(url, f"is packed as {excerpt(coding)}, not gzip", CHECK)
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > LARGEST:
                raise self.error(url, f"sent more than {LARGEST // 2**20} MiB", CHECK)
        return bytes(body)


def has_bad_certificate(error: BaseException | None) -> bool:
    """Whether a certificate was refused: no retry mends that."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
