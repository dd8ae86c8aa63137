"""Columns for text of any length.

`max_length` is what the contract says. It stands in the OpenAPI document, and the forms hold an
editor to it. Upstream itself exceeds it (contract, `observed.json`), and what upstream sends is
kept whole: so the database's type has no length.
"""

from typing import Any

from django.db import models


class _AnyLength(models.Field):
    def db_type(self, connection: Any) -> str:
        return "text"


class LongCharField(_AnyLength, models.CharField):
    pass


class LongSlugField(_AnyLength, models.SlugField):
    pass


class LongURLField(_AnyLength, models.URLField):
    pass
