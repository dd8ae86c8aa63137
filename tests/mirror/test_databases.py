"""What the database does to a run: full, locked, not to be opened, not to be written.

Each ends with code 1 and a sentence that says what to do, and none with a traceback; the rows are
as they were, and the next run on a database that works is a whole one.
"""

import os
from urllib.parse import urlencode

import pytest

from spacedevs.mirror.run import Exit
from tests.mirror.processes import (
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

__all__ = ["env", "migrated", "start", "upstream"]  # fixtures

Env = dict[str, str]
CRAFT = "SELECT count(*) FROM spacecraft_spacecraft"

on_sqlite = pytest.mark.only_on("sqlite")
on_postgresql = pytest.mark.only_on("postgresql")


def with_options(env: Env, **options: object) -> Env:
    """The environment's database, opened with these options."""
    url = env["DATABASE_URL"] or f"sqlite:///{env['DATA_DIR']}/db.sqlite3"
    return {"DATABASE_URL": f"{url}?{urlencode(options)}"}


def fails_with(start: Start, variables: Env, sentence: str, *arguments: str) -> None:
    output = ended(start(*arguments, variables=variables), Exit.FAILED)
    assert sentence in output
    assert "Traceback" not in output


@on_sqlite
@pytest.mark.parametrize("more", [3, 40, 80])
def test_a_full_disk_is_named_and_the_rows_stay(env: Env, start: Start, more: int) -> None:
    ((pages,),) = ask(env, "PRAGMA page_count")
    largest = f"PRAGMA journal_mode=WAL; PRAGMA max_page_count={pages + more}"
    fails_with(start, with_options(env, init_command=largest), "The disk is full. Free some space")
    assert ask(env, CRAFT) == [(0,)]
    ended(start())
    assert ask(env, CRAFT) == [(40,)]


@on_sqlite
def test_a_database_that_is_locked_for_too_long_is_named(env: Env, start: Start) -> None:
    with prompt(env) as other:
        other.execute("BEGIN IMMEDIATE")
        sentence = "Another writer holds the database. Try again once it has ended."
        fails_with(start, with_options(env, timeout=1), sentence)
    ended(start())


@on_postgresql
def test_a_table_that_is_locked_for_too_long_is_named(env: Env, start: Start) -> None:
    with prompt(env) as other, other.transaction():
        other.execute("LOCK TABLE spacecraft_agency IN EXCLUSIVE MODE")
        sentence = "Another writer holds the database. Try again once it has ended."
        fails_with(start, with_options(env, options="-c lock_timeout=500"), sentence)
    assert ask(env, CRAFT) == [(0,)]
    ended(start())
    assert ask(env, CRAFT) == [(40,)]


@on_postgresql
def test_a_session_that_may_only_read_is_named(env: Env, start: Start) -> None:
    only = with_options(env, options="-c default_transaction_read_only=on")
    fails_with(start, only, "The database can't be written. Name one in DATABASE_URL that can.")


@on_sqlite
def test_a_database_that_may_only_be_read_is_named(env: Env, start: Start) -> None:
    only = with_options(env, init_command="PRAGMA query_only=1")
    fails_with(start, only, "The database can't be written. See who may write its file")


@on_sqlite
def test_a_lock_that_can_not_be_made_is_named_by_its_path(
    upstream: Upstream, env: Env, start: Start
) -> None:
    path = f"{env['DATA_DIR']}/db.sqlite3.mirror-lock"
    os.mkdir(path)  # what root can't open either
    fails_with(start, {}, f"{path} can't be used: Is a directory.")
    assert upstream.requests == []


@on_sqlite
def test_a_database_that_can_not_be_opened_is_named(env: Env, start: Start) -> None:
    folder = {"DATABASE_URL": f"sqlite:///{env['DATA_DIR']}"}
    fails_with(start, folder, "The database's file can't be opened. See DATA_DIR")


@on_sqlite
def test_a_file_that_is_no_database_is_named(env: Env, start: Start) -> None:
    with open(f"{env['DATA_DIR']}/db.sqlite3", "wb") as file:
        file.write(b"no database" * 1000)
    fails_with(start, {}, "The database's file is damaged. Restore a backup of it.")


def test_a_database_that_was_not_migrated_is_named(
    env: Env, start: Start, upstream: Upstream
) -> None:
    ask(env, "ALTER TABLE mirror_mirrorrun RENAME TO away")
    fails_with(start, {}, "The database has not been migrated. Run `manage.py migrate`.")
    assert upstream.requests == []


def test_a_standing_mirror_ends_with_0_whatever_its_runs_met(env: Env, start: Start) -> None:
    ask(env, "ALTER TABLE mirror_mirrorrun RENAME TO away")
    process = start("--every", "1s")
    assert process.stdout
    faults = (line for line in process.stdout if "has not been migrated" in line)
    assert next(faults)
    assert next(faults)
    process.terminate()
    ended(process)
