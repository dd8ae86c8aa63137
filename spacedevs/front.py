"""The admin's front page: sections that say how things stand, above the list of models.

A section is a function of settings.FRONT_PAGE: request → Section, or None for somebody who may not
see it. Each costs one query or two, whatever the database holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import isodate
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.text import capfirst

from spacedevs import gaps

CHANGES = 10  # that a section shows
DAY, HOUR, MINUTE = 86400, 3600, 60  # seconds


@dataclass(frozen=True)
class Section:
    title: str
    body: str  # HTML


def section(title: str, template: str, **about: Any) -> Section:
    return Section(title, render_to_string(f"admin/front/{template}", about))


def sections(request: HttpRequest) -> list[Section]:
    """Those that whoever asks may see."""
    declared: list[Callable[[HttpRequest], Section | None]] = [
        import_string(name) for name in settings.FRONT_PAGE
    ]
    made = [function(request) for function in declared]
    return [each for each in made if each is not None]


def may_see(request: HttpRequest, model: type[Model]) -> bool:
    return admin.site.get_model_admin(model).has_view_permission(request)


def list_url(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def in_words(duration: timedelta) -> str:
    """As `12 d 04:33:21`, or `04:33:21`: to be read, where ISO 8601 is to be parsed."""
    seconds = int(abs(duration).total_seconds())
    sign = "-" if duration < timedelta() else ""
    days = f"{seconds // DAY} d " if seconds >= DAY else ""
    clock = (seconds % DAY // HOUR, seconds % HOUR // MINUTE, seconds % MINUTE)
    return sign + days + "{:02}:{:02}:{:02}".format(*clock)


def time_element(duration: timedelta | None, *, runs: bool) -> str:
    """A duration; one that runs is counted on by ticking.js."""
    if duration is None:
        return "not known"
    return format_html(
        '<time datetime="{}"{}>{}</time>',
        isodate.duration_isoformat(duration),
        format_html(' data-seconds="{}"', int(duration.total_seconds())) if runs else "",
        in_words(duration),
    )


# Sections that every app has


def incomplete(request: HttpRequest) -> Section | None:
    """How many records lack what their page in the admin declares as `missing`."""
    seen: dict[type[Model], tuple[str, ...]] = {
        model: getattr(page, "missing", ())
        for model, page in admin.site._registry.items()
        if page.has_view_permission(request)
    }
    if not any(seen.values()):
        return None
    counts = gaps.counts(seen)
    rows = [
        {
            "name": capfirst(model._meta.verbose_name_plural),
            "missing": [
                {
                    "url": f"{list_url(model)}?{gaps.PARAMETER}={column}",
                    "count": counts[model, column],
                    "name": model._meta.get_field(column).verbose_name,  # type: ignore[union-attr]
                }
                for column in columns
                if counts[model, column]
            ],
        }
        for model, columns in seen.items()
    ]
    return section("Incomplete records", "incomplete.html", rows=[r for r in rows if r["missing"]])
