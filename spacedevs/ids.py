"""Ids: upstream's for its rows, and for those made here ids that upstream will not come to."""

import secrets
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import models
from django.db.models import Max

# The first id of a row that is made here. Upstream's are far below and count up: the next that is
# free here would be the next that upstream gives, to something else.
FIRST_OWN = 1_000_000

# Upstream's UUIDs are random: version 4. Ours are version 5, made from a random name in this
# namespace, so that the version tells them apart.
OWN_NAMESPACE = UUID("8b0c6a3e-52a1-4c0f-9a5d-1f6f0d3c7e42")
OWN_VERSION = 5


def own_uuid() -> UUID:
    """A new UUID for a row that is made here."""
    return uuid5(OWN_NAMESPACE, uuid4().hex)


def own_number(kind: str, name: Any) -> int:
    """A new id for what is made here and has no table to count in, in 32 bits as upstream's.

    It follows from the name, if there is one: who is typed into three crews is one person.
    """
    text = f"{kind}\0{name}".encode() if name else secrets.token_bytes(16)
    return FIRST_OWN + int.from_bytes(sha256(text).digest()) % (2**31 - FIRST_OWN)


def is_own(pk: int | UUID | None) -> bool:
    """Whether the row with this primary key was made here, and is not upstream's."""
    if isinstance(pk, UUID):
        return pk.version == OWN_VERSION
    return pk is not None and pk >= FIRST_OWN


class NumberedModel(models.Model):
    """A row with upstream's id, or with one of our own."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is None:
            newest = type(self)._base_manager.aggregate(newest=Max("pk"))["newest"] or 0
            self.pk = max(FIRST_OWN, newest + 1)
        super().save(*args, **kwargs)

    @classmethod
    def with_labels(cls, rows: models.QuerySet) -> models.QuerySet:
        """Rows with all that `str()` asks of each: no query for each of them."""
        return rows
