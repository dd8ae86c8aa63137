"""Rows → the database, in one transaction: a reader sees the whole old set or the whole new one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Model, ProtectedError

from spacecraft import models
from spacecraft.mirror.checks import Checked
from spacecraft.mirror.holds import name_of
from spacecraft.mirror.models import Hold, Mirrored
from spacecraft.mirror.rows import Row, Rows, unique_columns
from spacedevs.living import LivingDurationField

# A source reads its clock for the body, and again for the header: a second may lie between.
JITTER = timedelta(seconds=2)
GONE = object()  # the source says nothing of it

# Children first: what refers to a row goes before the row.
REMOVAL: tuple[type[Model], ...] = (
    models.SpacecraftFlight,
    models.Landing,
    models.Launch,
    models.Spacecraft,
    models.SpacecraftConfiguration,
    models.SpacecraftConfigFamily,
    models.Agency,
    models.ImageVariant,
    models.Image,
    models.ImageLicense,
    models.ImageVariantType,
    models.Country,
    models.AgencyType,
    models.SpacecraftConfigType,
    models.SpacecraftStatus,
)


@dataclass
class Tally:
    """What a load made of the rows, by model."""

    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)  # gone at the source, but in use here

    def changes(self) -> int:
        return sum(sum(c.values()) for c in (self.added, self.changed, self.removed))


def load(checked: Checked) -> Tally:
    """Writes what is different, in the caller's transaction.

    A row that came from the source and is not among those of which `checked` has all is gone
    there, and goes here.
    """
    tally = Tally()
    for model in reversed(REMOVAL):
        write(model, checked.rows.of(model), tally)
    remember(checked.rows)
    remove_gone(checked, tally)
    return tally


def held_fields(name: str) -> dict[str, dict[str, Hold]]:
    """What is held of a model, by key and field."""
    found: dict[str, dict[str, Hold]] = {}
    for hold in Hold.objects.filter(model=name):
        found.setdefault(hold.key, {})[hold.field] = hold
    return found


# Writing


def write(model: Any, rows: dict[Any, Row], tally: Tally) -> None:
    name = name_of(model)
    # An editor who is saving is waited for, and what he then holds is seen.
    stored = model._base_manager.select_for_update().in_bulk()
    holds = held_fields(name)
    free(model, rows, stored)
    added, changed, columns = [], [], set()
    for pk, row in rows.items():
        keep_held(row, holds.get(str(pk), {}), tally)
        if pk not in stored:
            added.append(model(pk=pk, **row.values))
            continue
        instance = stored[pk]
        different = set(differences(instance, row.values))
        for column in different:
            setattr(instance, column, row.values[column])
        if different:
            changed.append(instance)
            columns |= different
    model._base_manager.bulk_create(added, batch_size=100)
    if changed:
        manager = model._default_manager
        manager.bulk_update(changed, [field_name(model, c) for c in columns], batch_size=100)
    linked = write_links(model, rows) - {instance.pk for instance in added}
    touched = {instance.pk for instance in changed} | linked
    tally.added[name] += len(added)
    tally.changed[name] += len(touched)
    tally.unchanged[name] += len(rows) - len(added) - len(touched)


def free(model: Any, rows: dict[Any, Row], stored: dict[Any, Any]) -> None:
    """Takes from the rows here what only one may have, and the source now gives to another."""
    for column in unique_columns(model):
        owners = {row.values.get(column.attname): pk for pk, row in rows.items()}
        for pk, instance in stored.items():
            value = getattr(instance, column.attname)
            if value is not None and owners.get(value, pk) != pk:
                setattr(instance, column.attname, None)
                model._base_manager.filter(pk=pk).update(**{column.attname: None})


def field_name(model: type[Model], column: str) -> str:
    return next(f.name for f in model._meta.concrete_fields if column in (f.name, f.attname))


def differences(instance: Model, values: dict[str, Any]) -> Iterator[str]:
    """The columns in which a row here is not as the source says."""
    running: set[str] = set()
    for column in instance._meta.concrete_fields:
        if isinstance(column, LivingDurationField) and column.name in values:
            running |= {column.name, column.since}
            if not lives_alike(column, instance, values):
                yield from (column.name, column.since)
    for name, value in values.items():
        if name not in running and getattr(instance, name) != value:
            yield name


def lives_alike(column: LivingDurationField, instance: Any, values: dict[str, Any]) -> bool:
    """Whether a duration shows the same, now and later, as what the source says of it."""
    here, there = getattr(instance, column.since), values.get(column.since)
    settled, said = getattr(instance, column.name), values[column.name]
    if here is None or there is None:
        return here is there and bool(settled == said)
    shown = column.at(instance, there)
    return shown is not None and abs(shown - said) <= JITTER


def write_links(model: Any, rows: dict[Any, Row]) -> set[Any]:
    """Rows of the many-to-many in between; the keys of those that have other links now."""
    moved: set[Any] = set()
    for name in sorted({name for row in rows.values() for name in row.links}):
        relation = getattr(model, name)
        own, other = relation.field.m2m_column_name(), relation.field.m2m_reverse_name()
        between = relation.through._base_manager
        said = {(pk, key) for pk, row in rows.items() for key in row.links.get(name, ())}
        told_of = [pk for pk, row in rows.items() if name in row.links]
        here = {
            (pk, key): number
            for number, pk, key in between.filter(**{f"{own}__in": told_of}).values_list(
                "pk", own, other
            )
        }
        gone, new = here.keys() - said, said - here.keys()
        between.filter(pk__in=[here[link] for link in gone]).delete()
        between.bulk_create(relation.through(**{own: pk, other: key}) for pk, key in sorted(new))
        moved |= {pk for pk, _ in gone | new}
    return moved


def keep_held(row: Row, holds: dict[str, Hold], tally: Tally) -> None:
    """What an editor changed by hand stays; what the source says of it is noted."""
    for column, hold in holds.items():
        said = row.links.pop(column, None) if column in row.links else row.values.pop(column, GONE)
        if said is GONE:
            continue
        if (noted := orjson.dumps(said, default=str).decode()) != hold.upstream:
            Hold.objects.filter(pk=hold.pk).update(upstream=noted)
        tally.held[hold.model] += 1


# Removing


def remember(rows: Rows) -> None:
    known = set(Mirrored.objects.values_list("model", "key"))
    new = {(name_of(model), str(pk)) for model, of in rows.by_model.items() for pk in of}
    Mirrored.objects.bulk_create(
        (Mirrored(model=name, key=key) for name, key in sorted(new - known)),
        batch_size=500,
    )


def remove_gone(checked: Checked, tally: Tally) -> None:
    """Rows that came from the source and are gone there. One that is in use here stays."""
    for model in filter(checked.whole.__contains__, REMOVAL):
        name = name_of(model)
        here = {str(pk) for pk in checked.rows.of(model)}
        here |= {key for of, key in checked.refused if of == name}
        gone = Mirrored.objects.filter(model=name).exclude(key__in=here)
        waiting = set(gone.values_list("key", flat=True))
        while removed := {key for key in waiting if remove(model, key)}:
            waiting -= removed  # a parent goes once its children have gone
            gone.filter(key__in=removed).delete()
            Hold.objects.filter(model=name, key__in=removed).delete()
            tally.removed[name] += len(removed)
        tally.kept += [f"{model._meta.verbose_name} {key}" for key in sorted(waiting)]


def remove(model: type[Model], key: str) -> bool:
    """Whether the row is gone: not while another refers to it."""
    try:
        with transaction.atomic():
            model._base_manager.filter(pk=key).delete()
    except ProtectedError:
        return False
    return True
