"""The rows in whose text a word occurs, by the trigrams that each kind of database has."""

from collections.abc import Callable, Iterable
from functools import reduce
from importlib import import_module
from typing import Any

from django.db import connection
from django.db.models import F, Model, QuerySet
from django.db.models.lookups import In

TRIGRAM = 3  # letters; a shorter word has none


class Among(In):
    """In the ids that a query gives, which come first, and then their rows by the primary key.

    PostgreSQL does not know how few they are, and would read its whole table beside them.
    """

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        ids, id_params = self.process_rhs(compiler, connection)
        return f"{column} = ANY(ARRAY{ids})", [*params, *id_params]


def having(queryset: QuerySet, paths: Iterable[str], words: Iterable[str]) -> QuerySet:
    """The rows that have each of these words, of three letters or more, in one of the columns."""
    vendor: Any = import_module(f"spacedevs.indexes.{connection.vendor}")
    narrowed, paths, found = vendor.narrowing(), tuple(paths), []
    for word in words:
        first, *rest = (_rows_with(queryset.model, path, word, narrowed) for path in paths)
        found.append(first.union(*rest, all=True) if rest else first)
    ids = found[0]
    if len(found) > 1:
        # Met in one query: PostgreSQL would look through the second array for each of the first.
        rows = queryset.model._base_manager.order_by()
        ids = reduce(lambda rows, ids: rows.filter(pk__in=ids), found, rows).values("pk")
    return queryset.filter(Among(F("pk"), ids.query))


def _rows_with(
    model: type[Model], path: str, word: str, narrowed: Callable[[QuerySet, str], QuerySet]
) -> QuerySet:
    """The ids of the rows that have the word in a column, or reach a row that has by one relation
    after the other: of each model in turn, from the column's own to `model`.
    """
    relation, _, rest = path.partition("__")
    rows = model._base_manager.order_by()
    if rest:
        target: Any = model._meta.get_field(relation).related_model
        found = _rows_with(target, rest, word, narrowed)
        return rows.filter(**{f"{relation}__in": found}).values("pk")
    return narrowed(rows.filter(**{f"{path}__icontains": word}), word).values("pk")
