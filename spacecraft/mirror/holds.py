"""Editors keep their work: a field that was changed by hand is held, and the mirror leaves it."""

from collections.abc import Iterable
from typing import Any

import orjson
from django.apps import apps
from django.db import transaction
from django.db.models import Model

from spacecraft.mirror.models import Hold, Mirrored


def name_of(model: type[Model]) -> str:
    return str(model._meta.label_lower)


def hold(row: Model, fields: Iterable[str]) -> None:
    """Holds these fields of a row that came from the source; one made by hand needs no hold."""
    model, key = name_of(type(row)), str(row.pk)
    if not Mirrored.objects.filter(model=model, key=key).exists():
        return
    for name in fields:
        field = row._meta.get_field(name)
        column = field.name if field.many_to_many else field.attname  # type: ignore[union-attr]
        Hold.objects.get_or_create(model=model, key=key, field=column)


def let_go(held: Hold) -> None:
    """The field is the source's again: at once, where it has said something since."""
    model = apps.get_model(held.model)
    row = model._base_manager.filter(pk=held.key).first()
    with transaction.atomic():
        if row is not None and held.upstream is not None:
            give(row, held.field, orjson.loads(held.upstream))
        held.delete()


def give(row: Any, column: str, value: Any) -> None:
    field = next(
        f
        for f in (*row._meta.concrete_fields, *row._meta.many_to_many)
        if column in (f.name, f.attname)
    )
    if field.many_to_many:
        getattr(row, column).set(value)
        return
    setattr(row, column, field.to_python(value))
    row.save(update_fields=[field.name])
