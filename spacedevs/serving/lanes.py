"""Which requests wait for which: lanes, each with threads of its own and a bounded queue.

What needs no database does not wait for one that hangs; a reader does not wait for a writer that
waits for its lock; a cheap request is not behind the heavy ones. How heavy a request is follows
from what those like it took before.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs

from django.conf import settings

from spacedevs.api.pagination import ResourcePagination
from spacedevs.api.streams import STREAMS

T = TypeVar("T")

WAIT = 5.0  # seconds in a queue; who has waited longer is told to come again
HEAVY = 0.08  # CPU seconds: a list of 100 spacecraft takes 0.04, of 100 detailed ones 0.11 and more
ROW = 0.001  # CPU seconds, as a guess: a row of a kind of request that was not seen yet
KINDS = 1024  # of which the cost is remembered
SAFE = ("GET", "HEAD", "OPTIONS")


class Busy(Exception):
    """The queue is full, or did not move."""


class Gone(Exception):
    """The client went away while it waited."""


class Lane:
    """A few threads, and those who wait for one of them, in the order in which they came."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = asyncio.Semaphore(threads)
        self._places = waiting

    async def run(self, work: Callable[[], T]) -> T:
        """Does `work` in a thread of this lane, for who has had its turn()."""
        job = asyncio.get_running_loop().run_in_executor(self._executor, work)
        # The thread goes on where the task is cancelled; so its place is freed when it ends.
        job.add_done_callback(lambda _: self._free.release())
        return await job

    def pass_on(self) -> None:
        """Gives a turn that is not used to the next."""
        self._free.release()

    async def turn(self, client: Any) -> None:
        """Waits for a thread of this lane. Raises Busy and Gone."""
        if not self._free.locked():
            await self._free.acquire()
            return
        if not self._places:
            raise Busy
        self._places -= 1
        turn = asyncio.ensure_future(self._free.acquire())
        gone = asyncio.ensure_future(_disconnect(client))
        try:
            await asyncio.wait((turn, gone), timeout=WAIT, return_when=asyncio.FIRST_COMPLETED)
            if not turn.done():
                raise Gone if gone.done() else Busy
        finally:
            self._places += 1
            gone.cancel()
            turn.cancel()


async def _disconnect(client: Any) -> None:
    disconnected: Awaitable[None] = client.client_disconnect()
    await disconnected


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

    def of(self, kind: Kind) -> float:
        return self._known.get(kind, kind.rows * ROW)

    def record(self, kind: Kind, seconds: float) -> None:
        self._known[kind] = (self.of(kind) + seconds) / 2 if kind in self._known else seconds
        self._known.move_to_end(kind)
        if len(self._known) > KINDS:
            self._known.popitem(last=False)


class Lanes:
    """The lanes of a process.

    `without_database`: prefixes of paths that need none. `with_body`: of those that may write.
    """

    def __init__(self, without_database: tuple[str, ...], with_body: str) -> None:
        self.costs = Costs()
        self._without_database, self._with_body = without_database, with_body
        self._files = f"{settings.API_ROOT}dump/"
        self._static = Lane("static", threads=1, waiting=100)
        self._writers = Lane("writers", threads=1, waiting=20)
        self._light = Lane("light", threads=2, waiting=200)
        self._heavy = Lane("heavy", threads=1, waiting=20)
        self._streams = Lane("streams", threads=2, waiting=20)

    async def run(self, scope: Any, kind: Kind, client: Any, work: Callable[[], T]) -> T:
        """Does `work` once it is its turn. Raises Busy and Gone."""
        while True:
            lane = self._of(scope, kind)
            await lane.turn(client)
            if self._of(scope, kind) is lane:
                return await lane.run(work)
            lane.pass_on()  # it is known to be heavy since it came

    def _of(self, scope: Any, kind: Kind) -> Lane:
        if scope.path.startswith(self._without_database):
            return self._static
        if scope.method not in SAFE and scope.path.startswith(self._with_body):
            return self._writers
        # They last as long as their clients read.
        if kind.format in STREAMS or scope.path.startswith(self._files):
            return self._streams
        return self._heavy if self.costs.of(kind) > HEAVY else self._light
