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
from spacedevs.values import column_name, label_of, noted, set_value


def made_here(model: type[Model], keys: Iterable[Any]) -> set[Any]:
    """Those of the rows that somebody made here, and no source has."""
    own = {key for key in keys if is_own(key)}
    rows = Mirrored.objects.filter(model=label_of(model), key__in=list(map(str, own)))
    mirrored = set(rows.values_list("key", flat=True))
    return {key for key in own if str(key) not in mirrored}


def hold(row: Model, fields: Iterable[str], before: Mapping[str, Any]) -> None:
    """Holds these fields of a row; `before`: what stood in them. One made here needs no hold."""
    model = type(row)
    if made_here(model, [row.pk]):
        return
    for name in fields:
        column = column_name(row._meta.get_field(name))
        for each in {column, *together(model, column)}:
            known = {"upstream": noted(before[name])} if each == column and name in before else {}
            key = {"model": label_of(model), "key": str(row.pk), "field": each}
            Hold.objects.get_or_create(**key, defaults=known)


def together(model: type[Model], column: str) -> set[str]:
    """The columns that say one thing, and are held as one: a running duration, and since when."""
    running = (c for c in model._meta.concrete_fields if isinstance(c, RunningDurationField))
    return next(({c.name, c.since} for c in running if column in (c.name, c.since)), {column})


def holds_on(row: Model) -> QuerySet[Hold]:
    return Hold.objects.filter(model=label_of(type(row)), key=str(row.pk))


def holds_of_model(model: type[Model], **where: Any) -> dict[Any, dict[str, Hold]]:
    """What is held of a model, by key and field; `where`: the lookups that narrow it."""
    found: dict[Any, dict[str, Hold]] = {}
    for one in Hold.objects.filter(model=label_of(model), **where):
        found.setdefault(model._meta.pk.to_python(one.key), {})[one.field] = one
    return found


def let_go(held: Hold) -> None:
    """The field is the source's again: at once, where it has said something since."""
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
