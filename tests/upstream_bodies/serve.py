"""A catalogue over HTTP, for measuring what reads it.

    python -m tests.upstream_bodies.serve --craft 20000 --weight real

listens on 127.0.0.1, prints its port and answers until it is ended. A page is made when it is
asked for. As upstream, it lists by id only where it publishes that ordering, and else by name.
"""

import argparse
import hashlib
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from gzip import compress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.upstream_bodies.catalogue import Catalogue
from tests.upstream_bodies.tables import MODES

ROOT = "/2.3.0/"
ORDERED_BY_ID = ("spacecraft", "agencies", "spacecraft_flights")  # the last has no names
BYTES_KEPT = 6_000_000
NOT_FOUND = {"detail": "Not found."}


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    etag: str = ""
    until: datetime | None = None  # good in this second alone, where durations live


def as_json(body: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body, separators=(",", ":")).encode())


class Source:
    """Answers URLs from a catalogue, as of the clock or of `now`.

    `gzip`: for those who take it, which makes half as much work again. `largest`: a page of more
    rows is a 504. `fractions`: durations that live have microseconds, as upstream's.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        etags: bool = True,
        gzip: bool = True,
        largest: int | None = None,
        now: datetime | None = None,
        fractions: bool = False,
    ) -> None:
        self.catalogue, self.etags, self.gzip, self.largest = catalogue, etags, gzip, largest
        self.standing, self.fractions = now, fractions
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, bool], Reply] = OrderedDict()
        self._tags: dict[str, tuple[str, datetime | None]] = {}

    def now(self) -> datetime:
        return self.standing or datetime.now(UTC)

    def answer(self, url: str, packed: bool, known: str, now: datetime) -> Reply:
        """`packed`: with gzip. `known`: the ETag that the client has. `now`: of this answer."""
        second = now.replace(microsecond=0)
        with self._lock:
            tag, until = self._tags.get(url, ("", None))
            if known and tag == known and until in (None, second):
                return Reply(304, b"", tag)
            reply = self._kept.get((url, packed))
            if reply is None or reply.until not in (None, second):
                reply = self._made(url, packed, now)
            self._keep(url, packed, reply)
        if known and reply.etag == known:
            return Reply(304, b"", reply.etag)
        return reply

    def _keep(self, url: str, packed: bool, reply: Reply) -> None:
        if reply.etag:
            self._tags[url] = reply.etag, reply.until
        self._kept[url, packed] = reply
        self._kept.move_to_end((url, packed))
        while sum(len(kept.body) for kept in self._kept.values()) > BYTES_KEPT:
            self._kept.popitem(last=False)

    def _made(self, url: str, packed: bool, now: datetime) -> Reply:
        parts = urlsplit(url)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        made = self._body(parts.path.removeprefix(ROOT), params)
        if isinstance(made, Reply):
            return Reply(made.status, compress(made.body, 1) if packed else made.body)
        shown = now if self.fractions else now.replace(microsecond=0)
        body = self.catalogue.at(shown).as_of_now(made)
        tag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"' if self.etags else ""
        lives = b"\x00" in made
        until = now.replace(microsecond=0) if lives else None
        return Reply(200, compress(body, 1) if packed else body, tag, until)

    def _body(self, path: str, params: dict[str, str]) -> bytes | Reply:
        """The list or the record, for any moment; or a reply that is neither."""
        if path == "api-throttle/":
            return as_json({"your_request_limit": 15, "limit_frequency_secs": 3600})
        name = path.strip("/")
        if name in self.catalogue.resources:
            return self._list(name, params)
        resource, _, key = name.rpartition("/")
        if resource not in self.catalogue.resources:
            return as_json(NOT_FOUND, 404)
        try:
            ref = self.catalogue.ref_of(resource, key)
        except (LookupError, ValueError):
            return as_json(NOT_FOUND, 404)
        return self.catalogue.template(resource, ref.number)

    def _list(self, resource: str, params: dict[str, str]) -> bytes | Reply:
        limit = number(params.pop("limit", "")) or 10
        offset = number(params.pop("offset", ""))
        if self.largest and limit > self.largest:
            return as_json({"detail": "Gateway Timeout"}, 504)
        flights = resource == "spacecraft_flights"
        by_id = flights or (resource in ORDERED_BY_ID and params.get("ordering") == "id")
        by = "id" if by_id else "name"
        asked = params.get("mode", "")
        mode = asked if asked in MODES.get(resource, {}) else "normal"
        return self.catalogue.page_template(resource, offset, limit, by, mode, params)


def number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, source: Source, port: int = 0) -> None:
        self.source = source
        super().__init__(("127.0.0.1", port), Handler)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: Server

    def do_GET(self) -> None:
        source = self.server.source
        packed = source.gzip and "gzip" in self.headers.get("Accept-Encoding", "")
        now = source.now()
        known = self.headers.get("If-None-Match", "")
        reply = source.answer(self.path, packed, known, now)
        self.send_response_only(reply.status)
        self.send_header("Date", format_datetime(now, usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Vary", "Accept, Accept-Encoding")
        if reply.etag:
            self.send_header("ETag", reply.etag)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
            if packed:
                self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


def moment(text: str) -> datetime:
    """A time of UTC, or with its offset."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.upstream_bodies.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    for name, count in (("craft", 603), ("configurations", 46), ("families", 8)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--agencies", type=int, default=350)
    parser.add_argument("--countries", type=int, default=70)
    parser.add_argument("--flights", type=int, help="637 for each 603 craft")
    parser.add_argument("--weight", choices=("light", "real"), default="light")
    parser.add_argument("--rough", type=float, default=0.0)
    parser.add_argument("--etags", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--gzip", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--largest", type=int, help="a page of more rows is a 504")
    parser.add_argument("--edition", type=int, default=0, help="a few rows differ in each")
    parser.add_argument("--fractions", action="store_true", help="microseconds in durations")
    parser.add_argument("--now", type=moment, help="a clock that stands still")
    parser.add_argument("--made-for", type=moment, help="what is up then is up for ever")
    return parser.parse_args()


def source_of(args: argparse.Namespace, host: str) -> Source:
    """Made for the first day of the month, so that a server that starts anew says the same."""
    today = args.now or datetime.now(UTC)
    month = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    counts = ("craft", "configurations", "families", "agencies", "countries", "flights")
    sizes = {name: getattr(args, name) for name in (*counts, "weight", "rough")}
    catalogue = Catalogue(args.seed, host, args.made_for or month, **sizes)
    for edition in range(args.edition):
        catalogue.edition(edition + 1)
    return Source(
        catalogue,
        etags=args.etags,
        gzip=args.gzip,
        largest=args.largest,
        now=args.now,
        fractions=args.fractions,
    )


def main() -> None:
    args = arguments()
    source = source_of(args, "http://127.0.0.1")
    server = Server(source, args.port)
    port = server.server_address[1]
    source.catalogue.host = f"http://127.0.0.1:{port}"
    print(port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
