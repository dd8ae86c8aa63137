"""Editors keep their work: a field that was changed by hand is held, and the mirror leaves it."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet

from spacedevs.ids import is_own
from spacedevs.mirror.models import Hold, Mirrored
from spacedevs.running import RunningDurationField
from spacedevs.values import field_of, in_words, label_of, names_of, set_value, snapshots


def made_here(model: type[Model], keys: Iterable[Any]) -> set[Any]:
    """Those of the rows that somebody made here, and no source has."""
    own = {key for key in keys if is_own(key)}
    rows = Mirrored.objects.filter(model=label_of(model), key__in=list(map(str, own)))
    mirrored = set(rows.values_list("key", flat=True))
    return {key for key in own if str(key) not in mirrored}


def hold(row: Model, columns: Iterable[str], before: Mapping[str, str]) -> None:
    """Holds these columns of a row that is saved. One made here needs no hold.

    `before`: what stood in them, noted (spacedevs/values.py): what upstream said last.
    """
    model = type(row)
    if not (held := {each for column in columns for each in together(model, column)}):
        return
    if made_here(model, [row.pk]):
        return
    ours = snapshots(model, [row.pk])[row.pk]
    for column in sorted(held):
        key = {"model": label_of(model), "key": str(row.pk), "field": column}
        one = Hold.objects.filter(**key).first() or Hold(**key, upstream=before.get(column))
        one.label = str(row)
        one.ours, one.theirs = words(model, column, ours[column], one.upstream)
        one.save()


def words(model: type[Model], column: str, *values: str | None) -> list[str]:
    """Noted values of a column in words; empty where one is not known."""
    field = field_of(model, column)
    read = [None if value is None else orjson.loads(value) for value in values]
    names = names_of((field, value) for value in read)
    return [
        "" if value is None else in_words(field, each, names)
        for value, each in zip(values, read, strict=True)
    ]


def together(model: type[Model], column: str) -> set[str]:
    """The columns that say one thing, and are held as one: a running duration, and since when."""
    running = (c for c in model._meta.concrete_fields if isinstance(c, RunningDurationField))
    return next(({c.name, c.since} for c in running if column in (c.name, c.since)), {column})


def holds_on(row: Model) -> QuerySet[Hold]:
    return Hold.objects.filter(model=label_of(type(row)), key=str(row.pk))


def is_held(row: Model, column: str) -> bool:
    return holds_on(row).filter(field=column).exists()


def holds_of_model(model: type[Model], **where: Any) -> dict[Any, dict[str, Hold]]:
    """What is held of a model, by key and field; `where`: the lookups that narrow it."""
    found: dict[Any, dict[str, Hold]] = {}
    for one in Hold.objects.filter(model=label_of(model), **where):
        found.setdefault(model._meta.pk.to_python(one.key), {})[one.field] = one
    return found


def let_go(*holds: Hold) -> None:
    """The fields are the source's again: at once, where it has said something since."""
    for held in holds:
        _let_go(held)


def _let_go(held: Hold) -> None:
    model = apps.get_model(held.model)
    columns = together(model, held.field)
    with transaction.atomic():
        row: Any = model._base_manager.select_for_update().filter(pk=held.key).first()
        said = False
        for one in Hold.objects.filter(model=held.model, key=held.key, field__in=columns):
            if row is not None and one.upstream is not None:
                missing = set_value(row, one.field, orjson.loads(one.upstream))
                said |= not missing  # the next run brings both
            one.delete()
        if said:
            row.save()
