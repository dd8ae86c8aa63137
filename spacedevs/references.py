"""Who refers to whom: what may be deleted, and in which order."""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import (
    PROTECT,
    Count,
    Exists,
    Model,
    OuterRef,
    QuerySet,
    TextField,
    Value,
    Window,
)
from django.db.models.functions import Cast, RowNumber

from spacedevs.names import NamedModel


def protected(model: type[Model]) -> Iterator[Any]:
    """The relations that keep a model's rows from being deleted."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and getattr(relation, "on_delete", None) is PROTECT:
            yield relation


def in_use(model: type[Model], keys: Iterable[Any]) -> set[Any]:
    """Those of the rows that another refers to."""
    used: set[Any] = set()
    for relation in protected(model):
        column = relation.field.attname
        rows = relation.related_model._base_manager.filter(**{f"{column}__in": list(keys)})
        used |= set(rows.values_list(column, flat=True))
    return used


def unused(model: type[Model]) -> set[str]:
    """The keys of the rows that no other refers to."""
    rows = model._base_manager.all()
    for relation in protected(model):
        referrers = relation.related_model._base_manager
        rows = rows.exclude(Exists(referrers.filter(**{relation.field.attname: OuterRef("pk")})))
    return set(map(str, rows.values_list("pk", flat=True)))


def referrers_first(models: Iterable[type[Model]]) -> list[type[Model]]:
    """Each model before those that it refers to."""
    order: list[type[Model]] = []
    given = set(models)

    def visit(model: Any, above: tuple[type[Model], ...]) -> None:
        if model in order or model in above:
            return
        for column in (*model._meta.fields, *model._meta.many_to_many):
            if column.is_relation:
                visit(column.related_model, (*above, model))
        order.append(model)

    for model in sorted(given, key=lambda model: model._meta.label):
        visit(model, ())
    return [model for model in reversed(order) if model in given]


class Use(NamedTuple):
    """The rows that refer to another through one relation."""

    relation: Any
    total: int
    rows: list[tuple[str, str]]  # the first of them: key and name


def uses_of(row: Model, relations: Iterable[Any], most: int = 20) -> list[Use]:
    """Those of the relations that are in use, and the first `most` rows of each. One query."""
    relations = list(relations)
    parts = [_referring(row, number, each, most) for number, each in enumerate(relations)]
    if not parts:
        return []
    first, *others = parts
    found: dict[int, Use] = {}
    for number, key, name, count, _ in sorted(first.union(*others, all=True), key=itemgetter(0, 4)):
        use = found.setdefault(number, Use(relations[number], count, []))
        use.rows.append((key, name))
    return list(found.values())


def _referring(row: Model, number: int, relation: Any, most: int) -> QuerySet:
    """Of each of the first rows: the relation's number, its key and name, how many there are."""
    model = relation.related_model
    key = Cast("pk", TextField())
    name = Cast("name", TextField()) if issubclass(model, NamedModel) else key
    place = Window(RowNumber(), order_by=model._meta.ordering or ("pk",))
    rows = model._base_manager.filter(**{relation.field.name: row}).order_by()
    counted = rows.annotate(place=place, count=Window(Count("*")))
    told = {"number": Value(number), "key": key, "title": name}
    first: QuerySet = counted.annotate(**told).filter(place__lte=most)
    return first.values_list("number", "key", "title", "count", "place")
