"""A small upstream that can be told to misbehave: a real HTTP server on 127.0.0.1.

    with Upstream({"agencies": [{"id": 1}]}) as upstream:
        upstream.behave(fails(500), path="agencies/", after=1, times=2)

answers the second and third request for `agencies/` with 500, and everything else as the
contract says. A behaviour is given the request and the regular reply, and returns another.
"""

import gzip
import hashlib
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.upstream_bodies import Catalogue

ROOT = "/2.3.0/"
THROTTLE = "api-throttle/"
JSON = "application/json"
BY_ID = {"spacecraft", "agencies"}  # the lists that upstream orders by id

Row = dict[str, Any]


@dataclass(frozen=True)
class Request:
    path: str  # under the root
    params: dict[str, str]
    headers: dict[str, str]  # in lower case
    time: datetime


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0  # seconds before anything is sent
    drip: float = 0  # seconds between two bytes
    cut: int | None = None  # bytes after which the connection ends

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Behaviour = Callable[[Request, Reply], Reply]


def as_json(body: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body).encode(), {"Content-Type": JSON})


def answers(body: Any, status: int = 200) -> Behaviour:
    """Other JSON: a list, an error, anything."""
    return lambda request, reply: as_json(body, status)


def sends(body: bytes, kind: str = JSON, **headers: str) -> Behaviour:
    """These very bytes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, reply: Reply(200, body, {"Content-Type": kind, **named})


def html(text: str = "<html><h1>Down for maintenance</h1></html>") -> Behaviour:
    return sends(text.encode(), "text/html; charset=utf-8")


def fails(status: int, **headers: str) -> Behaviour:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, reply: replace(
        as_json({"detail": "A fault."}, status), headers={"Content-Type": JSON, **named}
    )


def throttles(retry_after: str | None = None) -> Behaviour:
    return fails(429) if retry_after is None else fails(429, Retry_After=retry_after)


def late(seconds: float) -> Behaviour:
    return lambda request, reply: replace(reply, delay=seconds)


def drips(seconds: float) -> Behaviour:
    """A byte, a pause, a byte."""
    return lambda request, reply: replace(reply, drip=seconds)


def cuts(at: int = 20) -> Behaviour:
    """The length of the whole body, and `at` bytes of it."""
    return lambda request, reply: replace(reply, cut=at)


def redirects(location: str, status: int = 302) -> Behaviour:
    return lambda request, reply: Reply(status, b"", {"Location": location})


def headed(**headers: str) -> Behaviour:
    """The regular reply with other headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, reply: replace(reply, headers={**reply.headers, **named})


def edited(change: Callable[[Any], Any]) -> Behaviour:
    """The regular body, changed in place by `change`."""

    def edit(request: Request, reply: Reply) -> Reply:
        body = reply.json
        change(body)
        return replace(reply, body=json.dumps(body).encode())

    return edit


def then(do: Callable[[], Any]) -> Behaviour:
    """The regular reply, made before `do` runs: the catalogue changes between two pages."""

    def behave(request: Request, reply: Reply) -> Reply:
        do()
        return reply

    return behave


@dataclass
class Rule:
    behaviour: Behaviour
    path: str | None
    after: int
    times: int | None

    def applies(self, request: Request) -> bool:
        """Whether it is this request's turn; one that comes too early is counted."""
        if self.path not in (None, request.path):
            return False
        if self.path is None and request.path == THROTTLE:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return self.times is None or self.times >= 0


