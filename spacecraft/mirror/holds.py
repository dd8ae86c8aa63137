"""Editors keep their work: a field that was changed by hand is held, and the mirror leaves it."""

from collections.abc import Iterable
from typing import Any

import orjson
from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet

from spacecraft.mirror.models import Hold, Mirrored
from spacedevs.living import LivingDurationField


def name_of(model: type[Model]) -> str:
    return str(model._meta.label_lower)


def hold(row: Model, fields: Iterable[str]) -> None:
    """Holds these fields of a row that came from the source; one made by hand needs no hold."""
    model, key = name_of(type(row)), str(row.pk)
    if not Mirrored.objects.filter(model=model, key=key).exists():
        return
    columns = {column_name(row._meta.get_field(name)) for name in fields}
    for column in columns.union(*(together(type(row), column) for column in columns)):
        Hold.objects.get_or_create(model=model, key=key, field=column)


def column_name(field: Any) -> str:
    """A field's name as the mirror writes it: `status_id`, and `country` for one to many."""
    return str(field.name if field.many_to_many else field.attname)


def together(model: type[Model], column: str) -> set[str]:
    """The columns that say one thing, and are held as one: a living duration, and since when."""
    living = (c for c in model._meta.concrete_fields if isinstance(c, LivingDurationField))
    return next(({c.name, c.since} for c in living if column in (c.name, c.since)), {column})


def of(row: Model) -> QuerySet[Hold]:
    """What is held of a row."""
    return Hold.objects.filter(model=name_of(type(row)), key=str(row.pk))


def let_go(held: Hold) -> None:
    """The field is the source's again: at once, where it has said something since."""
    model = apps.get_model(held.model)
    columns = together(model, held.field)
    with transaction.atomic():
        row = model._base_manager.filter(pk=held.key).first()
        for one in Hold.objects.filter(model=held.model, key=held.key, field__in=columns):
            if row is not None and one.upstream is not None:
                give(row, one.field, orjson.loads(one.upstream))
            one.delete()


def give(row: Any, column: str, value: Any) -> None:
    field = next(
        f
        for f in (*row._meta.concrete_fields, *row._meta.many_to_many)
        if column in (f.name, f.attname)
    )
    if field.is_relation:
        here = field.related_model._base_manager
        if field.many_to_many:
            getattr(row, column).set(here.filter(pk__in=value))
            return
        if value is not None and not here.filter(pk=value).exists():
            return  # the next run brings both
    setattr(row, column, field.to_python(value))
    row.save(update_fields=[field.name])
