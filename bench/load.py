"""The load: wrk on a core of its own, for a slice of time; or one request, timed."""

import http.client
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

SCRIPT = Path(__file__).with_name("load.lua")
HOST = "localhost"  # asked of every server, so that all URLs in their answers are the same
CONNECTIONS = 8  # kept open, as a proxy does
TIMEOUT = 60
FEWEST = 10  # requests that a figure is made of


def pinned(core: int | None) -> Callable[[], None] | None:
    """For a process: what keeps it on one core. None where there is one alone."""
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


@dataclass
class Walk:
    """Paths in a file, and how far each server has come: none is asked twice for one of many."""

    file: Path
    size: int
    places: dict[str, int] = field(default_factory=dict)


def walk_of(paths: list[str], folder: Path, name: str) -> Walk:
    file = folder / f"{name}.paths"
    file.write_text("\n".join(paths) + "\n")
    return Walk(file, len(paths))


class Slice(NamedTuple):
    """`load`: the part of its core that wrk used."""

    rate: float  # of answers, in a second
    failed: int
    seconds: float
    load: float


def used() -> float:
    """The CPU seconds of processes that have ended: each wrk."""
    return sum(os.times()[2:4])


def slice_of(
    port: int, name: str, walk: Walk, seconds: int, headers: dict[str, str], core: int | None
) -> Slice:
    """Where few requests are answered it takes longer."""
    given = [word for key, value in headers.items() for word in ("-H", f"{key}: {value}")]
    begun = walk.places.get(name, 0)
    command = [
        *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"--timeout={TIMEOUT}s"),
        *("-H", f"Host: {HOST}", *given, "-s", str(SCRIPT), f"http://127.0.0.1:{port}"),
        *("--", str(walk.file), str(begun)),
    ]
    before = used()
    run = subprocess.run(command, capture_output=True, text=True, preexec_fn=pinned(core))
    if run.returncode:
        raise SystemExit(f"wrk failed: {run.stderr or run.stdout}")
    answered, microseconds, failed = map(int, run.stdout.split("\n")[-2].split())
    walk.places[name] = (begun + answered + failed + CONNECTIONS) % walk.size
    if answered < FEWEST and seconds < TIMEOUT:
        return slice_of(port, name, walk, 2 * seconds, headers, core)
    took = microseconds / 1_000_000
    return Slice(answered / took, failed, took, (used() - before) / took)


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    seconds: float

    @property
    def etag(self) -> str:
        return dict(self.headers).get("etag", "")


class Client:
    """A connection that is kept open."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)

    def get(self, path: str, **headers: str) -> Answer:
        begun = time.perf_counter()
        self.connection.request("GET", path, headers={"Host": HOST, **headers})
        response = self.connection.getresponse()
        body = response.read()
        seconds = time.perf_counter() - begun
        headers = [(name.lower(), value) for name, value in response.getheaders()]
        return Answer(response.status, headers, body, seconds)
