"""The site as granian runs it: an RSGI application around Django's WSGI application.

The event loop reads what a client sends, as slowly as it comes, and threads do only what can be
done at once. So no client holds a thread with a body that it does not send, or an answer that it
does not read.
"""

import asyncio
import gc
import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from itertools import chain
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.db import Error, connections
from django.urls import reverse
from granian.rsgi import ProtocolClosed, ProtocolError  # type: ignore[attr-defined]

from spacedevs import access, clock, health, request_id
from spacedevs.answers import ASKED, FRESH, KNOWN, READ, Answers, Asked, note_reply
from spacedevs.api.making import Making, compile_recipes
from spacedevs.api.object_urls import ObjectUrls
from spacedevs.api.versions import roots, versions
from spacedevs.errors import BUSY, RETRY_AFTER
from spacedevs.handler import match_of
from spacedevs.serving import heartbeat
from spacedevs.serving.environ import environ_of, native
from spacedevs.serving.lanes import GONE, Job, Lanes
from spacedevs.serving.memory import give_back_each

logger = logging.getLogger(__name__)

BODY_TIME = 10.0  # seconds for the whole of a body
BODY_SIZE = 10 * 2**20  # bytes
BODIES = 64 * 2**20  # bytes of all bodies that are being read
WHOLE = 4 * 2**20  # bytes: a stream that ends within these is sent as one piece
SEND_TIME = 30.0  # seconds for a piece of a stream: who reads none is given up
STREAM_TIME = 900.0  # seconds for all of it: the database keeps the state that it began with

Headers = list[tuple[str, str]]


class Refused(Exception):
    """What the site says to a request that Django does not see."""

    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class Answer(NamedTuple):
    status: int
    headers: Headers
    body: bytes


