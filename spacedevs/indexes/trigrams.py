"""The rows in whose text a word occurs, by the trigrams that each kind of database has."""

from importlib import import_module
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

TRIGRAM = 3  # letters; a shorter word has none


def rows_with(model: type[Model], path: str, word: str) -> QuerySet:
    """The ids of the rows that have the word in a column, or reach a row that has by one relation
    after the other: of each model in turn, from the column's own to `model`.
    """
    relation, _, rest = path.partition("__")
    rows = model._base_manager.order_by()
    if rest:
        target: Any = model._meta.get_field(relation).related_model
        return rows.filter(**{f"{relation}__in": rows_with(target, rest, word)}).values("pk")
    vendor: Any = import_module(f"spacedevs.indexes.{connection.vendor}")
    return vendor.narrowed(rows.filter(**{f"{path}__icontains": word}), word).values("pk")
