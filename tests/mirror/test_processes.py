"""The mirror in a process of its own: killed at any moment, stopped, piped, and alone."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx2
import psycopg
import pytest

from spacedevs.mirror.run import Exit
from tests.mirror import upstream as does
from tests.mirror.forks import Forks, forks
from tests.mirror.processes import (
    MANY,
    Process,
    Start,
    ask,
    ended,
    env,
    migrated,
    prompt,
    start,
    upstream,
)
from tests.mirror.upstream import Upstream
from tests.servers import running_server
from tests.upstream_bodies import Ref

__all__ = ["env", "migrated", "start", "upstream"]  # fixtures

KILLS = 10
# manage.py, in which the first page is met by an error that nobody foresaw.
ODD_AT_FIRST = """
import sys
import django
django.setup()
from django.core.management import execute_from_command_line
from spacedevs.mirror.source import Source

rows = Source._rows

def odd(*args):
    Source._rows = rows
    raise RuntimeError("odd")

Source._rows = odd
execute_from_command_line(sys.argv)
"""
MEANWHILE = 10  # requests while a run runs
# Those of the first group, which is loaded as one.
LISTS = ("spacecraft", "spacecraft_configurations", "spacecraft_configuration_families", "agencies")
ROWS = ["/2.3.0/spacecraft/?limit=100"]
ROWS += [f"/2.3.0/agencies/?limit=100&offset={offset}" for offset in (0, 100)]
# Who holds an advisory lock of this database: the session of a run.
LOCKS = """SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE locktype = 'advisory' AND datname = current_database()"""

SAID = "SELECT description FROM spacecraft_spacecraft WHERE id = "
OURS = "UPDATE spacecraft_spacecraft SET description = 'ours' WHERE id = "
HELD = """INSERT INTO mirror_hold (model, key, label, field, ours, theirs, since)
SELECT 'spacecraft.spacecraft', id, name, 'description', 'ours', '', '2026-11-01 12:00:00Z'
FROM spacecraft_spacecraft WHERE id = """


def ids_of(upstream: Upstream, resource: str) -> list[int | str]:
    catalogue = upstream.catalogue
    assert catalogue
    return [catalogue.id_of(Ref(resource, number)) for number in catalogue.numbers(resource)]


def say(upstream: Upstream, edition: str) -> None:
    """Every spacecraft and agency, wherever it stands, says which edition it is of."""
    assert upstream.catalogue
    for resource in ("spacecraft", "agencies"):
        for pk in ids_of(upstream, resource):
            upstream.catalogue.edit(resource, pk, description=edition)


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


def words(server: httpx2.Client, *urls: str) -> set[str]:
    """The editions that these answers are of."""
    found = set()
    for url in urls:
        answer = server.get(url)
        found |= {part["description"] for part in marked(answer.raise_for_status().json())}
    return found


def wait_for_the_killed(env: dict[str, str]) -> None:
    """PostgreSQL ends the session of a client that is gone a moment later."""
    if url := env["DATABASE_URL"]:
        with psycopg.connect(url, autocommit=True) as connection:
            while connection.execute(LOCKS).fetchone():
                time.sleep(0.01)


class Runs:
    """Runs on B, which answers meanwhile."""

    def __init__(self, upstream: Upstream, env: dict[str, str], forks: Forks) -> None:
        self.arguments = ("--from", upstream.url, *MANY, "--only", *LISTS)
        self.env, self.forks = env, forks

    def complete(self, server: httpx2.Client | None = None) -> float:
        """One to its end, each answer being of one edition; the seconds that it took."""
        begun = time.monotonic()
        self.forks.start(*self.arguments)
        for _ in range(MEANWHILE if server else 0):
            assert len(words(server, "/2.3.0/spacecraft/?mode=detailed")) == 1
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
    say(upstream, "edition 0")
    chance, kills = random.Random(50), 0
    with forks(env) as forking:
        runs = Runs(upstream, env, forking)
        runs.complete()  # adds what later runs find
        took = runs.complete()
        with (
            running_server({**env, "ANSWERS": "0"}) as root,
            httpx2.Client(base_url=root, timeout=30) as server,
        ):
            for number in range(1, KILLS + 1):
                say(upstream, f"edition {number}")
                kills += runs.killed(chance.uniform(0, 1.1) * took)
                told_now = words(server, *ROWS)
                assert told_now in ({f"edition {number - 1}"}, {f"edition {number}"})
                runs.complete(server)
                assert words(server, *ROWS) == {f"edition {number}"}
    assert kills > KILLS // 2


def start_late(upstream: Upstream, start: Start) -> Process:
    """A run that waits for its first page of agencies, the last list of its group."""
    upstream.behave(does.late(60), path="agencies/")
    process = start()
    while not any(request.path == "agencies/" for request in upstream.requests):
        assert process.poll() is None
        time.sleep(0.01)
    return process


def test_a_second_run_at_the_same_time_says_so_and_ends(upstream: Upstream, start: Start) -> None:
    first = start_late(upstream, start)
    assert "Another run of the mirror is at it" in ended(start(), Exit.BUSY)
    upstream.hurry()
    ended(first)


@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_told_to_stop_does_so_between_two_pages_and_the_next_goes_on(
    upstream: Upstream, start: Start, word: signal.Signals
) -> None:
    process = start_late(upstream, start)
    process.send_signal(word)
    upstream.hurry()
    output = ended(process, Exit.UNFINISHED)
    assert "Stopped. Begun or read: agencies, spacecraft, " in output
    assert "The next run goes on from here." in output
    before = len(upstream.requests)
    ended(start())
    asked = upstream.requests[before:]
    assert (asked[0].path, asked[0].params["offset"]) == ("agencies/", "100")
    assert "spacecraft/" not in [request.path for request in asked]


@contextmanager
def standing(process: Process) -> Iterator[Iterator[str]]:
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


def test_a_standing_mirror_outlives_an_unforeseen_error(start: Start) -> None:
    process = start("--every", "1s", program=[sys.executable, "-c", ODD_AT_FIRST])
    with standing(process) as lines:
        assert any("RuntimeError: odd. Please report this." in line for line in lines)
        assert any(line.startswith("done:") for line in lines)


def test_a_standing_mirror_outlives_a_fault_of_the_database(
    upstream: Upstream, env: dict[str, str], start: Start
) -> None:
    with standing(start("--every", "1s")) as lines:
        assert any(line.startswith("done:") for line in lines)
        ask(env, "ALTER TABLE mirror_mirrorcall RENAME TO away")
        if env["DATABASE_URL"]:  # its connection, too
            ask(
                env,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
                "pg_backend_pid() AND datname = current_database()",
            )
        assert any("has not been migrated" in line for line in lines)
        ask(env, "ALTER TABLE away RENAME TO mirror_mirrorcall")
        assert any(line.startswith("unchanged:") for line in lines)


def test_an_editor_who_saves_while_the_mirror_loads_keeps_what_is_held(
    upstream: Upstream, env: dict[str, str], start: Start
) -> None:
    ended(start())
    say(upstream, "edition 1")
    one, another = ids_of(upstream, "spacecraft")[:2]
    with prompt(env) as editor:
        editor.execute("BEGIN")
        editor.execute(OURS + str(one))
        editor.execute(HELD + str(one))
        running = start()
        time.sleep(2)  # on PostgreSQL it loads by then, and waits for the row
        editor.execute("COMMIT")
        ended(running)
    assert ask(env, SAID + str(one)) == [("ours",)]
    assert ask(env, SAID + str(another)) == [("edition 1",)]
    assert ask(env, "SELECT upstream FROM mirror_hold") == [('"edition 1"',)]


# What reads along


@pytest.mark.parametrize("stderr", [subprocess.PIPE, subprocess.STDOUT], ids=["|", "2>&1 |"])
def test_a_run_that_nobody_reads_any_more_goes_on_to_its_end_and_code(
    upstream: Upstream, env: dict[str, str], start: Start, stderr: int
) -> None:
    upstream.behave(does.fails(403), path="config/countries/")
    process = start(stderr=stderr)
    assert process.stdout
    process.stdout.readline()
    process.stdout.close()  # head -1
    output = process.stderr.read() if process.stderr else ""
    assert process.wait(timeout=60) == Exit.PARTLY
    assert "Traceback" not in output
    assert ask(env, "SELECT outcome FROM mirror_mirrorrun") == [("partly",)]


def test_on_a_terminal_progress_and_a_table_are_shown(start: Start) -> None:
    ours, theirs = os.openpty()
    with open(ours, "rb", buffering=0) as terminal:
        process = start(stdout=theirs, stderr=theirs)
        os.close(theirs)
        output = b""
        with suppress(OSError):  # the end of a terminal
            while some := terminal.read(65536):
                output += some
        assert process.wait(timeout=60) == Exit.DONE
    assert b"of 40 rows" in output
    assert b"refused" in output
