"""Faults of the database under readers and an editor: 503 while they last, and no edit is lost."""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from tests.clusters import Cluster, binaries, cluster
from tests.conftest import run
from tests.faults.report import Report, until_it_answers
from tests.faults.traffic import Traffic
from tests.servers import running_server

Env = dict[str, str]
READ = {200, 503}
# 200: a form that came back, with a sentence for what a wrong value would be.
WRITTEN = {302, 503}
HANGS = 8  # seconds of a connection that says nothing, and some more
AWAY = 20  # seconds of a restart that takes its time

pytestmark = pytest.mark.only_on("sqlite")  # each is on a database of its own kind
needs_initdb = pytest.mark.skipif(
    not binaries() and os.environ.get("CI") != "true", reason="no initdb on this machine"
)


@contextmanager
def under_traffic(env: Env, report: Report, fault: str) -> Iterator[Traffic]:
    with running_server(env, prepare=False) as url:
        with Traffic(url, env) as traffic:
            time.sleep(1)
            yield traffic
            until_it_answers(traffic)
            time.sleep(1)
        report(fault, traffic)


def is_told(traffic: Traffic) -> None:
    """A fault was met, and nobody had an answer but the right one or a 503."""
    assert set(traffic.reads.counts) <= READ
    assert set(traffic.writes.counts) <= WRITTEN
    assert 503 in traffic.reads.counts | traffic.writes.counts
    assert traffic.writes.counts[302]


