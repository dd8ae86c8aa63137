"""The mirror in a process of its own: killed at any moment, stopped, and alone."""

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.test import Client

from spacedevs.mirror.run import Exit
from tests.conftest import fresh_database, manage, running_server
from tests.mirror import upstream as does
from tests.mirror.catalogue import catalogue, few
from tests.mirror.forks import Forks, forks
from tests.mirror.upstream import Upstream

Start = Callable[..., subprocess.Popen[str]]

KILLS = 50
MEANWHILE = 10  # requests while a run runs
ROWS = ["/2.3.0/spacecraft/?limit=100"]
ROWS += [f"/2.3.0/agencies/?limit=100&offset={offset}" for offset in (0, 100)]
# Who holds an advisory lock of this database: the session of a run.
LOCKS = """SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE locktype = 'advisory' AND datname = current_database()"""


@pytest.fixture
def upstream(api: Client) -> Iterator[Upstream]:
    with Upstream(catalogue(api)) as running:
        say(running, "edition 0")
        yield running


def say(upstream: Upstream, edition: str) -> None:
    """Every spacecraft and agency, wherever it stands, says which edition it is of."""
    for part in marked(upstream.rows):
        part["description"] = edition


def marked(part: Any) -> Iterator[dict[str, Any]]:
    """The spacecraft and agencies in an answer, at any depth."""
    if isinstance(part, list):
        for item in part:
            yield from marked(item)
    elif isinstance(part, dict):
        if "administrator" in part or "serial_number" in part:
            yield part
        for value in part.values():
            yield from marked(value)


def told(server: httpx.Client, *addresses: str) -> set[str]:
    """The editions that these answers are of."""
    found = set()
    for address in addresses:
        answer = server.get(address)
        found |= {part["description"] for part in marked(answer.raise_for_status().json())}
    return found


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    with fresh_database(tmp_path) as database:
        made = {**os.environ, **database}
        subprocess.run(manage("migrate", "-v0"), env=made, check=True, timeout=60)
        yield made


@pytest.fixture
def start(upstream: Upstream, env: dict[str, str]) -> Iterator[Start]:
    """Starts a mirror with these arguments. None outlives its test."""
    with ExitStack() as started:

        def start(*arguments: str) -> subprocess.Popen[str]:
            words = ("mirror", "--from", upstream.url, "--budget", "100000", *arguments)
            process = subprocess.Popen(
                manage(*words), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            started.enter_context(process)  # closes its pipe, and waits for its end
            started.callback(process.kill)
            return process

        yield start


def ended(process: subprocess.Popen[str]) -> None:
    said, _ = process.communicate(timeout=60)
    assert process.returncode == Exit.DONE, said


def wait_for_the_killed(env: dict[str, str]) -> None:
    """PostgreSQL ends the session of a client that is gone a moment later."""
    if url := env["DATABASE_URL"]:
        with psycopg.connect(url, autocommit=True) as connection:
            while connection.execute(LOCKS).fetchone():
                time.sleep(0.01)


class Runs:
    """Runs on B, which answers meanwhile."""

    def __init__(self, upstream: Upstream, env: dict[str, str], forks: Forks) -> None:
        self.arguments = ("--from", upstream.url, "--budget", "100000")
        self.env, self.forks = env, forks

    def complete(self, server: httpx.Client | None = None) -> float:
        """One to its end, each answer being of one edition; the seconds that it took."""
        begun = time.monotonic()
        self.forks.start(*self.arguments)
        for _ in range(MEANWHILE if server else 0):
            assert len(told(server, "/2.3.0/spacecraft/?mode=detailed")) == 1
        assert self.forks.wait() == Exit.DONE
        return time.monotonic() - begun

    def killed(self, after: float) -> bool:
        """One that is killed after so many seconds, if it lasts that long."""
        pid = self.forks.start(*self.arguments)
        time.sleep(after)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        code = self.forks.wait()
        wait_for_the_killed(self.env)
        assert code in (Exit.DONE, -signal.SIGKILL)
        return code != Exit.DONE


def test_killed_at_any_moment_all_answers_are_old_or_new_and_the_next_run_completes(
    upstream: Upstream, env: dict[str, str]
) -> None:
    upstream.rows = few(upstream.rows)
    chance, kills = random.Random(50), 0
    with forks(env) as forking:
        runs = Runs(upstream, env, forking)
        runs.complete()  # adds what later runs find
        took = runs.complete()
        with running_server(env) as address, httpx.Client(base_url=address, timeout=30) as server:
            for number in range(1, KILLS + 1):
                say(upstream, f"edition {number}")
                kills += runs.killed(chance.uniform(0, 1.1) * took)
                told_now = told(server, *ROWS)
                assert told_now in ({f"edition {number - 1}"}, {f"edition {number}"})
                runs.complete(server)
                assert told(server, *ROWS) == {f"edition {number}"}
    assert kills > KILLS // 2


def test_a_second_run_at_the_same_time_says_so_and_ends(upstream: Upstream, start: Start) -> None:
    upstream.behave(does.late(60), path="agencies/")
    first = start()
    assert first.stdout
    assert any("spacecraft_configurations" in line for line in first.stdout)
    second = start()
    said, _ = second.communicate(timeout=30)
    assert (second.returncode, "Another run of the mirror" in said) == (Exit.BUSY, True)
    upstream.hurry()
    ended(first)


@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_told_to_stop_does_so_between_two_pages_and_the_next_goes_on(
    upstream: Upstream, start: Start, word: signal.Signals
) -> None:
    upstream.behave(does.late(60), path="agencies/")
    process = start()
    assert process.stdout
    assert any("spacecraft_configuration_families" in line for line in process.stdout)
    process.send_signal(word)
    upstream.hurry()
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, "The next run goes on from here." in said) == (
        Exit.UNFINISHED,
        True,
    )
    before = len(upstream.calls)
    ended(start())
    asked = [call.path for call in upstream.calls[before:]]
    assert asked[0] == "agencies/"
    assert "spacecraft/" not in asked


