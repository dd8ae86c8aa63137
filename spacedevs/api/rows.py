"""Rows by their ids, and the ids that a relation leads to: each by one query, compiled once.

Django makes the SQL of a query anew each time that it is asked, which takes longer than SQLite
takes to answer. Here it is made once for each relation of a shape, and asked with other ids.
"""

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, ForeignObject, Lookup, QuerySet

Ids = Iterable[Any]


@ForeignObject.register_lookup
@Field.register_lookup
class AnyOf(Lookup):
    """As `in`, with all ids in one parameter, however many there are: the SQL is the same."""

    lookup_name = "any_of"

    def get_prep_lookup(self) -> Any:
        return self.rhs

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        return self._sql(compiler, "{} IN (SELECT value FROM json_each(%s))")

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        field = self.lhs.output_field
        while field.remote_field:
            field = field.target_field
        kind = field.rel_db_type(connection)  # that of a column that refers to it: no identity
        return self._sql(compiler, f"{{}} = ANY(%s::{kind}[])")

    def _sql(self, compiler: Any, template: str) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.lhs)
        return template.format(column), (*params, self.rhs)


IDS = object()  # where the ids stand in a compiled query


class Statement:
    """The values of `queryset`, of the rows whose column `key` is one of some ids."""

    def __init__(self, queryset: QuerySet, key: Field) -> None:
        self._key = key
        queryset = queryset.filter(**{f"{key.name}__any_of": IDS})
        compiler = queryset.query.get_compiler(connection=connection)
        self._sql, self._params = compiler.as_sql()
        select = [expression for expression, *_ in compiler.select]
        self._converters = [
            (place, converter, expression)
            for place, (converters, expression) in compiler.get_converters(select).items()
            for converter in converters
        ]

    def rows(self, ids: Ids) -> list[list[Any]]:
        database: Any = connections[DEFAULT_DB_ALIAS]  # `connection` looks for it at each attribute
        given = self._ids(ids, database)
        params = [given if param is IDS else param for param in self._params]
        with database.cursor() as cursor:
            cursor.execute(self._sql, params)
            rows = list(map(list, cursor.fetchall()))
        for place, convert, expression in self._converters:
            for row in rows:
                row[place] = convert(row[place], expression, database)
        return rows

    def _ids(self, ids: Ids, database: Any) -> Any:
        """As the parameter of `any_of`."""
        prepare = self._key.get_db_prep_value
        prepared = [pk if type(pk) is int else prepare(pk, database) for pk in ids]
        return prepared if database.vendor == "postgresql" else orjson.dumps(prepared).decode()
