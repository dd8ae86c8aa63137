"""Ids: upstream's for its rows, and for those made here ids that upstream will not come to."""

from typing import Any

from django.db import models
from django.db.models import Max

# The first id of a row that is made here. Upstream's are far below and count up: the next that is
# free here would be the next that upstream gives, to something else.
FIRST_OWN = 1_000_000


class Numbered(models.Model):
    """A row with upstream's id, or with one of our own."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is None:
            newest = type(self)._base_manager.aggregate(newest=Max("pk"))["newest"] or 0
            self.pk = max(FIRST_OWN, newest + 1)
        super().save(*args, **kwargs)
