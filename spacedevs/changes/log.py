"""The log of changed rows, and its head: the version of the data.

Triggers write table, key and kind of every row that changes, in the writer's own transaction: the
admin's, `QuerySet.update()`, `loaddata`, the mirror's, and a hand's at the SQL prompt. They are on
every table of the apps that the registered resources are of. `migrate` installs them: a migration
that makes a table anew takes its triggers along.

The version is a number that follows the order of the commits, and a random token: a database that
was restored goes on with the same numbers and with other tokens.
"""

from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection

from spacedevs.api.registry import record_models
from spacedevs.changes import postgresql, sqlite
from spacedevs.changes.owners import owners

MOST_DIGITS = 19  # of a number of 64 bits
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

    @classmethod
    def parse(cls, text: str) -> "Version":
        """What str() gave; `at` is 0. Raises ValueError."""
        number, _, token = text.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < MOST_DIGITS and token):
            raise ValueError(text)
        return cls(int(number), token, 0)


class Change(NamedTuple):
    """`key` is None where all rows of the table are gone. `kind`: insert, update or delete."""

    number: int
    table: str
    key: str | None
    kind: str


class Commit(NamedTuple):
    """A change with what its commit was given. `at`: seconds since 1970."""

    number: int
    table: str
    key: str | None
    kind: str
    token: str
    at: int


class Trigger(NamedTuple):
    """`key`: the column of the table's primary key. `column` and `owner`: see owners.py."""

    table: str
    name: str
    key: str
    column: str = ""
    owner: str = ""


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
    with connection.cursor() as cursor:
        _vendor().make_log(cursor)
        for trigger in _missing(cursor):
            _vendor().make_trigger(cursor, trigger)


def unlogged() -> list[str]:
    """The tables whose changes are not all logged. Raises Error where there is no database."""
    with connection.cursor() as cursor:
        return sorted({trigger.table for trigger in _missing(cursor)})


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
        if token is not None and not has_given(number, token):
            return None
        cursor.execute(_vendor().OLDEST)
        (oldest,) = cursor.fetchone()
        if number < oldest:
            return None
        cursor.execute(_vendor().SINCE, [number, most + 1])
        found = [Change(*row) for row in cursor.fetchall()]
        return found if len(found) <= most else None


def has_given(number: int, token: str) -> bool:
    """Whether it is a version of this database, of which all that came after is in the log."""
    with connection.cursor() as cursor:
        cursor.execute(_vendor().GIVEN, [number, number])
        return (token,) in cursor.fetchall()


def commits_since(number: int, wanted: int, most: int) -> list[Commit] | None:
    """The changes of the first commits after `number`: about `wanted`, and all of each commit.

    None where that are more than `most`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_vendor().COMMITS, [number, wanted])
        found = [Commit(*row) for row in cursor.fetchall()]
        if len(found) < wanted:
            return found
        # The last may go on.
        before = [row for row in found if row.number < found[-1].number]
        if before:
            return before
        cursor.execute(_vendor().COMMITS, [number, most + 1])
        whole = [Commit(*row) for row in cursor.fetchall()]
        one = [row for row in whole if row.number == whole[0].number]
        return one if len(one) <= most else None


def prune() -> None:
    """Forgets what was committed longer ago than is kept. The head stays."""
    with connection.cursor() as cursor:
        for statement in _vendor().PRUNE:
            cursor.execute(statement, [int(KEPT.total_seconds())])


def _triggers() -> Iterator[Trigger]:
    """All that there have to be."""
    for table, key in tables().items():
        for name in _vendor().NAMES:
            yield Trigger(table, name, key)
    for table, column, owner in sorted(owners()):
        for name in _vendor().OF_OWNERS:
            yield Trigger(table, f"{name}_{column}", tables()[table], column, owner)


def _missing(cursor: Any) -> list[Trigger]:
    """Those of the tables that are there."""
    cursor.execute(_vendor().TRIGGERS)
    found, there = set(cursor.fetchall()), set(connection.introspection.table_names(cursor))
    wanted = (each for each in _triggers() if each.table in there)
    return [each for each in wanted if (each.table, each.name) not in found]


def _vendor() -> Any:
    return VENDORS[connection.vendor]
