"""What was changed in the records: by whom, when, from what to what."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from django.apps import apps
from django.conf import settings
from django.db import models

from spacedevs.values import differences, field_of, name_of_column
from spacedevs.words import admin_url


class Line(NamedTuple):
    """A difference in words. `name`: of the field, and the place in it."""

    column: str
    name: str
    was: str
    became: str


class Step(models.Model):
    """What one person, one run of the mirror or one program did at once."""

    class Kind(models.TextChoices):
        EDIT = "edit"
        ACTION = "action"
        IMPORT = "import"
        BACK = "back", "taken back"
        MIRROR = "mirror"
        PROGRAM = "program"

    moment = models.DateTimeField("when", db_index=True)
    kind = models.CharField("how", max_length=8, choices=Kind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    by = models.CharField("who", max_length=150)  # the user's name, which outlives the user
    about = models.TextField(blank=True)  # a sentence, where the kind does not say it all
    run = models.ForeignKey(
        "mirror.MirrorRun", models.SET_NULL, null=True, blank=True, related_name="steps"
    )

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.moment:%Y-%m-%d %H:%M}, {self.by}: {self.about or self.get_kind_display()}"


class Change(models.Model):
    """What became of one record in one step.

    `values`: JSON; of each column that differs, what stood there and what stands there, both as
    `spacedevs.values.noted` has them. Of a record that was deleted all that it held, and of one
    that the mirror added nothing, since it stands in the record. `names`: JSON; the names, at that
    time, of the rows that the values lead to.
    """

    class Kind(models.TextChoices):
        ADDED = "added"
        CHANGED = "changed"
        DELETED = "deleted"

    step = models.ForeignKey(Step, models.CASCADE, related_name="changes")
    model = models.CharField(max_length=100)
    key = models.CharField(max_length=36)
    label = models.TextField()
    kind = models.CharField("what became of it", max_length=7, choices=Kind)
    values = models.TextField(default="{}")
    names = models.TextField(default="{}")

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("model", "key", "-id"), name="change_of_record"),)

    def __str__(self) -> str:
        return f"{self.label} {self.kind}"

    @property
    def record_model(self) -> type[models.Model]:
        return apps.get_model(self.model)

    def url(self) -> str:
        """Of the record's page in the admin."""
        return admin_url(self.record_model, self.key)

    def kind_of_record(self) -> str:
        return str(self.record_model._meta.verbose_name)

    def lines(self) -> Iterator["Line"]:
        """From what to what, for people. No query."""
        model = self.record_model
        names = {
            (field_of(model, column).related_model, key): name
            for column, named in orjson.loads(self.names).items()
            if field_of(model, column)
            for key, name in named.items()
        }
        for column, (before, after) in self.pairs().items():
            field = field_of(model, column)
            for path, was, became in differences(field, before, after, names):
                if was == became and self.kind == self.Kind.ADDED:
                    continue  # "", where there was nothing
                yield Line(column, f"{name_of_column(model, column)} {path}".strip(), was, became)

    def pairs(self) -> dict[str, list[Any]]:
        """By column, what stood there and what stands there."""
        read: dict[str, list[Any]] = orjson.loads(self.values)
        return read
