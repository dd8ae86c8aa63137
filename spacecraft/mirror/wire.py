"""One address of the source → its reply: what may be connected to, how long, how much.

The limits of the address check: names are resolved by the system, which has a timeout of its own;
proxies named in the environment are not used, since they would resolve the names themselves. The
limit of the deadline: it is looked at between two parts of a body, so that headers that drip in
are bounded only by their size and by `timeout` for each part.
"""

import ssl
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import httpx

from spacecraft.mirror.addresses import is_public, numbers_of
from spacecraft.mirror.faults import CHECK, LATER, SourceFault, Struggling, excerpt

LARGEST = 64 * 2**20  # bytes of a body, decompressed
REDIRECTS = 3
ADDRESSES = 4  # of a host, that are tried
PATIENCE = 4  # times the timeout: what a whole answer may take
MOVED = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class Reply:
    address: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes


def header_safe(text: str) -> bool:
    return text.isascii() and text.isprintable()


class Wire:
    """Asks one server, and prints its token nowhere. `transport`: for tests."""

    def __init__(
        self,
        *,
        user_agent: str,
        token: str,
        allow_private: bool,
        timeout: float,
        transport: httpx.BaseTransport | None,
    ) -> None:
        if not header_safe(token) or " " in token:
            raise SourceFault("The token has characters that no token has; copy it again.")
        self._token = token
        self._allow_private = allow_private
        self._timeout = timeout
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

    def close(self) -> None:
        self._client.close()

    def fetch(self, address: httpx.URL, etag: str | None, spend: Callable[[], None]) -> Reply:
        """The reply at the end of the redirects; `spend` is called before each request."""
        for _ in range(REDIRECTS + 1):
            hosts = self._hosts(address)
            spend()
            reply = self._exchange(address, hosts, etag)
            if reply.status not in MOVED:
                return reply
            address = self._moved(reply)
        raise self.fault(address, f"is a redirect after {REDIRECTS} others", CHECK)

    def quote(self, what: bytes | str) -> str:
        """What came, harmless: a source may send the token back."""
        text = what if isinstance(what, str) else what.decode("utf-8", "replace")
        return f"“{excerpt(self._without_token(text))}”"

    def fault(
        self, address: httpx.URL, came: str, do: str, kind: type[SourceFault] = SourceFault
    ) -> SourceFault:
        return kind(self._without_token(f"{address} {came}; {do}."))

    def cut(self, address: httpx.URL, why: str = "its end is missing") -> SourceFault:
        came = f"broke off in its answer ({self.quote(why)})"
        return self.fault(address, came, LATER, Struggling)

    def _without_token(self, text: str) -> str:
        return text.replace(self._token, "…") if self._token else text

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
            raise self.fault(here, f"redirects elsewhere, to {self.quote(location)}", do)
        return there

    def _hosts(self, address: httpx.URL) -> list[str]:
        """The addresses to connect to, all of them looked at: a second lookup may say another."""
        host = address.raw_host.decode()
        if self._allow_private:
            return [host]
        try:
            hosts = numbers_of(host)
        except (OSError, UnicodeError):
            raise self.fault(address, "has a host that is not known", LATER, Struggling) from None
        if private := [host for host in hosts if not is_public(host)]:
            came = f"leads to {excerpt(private[0])}, which is no public address"
            raise self.fault(address, came, "name it outright with --from if it is meant")
        return hosts[:ADDRESSES]

    def _exchange(self, address: httpx.URL, hosts: list[str], etag: str | None) -> Reply:
        try:
            with closing(self._open(address, hosts, etag)) as response:
                unread = response.status_code in MOVED
                body = b"" if unread else self._read(address, response)
                return Reply(address, response.status_code, response.headers, body)
        except httpx.TimeoutException:
            came = f"was silent for {self._timeout:g} s"
            raise self.fault(address, came, LATER, Struggling) from None
        except (httpx.RemoteProtocolError, zlib.error) as error:
            raise self.cut(address, str(error)) from None
        except httpx.HTTPError as error:
            kind = SourceFault if untrusted(error) else Struggling
            came = f"can't be reached ({self.quote(str(error))})"
            raise self.fault(address, came, "check the address and the network", kind) from None

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
            raise self.fault(address, f"is packed as {excerpt(coding)}, not gzip", CHECK)
        unpack = zlib.decompressobj(wbits=31) if coding == "gzip" else None
        end = time.monotonic() + PATIENCE * self._timeout
        body = bytearray()
        for part in response.iter_raw():
            body += unpack.decompress(part, LARGEST + 1 - len(body)) if unpack else part
            if len(body) > LARGEST:
                raise self.fault(address, f"sent more than {LARGEST // 2**20} MiB", CHECK)
            if time.monotonic() > end:
                raise self.fault(address, "sends too slowly", LATER, Struggling)
        # A 304 names the coding of the body that it doesn't have.
        if unpack and not unpack.eof and response.status_code == 200:
            raise self.cut(address)
        return bytes(body)


def untrusted(error: BaseException) -> bool:
    """Whether a certificate was refused: no retry mends that."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
