"""`manage.py backup` and `manage.py restore`, in processes, also under a server that is at work."""

import os
import re
import stat
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx2
import pytest

from tests.conftest import run, shell
from tests.editors import editing, make_editor
from tests.mirror.processes import ask, prompt
from tests.servers import manage, running_server

LIST = "/2.3.0/spacecraft/?limit=20&mode=detailed"
TABLES = ("spacecraft_agency", "spacecraft_spacecraft", "spacecraft_spacecraftstatus")
FUTURE = "INSERT INTO django_migrations (app, name, applied) VALUES ('spacecraft', '9999_x', '{}')"
FORGET = "DELETE FROM django_migrations WHERE name = '9999_x'"
NOW = "2026-11-01 12:00:00+00:00"

Env = dict[str, str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A backup that is not there yet, in a folder of its own."""
    (folder := tmp_path / "backups").mkdir()
    return folder / "backup"


def succeed(env: Env, *command: str) -> str:
    done = run(env, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refuse(env: Env, *command: str) -> str:
    done = run(env, *command)
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("CommandError: ")
    return done.stderr


def write(env: Env, name: str) -> None:
    """One transaction that writes all that the list shows, in several tables."""
    with prompt(env) as connection:
        updates = (f"UPDATE {table} SET name = '{name}'" for table in TABLES)  # noqa: S608
        for statement in ("BEGIN", *updates, "COMMIT"):
            connection.execute(statement)


def name(env: Env) -> str:
    ((found,),) = ask(env, "SELECT name FROM spacecraft_spacecraftstatus WHERE id = 1")
    return str(found)


# Under a server


@contextmanager
def reading(url: str) -> Iterator[Counter[tuple[int, str]]]:
    """Readers at work; yields how often an answer had this status and these names."""
    seen: Counter[tuple[int, str]] = Counter()
    stop = Event()

    def read() -> None:
        with httpx2.Client(base_url=url, timeout=30) as http:
            while not stop.is_set():
                answer = http.get(LIST)
                seen[answer.status_code, names_in(answer)] += 1

    with ThreadPoolExecutor() as readers:
        tasks = [readers.submit(read) for _ in range(2)]
        try:
            yield seen
        finally:
            stop.set()
        for task in tasks:
            task.result()


def names_in(answer: httpx2.Response) -> str:
    if answer.status_code != httpx2.codes.OK:
        return ""
    rows = answer.json()["results"]
    status = {row["status"]["name"] for row in rows}
    agencies = {row["spacecraft_config"]["agency"]["name"] for row in rows}
    return " ".join(sorted({row["name"] for row in rows} | status | agencies))


def test_an_edit_before_the_backup_is_in_it_and_one_after_it_is_not(
    prepared: Env, file: Path
) -> None:
    make_editor(prepared)
    with running_server(prepared, prepare=False) as url, editing(url) as editor:
        assert editor.save("Before").status_code == 302
        succeed(prepared, "backup", str(file))
        assert editor.save("After").status_code == 302
        assert editor.name() == "After"
        succeed(prepared, "restore", str(file))
        assert [editor.name() for _ in range(10)] == ["Before"] * 10
        assert editor.save("Again").status_code == 302
        assert editor.name() == "Again"
    assert name(prepared) == "Again"


def test_each_answer_while_a_backup_is_restored_is_all_of_the_old_or_all_of_the_new(
    prepared: Env, file: Path
) -> None:
    write(prepared, "old")
    succeed(prepared, "backup", str(file))
    write(prepared, "new")
    with running_server(prepared, prepare=False) as url, reading(url) as seen:
        for _ in range(3):
            succeed(prepared, "restore", str(file))
            write(prepared, "new")
    assert set(seen) == {(200, "old"), (200, "new")}


def test_no_save_while_backups_are_made_and_restored_is_lost_unsaid(
    prepared: Env, file: Path
) -> None:
    """The last of those that were answered with "saved" after the restore is there."""
    make_editor(prepared)
    stop = Event()
    saved: list[tuple[str, int]] = []
    with running_server(prepared, prepare=False) as url, editing(url) as editor:

        def edit() -> None:
            while not stop.is_set():
                text = f"Edit {len(saved)}"
                saved.append((text, editor.save(text).status_code))

        with ThreadPoolExecutor(1) as editors:
            task = editors.submit(edit)
            try:
                succeed(prepared, "backup", str(file))
                succeed(prepared, "restore", str(file))
                before = len(saved)
                while len(saved) < before + 5:
                    assert not task.done()
                    time.sleep(0.05)
            finally:
                stop.set()
        task.result()
    assert {code for _, code in saved} <= {302, 503}
    assert name(prepared) == [text for text, code in saved if code == 302][-1]


# The file


def test_a_backup_is_for_its_user_alone_and_says_its_size(prepared: Env, file: Path) -> None:
    assert re.fullmatch(
        rf"{file}: the whole database, [\d.]+ [KM]B\.\n", succeed(prepared, "backup", str(file))
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == [file.name]


def test_a_backup_takes_no_files_place_unless_it_is_told_to(prepared: Env, file: Path) -> None:
    file.write_text("something")
    assert "is there already" in refuse(prepared, "backup", str(file))
    assert file.read_text() == "something"
    succeed(prepared, "backup", str(file), "--force")
    succeed(prepared, "restore", str(file))


def test_a_backup_that_can_not_be_finished_leaves_nothing(prepared: Env, file: Path) -> None:
    words = ["bash", "-c", 'ulimit -f 100; exec "$@"', "-", *manage("backup", str(file))]
    done = subprocess.run(words, env=prepared, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: No backup was made. ")
    assert os.listdir(file.parent) == []


@pytest.mark.only_on("sqlite")
def test_the_database_is_not_taken_for_a_backup_of_itself(prepared: Env) -> None:
    database = f"{prepared['DATA_DIR']}/db.sqlite3"
    assert "is the database itself" in refuse(prepared, "backup", database, "--force")


def test_a_backup_is_of_users_and_of_the_mirrors_tables_too(prepared: Env, file: Path) -> None:
    make_editor(prepared)
    ask(prepared, "INSERT INTO mirror_mirrored (model, key) VALUES ('a', 'b')")
    succeed(prepared, "backup", str(file))
    ask(prepared, "DELETE FROM mirror_mirrored")
    ask(prepared, "DELETE FROM auth_user")
    succeed(prepared, "restore", str(file))
    assert ask(prepared, "SELECT model, key FROM mirror_mirrored") == [("a", "b")]
    assert ask(prepared, "SELECT username FROM auth_user") == [("editor",)]


def test_what_is_restored_gives_new_rows_ids_that_are_free(prepared: Env, file: Path) -> None:
    make_editor(prepared)
    succeed(prepared, "backup", str(file))
    succeed(prepared, "restore", str(file))
    code = "from django.contrib.auth.models import User; User.objects.create_user('another')"
    shell(prepared, code)
    assert len(ask(prepared, "SELECT id FROM auth_user")) == 2


# What is refused


@pytest.mark.parametrize("content", [b"", b"no backup", b"SQLite format 3\0 and then", b"PGDMP..."])
def test_what_is_no_backup_is_refused_and_the_database_stays(
    prepared: Env, file: Path, content: bytes
) -> None:
    file.write_bytes(content)
    assert f"{file} is not a backup of" in refuse(prepared, "restore", str(file))
    assert name(prepared) == "Active"


def test_a_backup_that_is_cut_off_is_refused_and_the_database_stays(
    prepared: Env, file: Path
) -> None:
    succeed(prepared, "backup", str(file))
    os.truncate(file, file.stat().st_size * 3 // 4)
    refuse(prepared, "restore", str(file))
    assert name(prepared) == "Active"


def test_another_programs_database_is_refused(prepared: Env, file: Path) -> None:
    ask(prepared, "UPDATE django_migrations SET app = 'other' WHERE app = 'spacecraft'")
    succeed(prepared, "backup", str(file))
    sentence = f"{file} is not a backup of this program: it lacks its tables."
    assert sentence in refuse(prepared, "restore", str(file))


def test_a_file_that_is_not_there_is_named(prepared: Env, file: Path) -> None:
    assert f"There is no file {file}." in refuse(prepared, "restore", str(file))


def test_a_backup_of_a_newer_release_is_refused_by_the_migration_that_is_not_here(
    prepared: Env, file: Path
) -> None:
    ask(prepared, FUTURE.format(NOW))
    succeed(prepared, "backup", str(file))
    ask(prepared, FORGET)
    output = refuse(prepared, "restore", str(file))
    assert f"{file} is of a newer release" in output
    assert "spacecraft.9999_x" in output


def test_a_backup_of_an_older_release_is_brought_up_to_date(prepared: Env, file: Path) -> None:
    succeed(prepared, "migrate", "spacecraft", "0003", "-v0")
    succeed(prepared, "backup", str(file))
    succeed(prepared, "prepare")
    output = succeed(prepared, "restore", str(file))
    assert "It is of an older release" in output
    assert "The database is up to date." in output
    assert succeed(prepared, "prepare") == "The database is up to date.\n"


def test_tables_of_a_newer_release_go_with_what_is_replaced(prepared: Env, file: Path) -> None:
    """The way back: the older release's backup, into what the newer one has migrated."""
    succeed(prepared, "backup", str(file))
    ask(prepared, "CREATE TABLE newer (name text, editor integer REFERENCES auth_user (id))")
    succeed(prepared, "restore", str(file))
    ask(prepared, "CREATE TABLE newer (name text)")


def test_a_backup_is_restored_to_a_database_that_was_never_prepared(
    prepared: Env, file: Path, tmp_path: Path
) -> None:
    write(prepared, "kept")
    succeed(prepared, "backup", str(file))
    if prepared["DATABASE_URL"]:
        ask(prepared, "DROP SCHEMA public CASCADE")
        ask(prepared, "CREATE SCHEMA public")
    else:
        for path in Path(prepared["DATA_DIR"]).glob("db.sqlite3*"):
            path.unlink()
    succeed(prepared, "restore", str(file))
    assert name(prepared) == "kept"


@pytest.mark.only_on("sqlite")
def test_a_damaged_database_is_replaced_by_a_backup_and_not_backed_up(
    prepared: Env, file: Path
) -> None:
    succeed(prepared, "backup", str(file))
    database = Path(prepared["DATA_DIR"]) / "db.sqlite3"
    with database.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"x" * 100_000)
    refuse(prepared, "backup", str(file), "--force")
    succeed(prepared, "restore", str(file))
    assert name(prepared) == "Active"


