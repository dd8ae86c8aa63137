"""Which indexes there have to be, so that a list costs as much among many rows as among few.

They follow from what the resources declare, as the log's triggers do, and `migrate` makes those
that are missing: a resource needs no line for them, and no migration.

A field of `ordering_fields` has one for each direction, with the id that breaks its ties: ids are
read from it alone, also far down the list. What `search_fields` name has trigrams.
"""

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import connection, connections
from django.db.backends.utils import names_digest
from django.db.models import Field, Model

from spacedevs.api.filters import BEGINS
from spacedevs.api.registry import record_models, viewsets
from spacedevs.indexes import postgresql, sqlite
from spacedevs.indexes.postgresql import GIN
from spacedevs.names import sort_fields
from spacedevs.running import ORDER, RunningDurationField

VENDORS: dict[str, ModuleType] = {"postgresql": postgresql, "sqlite": sqlite}
PREFIX = "spacedevs_index_"
LONGEST = 63  # bytes of a name on PostgreSQL


def ordered() -> dict[type[Model], list[Any]]:
    """The columns by which the rows of each resource can be ordered."""
    found: dict[type[Model], dict[Any, None]] = {}
    for viewset in viewsets():
        model = viewset.queryset.model
        terms = (*viewset.ordering_fields, *viewset.ordering, *model._meta.ordering)
        names = [term.lstrip("-") for term in terms if isinstance(term, str)]
        columns = [sort_fields(model).get(name) or model._meta.get_field(name) for name in names]
        found.setdefault(model, {}).update(dict.fromkeys(columns))
    return {model: list(columns) for model, columns in found.items()}


def searched() -> dict[type[Model], list[Any]]:
    """The columns that are searched, of whichever model."""
    found: dict[type[Model], dict[Any, None]] = {}
    for viewset in viewsets():
        for path in viewset.search_fields:
            if path.startswith(BEGINS):
                continue
            model = viewset.queryset.model
            *relations, name = path.split("__")
            for relation in relations:
                model = model._meta.get_field(relation).related_model
            found.setdefault(model, {})[model._meta.get_field(name)] = None
    return {model: list(columns) for model, columns in found.items()}


def indexes() -> dict[str, str]:
    """What follows CREATE INDEX … ON, by the names, which change with it."""
    wanted = [
        definition
        for model, columns in ordered().items()
        for column in columns
        for definition in _orders(model, column)
    ]
    wanted += _vendor().trigram_indexes(searched())
    return {_name(definition): definition for definition in wanted}


def install(**kwargs: Any) -> None:
    """Makes what is missing, and drops what nothing asks for. Called after each `migrate`."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if any(model._meta.db_table not in tables for model in (*ordered(), *searched())):
            return  # a `migrate` of some apps, or to an older migration
        _vendor().install(cursor, searched())
        wanted, there = indexes(), names_there(cursor)
        for name in sorted(there - wanted.keys()):
            cursor.execute(f'DROP INDEX "{name}"')
        for name in sorted(wanted.keys() - there):
            cursor.execute(f'CREATE INDEX "{name}" ON {wanted[name]}')


def drop() -> None:
    """Drops all of them, until the next `migrate`."""
    with connection.cursor() as cursor:
        _vendor().install(cursor, {})
        for name in sorted(names_there(cursor)):
            cursor.execute(f'DROP INDEX "{name}"')


def drop_before_migrations(plan: Any = (), **kwargs: Any) -> None:
    """Before those of the records' tables: SQLite drops no column that an index names."""
    labels = {model._meta.app_label for model in record_models()}
    if any(migration.app_label in labels for migration, _ in plan):
        drop()


def check_trigrams(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A check of databases, which `migrate` and `prepare` run: where each search reads all rows."""
    vendors = ((alias, VENDORS[connections[alias].vendor]) for alias in databases or ())
    lacking = ((alias, vendor.lacks(alias)) for alias, vendor in vendors)
    return [
        Warning(
            f"The database {alias!r} has no trigrams: a search finds the same and reads every row.",
            hint=hint,
            id="spacedevs.check_trigrams",
        )
        for alias, hint in lacking
        if hint
    ]


def _orders(model: type[Model], column: Any) -> Iterator[str]:
    """An order has an index with its ties; what runs and what doesn't, each one of its own."""
    table, key = f'"{model._meta.db_table}"', f'"{model._meta.pk.column}"'
    if column.primary_key:
        # SQLite's rows lie by their ids, and are long; PostgreSQL has an index.
        yield from [f"{table} ({key})"] if connection.vendor == "sqlite" else []
        return
    name = f'"{column.column}"'
    parts = [(name, "")]
    if isinstance(column, RunningDurationField):
        since = f'"{model._meta.get_field(column.since).column}"'  # type: ignore[union-attr]
        idle, runs = f" WHERE {since} IS NULL", f" WHERE {since} IS NOT NULL"
        running = ORDER[connection.vendor].format(settled=name, since=since)
        parts = [(name, idle), (f"({running})", runs)]
        yield f"{table} ({since}){runs}"  # for what will run
    for expression, where in parts:
        if not _is_in_meta(model, column):
            yield f"{table} ({expression}, {key}){where}"
        yield f"{table} ({expression} DESC, {key}){where}"


def _is_in_meta(model: type[Model], column: Field) -> bool:
    fields = [column.name, model._meta.pk.name]
    return any(index.fields == fields for index in model._meta.indexes)


def _name(definition: str) -> str:
    kind = GIN if " USING gin " in definition else PREFIX
    words = re.sub(r"\W+", "_", definition.replace("USING gin", "")).lower().strip("_")
    return f"{kind}{words}"[: LONGEST - 9].rstrip("_") + f"_{names_digest(definition, length=8)}"


def names_there(cursor: Any) -> set[str]:
    cursor.execute(_vendor().INDEXES, [f"{PREFIX}%"])
    return {name for (name,) in cursor.fetchall()}


def _vendor() -> Any:
    return VENDORS[connection.vendor]
