"""The mirror in a process of its own: killed at any moment, stopped, and alone."""

import os
import random
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import Client

from spacecraft.mirror.run import Exit
from tests import upstream as does
from tests.catalogue import catalogue
from tests.conftest import fresh_database, manage
from tests.upstream import Upstream

KILLS = 50
SEEN = """
from spacecraft.models import Agency, Spacecraft
print(sorted({row.description for model in (Agency, Spacecraft) for row in model.objects.all()}))
"""


@pytest.fixture
def upstream(api: Client) -> Iterator[Upstream]:
    with Upstream(catalogue(api)) as running:
        say(running, "edition 0")
        yield running


def say(upstream: Upstream, edition: str) -> None:
    """Every spacecraft and agency, wherever it stands, says which edition it is of."""
    mark(upstream.rows, edition)


def mark(part: Any, edition: str) -> None:
    if isinstance(part, list):
        for item in part:
            mark(item, edition)
    elif isinstance(part, dict):
        if "administrator" in part or "serial_number" in part:
            part["description"] = edition
        for value in part.values():
            mark(value, edition)


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    with fresh_database(tmp_path) as database:
        made = {**os.environ, **database}
        subprocess.run(manage("migrate", "-v0"), env=made, check=True, timeout=60)
        yield made


def start(upstream: Upstream, env: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    words = ("mirror", "--from", upstream.url, "--budget", "100000", *arguments)
    return subprocess.Popen(
        manage(*words), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def ask(env: dict[str, str], sql: str) -> list[Any]:
    """The rows that a connection of its own sees."""
    if url := env["DATABASE_URL"]:
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []
    with closing(sqlite3.connect(f"{env['DATA_DIR']}/db.sqlite3", isolation_level=None)) as file:
        return file.execute(sql).fetchall()


def editions(env: dict[str, str]) -> set[str]:
    tables = ("spacecraft_agency", "spacecraft_spacecraft")
    each = (f"SELECT description FROM {table}" for table in tables)  # noqa: S608  # our own names
    return {row[0] for row in ask(env, " UNION ".join(each))}


def test_killed_at_any_moment_a_reader_sees_one_whole_edition_and_the_next_run_completes(
    upstream: Upstream, env: dict[str, str]
) -> None:
    for _ in range(2):  # the first compiles, and adds what the second finds
        took = time.monotonic()
        process = start(upstream, env)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == Exit.DONE, said
        took = time.monotonic() - took
    chance = random.Random(50)
    killed = 0
    for number in range(1, KILLS + 1):
        say(upstream, f"edition {number}")
        ask(env, "DELETE FROM mirror_mirrorpage")  # of the edition before, for a run to go on from
        process = start(upstream, env)
        try:
            process.communicate(timeout=chance.uniform(0.3, 1.1) * took)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            killed += 1
        assert len(editions(env)) == 1, number
    assert killed > KILLS // 2
    process = start(upstream, env)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == Exit.DONE, said
    assert editions(env) == {f"edition {KILLS}"}


def test_a_second_run_at_the_same_time_says_so_and_ends(
    upstream: Upstream, env: dict[str, str]
) -> None:
    upstream.behave(does.late(5), path="agencies/")
    first = start(upstream, env)
    assert first.stdout
    assert any("spacecraft_configurations" in line for line in first.stdout)
    second = start(upstream, env)
    said, _ = second.communicate(timeout=30)
    assert (second.returncode, "Another run of the mirror" in said) == (Exit.BUSY, True)
    first.communicate(timeout=60)
    assert first.returncode == Exit.DONE


def test_sigterm_stops_a_standing_mirror_and_the_next_goes_on(
    upstream: Upstream, env: dict[str, str]
) -> None:
    standing = start(upstream, env, "--every", "1h")
    assert standing.stdout
    assert any(re.match("(done|unchanged):", line) for line in standing.stdout)
    standing.send_signal(signal.SIGTERM)
    standing.communicate(timeout=30)
    assert standing.returncode == 0


def test_a_standing_mirror_outlives_a_fault_of_the_source(
    upstream: Upstream, env: dict[str, str]
) -> None:
    upstream.behave(does.fails(403))
    standing = start(upstream, env, "--every", "1s")
    assert standing.stdout
    lines = iter(standing.stdout)
    assert any("answered 403" in line for line in lines)
    assert any(line.startswith("done:") for line in lines)
    standing.send_signal(signal.SIGTERM)
    standing.communicate(timeout=30)
    assert standing.returncode == 0
