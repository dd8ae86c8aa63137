"""Django's SQLite, on a file that may be replaced or removed while the site runs.

SQLite goes on with the file that it has opened, whatever becomes of its path: what is saved then
is gone with it. Here the path is looked at (one stat) before a connection is used in a request,
and after each commit. A file that is not there is an error, and not made anew by whoever asks;
`migrate`, and so `prepare`, makes it.
"""

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base, features

from spacedevs.sqlite.files import identity, opening

MISSING = "unable to open the database: there is no file {}"
REPLACED = (
    "The database's file was replaced or removed while this was saved: it is not in the file that "
    "is there now. Try again."
)


LONGEST = 5000  # characters of a query that is remembered; one that writes many rows has more


@lru_cache(maxsize=256)
def with_qmarks(query: str) -> str:
    """Django's `%s` as SQLite's `?`: a search through each query, most of which are asked again."""
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


class Cursor(base.SQLiteCursorWrapper):
    """Tells of what was written outside of a transaction, and so was committed by its end."""

    wrapper: "DatabaseWrapper"

    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        if param_names is not None or len(query) > LONGEST:
            return super().convert_query(query, param_names=param_names)
        return with_qmarks(query)

    def close(self) -> None:
        super().close()
        self.wrapper.check_what_was_saved()


class DatabaseFeatures(features.DatabaseFeatures):
    # Django asks the database itself, in a check that `migrate` runs before it makes the file.
    # Without JSON, the first migration fails.
    supports_json_field = True


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    opened: str | None = None  # the file that the connection has
    saved = 0  # rows that were written when it was last looked at

    @property
    def path(self) -> Path | None:
        return None if self.is_in_memory_db() else Path(self.settings_dict["NAME"])

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if self.path:
            params["database"] = (
                f"{self.path.resolve().as_uri()}?mode=rw"  # not "rwc", which makes it
            )
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.saved = 0
        if self.path is None:
            return super().get_new_connection(conn_params)
        if identity(self.path) is None:
            raise self.Database.OperationalError(MISSING.format(self.path))
        try:
            with opening(self.path.resolve()) as self.opened:
                connection = super().get_new_connection(conn_params)
                connection.execute("PRAGMA user_version")  # opens the log too
                return connection
        except OSError as error:
            words = f"unable to open {error.filename}: {error.strerror}"
            raise self.Database.OperationalError(words) from error

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = self.connection.cursor(factory=Cursor)
        cursor.wrapper = self
        return cursor

    def is_usable(self) -> bool:
        """Django asks before the first query of a request, and closes what is not."""
        return self.path is None or identity(self.path) == self.opened

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self.check_what_was_saved()

    def check_what_was_saved(self) -> None:
        """Raises OperationalError where rows were committed to a file that is no longer here."""
        if self.connection is None or self.connection.in_transaction:
            return
        before, self.saved = self.saved, self.connection.total_changes
        if self.saved != before and not self.is_usable():
            self.health_check_done = False  # the next query opens the file that is here now
            raise OperationalError(REPLACED)

    def _close(self) -> None:
        """Where the file was moved aside, it gets all that was saved, and not its log alone."""
        if self.connection is not None and not self.is_usable():
            with suppress(self.Database.Error):
                self.connection.execute("PRAGMA wal_checkpoint")
        super()._close()  # type: ignore[misc]

    def prepare_database(self) -> None:
        """Makes the file, which no other user may read; SQLite's files beside it follow it."""
        if self.path:
            try:
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            except OSError as error:
                raise OperationalError(f"unable to open {self.path}: {error.strerror}") from error