# PostgreSQL


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="module")
def on_postgresql(postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Env:
    folder = str(tmp_path_factory.mktemp("data"))
    env = {**os.environ, "DATABASE_URL": postgresql.url, "DATA_DIR": folder}
    assert run(env, "prepare").returncode == 0
    return env


@needs_initdb
def test_postgresql_hangs(postgresql: Cluster, on_postgresql: Env, report: Report) -> None:
    with under_traffic(on_postgresql, report, "PostgreSQL hangs") as traffic, postgresql.stopped():
        time.sleep(HANGS)
    is_told(traffic)
    assert traffic.reads.quantile(1) < HANGS


@needs_initdb
def test_postgresql_is_restarted(postgresql: Cluster, on_postgresql: Env, report: Report) -> None:
    with under_traffic(on_postgresql, report, "PostgreSQL is restarted") as traffic:
        postgresql.stop()
        postgresql.start()
    is_told(traffic)


@needs_initdb
def test_postgresql_is_stopped(postgresql: Cluster, on_postgresql: Env, report: Report) -> None:
    with under_traffic(on_postgresql, report, f"PostgreSQL is stopped for {AWAY} s") as traffic:
        postgresql.stop()
        time.sleep(AWAY)
        postgresql.start()
    is_told(traffic)
    assert traffic.reads.quantile(1) < HANGS


@needs_initdb
def test_postgresql_has_no_connection_left(
    postgresql: Cluster, on_postgresql: Env, report: Report
) -> None:
    with (
        under_traffic(on_postgresql, report, "PostgreSQL has no connection left") as traffic,
        exhausted(postgresql),
    ):
        time.sleep(3)
    is_told(traffic)


@contextmanager
def exhausted(postgresql: Cluster) -> Iterator[None]:
    """Others have all connections: those of the site are ended, and taken before it asks again."""
    others = {"application_name": "others", "autocommit": True}
    with ExitStack() as stack:
        first = stack.enter_context(psycopg.connect(postgresql.url, **others))
        sites = "FROM pg_stat_activity WHERE datname = 'postgres' AND application_name <> 'others'"
        end = time.monotonic() + 20
        while first.execute(f"SELECT count(*) {sites}").fetchone() != (0,):
            assert time.monotonic() < end, "the site keeps its connections"
            first.execute(f"SELECT pg_terminate_backend(pid) {sites}")
            try:
                while True:
                    stack.enter_context(psycopg.connect(postgresql.url, **others))
            except psycopg.OperationalError:
                pass
        yield


@needs_initdb
def test_postgresql_may_only_be_read(
    postgresql: Cluster, on_postgresql: Env, report: Report
) -> None:
    with under_traffic(on_postgresql, report, "PostgreSQL may only be read") as traffic:
        for only, seconds in (("on", 3), ("off", 1)):
            postgresql.execute(f"ALTER SYSTEM SET default_transaction_read_only = {only}")
            postgresql.execute("SELECT pg_reload_conf()")
            time.sleep(seconds)
    is_told(traffic)
    assert set(traffic.reads.counts) == {200}


@needs_initdb
def test_a_table_of_postgresql_is_locked(
    postgresql: Cluster, on_postgresql: Env, report: Report
) -> None:
    with (
        under_traffic(
            on_postgresql, report, "another writer holds a table of PostgreSQL"
        ) as traffic,
        psycopg.connect(postgresql.url) as other,
    ):
        other.execute("LOCK spacecraft_imagelicense IN EXCLUSIVE MODE")
        time.sleep(5)
    is_told(traffic)
    assert set(traffic.reads.counts) == {200}
    assert traffic.writes.quantile(1) < HANGS


# SQLite


@pytest.fixture
def file(prepared: Env) -> Path:
    return Path(prepared["DATA_DIR"]) / "db.sqlite3"


def backed_up(env: Env, file: Path) -> Path:
    copy = file.with_name("backup")
    done = run(env, "backup", str(copy))
    assert done.returncode == 0, done.stderr
    return copy


def test_sqlite_is_locked(prepared: Env, file: Path, report: Report) -> None:
    with (
        under_traffic(prepared, report, "another writer holds SQLite") as traffic,
        closing(sqlite3.connect(file, timeout=20)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        time.sleep(6)
        other.rollback()
    is_told(traffic)
    assert set(traffic.reads.counts) == {200}
    assert traffic.writes.quantile(1) < HANGS


def test_sqlites_file_is_replaced(prepared: Env, file: Path, report: Report) -> None:
    """By a backup of it, while nobody edits: what is saved afterwards is in the new one."""
    with under_traffic(prepared, report, "SQLite's file is replaced, three times") as traffic:
        for _ in range(3):
            with traffic.pause:
                os.replace(backed_up(prepared, file), file)
            time.sleep(1)
    assert set(traffic.reads.counts) == {200}
    assert set(traffic.writes.counts) == {302}


def test_sqlites_file_is_away(prepared: Env, file: Path, report: Report) -> None:
    with under_traffic(prepared, report, "SQLite's file is away for 3 s") as traffic:
        file.rename(aside := file.with_name("aside"))
        time.sleep(3)
        assert not file.exists()
        aside.rename(file)
    is_told(traffic)


def test_sqlites_file_is_corrupt(prepared: Env, file: Path, report: Report) -> None:
    with under_traffic(prepared, report, "SQLite's file is corrupt, then restored") as traffic:
        with traffic.pause:
            copy = backed_up(prepared, file)
            damaged = Path(shutil.copy(copy, file.with_name("damaged")))
            data = damaged.read_bytes()
            damaged.write_bytes(data[:4096] + b"?" * (len(data) - 4096))
            os.replace(damaged, file)
        time.sleep(3)
        done = run(prepared, "restore", str(copy))
        assert done.returncode == 0, done.stderr
    is_told(traffic)


def test_the_disk_is_full(prepared: Env, file: Path, report: Report) -> None:
    """As SQLite says it where its file may have no more pages."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("VACUUM")
        ((pages,),) = database.execute("PRAGMA page_count")
    command = f"PRAGMA journal_mode=WAL; PRAGMA max_page_count={pages}"
    url = f"sqlite:///{file}?{urlencode({'init_command': command})}"
    with under_traffic({**prepared, "DATABASE_URL": url}, report, "the disk is full") as traffic:
        end = time.monotonic() + 60
        while not traffic.writes.counts[503]:
            assert time.monotonic() < end, "it never was full"
            time.sleep(0.2)
    is_told(traffic)
    assert set(traffic.reads.counts) == {200}
