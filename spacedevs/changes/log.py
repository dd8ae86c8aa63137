"""The log of changed rows, and its head: the version of the data.

Triggers write table, key and kind of every row that changes, in the writer's own transaction: the
admin's, `QuerySet.update()`, `loaddata`, the mirror's, and a hand's at the SQL prompt. They are on
every table of the apps that the registered resources are of. `migrate` installs them: a migration
that makes a table anew takes its triggers along.

The version is a number that follows the order of the commits, and a random token: a database that
was restored goes on with the same numbers and with other tokens.
"""

from collections.abc import Iterable
from datetime import timedelta
from types import ModuleType
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection

from spacedevs.api.registry import record_models
from spacedevs.changes import postgresql, sqlite

KEPT = timedelta(days=30)
KNOWN = "spacedevs.version.known"  # in the environ: that which this process has read just now
IN_ENVIRON = "spacedevs.version"  # of which an answer is: that of the snapshot it was made in
VENDORS: dict[str, ModuleType] = {"postgresql": postgresql, "sqlite": sqlite}


class Version(NamedTuple):
    """`at`: seconds since 1970 at which the last change was committed."""

    number: int
    token: str
    at: int

    def __str__(self) -> str:
        return f"{self.number}-{self.token}"


class Change(NamedTuple):
    """`key` is None where all rows of the table are gone. `kind`: insert, update or delete."""

    number: int
    table: str
    key: str | None
    kind: str


def tables() -> dict[str, str]:
    """The column of the primary key of each table that an answer is made of."""
    labels = {model._meta.app_label for model in record_models()}
    models = (
        model
        for label in sorted(labels)
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    )
    return {model._meta.db_table: str(model._meta.pk.column) for model in models}


def install(**kwargs: Any) -> None:
    """The log, and the triggers that are missing. Called after each `migrate`."""
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        _vendor().make_log(cursor)
        for table, name in _missing(cursor, tables().keys() & there):
            _vendor().make_trigger(cursor, table, tables()[table], name)


def unlogged() -> list[str]:
    """The tables whose changes are not all logged. Raises Error where there is no database."""
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        return sorted({table for table, _ in _missing(cursor, tables().keys() & there)})


def version() -> Version:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(_vendor().HEAD)
        return Version(*cursor.fetchone())


def since(number: int, token: str | None = None, most: int = 2**31) -> list[Change] | None:
    """What was committed after this version.

    None where the log does not go back so far, has more than `most` rows of it, or never gave the
    version this token: it is another database's.
    """
    with connection.cursor() as cursor:
        if token is not None:
            cursor.execute(_vendor().GIVEN, [number, number])
            if (token,) not in cursor.fetchall():
                return None
        cursor.execute(_vendor().OLDEST)
        (oldest,) = cursor.fetchone()
        if number < oldest:
            return None
        cursor.execute(_vendor().SINCE, [number, most + 1])
        found = [Change(*row) for row in cursor.fetchall()]
        return found if len(found) <= most else None


def prune() -> None:
    """Forgets what was committed longer ago than is kept. The head stays."""
    with connection.cursor() as cursor:
        for statement in _vendor().PRUNE:
            cursor.execute(statement, [int(KEPT.total_seconds())])


def _missing(cursor: Any, wanted: Iterable[str]) -> list[tuple[str, str]]:
    """Table and name of each trigger that is not there."""
    cursor.execute(_vendor().TRIGGERS)
    found = set(cursor.fetchall())
    all_of_them = [(table, name) for table in sorted(wanted) for name in _vendor().NAMES]
    return [each for each in all_of_them if each not in found]


def _vendor() -> Any:
    return VENDORS[connection.vendor]