class Upstream:
    """`rows` are served as lists and records; they may be changed at any time.

    `requests` are all that came, `calls` those that upstream counts. `etags`: answers have one,
    and 304 follows from it. `gzip`: bodies are packed for those who take them so.
    """

    def __init__(
        self,
        rows: dict[str, list[Row]] | None = None,
        *,
        catalogue: Catalogue | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.rows = rows or {}
        self.catalogue, self.now = catalogue, now
        self.is_own = False  # a server of this project, which says so
        self.largest = 100  # rows of a page: above, it times out
        self.requests: list[Request] = []
        self.throttle: Row = {
            "your_request_limit": 15,
            "limit_frequency_secs": 3600,
            "current_use": 0,
            "next_use_secs": 0,
            "ident": "127.0.0.1",
        }
        self.etags = False
        self.gzip = False
        self.closed = threading.Event()
        self.hurried = threading.Event()
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._server = Server(self)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()
        self.hurry()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{ROOT}"

    @property
    def calls(self) -> list[Request]:
        return [request for request in self.requests if request.path != THROTTLE]

    def behave(
        self,
        behaviour: Behaviour,
        *,
        path: str | None = None,
        after: int = 0,
        times: int | None = 1,
    ) -> None:
        """`behaviour` for the next `times` requests for `path` once `after` have come.

        `times` None: for ever. `path` None: whatever is asked, api-throttle/ excepted. Of several
        that apply the first told counts.
        """
        with self._lock:
            self._rules.append(Rule(behaviour, path, after, times))

    def relent(self) -> None:
        """It behaves as the contract says again."""
        with self._lock:
            self._rules.clear()

    def hurry(self) -> None:
        """Nobody is late any more."""
        self.hurried.set()

    def answer(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            reply = self._regular(request)
            rule = next((rule for rule in self._rules if rule.applies(request)), None)
            return self._packed(request, rule.behaviour(request, reply) if rule else reply)

    def _regular(self, request: Request) -> Reply:
        if request.path == THROTTLE:
            return as_json(self.throttle)
        path = request.path.strip("/")
        if number(request.params.get("limit")) > self.largest:
            return as_json({"detail": "It took too long."}, 504)
        if self.catalogue is not None and path in self.catalogue.resources:
            return self._page(path, dict(request.params))
        resource, _, key = (path, "", "") if path in self.rows else path.rpartition("/")
        if resource not in self.rows:
            return as_json({"detail": "Not found."}, 404)
        if not key:
            return as_json(self._list(resource, request.params))
        found = [row for row in self.rows[resource] if str(row.get("id")) == key]
        return as_json(found[0]) if found else as_json({"detail": "Not found."}, 404)

    def _page(self, resource: str, params: dict[str, str]) -> Reply:
        """As upstream orders it: by id where that is published, and else by name."""
        assert self.catalogue is not None
        by = "id" if resource in BY_ID and params.get("ordering") == "id" else "name"
        limit = number(params.pop("limit", "")) or 10
        offset = number(params.pop("offset", ""))
        now = self.catalogue.at(self.now())
        body = now.page_bytes(resource, offset, limit, by, **params)
        return Reply(200, body, {"Content-Type": JSON, **self._own()})

    def _own(self) -> dict[str, str]:
        return {"Spacedevs-Version": "0.1.0"} if self.is_own else {}

    def _list(self, resource: str, params: dict[str, str]) -> Row:
        rows = self.rows[resource]
        order = params.get("ordering", "")
        if order:
            field, down = order.lstrip("-"), order[0] == "-"
            rows = sorted(rows, key=lambda row: row.get(field) or 0, reverse=down)
        else:  # by name, and those of one name as they come: as upstream does
            rows = sorted(rows, key=lambda row: (str(row.get("name")), random.random()))
        limit = min(number(params.get("limit")) or 10, 100)
        offset = number(params.get("offset"))
        before = max(0, offset - limit) if offset else None
        after = offset + limit if offset + limit < len(rows) else None
        return {
            "count": len(rows),
            "next": self._link(resource, params, limit, after),
            "previous": self._link(resource, params, limit, before),
            "results": rows[offset : offset + limit],
        }

    def _link(
        self, resource: str, params: dict[str, str], limit: int, offset: int | None
    ) -> str | None:
        if offset is None:
            return None
        query = {**params, "limit": str(limit), "offset": str(offset)}
        if not offset:
            del query["offset"]
        return f"{self.url}{resource}/?{urlencode(sorted(query.items()))}"

    def _packed(self, request: Request, reply: Reply) -> Reply:
        """With an ETag, or 304 in its place; gzip last."""
        if self.etags and reply.status == 200:
            tag = f'"{hashlib.sha256(reply.body).hexdigest()}"'
            reply = replace(reply, headers={**reply.headers, "ETag": tag})
            if request.headers.get("if-none-match") == tag:
                return replace(reply, status=304, body=b"")
        if self.gzip and "gzip" in request.headers.get("accept-encoding", ""):
            headers = {**reply.headers, "Content-Encoding": "gzip"}
            return replace(reply, body=gzip.compress(reply.body), headers=headers)
        return reply


def number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is what many a test is about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        params = dict(parse_qsl(url.query, keep_blank_values=True))
        path = url.path.removeprefix(ROOT)
        reply = self.server.upstream.answer(Request(path, params, headers, datetime.now(UTC)))
        self.server.upstream.hurried.wait(reply.delay)
        if not self.server.upstream.closed.is_set():
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        named = {name.lower() for name in reply.headers}
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "date" not in named:
            self.send_header("Date", format_datetime(self.server.upstream.now(), usegmt=True))
        if reply.status != 304 and not named & {"content-length", "connection"}:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self._write(reply)

    def _write(self, reply: Reply) -> None:
        body = reply.body[: reply.cut]
        step = 1 if reply.drip else len(body) or 1
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            if self.server.upstream.closed.wait(reply.drip):
                break
        if reply.cut is not None or "Connection" in reply.headers:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""
