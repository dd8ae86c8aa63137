"""How fast the server is beside others that could do its work: `make bench`.

    make bench                                                    # all
    make bench ARGS="--rounds 1 --seconds 1 --only '304' --only 'list of 10'"

An SQLite file is filled once, with 603 craft like the real ones (bench.grow), and all servers
answer from it; BENCH_POSTGRESQL=postgres://user:password@host/postgres names a server
of PostgreSQL in which a database is made, filled alike, and dropped. Each server is one process on
one core, with connections that are kept open; wrk, on another core, loads one of them at a time.

In each round every server has a slice of every case, so that what else the machine does meets all
alike. A figure is the median of the rounds. What happens once (occasions.py) is timed one request
at a time, and its figure is 1 by the median of the seconds. Before anything is measured, the
answers of the frameworks are compared with ours.

RESULTS.md is written by a run of all; one with --only prints.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench import cases, contenders, occasions
from bench.contenders import CRAFT, DRF, OURS, Database, Server
from bench.figures import MEMORY, POSTGRESQL, SQLITE, START, Key, Samples, results
from bench.load import CONNECTIONS, Client, Walk, slice_of, walk_of
from tests.servers import manage

RESULTS = Path(__file__).with_name("RESULTS.md")
CHOSEN = 5  # the craft, of the list of 100, whose record is asked for and whose name is edited
# The peers order nulls as their database does.
KNOWN = """
from spacecraft.models import Spacecraft
for name in ("flights_count", "mission_ends_count"):
    Spacecraft.objects.filter(**{name: None}).update(**{name: 0})
