"""Rows, fields and values as an editor reads them."""

from datetime import datetime, timedelta
from typing import Any

import isodate
from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

SHOWN = 80  # characters of a value


def label(row: models.Model, field: str) -> str:
    """A field's name within a sentence."""
    name = str(row._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
    return name[0].lower() + name[1:]


def show(value: Any, most: int = SHOWN) -> str:
    """A value, not null, as a person writes it in a form."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix("+00:00")
    if isinstance(value, timedelta):
        return str(isodate.duration_isoformat(value))
    return Truncator(value).chars(most)


def admin_url(model: type[models.Model], key: Any) -> str:
    """The URL of a row's page in the admin."""
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=(key,))


def url_of(row: models.Model) -> str:
    return admin_url(type(row), row.pk)


def link_to(row: models.Model) -> str:
    return format_html('<a href="{}">{}</a>', url_of(row), row)
