"""Who refers to whom: what may be deleted, and in which order."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import PROTECT, Exists, Model, OuterRef


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
