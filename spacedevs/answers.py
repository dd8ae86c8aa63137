"""Known answers: an HTTP cache in the process, around Django, that nobody has to purge.

An answer under the API's root is the same for everybody who asks for it without a session or a
token, for as long as the version of the data stands; one that shows a duration which runs, for its
second. So it is made once, and kept. The version is read every quarter of a second at most, and at
once after a write of this process: an edit is seen everywhere within a second.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, NamedTuple

from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import DatabaseError, InterfaceError
from django.utils.http import http_date, parse_etags, parse_http_date_safe
from django.utils.module_loading import import_string

from spacedevs import access, clock, compression, environment, outages, request_id
from spacedevs.api.renderers import exact
from spacedevs.api.streams import is_asked as is_stream
from spacedevs.api.versions import roots
from spacedevs.changes import log
from spacedevs.clients import ip_of
from spacedevs.compression import IDENTITY
from spacedevs.errors import is_not_migrated
from spacedevs.throttle.decisions import IN_ENVIRON, decide, give_back

FRESH = 0.25  # seconds between two readings of the version
SETTLED = 2  # seconds; before, another change may get the same Last-Modified
STALE = 1.0  # seconds after which an answer says that the version could not be read
WAIT = 5.0  # seconds for another thread that makes the same answer
LONGEST = 2048  # characters of a key; a request of more is answered, and not kept
OVERHEAD = 4000  # bytes of an entry beside its bodies, by what 4,000 lists of 10 take
KEPT = (200, 400, 404)
SAFE = ("GET", "HEAD")
NOT_MODIFIED = 304
# In the environ: what a server has read of the request already; that no view made the answer.
ASKED, KNOWN = "spacedevs.asked", "spacedevs.known"
# What is said anew each time: it is of the moment, or of the client.
OF_THE_MOMENT = {"date", "data-as-of", "x-request-id", "content-length"}

# What is read of a request's headers, and where WSGI has it.
READ = {
    name: f"HTTP_{name.upper().replace('-', '_')}"
    for name in (
        *("host", "accept", "accept-encoding", "if-none-match", "if-modified-since", "origin"),
        *("cookie", "authorization", "x-forwarded-host", "x-forwarded-proto"),
        request_id.HEADER.lower(),
    )
}

Headers = list[tuple[str, str]]
Environ = dict[str, Any]


class Key(NamedTuple):
    """What an answer depends on, as it was sent: who judges a host or a media type is Django."""

    scheme: str
    host: str
    path: str
    query: str
    accept: str
    cors: bool

    def tag(self, version: log.Version, second: datetime | None) -> str:
        """The same in every process and on every machine; another for another release."""
        words = (environment.VERSION, version.number, version.token, second, *self)
        return blake2b(
            "\0".join(map(str, words)).encode(errors="replace"), digest_size=12
        ).hexdigest()


class Asked(NamedTuple):
    """A request, as far as it matters here."""

    key: Key
    encodings: str
    none_match: str
    modified_since: str
    request_id: str | None


class Reply(NamedTuple):
    status: int
    headers: Headers
    body: bytes
    endpoint: str = "known"


@dataclass
class Answer:
    """`second`: that which it shows, where it lives. `counted`: by the throttle.

    `bodies`, with the headers that go with them, are by encoding.
    """

    status: int
    common: Headers
    body: bytes
    tag: str
    second: datetime | None
    counted: bool
    endpoint: str
    bodies: dict[str, tuple[bytes, Headers]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return OVERHEAD + sum(len(body) for body, _ in self.bodies.values())

    @cached_property
    def may_be_compressed(self) -> bool:
        kind = dict(self.common).get("content-type", "")
        return len(self.body) >= compression.LEAST and kind.startswith(compression.TYPES)

    @cached_property
    def unchanged(self) -> Headers:
        """What a 304 says of it."""
        return _unchanged(dict(self.common).get("vary", "Accept"))

    def confirmed(self, none_match: str) -> str | None:
        """The ETag as it was given, where it is one alone and in any encoding this one's."""
        given = none_match.removeprefix("W/").strip('"')
        is_ours = given.partition("-")[0] == self.tag and "," not in given
        return f'"{given}"' if is_ours and self.status == HTTPStatus.OK else None

    def encoded(self, encoding: str) -> tuple[bytes, Headers]:
        body = compression.COMPRESS[encoding](self.body) if encoding != IDENTITY else self.body
        headers = [*self.common, ("content-length", str(len(body)))]
        if self.may_be_compressed:
            headers = [(k, f"{v}, Accept-Encoding" if k == "vary" else v) for k, v in headers]
        if encoding != IDENTITY:
            headers.append(("content-encoding", encoding))
        if self.status == HTTPStatus.OK:
            headers.append(("etag", quoted(self.tag, encoding)))
        return body, [*headers, *_cache_control()]


