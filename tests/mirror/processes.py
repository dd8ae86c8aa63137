"""The mirror in a process of its own, on a database of its own, for the tests that need one."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from spacedevs.mirror.run import Exit
from tests.conftest import fresh_database
from tests.mirror.sources import small_catalogue
from tests.mirror.upstream import Upstream
from tests.servers import manage

Process = subprocess.Popen[str]
Start = Callable[..., Process]
MANY = ("--budget", "100000")
MANAGE = tuple(manage())


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A page of spacecraft and two of agencies."""
    with Upstream(catalogue=small_catalogue(craft=40, agencies=104)) as running:
        yield running


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that is migrated once, to be copied: see fresh_database()."""
    with fresh_database(folder := tmp_path_factory.mktemp("migrated")) as database:
        env = {**os.environ, **database}
        subprocess.run(manage("migrate", "-v0"), env=env, check=True, timeout=60)
        url = database["DATABASE_URL"]
        yield url.rpartition("/")[2] if url else str(folder / "db.sqlite3")


@pytest.fixture
def env(tmp_path: Path, migrated: str) -> Iterator[dict[str, str]]:
    with fresh_database(tmp_path, migrated) as database:
        yield {**os.environ, **database}


@pytest.fixture
def start(upstream: Upstream, env: dict[str, str]) -> Iterator[Start]:
    """Starts a mirror with these arguments; `variables` go into its environment.

    None outlives its test.
    """
    with ExitStack() as started:

        def start(
            *arguments: str,
            variables: dict[str, str] | None = None,
            stdout: int = subprocess.PIPE,
            stderr: int = subprocess.STDOUT,
            program: Sequence[str] = MANAGE,
        ) -> Process:
            process = subprocess.Popen(
                [*program, "mirror", "--from", upstream.url, *MANY, *arguments],
                env={**env, **(variables or {})},
                stdout=stdout,
                stderr=stderr,
                text=True,
            )
            started.enter_context(process)  # closes its pipes, and waits for its end
            started.callback(process.kill)
            return process

        yield start


def ended(process: Process, code: Exit = Exit.DONE) -> str:
    """What it said, to its end."""
    output, _ = process.communicate(timeout=60)
    assert process.returncode == code, output
    return str(output)


def prompt(env: dict[str, str]) -> Any:
    """A connection of its own, as of a hand at the database's prompt; each statement commits."""
    if url := env["DATABASE_URL"]:
        return psycopg.connect(url, autocommit=True)
    return closing(
        sqlite3.connect(f"{env['DATA_DIR']}/db.sqlite3", timeout=20, isolation_level=None)
    )


def ask(env: dict[str, str], sql: str) -> list[Any]:
    """The rows that a query gives; none for another statement."""
    with prompt(env) as connection:
        answer = connection.execute(sql)
        return list(answer) if answer.description else []
