"""Pictures in the admin. The browser asks for them: by https, of PICTURE_HOSTS, without a referrer.

A picture is a record with a column `image_url`. What else it may have is shown where it is there:
`thumbnail_url`, `credit`, and `license`, a record with a name and a `link`. What may not be shown
is a link.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.db.models import Field, Model, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

SHOWN = 30  # characters of a file's name in a list


def is_picture(model: type[Model]) -> bool:
    return _has(model, "image_url")


def with_license(rows: QuerySet) -> QuerySet:
    return rows.select_related("license") if _has(rows.model, "license") else rows


def _has(model: type[Model], column: str) -> bool:
    return any(field.name == column for field in model._meta.fields)


def may_be_asked(url: str | None) -> bool:
    """Whether a page may ask for it: https, and a host that PICTURE_HOSTS names to the letter."""
    return _parts(url)[0] == "https" and _parts(url)[1] in settings.PICTURE_HOSTS


def may_be_linked(url: str | None) -> bool:
    """What came from elsewhere may be anything: `javascript:` too."""
    return _parts(url)[0] in ("http", "https")


def _parts(url: str | None) -> tuple[str, str]:
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc.lower()


def first_to_ask(*urls: str | None) -> str:
    """The first that a page may ask for, or ""."""
    return next((str(url) for url in urls if may_be_asked(url)), "")


def thumbnail_url(picture: Any) -> str:
    """The smallest that may be shown, or ""."""
    return first_to_ask(getattr(picture, "thumbnail_url", None), picture.image_url)


def credit_of(picture: Any) -> str:
    """Whose it is, and under which licence, in a line."""
    about = (getattr(picture, "credit", None), getattr(picture, "license", None))
    return ", ".join(str(part) for part in about if part)


def link(url: str | None, text: str) -> str:
    """A link; the text alone, where a link would lead nowhere good."""
    return format_html('<a href="{}">{}</a>', url, text) if may_be_linked(url) else text


# In lists


def thumbnail_of(*relations: str) -> Callable[[Any], str]:
    """A column of a list: the picture of the first relation that has one; of the row, for none.

    `list_select_related` names the relations too: no column asks for anything.
    """

    @admin.display(description="picture")
    def thumbnail(row: Any) -> str:
        found = (getattr(row, name) for name in relations) if relations else (row,)
        picture = next((each for each in found if each is not None), None)
        return tile(picture) if picture is not None else ""

    return thumbnail


def tile(picture: Any) -> str:
    """A small picture beside a name, or a link."""
    if url := thumbnail_url(picture):
        return format_html('<span class="tile">{}</span>', image(url, 64, 48))
    url = getattr(picture, "thumbnail_url", None) or picture.image_url
    name = (url or "").rstrip("/").rpartition("/")[2]
    return link(url, Truncator(name).chars(SHOWN))


def image(url: str, width: int, height: int, alt: str = "") -> str:
    return format_html(
        '<img src="{}" alt="{}" width="{}" height="{}" loading="lazy" '
        'referrerpolicy="no-referrer">',
        url,
        alt,
        width,
        height,
    )


# On pages


def figure(picture: Any, *, alone: bool = False) -> str:
    """The picture, whose it is, and its licence. `alone`: on the page of the picture itself."""
    opts = picture._meta
    page = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=(picture.pk,))
    license = getattr(picture, "license", None)
    url = thumbnail_url(picture)
    about = {
        "picture": picture,
        "image": image(url, 240, 180, alt=str(picture) if alone else "") if url else "",
        "page": "" if alone else page,
        "full_size": link(picture.image_url, "Full size") if picture.image_url else "",
        "has_credit": _has(type(picture), "credit"),
        "license": license and link(license.link, license.name),
    }
    return render_to_string("admin/picture.html", about)


def shown_read_only(field: Field) -> Callable[[Any], str]:
    """A relation to a picture, on the page of somebody who may only look."""

    def contents(row: Any) -> str:
        picture = getattr(row, field.name)
        return figure(picture) if picture is not None else "-"

    contents.__name__ = field.name
    return admin.display(description=field.verbose_name)(contents)
