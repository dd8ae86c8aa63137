"""SQLite's file, replaced and removed under a running server, by hand: no edit is lost unsaid."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.db import OperationalError, connections, transaction

from spacedevs.settings import database
from spacedevs.sqlite.base import DatabaseWrapper
from tests.conftest import run, shell
from tests.editors import Editor, editing, make_editor
from tests.servers import running_server

pytestmark = pytest.mark.only_on("sqlite")
NAME = "SELECT name FROM spacecraft_spacecraftstatus WHERE id = 1"


def ask(file: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def file(prepared: dict[str, str]) -> Path:
    return Path(prepared["DATA_DIR"]) / "db.sqlite3"


@pytest.fixture
def backup(prepared: dict[str, str], file: Path, tmp_path: Path) -> Path:
    """A copy of the database that is served, with the editor and an older name."""
    make_editor(prepared)
    shutil.copy(file, copy := tmp_path / "copy")
    return copy


@pytest.fixture
def editor(prepared: dict[str, str], backup: Path) -> Iterator[Editor]:
    with running_server(prepared, prepare=False) as url, editing(url) as editor:
        yield editor


def test_after_a_file_was_moved_into_its_place_the_next_save_is_in_it(
    editor: Editor, file: Path, backup: Path
) -> None:
    assert editor.save("Before").status_code == 302
    os.replace(backup, file)
    assert editor.name() == "Active"
    assert editor.log_in().status_code == 302  # the session is gone with the file
    assert editor.save("After").status_code == 302
    assert [editor.name() for _ in range(20)] == ["After"] * 20
    assert ask(file, NAME) == [("After",)]
    assert ask(file, "PRAGMA integrity_check") == [("ok",)]


def test_what_was_saved_is_in_the_file_that_is_moved_aside(
    editor: Editor, file: Path, backup: Path, tmp_path: Path
) -> None:
    editor.save("Before")
    file.rename(aside := tmp_path / "aside")
    os.replace(backup, file)
    for _ in range(20):  # both workers see it
        editor.name()
    assert ask(aside, NAME) == [("Before",)]


def test_without_a_file_each_answer_is_503_and_none_is_made(editor: Editor, file: Path) -> None:
    file.rename(aside := file.with_name("aside"))
    for path in ("/2.3.0/spacecraft/", "/admin/"):
        assert editor.http.get(path).status_code == 503
    assert not file.exists()
    aside.rename(file)
    assert editor.http.get("/2.3.0/spacecraft/").status_code == 200


def test_a_page_that_needs_no_database_is_answered_without_the_file(
    editor: Editor, file: Path
) -> None:
    file.unlink()
    assert editor.http.get("/static/admin/css/base.css").status_code == httpx2.codes.OK


@pytest.fixture
def killed(prepared: dict[str, str], backup: Path, file: Path) -> Path:
    """The log of a process that was killed after it had saved."""
    code = """
import os
from spacecraft.models import SpacecraftStatus
SpacecraftStatus.objects.filter(pk=1).update(name="Killed")
os._exit(1)
"""
    assert run(prepared, "shell", "--no-imports", "-c", code).returncode == 1
    log = file.with_name("db.sqlite3-wal")
    assert log.stat().st_size > 0
    return log


def name_by(env: dict[str, str]) -> str:
    code = "from spacecraft.models import SpacecraftStatus as S; print(S.objects.get(pk=1).name)"
    return shell(env, code).strip()


def test_the_log_of_a_killed_process_is_not_mixed_with_another_file(
    prepared: dict[str, str], killed: Path, backup: Path, file: Path
) -> None:
    os.replace(backup, file)
    assert name_by(prepared) == "Active"
    assert killed.with_name("db.sqlite3-wal.replaced").exists()


def test_the_log_of_a_killed_process_is_read_with_its_file(
    prepared: dict[str, str], killed: Path
) -> None:
    assert name_by(prepared) == "Killed"


def test_the_log_of_a_killed_process_is_read_with_a_copy_of_both(
    prepared: dict[str, str], killed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for path in killed.parent.glob("db.sqlite3*"):
        shutil.copy(path, folder)
    assert name_by({**prepared, "DATA_DIR": str(folder)}) == "Killed"


# A connection


@pytest.fixture
def connection(tmp_path: Path, django_db_blocker: Any) -> Iterator[DatabaseWrapper]:
    """To a file of its own, under the alias that `transaction` is asked for."""
    config = {**connections["default"].settings_dict, **database(f"sqlite:///{tmp_path / 'own'}")}
    wrapper = DatabaseWrapper(config, alias="own")
    connections.databases["own"] = config
    connections["own"] = wrapper
    with django_db_blocker.unblock():
        wrapper.prepare_database()
        with wrapper.cursor() as cursor:
            cursor.execute("CREATE TABLE t (x)")
        yield wrapper
    wrapper.close()
    del connections["own"], connections.databases["own"]


def replace(connection: DatabaseWrapper) -> None:
    path = Path(connection.settings_dict["NAME"])
    copy = path.with_name("copy")
    ask(path, f"VACUUM INTO '{copy}'")
    os.replace(copy, path)


def insert(connection: DatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (1) RETURNING x")
        cursor.fetchone()


def test_a_commit_to_a_file_that_was_replaced_meanwhile_is_an_error(
    connection: DatabaseWrapper,
) -> None:
    def save() -> None:
        with transaction.atomic(using="own"):
            insert(connection)
            replace(connection)

    with pytest.raises(OperationalError, match="was replaced"):
        save()


def test_a_statement_that_commits_by_itself_is_an_error_where_the_file_was_replaced(
    connection: DatabaseWrapper,
) -> None:
    replace(connection)
    with pytest.raises(OperationalError, match="was replaced"):
        insert(connection)


def test_what_was_only_read_of_a_file_that_was_replaced_is_no_error(
    connection: DatabaseWrapper,
) -> None:
    replace(connection)
    with transaction.atomic(using="own"), connection.cursor() as cursor:
        assert cursor.execute("SELECT 1").fetchone() == (1,)


def test_what_follows_a_refused_commit_is_in_the_file_that_is_there(
    connection: DatabaseWrapper,
) -> None:
    replace(connection)
    with pytest.raises(OperationalError):
        insert(connection)
    insert(connection)
    assert ask(Path(connection.settings_dict["NAME"]), "SELECT x FROM t") == [(1,)]


def test_the_database_and_what_lies_beside_it_are_for_their_user_alone(
    prepared: dict[str, str], file: Path, killed: Path
) -> None:
    beside = [path for path in file.parent.glob("db.sqlite3*") if path.is_file()]
    assert {"db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm"} <= {path.name for path in beside}
    assert {path.stat().st_mode & 0o777 for path in beside} == {0o600}


def test_a_folder_that_is_made_for_the_data_is_for_its_user_alone(
    empty: dict[str, str], tmp_path: Path
) -> None:
    run({**empty, "DATA_DIR": str(tmp_path / "new")}, "prepare")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_was_given_keeps_its_mode(empty: dict[str, str], tmp_path: Path) -> None:
    (folder := tmp_path / "given").mkdir(mode=0o750)
    run({**empty, "DATA_DIR": str(folder)}, "prepare")
    assert folder.stat().st_mode & 0o777 == 0o750
