"""Which thread takes a request, and which requests are given up while they wait."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any, ClassVar

import pytest

from spacedevs.serving.lanes import HEAVY, LOOK, WAIT, Busy, Job, Lane, Lanes, kind_of

pytestmark = pytest.mark.only_on("sqlite")  # no row is read


class Scope:
    method, query_string = "GET", ""
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, path: str) -> None:
        self.path = path


def job(path: str = "/2.3.0/spacecraft/") -> Job:
    return Job(Scope(path), None, None, b"", 0.0, lambda error: None)


class Threads:
    """What the threads of a lane do: each says its name, and waits until it may end."""

    def __init__(self) -> None:
        self.began: SimpleQueue[tuple[str, Job]] = SimpleQueue()
        self.may_end: SimpleQueue[None] = SimpleQueue()

    def run(self, lane: Lane, taken: Job) -> None:
        self.began.put((threading.current_thread().name, taken))
        self.may_end.get(timeout=10)


@pytest.fixture
def threads() -> Iterator[Threads]:
    yield (threads := Threads())
    for _ in range(10):
        threads.may_end.put(None)


def started(threads: Threads, number: int, places: int) -> Lane:
    lane = Lane("lane", number, places)
    lane.start(threads.run)
    for _ in range(number):  # each has done one, and waits for the next
        lane.put(job())
    for _ in range(number):
        threads.began.get(timeout=10)
    for _ in range(number):
        threads.may_end.put(None)
    wait_until(lambda: len(lane._idle) == number)
    return lane


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(1000):
        if is_so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to it")


def test_the_thread_that_worked_last_is_the_next(threads: Threads) -> None:
    lane = started(threads, 2, places=0)
    names = set()
    for _ in range(4):
        lane.put(job())
        names.add(threads.began.get(timeout=10)[0])
        threads.may_end.put(None)
        wait_until(lambda: len(lane._idle) == 2)
    assert len(names) == 1


def test_those_that_wait_are_taken_in_their_order_and_one_too_many_is_refused(
    threads: Threads,
) -> None:
    lane = started(threads, 1, places=2)
    jobs = [job() for _ in range(3)]
    for each in jobs:
        lane.put(each)
    with pytest.raises(Busy):
        lane.put(job())
    for each in jobs:
        assert threads.began.get(timeout=10)[1] is each
        threads.may_end.put(None)


def test_who_is_given_up_is_run_by_no_thread(threads: Threads) -> None:
    lane = started(threads, 1, places=2)
    running, given_up, next_one = job(), job(), job()
    for each in (running, given_up, next_one):
        lane.put(each)
    assert threads.began.get(timeout=10)[1] is running
    assert not lane.take(running)
    assert lane.waiting() == [given_up, next_one]
    assert lane.take(given_up)
    assert not lane.take(given_up)
    threads.may_end.put(None)
    assert threads.began.get(timeout=10)[1] is next_one


def test_what_is_known_to_be_heavy_since_it_came_leaves_the_light_lane() -> None:
    done: SimpleQueue[str] = SimpleQueue()
    lanes = Lanes(
        ("/static/",), "/admin/", lambda job: done.put(threading.current_thread().name), refuse
    )
    for lane in lanes._all:
        lane.start(lanes._turn)
    lanes.put(job())
    assert done.get(timeout=10).startswith("light")
    lanes.costs.record(kind_of(Scope("/2.3.0/spacecraft/")), 2 * HEAVY)
    lanes._turn(lanes._light, job())  # which a light thread had in its hands
    assert done.get(timeout=10).startswith("heavy")
    lanes.put(job("/static/a.css"))
    assert done.get(timeout=10).startswith("static")


def test_who_has_waited_for_too_long_is_refused_and_not_whose_body_took_long() -> None:
    refused: list[tuple[Job, int]] = []
    may_end = threading.Event()

    class Client:
        async def client_disconnect(self) -> None:
            await asyncio.sleep(60)

    async def look() -> None:
        lanes = Lanes(
            ("/static/",),
            "/admin/",
            lambda job: bool(may_end.wait(10)),
            lambda job, status: refused.append((job, status)),
        )
        lanes.start(asyncio.get_running_loop())
        for _ in range(2):  # both threads are at work
            lanes.put(job())
        waiting, late = job(), job()  # which arrived at the beginning of time
        for each in (waiting, late):
            each.client = Client()
            lanes.put(each)
        late.since -= WAIT
        await asyncio.sleep(2 * LOOK)
        assert refused == [(late, 503)]
        assert lanes._light.waiting() == [waiting]
        assert waiting.watch
        may_end.set()
        while len(lanes._light._idle) < 2:
            await asyncio.sleep(0.01)

    asyncio.run(look())


def refuse(job: Any, status: int) -> None:
    raise AssertionError(status)
