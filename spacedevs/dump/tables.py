"""The SQLite file of a dump: a table for each resource, as Datasette and DuckDB open it.

The columns are those of `?format=csv`; a list is JSON. What names another record refers to it.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from rest_framework.serializers import (
    BaseSerializer,
    BooleanField,
    Field,
    FloatField,
    IntegerField,
    ListSerializer,
)

from spacedevs.api.opaque_shapes import fields_of
from spacedevs.api.registry import resources
from spacedevs.api.streams import Columns, columns_of, names_of, values_of

TYPES: dict[type[Field], str] = {
    BooleanField: "INTEGER",
    IntegerField: "INTEGER",
    FloatField: "REAL",
}


def table_name(resource: str) -> str:
    """Also that of its file."""
    return resource.replace("/", "_")


class Tables:
    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        # A file that is not finished is thrown away.
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._columns: dict[str, Columns] = {}

    def add(self, table: str, resource: str) -> None:
        shape = resources()[resource].get_modes().richest()
        self._columns[table] = columns_of(shape, None)
        definitions = ", ".join(_definitions(shape))
        self._db.execute(f'CREATE TABLE "{table}" ({definitions})')

    def write(self, table: str, objects: list[dict[str, Any]]) -> None:
        columns = self._columns[table]
        places = ", ".join("?" * len(list(names_of(columns))))
        rows = ([_value(each) for each in values_of(row, columns)] for row in objects)
        self._db.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)  # noqa: S608

    def finish(self, **about: str) -> None:
        self._db.execute("CREATE TABLE dump (name PRIMARY KEY, value)")
        self._db.executemany("INSERT INTO dump VALUES (?, ?)", about.items())
        for table, columns in self._columns.items():
            for name in names_of(columns):
                if name.endswith(".id"):
                    self._db.execute(f'CREATE INDEX "{table} {name}" ON "{table}" ("{name}")')
        self._db.commit()

    def close(self) -> None:
        self._db.close()


def _definitions(shape: Any, before: str = "") -> Iterator[str]:
    """Of the columns of a shape, as of columns_of(). Their types are for who asks with a text."""
    for name, field in fields_of(shape).items():
        if isinstance(field, BaseSerializer) and not isinstance(field, ListSerializer):
            below = type(field)
            yield from _definitions(below, f"{before}{name}.")
            continue
        kind = next((kind for cls, kind in TYPES.items() if isinstance(field, cls)), "TEXT")
        words = f'"{before}{name}" {kind}'
        if name == "id" and not before:
            words += " PRIMARY KEY"
        elif name == "id" and (table := _table_of(shape)):
            words += f' REFERENCES "{table}" ("id")'
        yield words


def _table_of(shape: Any) -> str | None:
    """Of the resource that has the rows of a shape."""
    model = getattr(getattr(shape, "Meta", None), "model", None)
    found = (name for name, each in resources().items() if each.queryset.model is model)
    return next(map(table_name, found), None)


def _value(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value
