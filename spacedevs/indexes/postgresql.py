"""Trigrams on PostgreSQL: indexes of pg_trgm, on the expression that Django's `icontains` is."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import Error, connection, connections, transaction
from django.db.models import Model, QuerySet

GIN = "spacedevs_index_gin_"  # with which their names begin
INDEXES = """
SELECT relname FROM pg_class
WHERE relkind = 'i' AND relname LIKE %s AND pg_table_is_visible(oid)
"""
INSTALLED = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')"
# PostgreSQL's own extensions that it trusts may be made by whoever may make a schema.
CAN_BE = """
SELECT EXISTS (
    SELECT FROM pg_available_extension_versions
    WHERE name = 'pg_trgm' AND (
        installed OR (trusted AND has_database_privilege(current_database(), 'CREATE'))
        OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
    )
)
"""
HINT = (
    "Install PostgreSQL's contrib package, let a superuser run CREATE EXTENSION pg_trgm in the "
    "database, and then `manage.py prepare`."
)


def install(cursor: Any, searched: dict[type[Model], list[Any]]) -> None:
    if searched:
        has_extension(cursor)


def has_extension(cursor: Any) -> bool:
    """Whether pg_trgm is here, or could be made: without it a search reads all rows."""
    if not _is_installed(cursor):
        try:
            with transaction.atomic():
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except Error:
            return False  # `lacks` says so
    return True


def trigram_indexes(searched: dict[type[Model], list[Any]]) -> Iterator[str]:
    with connection.cursor() as cursor:
        if not _is_installed(cursor):
            return
    for model, columns in searched.items():
        for column in columns:
            name = f'"{column.column}"'
            yield f'"{model._meta.db_table}" USING gin (upper({name}::text) gin_trgm_ops)'


def lacks(alias: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute(CAN_BE)
        (can_be,) = cursor.fetchone()
    return "" if can_be else HINT


def narrowing() -> Callable[[QuerySet, str], QuerySet]:
    """The planner sees by itself what the indexes are good for."""
    return lambda rows, word: rows


def _is_installed(cursor: Any) -> bool:
    cursor.execute(INSTALLED)
    (is_installed,) = cursor.fetchone()
    return bool(is_installed)
