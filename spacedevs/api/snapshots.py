"""One state of the database for all that a request asks of it, whoever writes meanwhile.

An answer takes several queries. Without this, one that a writer commits between would be told in
half an answer: a list of the new set with the crews of the old.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

# Said outright, since Django's own atomic() takes SQLite's lock for writers, and PostgreSQL's
# default isolation gives each query a state of its own.
# The state is that of the first query, and a table that `restore` has made since is empty in it:
# the lock is no query, and waits until a restore has ended.
FIRST_TABLE = "django_migrations"
BEGIN = {
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
    f"LOCK TABLE {FIRST_TABLE} IN ACCESS SHARE MODE",
    "sqlite": "BEGIN DEFERRED",
}


@contextmanager
def snapshot() -> Iterator[float | None]:
    """All queries within see the database as it was at the first of them.

    Gives time.monotonic() as of before that; None within a transaction: one who writes sees what he
    writes.
    """
    if connection.in_atomic_block:
        yield None
        return
    began = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute(BEGIN[connection.vendor])
        yield began
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")  # nothing was written
        except Error:  # what the database said before counts
            connection.close()
