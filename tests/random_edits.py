"""Edits at random of the records that a process's database holds, through every door."""

import random
from collections.abc import Callable
from typing import Any

from django.db import connection, models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.db.utils import IntegrityError

from spacecraft.models import Agency, Spacecraft, SpacecraftConfiguration, SpacecraftFlight
from spacedevs.api.registry import record_models
from spacedevs.names import sort_fields
from spacedevs.opaque_json import OpaqueJSONField


def any_row(model: Any) -> Any:
    return model._base_manager.order_by("?").first()


def texts(model: Any) -> list[str]:
    """The columns that can hold any words."""
    return [
        column.name
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField)
        and not isinstance(column, models.URLField | models.SlugField | OpaqueJSONField)
        and not column.unique
        and column.editable
    ]


def word() -> str:
    return f"word {random.randrange(10**9)}"


def save() -> None:
    row = any_row(random.choice([model for model in record_models() if texts(model)]))
    if row is not None:
        setattr(row, random.choice(texts(type(row))), word())
        row.save()


def update() -> None:
    model: Any = random.choice([model for model in record_models() if texts(model)])
    row = any_row(model)
    if row is not None:
        model._default_manager.filter(pk=row.pk).update(**{random.choice(texts(model)): word()})


def at_the_prompt() -> None:
    """A name is left to the ORM, which keeps its sort key with it."""
    model: Any = random.choice(record_models())
    names = [name for name in texts(model) if name not in sort_fields(model)]
    row = any_row(model)
    if row is not None and names:
        column = model._meta.get_field(random.choice(names)).column
        with connection.cursor() as cursor:
            table, key = model._meta.db_table, model._meta.pk.column
            cursor.execute(
                f'UPDATE "{table}" SET "{column}" = %s WHERE "{key}" = %s',  # noqa: S608
                [word(), model._meta.pk.get_db_prep_value(row.pk, connection)],
            )


def refer_to_another() -> None:
    """One relation of one row leads elsewhere, or nowhere."""
    model: Any = random.choice(record_models())
    relations = [column for column in model._meta.concrete_fields if column.many_to_one]
    row = any_row(model)
    if row is not None and relations:
        column = random.choice(relations)
        other = any_row(column.related_model)
        setattr(row, column.name, None if column.null and random.random() < 0.3 else other)
        row.save(update_fields=[column.name])


def move_a_flight() -> None:
    SpacecraftFlight.objects.filter(pk=any_row(SpacecraftFlight).pk).update(
        spacecraft=any_row(Spacecraft)
    )


def link() -> None:
    if random.random() < 0.5:
        any_row(Agency).country.set(random.sample(list(Agency.country.rel.model.objects.all()), 2))
        return
    configuration = any_row(SpacecraftConfiguration)
    families: Any = SpacecraftConfiguration.family.rel.model.objects.all()
    configuration.family.set(random.sample(list(families), random.randrange(3)))


def delete() -> None:
    row = any_row(random.choice(record_models()))
    if row is not None:
        row.delete()


def add() -> None:
    craft = any_row(Spacecraft)
    Spacecraft.objects.create(name=word(), spacecraft_config=craft.spacecraft_config)


DOORS: tuple[Callable[[], None], ...] = (
    *(save, update, at_the_prompt, refer_to_another, move_a_flight, link, delete, add),
)


def edit() -> None:
    """One edit, kept or rolled back as a whole; one that the database refuses is none."""
    try:
        with transaction.atomic():
            random.choice(DOORS)()
    except (ProtectedError, RestrictedError, IntegrityError):
        return
