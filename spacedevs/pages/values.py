"""Values of a row as a person reads them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Model, URLField
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from spacedevs import clock, pictures
from spacedevs.front import time_element
from spacedevs.pages.declared import SEPARATOR, RecordPages, field_at, page_url, value_at
from spacedevs.running import RunningDurationField

GROUPED = 10_000  # from here on digits stand in groups: a year has none
EMPTY: tuple[Any, ...] = (None, "", [])


def labelled(
    pages: type[RecordPages], row: Model, columns: Iterable[str], request: HttpRequest
) -> list[tuple[str, str]]:
    """The name and the value, as HTML, of each column that is not empty."""
    values = ((pages.name_of(column), shown(row, column, request)) for column in columns)
    return [(name, value) for name, value in values if value]


def shown(row: Model, column: str, request: HttpRequest) -> str:
    """A value as HTML; "" for what is empty."""
    field, value = field_at(type(row), column), value_at(row, column)
    if isinstance(field, RunningDurationField):
        owner = value_at(row, column.rpartition(SEPARATOR)[0]) if SEPARATOR in column else row
        return running(owner, field, request)
    if field.many_to_many:
        value = list(value.all())
    if value in EMPTY:
        return ""
    if isinstance(field, URLField):
        return pictures.link(value, host_of(value))
    return in_html(value)


def running(row: Model, field: RunningDurationField, request: HttpRequest) -> str:
    """A running duration as of the request's second."""
    runs = getattr(row, field.since) is not None
    value = field.at(row, (clock.lives if runs else clock.of_request)(request))
    return "" if value is None else time_element(value, runs=runs)


def in_html(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}" if abs(value) >= GROUPED else str(value)
        case float():
            return f"{value:g}"
        case timedelta():
            return time_element(value, runs=False)
        case date():
            return day(value)
        case list():
            return format_html_join(", ", "{}", ((in_html(each),) for each in value))
        case Model():
            return record_link(value)
    return format_html("{}", value)


def record_link(row: Model) -> str:
    url = page_url(row)
    return format_html('<a href="{}">{}</a>', url, row) if url else format_html("{}", row)


def day(moment: date | datetime) -> str:
    return f"{moment.day} {moment:%b} {moment.year}"


def host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url