"""
FULL = 0.9  # of a core: who uses more is what limits the other
WARM = 1  # seconds of load before the first slice of each case


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Bench:
    """`folder`: for the databases, the ready answers and the logs."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, stack: ExitStack) -> None:
        self.arguments, self.folder, self.stack = arguments, folder, stack
        cores = sorted(os.sched_getaffinity(0))
        # One for the server and one for the load, where there are two.
        self.core, self.load_core = cores[:2] if len(cores) > 1 else (None, None)
        self.samples: Samples = {}
        self.notes: list[str] = []
        self.failed: dict[Key, int] = {}
        # Of a core, in each slice: what the server used, and what wrk used.
        self.shares: dict[Key, list[tuple[float, float]]] = {}
        self.servers: dict[tuple[str, str], Server] = {}
        self.walks: dict[str, Walk] = {}
        self.ready = folder / "ready"
        self.log = folder / "log"
        self.busy = os.getloadavg()[0]
        self.moment = datetime.now(UTC).replace(microsecond=0).isoformat()

    def wants(self, case: str) -> bool:
        only = self.arguments.only
        return not only or any(word in case for word in only)

    def note(self, text: str) -> None:
        say(text)
        self.notes.append(text)

    def add(self, key: Key, value: float) -> None:
        self.samples.setdefault(key, []).append(value)

    # Before

    def fill(self, database: Database) -> None:
        say(f"filling {database.name}")
        database.folder.mkdir(exist_ok=True)
        with self.log.open("ab") as out:
            grow = [sys.executable, "-m", "bench.grow", str(CRAFT)]
            for command in (manage("prepare"), grow, manage("shell", "--no-imports", "-c", KNOWN)):
                subprocess.run(command, env=database.env, check=True, stdout=out, stderr=out)

    def start(self, database: Database, name: str) -> Server | None:
        if name in contenders.SETTINGS:
            server: Server | str = contenders.ours(name, database, self.core)
        else:
            server = contenders.peer(name, database, self.ready, self.core)
        if isinstance(server, str):
            self.note(f"{name}: {server}")
            return None
        server.start(self.log)
        self.stack.callback(server.stop)
        self.servers[database.name, name] = server
        return server

    def make_ready(self, server: Server) -> None:
        """The answers for those that have no database, and the paths."""
        client = Client(server.port)
        for folder in ("lists", "records"):
            (self.ready / folder).mkdir(parents=True, exist_ok=True)
        for limit, case in ((10, cases.LIST_10), (100, cases.LIST_100)):
            answer = client.get(cases.PATHS[case])
            (self.ready / "lists" / f"{limit}.json").write_bytes(body := answer.body)
        headers = [pair for pair in answer.headers if pair[0] != "content-length"]
        (self.ready / "headers.json").write_text(json.dumps(headers))
        self.pk = int(json.loads(body)["results"][CHOSEN]["id"])
        record = client.get(cases.path_of(cases.RECORD, OURS, self.pk)).body
        (self.ready / "records" / f"{self.pk}.json").write_bytes(record)
        rows = []
        for offset in range(0, CRAFT, 100):
            page = client.get(f"{cases.PATHS[cases.LIVING]}&offset={offset}")
            rows += json.loads(page.body)["results"]
        (self.ready / "db.json").write_text(json.dumps({"spacecraft": rows}))
        filters = []
        for query in cases.FILTERS:
            count = json.loads(client.get(f"{cases.ROOT}?limit=1&{query}").body)["count"]
            filters.append(cases.Filter(query, count))
        self.walks[cases.DIFFERENT] = walk_of(cases.different(filters), self.folder, "different")
        say(f"{self.walks[cases.DIFFERENT].size} different URLs")

    def compare(self, database: str) -> None:
        """The frameworks' answers are ours; a duration that runs is asked for in one second."""
        ours = Client(self.servers[database, OURS].port)
        lines = self.walks[cases.DIFFERENT].file.read_text().splitlines()[:40]
        asked = [cases.PATHS[cases.LIST_10], cases.PATHS[cases.LIST_100], *lines]
        row = json.loads(ours.get(asked[1]).body)["results"][CHOSEN]
        for name in cases.FRAMEWORKS:
            if (database, name) not in self.servers:
                continue
            theirs = Client(self.servers[database, name].port)
            alike = 0
            for path in asked:
                for _ in range(5):
                    bodies = [client.get(path).body for client in (ours, theirs)]
                    if json.loads(bodies[0]) == json.loads(bodies[1]):
                        break
                else:
                    raise SystemExit(f"{name} answers {path} otherwise; see {self.log}")
                alike += bodies[0] == bodies[1]
            if json.loads(theirs.get(cases.path_of(cases.RECORD, name, self.pk)).body) != row:
                raise SystemExit(f"{name}: the record is another.")
            say(f"{name} on {database}: the same JSON; {alike} of {len(asked)} the same bytes")

    def warm(self, server: Server) -> None:
        """Every craft in both modes, and the agencies, so that what can be kept is."""
        client = Client(server.port)
        for path in (
            cases.PATHS[cases.LIVING],
            cases.PATHS[cases.CRAFT],
            cases.PATHS[cases.AGENCIES],
        ):
            for offset in range(0, CRAFT, 100):
                client.get(f"{path}&offset={offset}")

    # Under load

    def slice(self, key: Key, seconds: int, is_measured: bool = True) -> None:
        server = self.servers[key.database, key.server]
        path = cases.path_of(key.case, key.server, self.pk)
        headers = {}
        if key.case == cases.UNCHANGED:
            client = Client(server.port)
            headers["If-None-Match"] = client.get(path).etag
            if client.get(path, **headers).status != 304:
                raise SystemExit(f"{key.server} has no 304.")
        walk = self.walks.get(key.case) or self.walks.get(path)
        if walk is None:
            walk = self.walks[path] = walk_of([path], self.folder, f"path-{len(self.walks)}")
        place = f"{key.server} on {key.database}"
        before = server.cpu()
        found = slice_of(server.port, place, walk, seconds, headers, self.load_core)
        busy = (server.cpu() - before) / found.seconds
        server.settle()
        if not is_measured:
            return
        self.add(key, found.rate)
        self.failed[key] = self.failed.get(key, 0) + found.failed
        self.shares.setdefault(key, []).append((busy, found.load))

    def rounds(self, database: str, asked: dict[str, tuple[str, ...]]) -> None:
        keys = [
            Key(case, name, database)
            for case, names in asked.items()
            for name in names
            if (database, name) in self.servers
        ]
        for key in keys:
            self.slice(key, WARM, is_measured=False)
        for number in range(self.arguments.rounds):
            say(f"{database}: round {number + 1} of {self.arguments.rounds}")
            for key in keys:
                self.slice(key, self.arguments.seconds)

    # One request at a time

    def occasions(self, database: Database) -> None:
        for case, measure in {
            cases.EDITED: self.edits,
            cases.MIRRORED: self.mirror_runs,
            cases.SECOND: self.minute,
            START: self.starts,
        }.items():
            if self.wants(case):
                say(case)
                measure(database)

    def both(self) -> list[Server]:
        return [self.servers[SQLITE, name] for name in (OURS, DRF)]

    def add_seconds(self, case: str, name: str, seconds: float) -> None:
        self.add(Key(case, name), 1 / seconds)

    def edits(self, database: Database) -> None:
        times = self.arguments.edits
        for name, took in occasions.edits(self.both(), database.file, self.pk, times):
            self.add_seconds(cases.EDITED, name, took)

    def mirror_runs(self, database: Database) -> None:
        """On a database of its own: copies are no upstream's rows."""
        mirrored = Database("mirrored", self.folder / "mirrored")
        mirrored.folder.mkdir()
        subprocess.run(manage("migrate", "-v0"), env=mirrored.env, check=True)
        occasions.load(mirrored, self.moment, 0, (), self.log)
        server = contenders.ours(OURS, mirrored, self.core)
        server.start(self.log)
        try:
            server.wait()
            times = self.arguments.mirror_runs
            for took in occasions.mirror_runs(server, mirrored, self.moment, times, self.log):
                self.add_seconds(cases.MIRRORED, OURS, took)
        finally:
            server.stop()

    def minute(self, database: Database) -> None:
        for name, took in occasions.seconds(self.both(), self.arguments.minute):
            self.add_seconds(cases.SECOND, name, took)

    def starts(self, database: Database) -> None:
        paths = {
            cases.COLD_CRAFT: cases.PATHS[cases.CRAFT],
            cases.COLD_RECORD: cases.path_of(cases.RECORD, OURS, self.pk),
        }
        times = self.arguments.starts
        for case, start, took in occasions.starts(database, self.core, paths, times, self.log):
            self.add_seconds(case, OURS, took)
            self.add(Key(START, OURS), start)

    def memory(self) -> None:
        for (database, name), server in self.servers.items():
            sizes = server.memory()
            self.add(Key(MEMORY, name, database), sizes["Rss"])
            if name == OURS:
                shared = sizes["Rss"] - sizes["Pss"]
                say(f"{name} on {database}: {sizes['Rss']:.1f} MiB, {shared:.1f} of it shared")

    # The whole

    def measure(self, database: Database, table: dict[str, tuple[str, ...]]) -> None:
        self.fill(database)
        asked = {case: names for case, names in table.items() if self.wants(case)}
        ours = self.start(database, OURS)
        assert ours is not None  # noqa: S101
        ours.wait()
        if not self.ready.exists():
            self.make_ready(ours)
        names = dict.fromkeys((OURS, DRF, *(name for group in asked.values() for name in group)))
        for name in names:
            if name != OURS and (server := self.start(database, name)):
                server.wait()
        self.compare(database.name)
        for name in names:
            if name in contenders.SETTINGS:
                self.warm(self.servers[database.name, name])
        self.rounds(database.name, asked)

    def run(self) -> None:
        sqlite = Database(SQLITE, self.folder / "sqlite")
        self.measure(sqlite, cases.ON_SQLITE)
        self.occasions(sqlite)
        if where := os.environ.get("BENCH_POSTGRESQL"):
            url = self.stack.enter_context(own_database(where))
            self.measure(Database(POSTGRESQL, self.folder / "postgresql", url), cases.ON_POSTGRESQL)
        else:
            self.note("PostgreSQL: BENCH_POSTGRESQL names no server.")
        self.memory()
        for key, count in self.failed.items():
            if count:
                self.note(f"{key.server} on {key.database}, {key.case}: {count} requests failed.")
        for key, shares in self.shares.items():
            busy, load = (statistics.median(values) for values in zip(*shares, strict=True))
            if load > FULL > busy:
                self.note(
                    f"{key.server} on {key.database}, {key.case}: wrk used {load:.0%} of its core "
                    f"and the server {busy:.0%}; it could have given more."
                )


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """The URL of a database that is made on this server of PostgreSQL, and dropped."""
    name = f"bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))