class State(NamedTuple):
    """What was read of the database; `read` and `answered` are moments of time.monotonic()."""

    version: log.Version | None
    as_of: datetime | None
    read: float
    answered: float


class Moment(NamedTuple):
    """The headers that all answers of a second have, and those of a 200 that shows none."""

    second: datetime
    state: State
    common: Headers
    settled: Headers


class Answers:
    """A WSGI application around `application`, which is Django's."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.most = settings.ANSWERS * 2**20
        # Read once: Django's settings take longer to read than all the rest of a known answer.
        self._roots, self._session = roots(), settings.SESSION_COOKIE_NAME
        self._files = f"{settings.API_ROOT}dump/"
        self._is_throttled = bool(settings.THROTTLE)
        self._is_behind_proxy = settings.BEHIND_PROXY
        self._lock = threading.Lock()
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._size = 0
        self._making: dict[Key, threading.Event] = {}
        self._state = State(None, None, -FRESH, 0)
        self.last_write = 0.0  # this process's: time.monotonic() at its end
        self._moment: Moment | None = None

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        asked = environ[ASKED] if ASKED in environ else self.asked_by(environ)
        if asked is None:
            return self._pass(environ, start_response)
        began = time.monotonic()
        if not self.is_fresh:
            self.refresh()
        reply = self.find(asked, environ)
        if reply:
            environ[KNOWN] = True
            note_reply(environ, reply, began)
        else:
            reply = self._make(asked, environ)
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", reply.headers)
        return [reply.body]

    def _pass(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in SAFE and environ["PATH_INFO"].startswith(self._roots):
            if not self.is_fresh:
                self.refresh()
            if not self.is_stale:  # nothing in such an answer would say so
                environ[log.KNOWN] = self._state.version
        try:
            response: Iterable[bytes] = self.application(environ, start_response)
            return response
        finally:
            if environ["REQUEST_METHOD"] not in SAFE:  # it may have written
                self.last_write = time.monotonic()

    # What is asked

    def asked_by(self, environ: Environ) -> Asked | None:
        return self.asked(
            environ["REQUEST_METHOD"],
            environ["wsgi.url_scheme"],
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            {name: environ[variable] for name, variable in READ.items() if variable in environ},
        )

    def asked(
        self, method: str, scheme: str, path: str, query: str, headers: Mapping[str, str]
    ) -> Asked | None:
        """`path`: as WSGI has it. None for what is not kept: what writes, is one's own, or long.

        What is streamed is whole nowhere, and so it is not kept either.
        """
        if method not in SAFE or not path.startswith(self._roots) or not self.most:
            return None
        get = headers.get
        if self._session in get("cookie", ""):
            return None
        if self._is_throttled and "authorization" in headers:
            return None
        host, accept = get("host", ""), get("accept", "")
        if self._is_behind_proxy:
            host = f"{host} {get('x-forwarded-host')}"
            scheme = f"{scheme} {get('x-forwarded-proto')}"
        if len(host) + len(path) + len(query) + len(accept) > LONGEST:
            return None
        if is_stream(query) or path.startswith(self._files):
            return None
        return Asked(
            Key(scheme, host, path, query, accept, "origin" in headers),
            get("accept-encoding", ""),
            get("if-none-match", ""),
            get("if-modified-since", ""),
            get("x-request-id"),
        )

    # The version of the data

    @property
    def is_fresh(self) -> bool:
        """Not where it was read before this process wrote, though that came back later."""
        read = self._state.read
        return read > self.last_write and time.monotonic() - read < FRESH

    @property
    def is_stale(self) -> bool:
        return time.monotonic() - self._state.answered > STALE

    def refresh(self) -> None:
        """Reads the version. Where the database is away the last one stands, and answers say so."""
        now = time.monotonic()
        try:
            version, as_of = log.version(), import_string(settings.DATA_AS_OF)()
        except (DatabaseError, InterfaceError) as error:
            known = self._state._replace(read=now)
            # One that has no log is there, and another: nothing that is kept is of it.
            self._state = known._replace(version=None) if is_not_migrated(error) else known
            return
        outages.database.answered()
        with self._lock:
            if now < self._state.read:  # another has read it since
                return
            if version != self._state.version:
                self._answers.clear()
                self._size = 0
            self._state = State(version, as_of, now, now)

    def refresh_in_a_thread(self) -> None:
        """In one that answers no request, on a connection of its own, which Django looks after."""
        request_started.send(sender=type(self))
        try:
            self.refresh()
        finally:
            request_finished.send(sender=type(self))

    # What is known

    def may_find(self, asked: Asked) -> bool:
        """Whether a newer version would matter: something is kept, or the client has something."""
        if asked.none_match or asked.modified_since:
            return True
        answer = self._answers.get(asked.key)
        return answer is not None and answer.second in (None, clock.now())

    def find(self, asked: Asked, environ: Environ | None = None) -> Reply | None:
        """The reply that needs no view: a 304, or a kept answer.

        Without an environ, as on an event loop, nothing that takes time is done: no call is
        counted, and nothing is compressed.
        """
        state, now = self._state, clock.now()
        if state.version is None:
            return None
        with self._lock:
            answer = self._answers.get(asked.key)
            if answer and answer.second is not None and answer.second != now:
                self._forget(asked.key)
                answer = None
            if answer:
                self._answers.move_to_end(asked.key)
        if asked.none_match or asked.modified_since:
            tag = self._confirmed(asked, answer, state.version, now)
            if tag:
                if environ and IN_ENVIRON in environ:  # the client has asked for nothing new
                    give_back(environ[IN_ENVIRON])
                return self._not_modified(asked, answer, tag, state, now)
        return self._reply(asked, answer, state, now, environ) if answer else None

    def _confirmed(
        self, asked: Asked, answer: Answer | None, version: log.Version, now: datetime
    ) -> str | None:
        """The ETag, as it was given, of what the client has, if that is what it would get."""
        is_ok = answer is not None and answer.status == HTTPStatus.OK
        if asked.none_match:
            if answer and (tag := answer.confirmed(asked.none_match)):
                return tag
            if asked.none_match.strip() == "*":
                return quoted(answer.tag, IDENTITY) if answer and is_ok else None
            # Without the answer: what a view would say is in the tag. A page's 304 has its Vary.
            if answer is None and ("html" in asked.key.accept or "api" in asked.key.query):
                return None
            tags = {
                each.removeprefix("W/").strip('"'): each for each in parse_etags(asked.none_match)
            }
            ours = {asked.key.tag(version, None), asked.key.tag(version, now)}
            found = next((tag for tag in tags if tag.partition("-")[0] in ours), None)
            return f'"{found}"' if found else None
        if asked.modified_since and answer and is_ok:
            lives = answer.second
            changed = int(lives.timestamp()) if lives else _settled(version, now)
            since = parse_http_date_safe(asked.modified_since)
            if changed is not None and since is not None and since >= changed:
                return quoted(answer.tag, IDENTITY)
        return None

    def _not_modified(
        self, asked: Asked, answer: Answer | None, tag: str, state: State, now: datetime
    ) -> Reply:
        unchanged = answer.unchanged if answer else _unchanged("Accept")
        common = self._at(now, state).common
        headers = [("etag", tag), *unchanged, *common, *_own(asked, state)]
        return Reply(NOT_MODIFIED, headers, b"", answer.endpoint if answer else "known")

    def _reply(
        self, asked: Asked, answer: Answer, state: State, now: datetime, environ: Environ | None
    ) -> Reply | None:
        encoding = compression.chosen(asked.encodings) if answer.may_be_compressed else IDENTITY
        counted: Iterable[tuple[str, str]] = ()
        is_counted = self._is_throttled and answer.counted
        if environ is None and (is_counted or encoding not in answer.bodies):
            return None
        if is_counted and environ is not None:
            decision = environ.get(IN_ENVIRON) or decide(ip_of(environ), None)
            environ[IN_ENVIRON] = decision
            if not decision.admitted:
                return None  # a view says so
            counted = decision.headers()
        body, common = answer.bodies.get(encoding) or self._encode(asked.key, answer, encoding)
        moment = self._at(now, state)
        headers = [*common, *counted, *moment.common, *_own(asked, state)]
        if answer.status == HTTPStatus.OK:
            headers += [_changed(answer.second)] if answer.second else moment.settled
        return Reply(answer.status, headers, body, answer.endpoint)

    def _at(self, now: datetime, state: State) -> Moment:
        moment = self._moment
        if moment is None or moment.second is not now or moment.state is not state:
            common = [("date", _date(int(now.timestamp())))]
            if state.as_of is not None:
                common.append(("data-as-of", f"{state.as_of:%Y-%m-%dT%H:%M:%SZ}"))
            changed = state.version and _settled(state.version, now)
            settled = [] if changed is None else [("last-modified", _date(changed))]
            moment = self._moment = Moment(now, state, common, settled)
        return moment

    def _encode(self, key: Key, answer: Answer, encoding: str) -> tuple[bytes, Headers]:
        """Made once, and kept with what it is made of."""
        encoded = answer.encoded(encoding)
        with self._lock:
            if self._answers.get(key) is answer and encoding not in answer.bodies:
                answer.bodies[encoding] = encoded
                self._size += len(encoded[0])
                self._shrink()
        return encoded

    # What is made

    def _make(self, asked: Asked, environ: Environ) -> Reply:
        """By one thread, where several are asked for the same."""
        with self._lock:
            other = self._making.get(asked.key)
            mine = self._making.setdefault(asked.key, threading.Event())
        try:
            if other and other.wait(WAIT) and (reply := self.find(asked, environ)):
                return reply
            return self._made(asked, environ)
        finally:
            if other is None:
                with self._lock:
                    del self._making[asked.key]
                mine.set()

    def _made(self, asked: Asked, environ: Environ) -> Reply:
        before = self._state.version
        if self.is_fresh:
            environ[log.KNOWN] = before
        status, headers, body = run(self.application, environ)
        version = environ.get(log.IN_ENVIRON)
        reply = Reply(status, headers, body)
        given = {name.lower(): value for name, value in headers}
        if (
            before is None
            or status not in KEPT
            or "set-cookie" in given
            or "no-store" in given.get("cache-control", "")
            or len(body) > self.most // 4
        ):
            return reply
        if version is None or version != self._state.version:
            version = version or before  # without a snapshot, of what was there before and after
            self.refresh()
            if self._state.version != version:
                return reply
        lives = clock.LIVES in environ
        second: datetime | None = environ[clock.LIVES] if lives else None
        answer = Answer(
            status,
            [_pair(name.lower(), v) for name, v in headers if name.lower() not in self._not_kept],
            exact(body),
            asked.key.tag(version, second),
            second,
            IN_ENVIRON in environ,
            environ.get(access.ENDPOINT, "known"),
        )
        answer.bodies[IDENTITY] = answer.encoded(IDENTITY)
        with self._lock:
            self._forget(asked.key)
            self._answers[asked.key] = answer
            self._size += answer.size
            self._shrink()
        found = self.find(asked, environ) or reply
        name = given.get("x-request-id", "")  # that of the log's line
        headers = [(k, name if k == "x-request-id" else value) for k, value in found.headers]
        return found._replace(headers=headers)

    _not_kept = OF_THE_MOMENT | {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"}

    def _shrink(self) -> None:
        while self._size > self.most:
            self._forget(next(iter(self._answers)))

    def _forget(self, key: Key) -> None:
        if answer := self._answers.pop(key, None):
            self._size -= answer.size


def run(application: Any, environ: Environ) -> tuple[int, Headers, bytes]:
    """A WSGI application's whole answer."""
    said: list[Any] = []

    def start_response(status: str, headers: Headers, _: Any = None) -> None:
        said[:] = [int(status.partition(" ")[0]), headers]

    response = application(environ, start_response)
    try:
        body = b"".join(response)
    finally:
        if hasattr(response, "close"):
            response.close()
    return said[0], said[1], body


