"""A PostgreSQL of a test's own, which it may stop, restart and break."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from tests.servers import free_port

# What it holds is thrown away: nothing has to reach the disk.
OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def binaries() -> str:
    """The folder of the newest initdb of this machine, or ""."""
    found = shutil.which("initdb") or max(glob("/usr/lib/postgresql/*/bin/initdb"), default="")
    return os.path.dirname(found)


@dataclass
class Cluster:
    folder: Path
    port: int
    _run: Callable[..., None]

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def execute(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql)

    def stop(self) -> None:
        """As `systemctl stop` does: connections are ended, and what is committed is kept."""
        self._run("pg_ctl", "stop", "-w", "-s", "-m", "fast", "-D", self._data)

    def start(self) -> None:
        listens = f"-c listen_addresses=127.0.0.1 -c port={self.port}"
        sockets = f"-c unix_socket_directories={self.folder}"
        options = f"{listens} {sockets} {OPTIONS}"
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-s", "-D", self._data, "-l", log, "-o", options)

    def pids(self) -> list[int]:
        """The postmaster's and its children's."""
        first = Path(self._data, "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [int(first), *map(int, children)]

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Within it, no process of PostgreSQL goes on: it hangs, and is not gone."""
        pids = self.pids()
        _signal(pids, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(pids, signal.SIGCONT)


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # a child that has ended
            os.kill(pid, number)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """It listens on 127.0.0.1 alone, and takes no password."""
    folder = Path(mkdtemp(prefix="postgresql.", dir="/tmp"))  # a socket's path is short
    run = _runner(folder)
    running = Cluster(folder, free_port(), run)
    try:
        run("initdb", "-D", running._data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        running.start()
        try:
            yield running
        finally:
            run("pg_ctl", "stop", "-s", "-m", "immediate", "-D", running._data)
    finally:
        shutil.rmtree(folder)


def _runner(folder: Path) -> Callable[..., None]:
    """Runs a program of PostgreSQL, which refuses to run as root."""
    as_owner: list[str] = []
    if os.geteuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        owner = "postgres" if "postgres" in names else "nobody"
        shutil.chown(folder, owner)
        as_owner = ["runuser", "-u", owner, "--"]

    def run(program: str, *arguments: str) -> None:
        words = [*as_owner, f"{binaries()}/{program}", *arguments]
        subprocess.run(words, cwd=folder, check=True, timeout=60, stdout=subprocess.DEVNULL)

    return run
