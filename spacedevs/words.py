"""Rows, fields and values as an editor reads them."""

from datetime import datetime, timedelta
from typing import Any

import isodate
from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from spacedevs.running import RunningDurationField

SHOWN = 80  # characters of a value


def label(row: models.Model, field: str) -> str:
    """A field's name within a sentence."""
    name = str(row._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
    return name[0].lower() + name[1:]


def show(value: Any) -> str:
    """A value, not null, as a person writes it in a form."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix("+00:00")
    if isinstance(value, timedelta):
        return str(isodate.duration_isoformat(value))
    return Truncator(value).chars(SHOWN)


def show_field(row: models.Model, name: str, now: datetime) -> str:
    """A field's value; of a running duration, what it is at `now`."""
    field: Any = row._meta.get_field(name)
    is_running = isinstance(field, RunningDurationField)
    value = field.at(row, now) if is_running else getattr(row, name)
    return "empty" if value is None else show(value)


def url_of(row: models.Model) -> str:
    """Of a row's page in the admin."""
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=(row.pk,))


def link_to(row: models.Model) -> str:
    return format_html('<a href="{}">{}</a>', url_of(row), row)