@contextmanager
def standing(process: subprocess.Popen[str]) -> Iterator[Iterator[str]]:
    """The lines of a mirror that stays up; at the end it is told to go, and goes."""
    assert process.stdout
    yield iter(process.stdout)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_sigterm_ends_a_standing_mirror(start: Start) -> None:
    with standing(start("--every", "1h")) as lines:
        assert any(line.startswith("done:") for line in lines)


def test_a_standing_mirror_outlives_a_fault_of_the_source(upstream: Upstream, start: Start) -> None:
    upstream.behave(does.fails(403))
    with standing(start("--every", "1s")) as lines:
        assert any("answered 403" in line for line in lines)
        assert any(line.startswith("done:") for line in lines)


def test_a_standing_mirror_outlives_a_fault_of_the_database(
    upstream: Upstream, env: dict[str, str], start: Start
) -> None:
    with standing(start("--every", "1s")) as lines:
        assert any(line.startswith("done:") for line in lines)
        write(env, "ALTER TABLE mirror_mirrorcall RENAME TO away")
        if env["DATABASE_URL"]:  # its connection, too
            write(
                env,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
                "pg_backend_pid() AND datname = current_database()",
            )
        assert any("The database does not answer" in line for line in lines)
        write(env, "ALTER TABLE away RENAME TO mirror_mirrorcall")
        assert any(line.startswith("unchanged:") for line in lines)


def prompt(env: dict[str, str]) -> Any:
    """A connection of its own, as of a hand at the database's prompt; each statement commits."""
    if url := env["DATABASE_URL"]:
        return psycopg.connect(url, autocommit=True)
    return closing(
        sqlite3.connect(f"{env['DATA_DIR']}/db.sqlite3", timeout=20, isolation_level=None)
    )


def write(env: dict[str, str], sql: str) -> None:
    with prompt(env) as connection:
        connection.execute(sql)


def test_an_editor_who_saves_while_the_mirror_loads_keeps_what_is_held(
    upstream: Upstream, env: dict[str, str], start: Start
) -> None:
    ended(start())
    say(upstream, "edition 1")
    with prompt(env) as editor:
        editor.execute("BEGIN")
        editor.execute("UPDATE spacecraft_spacecraft SET description = 'ours' WHERE id = 630")
        editor.execute(
            "INSERT INTO mirror_hold (model, key, field, since) "
            "VALUES ('spacecraft.spacecraft', '630', 'description', '2026-11-01 12:00:00Z')"
        )
        running = start()
        time.sleep(2)  # on PostgreSQL it loads by then, and waits for the row
        editor.execute("COMMIT")
        ended(running)
        (ours,) = editor.execute("SELECT description FROM spacecraft_spacecraft WHERE id = 630")
        (other,) = editor.execute("SELECT description FROM spacecraft_spacecraft WHERE id = 616")
        (said,) = editor.execute("SELECT upstream FROM mirror_hold")
    assert (ours[0], other[0], said[0]) == ("ours", "edition 1", '"edition 1"')
