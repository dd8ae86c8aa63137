"""Rows → the database, in one transaction: a reader sees the whole old set or the whole new one."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model, ProtectedError

from spacecraft import models
from spacecraft.mirror.holds import name_of
from spacecraft.mirror.models import Hold, Mirrored
from spacecraft.mirror.rows import Row, Rows
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


def load(
    rows: Rows, *, whole: Iterable[type[Model]] = (), spared: Iterable[tuple[str, str]] = ()
) -> Tally:
    """Writes what is different, in the caller's transaction.

    `whole`: the models of which `rows` holds all that the source has, so that a row which came
    from it and is not among them is gone there, but for those in `spared` (model and key), which
    were refused and keep their old rows.
    """
    tally = Tally()
    holds = held_fields()
    for model in reversed(REMOVAL):
        write(model, rows.of(model), holds, tally)
    remember(rows)
    remove_gone(rows, frozenset(whole), spared, tally)
    reset_sequences()
    return tally


def held_fields() -> dict[tuple[str, str], dict[str, Hold]]:
    found: dict[tuple[str, str], dict[str, Hold]] = {}
    for hold in Hold.objects.all():
        found.setdefault((hold.model, hold.key), {})[hold.field] = hold
    return found


# Writing


def write(model: Any, rows: dict[Any, Row], holds: Any, tally: Tally) -> None:
    name = name_of(model)
    stored = model._base_manager.in_bulk()
    added, changed, columns = [], [], set()
    for pk, row in rows.items():
        keep_held(row, holds.get((name, str(pk)), {}), tally)
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
    linked = {pk for pk, row in rows.items() if write_links(model, row)}
    touched = {instance.pk for instance in changed} | (linked - {i.pk for i in added})
    tally.added[name] += len(added)
    tally.changed[name] += len(touched)
    tally.unchanged[name] += len(rows) - len(added) - len(touched)


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


def write_links(model: Any, row: Row) -> bool:
    """Rows of a many-to-many in between; True if any is new or gone."""
    moved = False
    for name, keys in row.links.items():
        relation = getattr(model, name)
        if not hasattr(relation, "through"):
            moved |= remove_children(model, row, name, keys)
            continue
        own, other = relation.field.m2m_column_name(), relation.field.m2m_reverse_name()
        between = relation.through._base_manager
        here = set(between.filter(**{own: row.pk}).values_list(other, flat=True))
        between.filter(**{own: row.pk, f"{other}__in": here - set(keys)}).delete()
        new = [relation.through(**{own: row.pk, other: key}) for key in keys if key not in here]
        between.bulk_create(new)
        moved |= here != set(keys)
    return moved


def remove_children(model: Any, row: Row, name: str, keys: list[Any]) -> bool:
    """An image's variants that it no longer has."""
    if model is not models.Image:
        return False
    gone = models.ImageVariant.objects.filter(image=row.pk).exclude(pk__in=keys)
    removed: int = gone.delete()[0]
    return removed > 0


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


def remove_gone(
    rows: Rows,
    whole: frozenset[type[Model]],
    spared: Iterable[tuple[str, str]],
    tally: Tally,
) -> None:
    """Rows that came from the source and are gone there. One that is in use here stays."""
    for model in filter(whole.__contains__, REMOVAL):
        name = name_of(model)
        here = {str(pk) for pk in rows.of(model)} | {key for of, key in spared if of == name}
        gone = Mirrored.objects.filter(model=name).exclude(key__in=here)
        waiting = set(gone.values_list("key", flat=True))
        while removed := {key for key in waiting if remove(model, key)}:
            waiting -= removed  # a parent goes once its children have gone
            gone.filter(key__in=removed).delete()
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


def reset_sequences() -> None:
    """PostgreSQL's next ids, past those that the source gave."""
    statements = connection.ops.sequence_reset_sql(no_style(), list(REMOVAL))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
