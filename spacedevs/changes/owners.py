"""Whose answer shows a row that says itself to whom it belongs: a flight of a craft, a country of
an agency.

Once such a row is gone, or belongs to another, it tells nothing of the one that has shown it. So
the log notes that one as well.
"""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from spacedevs.api.opaque_shapes import fields_of, nested_shape_of
from spacedevs.api.plans import relation_of, through_of
from spacedevs.api.registry import viewsets


class Owner(NamedTuple):
    """The rows of `table` have in `column` the key of the row of `owner` that shows them."""

    table: str
    column: str
    owner: str


@cache
def owners() -> frozenset[Owner]:
    """By all shapes of all registered resources."""
    modes = chain.from_iterable(viewset.modes for viewset in viewsets())
    return frozenset(chain.from_iterable(map(_owners_within, modes)))


def _owners_within(shape: Any) -> Iterator[Owner]:
    for field in fields_of(shape).values():
        below = nested_shape_of(field)
        relation = _relation(shape, field)
        if relation is None:
            continue
        if relation.many_to_many:
            yield _by_through_table(relation)
        elif not relation.concrete:
            back = relation.field
            yield Owner(*(back.model._meta.db_table, back.column, relation.model._meta.db_table))
        if below:
            yield from _owners_within(below)


def _relation(shape: Any, field: Any) -> Any:
    if field.write_only or field.source == "*":
        return None
    return relation_of(shape.Meta.model, field.source.split(".")[0])


def _by_through_table(relation: Any) -> Owner:
    through, own, _ = through_of(relation)
    column = through._meta.get_field(own).column
    return Owner(through._meta.db_table, column, relation.model._meta.db_table)
