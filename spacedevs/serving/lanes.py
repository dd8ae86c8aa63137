"""Which requests wait for which: lanes, each with threads of its own and a bounded queue.

What needs no database does not wait for one that hangs; a reader does not wait for a writer that
waits for its lock; a cheap request is not behind the heavy ones. How heavy a request is follows
from what those like it took before.
"""

import asyncio
import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from queue import SimpleQueue
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from django.conf import settings

from spacedevs.api.pagination import ResourcePagination
from spacedevs.api.streams import STREAMS

logger = logging.getLogger(__name__)

WAIT = 5.0  # seconds in a queue; who has waited longer is told to come again
LOOK = 0.25  # seconds between two looks at who waits
HEAVY = 0.08  # CPU seconds: a list of 100 spacecraft takes 0.04, of 100 detailed ones 0.11 and more
ROW = 0.001  # CPU seconds, as a guess: a row of a kind of request that was not seen yet
KINDS = 1024  # of which the cost is remembered
SAFE = ("GET", "HEAD", "OPTIONS")
GONE = 499  # nginx's number for a client that did not wait


class Busy(Exception):
    """The queue is full."""


class Kind(NamedTuple):
    """What makes requests cost alike: the path but for ids, how many rows, how much of each."""

    path: str
    rows: int
    mode: str
    format: str


def kind_of(scope: Any) -> Kind:
    asked = parse_qs(scope.query_string[:4096])
    # The last counts, as it does for Django.
    limit, mode, format = (asked.get(name, [""])[-1][:10] for name in ("limit", "mode", "format"))
    is_page = "html" in scope.headers.get("accept", "")[:100]
    rows = int(limit) if limit.isdecimal() and limit.isascii() else ResourcePagination.default_limit
    return Kind(
        re.sub(r"\d+", "0", scope.path),
        min(rows, ResourcePagination.max_limit),
        mode,
        format or ("html" if is_page else ""),
    )


class Costs:
    """CPU seconds that requests of a kind took, the latest counting most."""

    def __init__(self) -> None:
        self._known: OrderedDict[Kind, float] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, kind: Kind) -> float:
        return self._known.get(kind, kind.rows * ROW)

    def record(self, kind: Kind, seconds: float) -> None:
        with self._lock:
            self._known[kind] = (self._known.get(kind, seconds) + seconds) / 2
            self._known.move_to_end(kind)
            if len(self._known) > KINDS:
                self._known.popitem(last=False)


@dataclass(eq=False, slots=True)
class Job:
    """A request that waits for a thread.

    `ended` is called once, when it has been answered or refused; with what went wrong, if something
    did. `since` it waits in the lane where it is. `watch`: of whether its client stays, once it has
    waited for a while.
    """

    scope: Any
    client: Any
    asked: Any
    body: bytes
    arrived: float  # time.monotonic()
    ended: Callable[[Exception | None], None]
    kind: Kind = field(init=False)
    since: float = 0.0
    watch: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.kind = kind_of(self.scope)


class Lane:
    """A few threads, and the jobs that wait for one of them, in the order in which they came.

    Of the threads that do nothing, the one that worked last is the next: its connection to the
    database is open, and knows the statements.
    """

    def __init__(self, name: str, threads: int, places: int) -> None:
        self._name, self._threads, self._places = name, threads, places
        self._lock = threading.Lock()
        self._waiting: dict[Job, None] = {}
        self._idle: list[SimpleQueue[Job]] = []  # each thread's own, the one that worked last last

    def start(self, run: Callable[["Lane", Job], None]) -> None:
        """`run`: what a thread does with a job that it has taken."""
        for number in range(self._threads):
            name = f"{self._name}_{number}"
            threading.Thread(target=self._work, args=(run,), name=name, daemon=True).start()

    def put(self, job: Job) -> None:
        """From any thread. Raises Busy."""
        job.since = time.monotonic()
        with self._lock:
            if self._idle:
                self._idle.pop().put(job)
            elif len(self._waiting) < self._places:
                self._waiting[job] = None
            else:
                raise Busy

    def waiting(self) -> list[Job]:
        with self._lock:
            return list(self._waiting)

    def take(self, job: Job) -> bool:
        """Whether it still waited: it is the caller's then, and nobody else's."""
        with self._lock:
            return self._waiting.pop(job, self) is None

    def _work(self, run: Callable[["Lane", Job], None]) -> None:
        mine: SimpleQueue[Job] = SimpleQueue()
        while True:
            with self._lock:
                job = next(iter(self._waiting), None)
                if job is None:
                    self._idle.append(mine)
                else:
                    del self._waiting[job]
            job = job or mine.get()
            try:
                run(self, job)
            except Exception:  # nobody else would take this lane's jobs
                logger.exception("A request could not be ended.")
            del job  # its body is not kept until the next one


class Lanes:
    """The lanes of a process, whose threads `run` jobs; `refuse` is told the status.

    `without_database`: prefixes of paths that need none. `with_body`: of those that may write.
    """

    def __init__(
        self,
        without_database: tuple[str, ...],
        with_body: str,
        run: Callable[[Job], None],
        refuse: Callable[[Job, int], None],
    ) -> None:
        self.costs = Costs()
        self._run, self._refuse = run, refuse
        self._without_database, self._with_body = without_database, with_body
        self._files = f"{settings.API_ROOT}dump/"
        self._static = Lane("static", threads=1, places=100)
        self._writers = Lane("writers", threads=1, places=20)
        self._light = Lane("light", threads=2, places=200)
        self._heavy = Lane("heavy", threads=1, places=20)
        self._streams = Lane("streams", threads=2, places=20)
        self._all = (self._static, self._writers, self._light, self._heavy, self._streams)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        for lane in self._all:
            lane.start(self._turn)
        loop.call_later(LOOK, self._look)

    def put(self, job: Job) -> None:
        """From any thread. It is refused where no place is left."""
        try:
            self._of(job).put(job)
        except Busy:
            self._refuse(job, HTTPStatus.SERVICE_UNAVAILABLE)

    def _turn(self, lane: Lane, job: Job) -> None:
        if job.watch:
            self._loop.call_soon_threadsafe(job.watch.cancel)
            job.watch = None
        if self._of(job) is lane:
            self._run(job)
        else:
            self.put(job)  # it is known to be heavy since it came

    def _look(self) -> None:
        """On the event loop, at those that wait: who has waited for too long, or is gone?"""
        late = time.monotonic() - WAIT
        for lane in self._all:
            for job in lane.waiting():
                if job.since < late and lane.take(job):
                    self._refuse(job, HTTPStatus.SERVICE_UNAVAILABLE)
                elif job.watch is None:
                    job.watch = self._loop.create_task(self._until_gone(lane, job))
        self._loop.call_later(LOOK, self._look)

    async def _until_gone(self, lane: Lane, job: Job) -> None:
        if job in lane.waiting():
            await job.client.client_disconnect()
            if lane.take(job):
                self._refuse(job, GONE)

    def _of(self, job: Job) -> Lane:
        path = job.scope.path
        if path.startswith(self._without_database):
            return self._static
        if job.scope.method not in SAFE and path.startswith(self._with_body):
            return self._writers
        # They last as long as their clients read.
        if job.kind.format in STREAMS or path.startswith(self._files):
            return self._streams
        return self._heavy if self.costs.of(job.kind) > HEAVY else self._light