def note_reply(environ: Environ, reply: Reply, began: float) -> None:
    name = dict(reply.headers)["x-request-id"]
    access.note(environ, name, reply.endpoint, reply.status, len(reply.body), began)


def quoted(tag: str, encoding: str) -> str:
    return f'"{tag}"' if encoding == IDENTITY else f'"{tag}-{encoding}"'


def _own(asked: Asked, state: State) -> Headers:
    """Of this answer alone."""
    headers = [("x-request-id", request_id.chosen(asked.request_id))]
    if (late := time.monotonic() - state.answered) > STALE:
        detail = 'detail="the database does not answer"'
        headers.append(("cache-status", f"spacedevs; hit; ttl=-{late:.0f}; {detail}"))
    return headers


def _changed(second: datetime) -> tuple[str, str]:
    return "last-modified", _date(int(second.timestamp()))


def _settled(version: log.Version, now: datetime) -> int | None:
    """Seconds since 1970; None where a later change may still get the same."""
    return version.at if now.timestamp() - version.at >= SETTLED else None


@lru_cache(maxsize=256)
def _pair(name: str, value: str) -> tuple[str, str]:
    """The same object for the same header: most answers have most of them alike."""
    return name, value


def _unchanged(vary: str) -> Headers:
    everyone = ("access-control-allow-origin", "*")
    return [("vary", f"{vary}, Accept-Encoding"), everyone, ("server", ""), *_cache_control()]


def _cache_control() -> Headers:
    value = settings.CACHE_CONTROL
    shared = [("surrogate-key", "spacedevs")] if "public" in value else []
    return [("cache-control", value), *shared]


@lru_cache(maxsize=64)
def _date(second: int) -> str:
    return http_date(second)