# PostgreSQL's programs


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    (folder := tmp_path / "bin").mkdir()
    return folder


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_programs_that_are_not_installed_are_named(
    prepared: Env, file: Path, programs: Path, command: str
) -> None:
    if command == "restore":
        file.touch()
    output = refuse({**prepared, "PATH": str(programs)}, command, str(file))
    assert "is not installed. Install PostgreSQL's client programs" in output


@pytest.mark.only_on("postgresql")
def test_a_program_that_is_too_old_for_the_server_is_named(
    prepared: Env, file: Path, programs: Path
) -> None:
    said = "pg_dump: error: aborting because of server version mismatch"
    program(programs / "pg_dump", f"echo '{said}' >&2; exit 1")
    output = refuse({**prepared, "PATH": f"{programs}:{os.environ['PATH']}"}, "backup", str(file))
    assert f"{said} Install the client programs of the server's version." in output
    assert os.listdir(file.parent) == []


@pytest.mark.only_on("postgresql")
def test_the_password_goes_by_the_environment_and_not_by_the_arguments(
    prepared: Env, file: Path, programs: Path
) -> None:
    program(programs / "pg_dump", f'echo "$@" >{programs}/said; echo $PGPASSWORD >>{programs}/said')
    url = "postgres://somebody:hidden@127.0.0.1:5432/space"
    env = {**prepared, "DATABASE_URL": url, "PATH": f"{programs}:{os.environ['PATH']}"}
    run(env, "backup", str(file))
    arguments, password = (programs / "said").read_text().splitlines()
    assert "-U somebody -h 127.0.0.1 -p 5432" in arguments
    assert "--dbname=space" in arguments
    assert "hidden" not in arguments
    assert password == "hidden"