class Site:
    """`application`: the WSGI application, known answers and Django. Django is set up before."""

    def __init__(self, application: Answers) -> None:
        self.application = application
        self._versions = ThreadPoolExecutor(1, thread_name_prefix="version")
        self._reading: asyncio.Future[None] | None = None
        self._began = 0.0
        self._bodies = 0
        self._running: dict[object, float] = {}
        self.is_noted = settings.ACCESS_LOG or settings.METRICS_PORT is not None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.with_body = reverse("admin:index")
        without_database = (settings.STATIC_URL, health.LIVE)
        self.lanes = Lanes(without_database, self.with_body, self._run, self._refuse)
        gc.freeze()  # what was read at the start: a look at all of it stops every thread for 80 ms
        self.lanes.start(loop)
        heartbeat.start(loop, self._oldest)
        loop.run_in_executor(None, get_ready)
        give_back_each(loop)

    def taken(self, watcher: Any) -> bool:
        """In the thread that has read it: whether it has been answered, or a lane has it.

        What sends a body is for the event loop, and what has to wait for the version.
        """
        scope, client = watcher.scope, watcher.proto
        arrived, asked = time.monotonic(), self._asked(scope)
        if asked is not None:
            if self.application.is_fresh:
                if self._reply(asked, scope, client, arrived):
                    watcher.done()
                    return True
            elif self.application.may_find(asked):
                return False
        if self._sends_a_body(scope):
            return False

        def ended(error: Exception | None) -> None:
            if error:
                watcher.err(error)
            else:
                watcher.done()

        self.lanes.put(Job(scope, client, asked, b"", arrived, ended))
        return True

    async def __rsgi__(self, scope: Any, client: Any) -> None:
        arrived, asked = time.monotonic(), self._asked(scope)
        answers = self.application
        if asked and not answers.is_fresh and answers.may_find(asked):
            await self._refreshed()
            if self._reply(asked, scope, client, arrived):
                return
        ended: asyncio.Future[Exception | None] = self.loop.create_future()

        def end(error: Exception | None) -> None:
            self.loop.call_soon_threadsafe(ended.set_result, error)

        job = Job(scope, client, asked, b"", arrived, end)
        try:
            job.body = await self._read(scope, client)
        except Refused as refused:
            self._refuse(job, refused.status, refused.detail)
        except (ProtocolClosed, ProtocolError):
            self._refuse(job, GONE)
        else:
            self.lanes.put(job)
        if error := await ended:
            raise error

    def _oldest(self) -> float:
        now = time.monotonic()
        return now - min(list(self._running.values()), default=now)

    # Known answers

    def _asked(self, scope: Any) -> Asked | None:
        headers: dict[str, str] = {}
        for name, value in scope.headers.items():
            if name in READ:
                headers[name] = f"{headers[name]},{value}" if name in headers else value
        if scope.authority:  # HTTP/2's
            headers["host"] = scope.authority
        path, query = native(scope.path), native(scope.query_string)
        return self.application.asked(scope.method, scope.scheme, path, query, headers)

    def _reply(self, asked: Asked, scope: Any, client: Any, arrived: float) -> bool:
        reply = self.application.find(asked)
        if reply is None:
            return False
        if self.is_noted:
            note_reply(environ_of(scope, b""), reply, arrived)
        with suppress(ProtocolClosed, ProtocolError):
            client.response_bytes(reply.status, reply.headers, reply.body)
        return True

    async def _refreshed(self) -> None:
        """Waits for the version, but not long: where the database is away the last one stands."""
        is_old = self._began < self.application.last_write
        if self._reading is None or self._reading.done() or is_old:
            self._began = time.monotonic()
            self._reading = self.loop.run_in_executor(
                self._versions, self.application.refresh_in_a_thread
            )
        left = self._began + FRESH - time.monotonic()
        if left > 0:
            await asyncio.wait((self._reading,), timeout=left)

    # Bodies

    def _sends_a_body(self, scope: Any) -> bool:
        """Of what may have one; of all else nothing is read."""
        headers = scope.headers
        return scope.path.startswith(self.with_body) and (
            "content-length" in headers or "transfer-encoding" in headers
        )

    async def _read(self, scope: Any, client: Any) -> bytes:
        """The body.

        Raises:
            Refused: 408 where it does not come in time, 413 where it is too large, 503 where those
                of others are; GONE where the client went away in the midst of it.
        """
        if not self._sends_a_body(scope):
            return b""
        headers = scope.headers
        self._bound(int(headers.get("content-length", 0)))  # hyper lets digits alone pass
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_TIME):
                async for piece in client:
                    pieces.append(piece)
                    size += len(piece)
                    self._bodies += len(piece)
                    self._bound(size)
        except TimeoutError:
            late = f"The body did not come within {BODY_TIME:.0f} seconds."
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, late) from None
        finally:
            self._bodies -= size
        if size < int(headers.get("content-length", 0)):
            raise Refused(GONE)
        return b"".join(pieces)

    def _bound(self, size: int) -> None:
        if size > BODY_SIZE:
            large = f"The body is larger than {BODY_SIZE} bytes."
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, large)
        if self._bodies > BODIES:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE)

    # Answers, in a thread of a lane

    def _run(self, job: Job) -> None:
        error = None
        began, me = time.thread_time(), object()
        self._running[me] = time.monotonic()
        try:
            environ = environ_of(job.scope, job.body)
            environ[access.QUEUED] = self._running[me] - job.arrived
            environ[ASKED] = job.asked
            answer = self._answer(environ, job.client, me)
            if KNOWN not in environ:  # what is known costs nothing, whatever is asked
                self.lanes.costs.record(job.kind, time.thread_time() - began)
            if answer:
                send(job.client, answer)
        except Exception as fault:
            error = fault
        finally:
            del self._running[me]
        job.ended(error)

    def _refuse(self, job: Job, status: int, detail: str = "") -> None:
        send(job.client, refusal(job, status, detail))
        job.ended(None)

    def _answer(self, environ: dict[str, Any], client: Any, me: object) -> Answer | None:
        """None where it has been streamed."""
        status, headers = 500, []

        def start_response(line: str, given: Headers, _: Any = None) -> None:
            nonlocal status, headers
            status, headers = int(line.partition(" ")[0]), given

        response = self.application(environ, start_response)
        try:
            pieces, rest, size = [], iter(response), 0
            for piece in rest:
                pieces.append(piece)
                size += len(piece)
                is_whole = size <= getattr(response, "whole", WHOLE)
                if getattr(response, "streaming", False) and not is_whole:
                    self._stream(client, status, headers, self._timed(me, chain(pieces, rest)))
                    return None
            return Answer(status, headers, b"".join(pieces))
        finally:
            if hasattr(response, "close"):
                response.close()

    def _timed(self, me: object, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Each piece is as a request of its own for who looks for one that is stuck."""
        until = time.monotonic() + STREAM_TIME
        for piece in pieces:
            self._running[me] = time.monotonic()
            if self._running[me] > until:
                raise TimeoutError
            yield piece

    def _stream(self, client: Any, status: int, headers: Headers, pieces: Iterable[bytes]) -> None:
        """Sends each piece once the client has taken the one before."""

        async def begin() -> Any:
            return client.response_stream(status, headers)

        transport = asyncio.run_coroutine_threadsafe(begin(), self.loop).result(SEND_TIME)
        try:
            for piece in pieces:
                sent = asyncio.run_coroutine_threadsafe(_send(transport, piece), self.loop)
                sent.result(SEND_TIME)
        except (ProtocolClosed, ProtocolError, TimeoutError):
            logger.info("A client of a stream has gone.")


def get_ready() -> None:
    """Does what else the first to ask would wait for, once: for each resource its routes, the
    statements that read it, and an object in each mode."""
    with suppress(Error):  # a database that is away is told to who asks
        for version in versions():
            for prefix, viewset in version.resources().items():
                match_of(f"{version.root}{prefix}/0/")
                compile_recipes(viewset.modes)
                first = list(viewset.queryset.values_list("pk", flat=True)[:1])
                for mode in viewset.modes:
                    Making(ObjectUrls(None), clock.now()).fragments(mode, first)
    connections.close_all()
    gc.freeze()


def send(client: Any, answer: Answer) -> None:
    with suppress(ProtocolClosed, ProtocolError):  # nobody reads it
        client.response_bytes(*answer)


async def _send(transport: Any, piece: bytes) -> None:
    await transport.send_bytes(piece)


def refusal(job: Job, status: int, detail: str) -> Answer:
    """JSON under the API's root, as all errors there are; it can be read by any site's script."""
    scope = job.scope
    name = request_id.chosen(scope.headers.get(request_id.HEADER.lower()))
    headers = [(request_id.HEADER.lower(), name), ("server", "")]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("retry-after", RETRY_AFTER))
        detail = BUSY
    if scope.path.startswith(roots()):
        headers += [("content-type", "application/json"), ("access-control-allow-origin", "*")]
        body = orjson.dumps({"detail": detail})
    else:
        headers.append(("content-type", "text/plain; charset=utf-8"))
        body = detail.encode()
    access.note(environ_of(scope, b""), name, "refused", status, len(body), job.arrived)
    return Answer(status, headers, body)
