"""Relations that protect the rows they refer to."""

from typing import Any

from django.db import models


class ProtectingManyToManyField(models.ManyToManyField):
    """A many-to-many that keeps its targets from deletion, as PROTECT does for a foreign key.

    Django's own takes the rows in between away without a word, and a country would vanish from
    every agency that had it.
    """

    def contribute_to_related_class(self, cls: type[models.Model], related: Any) -> None:
        super().contribute_to_related_class(cls, related)
        through: Any = self.remote_field.through
        target = through._meta.get_field(self.m2m_reverse_field_name())
        target.remote_field.on_delete = models.PROTECT
