"""Backups of SQLite: a file that is a database of its own, by SQLite's online backup."""

import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection

from spacedevs.backups.common import BackupError, Migrations, draft_of, flush
from spacedevs.locks import give_to_owner_of
from spacedevs.sqlite.files import opening


def write(path: Path) -> None:
    if path_of_database() is None:
        raise BackupError("The database is in memory, and there is nothing to back up.")
    with connection.wrap_database_errors:
        connection.ensure_connection()
        _copy(connection.connection, path)
    if (found := _check(path)) != "ok":
        raise BackupError(f"The database is damaged, and no backup was made: {found}")


def read_migrations(path: Path) -> Migrations:
    try:
        if (found := _check(path)) != "ok":
            raise BackupError(f"{path} is damaged: {found}")
        with closing(_open(path)) as backup:
            return set(backup.execute("SELECT app, name FROM django_migrations"))
    except sqlite3.Error as error:
        raise BackupError(f"{path} is not a backup of an SQLite database: {error}.") from error


def restore(path: Path) -> None:
    """A whole file takes the place of the old one. Who reads the old one reads it to the end;
    who writes to it meanwhile is told (spacedevs.sqlite).
    """
    database = path_of_database()
    if database is None:
        raise BackupError("The database is in memory, and nothing can be restored to it.")
    connection.close()
    with closing(_open(path)) as backup, draft_of(database) as draft:
        _copy(backup, draft)
        give_to_owner_of(database, draft)
        flush(draft)
        with opening(database):
            draft.replace(database)


def path_of_database() -> Path | None:
    path: Path | None = connection.path  # type: ignore[attr-defined]
    return path and path.resolve()


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _check(path: Path) -> str:
    with closing(_open(path)) as backup:
        return str(backup.execute("PRAGMA integrity_check(1)").fetchone()[0])


def _copy(source: sqlite3.Connection, path: Path) -> None:
    """In one step: of one moment, whoever writes meanwhile."""
    with closing(sqlite3.connect(path)) as copy:
        path.chmod(0o600)
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, and nothing beside it