def about(bench: Bench) -> list[str]:
    """The machine, and what was installed."""
    given = bench.arguments
    listed = [contenders.BIN / "python", "-m", "pip", "--disable-pip-version-check", "freeze"]
    freeze = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    known = dict(line.split("==") for line in freeze if "==" in line)
    peers = ("djangorestframework", "django-ninja", "fastapi", "litestar", "SQLAlchemy", "pydantic")
    packages = ("granian", "uvicorn", "uvloop", "httptools", "msgspec", "datasette")
    named = {name.lower(): found for name, found in known.items()}
    versions = [f"{name} {named[name.lower()]}" for name in (*peers, *packages)]
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    servers = f"one on core {bench.core}, wrk on core {bench.load_core}"
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {cpu}, {os.cpu_count()} cores, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}. "
        f"Servers: {servers if bench.core is not None else 'all on the one core that is there'}. "
        f"{given.rounds} rounds of {given.seconds} s, {CONNECTIONS} connections. "
        f"The machine's load before it began: {bench.busy:.2f}.",
        "",
        f"Ours: Django {version('django')}, granian {version('granian')}. "
        f"Peers: {', '.join(versions)}.",
    ]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of a slice")
    parser.add_argument("--edits", type=int, default=30)
    parser.add_argument("--mirror-runs", type=int, default=5)
    parser.add_argument("--minute", type=int, default=60, help="seconds of what is in space")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--only", action="append", default=[], help="cases that have these words")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if shutil.which("wrk") is None:
        sys.exit("wrk makes the load, and is not installed. On Debian: apt-get install wrk")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are ended
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        bench = Bench(given, Path(folder), stack)
        if bench.load_core is not None:
            os.sched_setaffinity(0, {bench.load_core})
        bench.run()
        text = results(bench.samples, about(bench), bench.notes)
    print(text)
    if not given.only:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
