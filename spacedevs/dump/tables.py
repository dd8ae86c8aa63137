"""The SQLite file of a dump: a table for each resource, as Datasette and DuckDB open it.

The columns are those of `?format=csv`; a list is JSON. What names another record refers to it.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from spacedevs.api.opaque_shapes import fields_of, nested_shape_of
from spacedevs.api.registry import resources
from spacedevs.api.streams import Columns, columns_of, names_of, values_of


class Tables:
    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        # A file that is not finished is thrown away.
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._columns: dict[str, Columns] = {}

    def add(self, table: str, resource: str) -> None:
        shape = resources()[resource].get_modes().richest()
        columns = self._columns[table] = columns_of(shape, None)
        references = dict(_references(shape))
        definitions = [
            f'"{name}"'
            + (" PRIMARY KEY" if name == "id" else "")
            + (f' REFERENCES "{references[name]}" ("id")' if name in references else "")
            for name in names_of(columns)
        ]
        self._db.execute(f'CREATE TABLE "{table}" ({", ".join(definitions)})')

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


def _references(shape: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Columns that are ids of records of a resource, with its table."""
    tables = {each.queryset.model: name.replace("/", "_") for name, each in resources().items()}
    for name, field in fields_of(shape).items():
        below = nested_shape_of(field)
        if below is None or not hasattr(field, "fields"):
            continue
        model = getattr(getattr(below, "Meta", None), "model", None)
        if model in tables:
            yield f"{before}{name}.id", tables[model]
        yield from _references(below, f"{before}{name}.")


def _value(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value
