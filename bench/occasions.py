"""What happens once, and is timed one request at a time: an edit, a run of the mirror, a new
second, a start."""

import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench import cases
from bench.contenders import CRAFT, OURS, Database, Server, ours
from bench.load import Answer, Client
from bench.mirror import CATALOGUE, source
from tests.servers import free_port, manage

SEEN = 10  # seconds within which a change has to be
OTHER = "/2.3.0/config/spacecraft_statuses/"  # shares nothing with a craft but the program
LIST = cases.PATHS[cases.LIST_100]


def until(client: Client, is_new: Callable[[Answer], bool]) -> float:
    """The seconds of the first answer that is new; not those of the ones before."""
    end = time.monotonic() + SEEN
    while time.monotonic() < end:
        answer = client.get(LIST)
        if answer.status == 200 and is_new(answer):
            return answer.seconds
        time.sleep(0.02)
    raise SystemExit("A change was not seen.")


def edits(servers: list[Server], file: Path, pk: int, times: int) -> Iterator[tuple[str, float]]:
    """Another process gives the craft a name, and each server is asked for the list."""
    clients = {server.name: Client(server.port) for server in servers}
    change = "UPDATE spacecraft_spacecraft SET name = ? WHERE id = ?"
    with closing(sqlite3.connect(file, timeout=30)) as database:
        for number in range(times):
            for server in servers:
                name = f"Edited {number} {server.name}"
                with database:
                    database.execute(change, (name, pk))
                seconds = until(clients[server.name], lambda a, new=name: new.encode() in a.body)
                yield server.name, seconds
                server.settle()


def load(database: Database, made_for: str, edition: int, only: tuple[str, ...], log: Path) -> None:
    """A run of the mirror, from a source with upstream's bodies."""
    with (
        source(CRAFT, free_port(), True, f"--edition={edition}", f"--made-for={made_for}") as url,
        log.open("ab") as out,
    ):
        words = (
            "mirror",
            "--from",
            url,
            "--budget",
            "100000",
            *(("--only", *only) if only else ()),
        )
        subprocess.run(manage(*words), env=database.env, check=True, stdout=out, stderr=out)


def mirror_runs(
    server: Server, database: Database, made_for: str, times: int, log: Path
) -> Iterator[float]:
    """Each brings a few rows that differ; then the list is asked for."""
    for edition in range(1, times + 1):
        before = Client(server.port).get(LIST).etag
        load(database, made_for, edition, CATALOGUE, log)
        client = Client(server.port)  # a connection of before may have been closed
        yield until(client, lambda answer, old=before: answer.etag != old)
        server.settle()


def seconds(servers: list[Server], minute: int) -> Iterator[tuple[str, float]]:
    """What is in space, of each once in each second: at its beginning, and in its middle."""
    clients = [(server.name, Client(server.port)) for server in servers]
    for _ in range(minute):
        time.sleep(1 - time.time() % 1 + 0.05)
        for name, client in clients:
            yield name, client.get(cases.PATHS[cases.SECOND]).seconds
            time.sleep(0.4)


@contextmanager
def started(database: Database, core: int | None, log: Path) -> Iterator[tuple[Server, float]]:
    """Our server, and the seconds that it took to its first answer."""
    server = ours(OURS, database, core, ANSWERS="0")
    begun = time.perf_counter()
    server.start(log)
    try:
        while True:
            try:
                if Client(server.port).get(OTHER).status == 200:
                    break
            except OSError:
                time.sleep(0.01)
            if time.perf_counter() - begun > 60:
                raise SystemExit("Our server does not start.")
        yield server, time.perf_counter() - begun
    finally:
        server.stop()


def starts(
    database: Database, core: int | None, paths: dict[str, str], times: int, log: Path
) -> Iterator[tuple[str, float, float]]:
    """For each path a start of its own: the seconds to the first answer, and of that path's."""
    for _ in range(times):
        for case, path in paths.items():
            with started(database, core, log) as (server, start):
                server.settle()
                client = Client(server.port)
                client.get(OTHER)
                yield case, start, client.get(path).seconds
