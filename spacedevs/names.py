"""Names in the order in which a person sorts them, the same on every database.

Case, accents, punctuation and spaces do not count (contract, "default order"): "Progress-M1"
comes before "Progress-M (modified)", and "Aérospatiale" between "Aeronautics" and "Aevum".
Upstream leaves it to its database's collation, which no two databases share; here the key is a
column, compared byte by byte and indexed.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from django.db.models.signals import pre_save

from spacedevs.ids import NumberedModel
from spacedevs.texts import LongCharField

# Letters that Unicode does not take apart.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "þ": "th"}
)


def sort_key(name: str) -> str:
    """The letters and digits of `name`, without case and accents.

    >>> sort_key("Progress-M (modified)")
    'progressmmodified'
    """
    folded = unicodedata.normalize("NFKD", name).casefold().translate(_LETTERS)
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", folded)))


class SortKeyField(models.CharField):
    """The sort key of the field `source`, kept with it by whatever writes through the ORM."""

    def __init__(self, source: str, **kwargs: Any) -> None:
        self.source = source
        super().__init__(**{"max_length": 255, "editable": False, "default": "", **kwargs})

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "source": self.source}

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        collation = "C" if connection.vendor == "postgresql" else None
        return {**super().db_parameters(connection), "collation": collation}

    def contribute_to_class(
        self, cls: type[models.Model], name: str, *args: Any, **kwargs: Any
    ) -> None:
        super().contribute_to_class(cls, name, *args, **kwargs)
        if not cls._meta.abstract:
            # loaddata writes raw, past pre_save(); the signal is sent all the same.
            pre_save.connect(self._on_save, sender=cls)

    def _on_save(self, instance: models.Model, **kwargs: Any) -> None:
        self.pre_save(instance, add=False)

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        key = self.key_of(getattr(model_instance, self.source))
        setattr(model_instance, self.attname, key)
        return key

    def key_of(self, text: str | None) -> str | None:
        return None if text is None else sort_key(text)[: self.max_length]


def sort_fields(model: type[models.Model]) -> dict[str, SortKeyField]:
    """The sort keys of a model, by the fields that they are the keys of."""
    fields = model._meta.concrete_fields
    return {field.source: field for field in fields if isinstance(field, SortKeyField)}


class SortedQuerySet(models.QuerySet):
    """Writes that go past the instances carry the sort keys along."""

    def update(self, **kwargs: Any) -> int:
        for source, field in sort_fields(self.model).items():
            if source in kwargs and isinstance(text := kwargs[source], str | None):
                kwargs[field.name] = field.key_of(text)
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(
        self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        objs, fields = tuple(objs), set(fields)
        for source, field in sort_fields(self.model).items():
            if source in fields:
                for instance in objs:
                    field.pre_save(instance, add=False)
                fields.add(field.name)
        return super().bulk_update(objs, sorted(fields), batch_size)

    bulk_update.alters_data = True  # type: ignore[attr-defined]


SortedManager = models.Manager.from_queryset(SortedQuerySet)


class SortedModel(NumberedModel):
    """A row with sort keys, which a save of their source alone carries along."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if update_fields is not None:
            keys = sort_fields(type(self)).items()
            named = set(update_fields)
            update_fields = named | {field.name for source, field in keys if source in named}
        super().save(*args, update_fields=update_fields, **kwargs)


class NamedModel(SortedModel):
    """A row with a name, sorted by it; `id` breaks every tie."""

    name = LongCharField(max_length=255)
    sort_name = SortKeyField("name")

    objects = SortedManager()

    class Meta:
        abstract = True
        ordering = ("sort_name", "id")
        indexes = (models.Index(fields=("sort_name", "id"), name="%(class)s_name"),)

    def __str__(self) -> str:
        return self.name
