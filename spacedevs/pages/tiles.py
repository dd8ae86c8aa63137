"""Records as tiles: a picture, a name, and a line below it."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html

from spacedevs import pictures
from spacedevs.pages.declared import RecordPages, page_url, value_at
from spacedevs.pages.rendering import part
from spacedevs.pages.values import shown

WIDTH, HEIGHT = 320, 240  # of the place that a picture gets, before any has come
INITIALS = 3
NAMELESS = "No name"


def tiles(
    pages: type[RecordPages], rows: Iterable[Model], request: HttpRequest, known: str = ""
) -> str:
    """`known`: a column that is the same in all of them, and so is not noted."""
    rows = list(rows)
    return part(
        "parts/tiles.html",
        tiles=[tile(pages, row, request, known) for row in rows],
        credits=credits(picture_of(pages, row) for row in rows),
    )


def tile(
    pages: type[RecordPages], row: Model, request: HttpRequest, known: str = ""
) -> dict[str, Any]:
    notes = (shown(row, column, request) for column in pages.notes if column != known)
    return {
        "url": page_url(row),
        "name": name_of(row),
        "frame": frame(picture_of(pages, row), name_of(row)),
        "notes": [note for note in notes if note],
    }


def name_of(row: Model) -> str:
    return getattr(row, "name", "") or str(row) or NAMELESS


def picture_of(pages: type[RecordPages], row: Model) -> Any:
    return next((found for name in pages.pictures if (found := value_at(row, name))), None)


def frame(picture: Any, name: str) -> str:
    """A place of one size, for the eye alone. Where no picture comes it has the name's letters."""
    url = pictures.thumbnail_url(picture) if picture is not None else ""
    letters = initials(name)
    image = pictures.image(url, WIDTH, HEIGHT, alt=letters) if url else ""
    return format_html('<span class="frame" aria-hidden="true">{}</span>', image or letters)


def initials(name: str) -> str:
    letters = (word[0] for word in name.split() if word[0].isalnum())
    return "".join(letters)[:INITIALS].upper()


def credits(shown: Iterable[Any]) -> list[str]:
    """Whose the pictures are that are shown, each once."""
    return list(dict.fromkeys(_credits(shown)))


def _credits(shown: Iterable[Any]) -> Iterator[str]:
    for picture in shown:
        if getattr(picture, "credit", None) and pictures.thumbnail_url(picture):
            yield pictures.credit_of(picture)


def large_picture(pages: type[RecordPages], row: Model) -> str:
    """The picture of a record with its credit and licence; or "", or a link to it."""
    picture = picture_of(pages, row)
    if picture is None:
        return ""
    url = pictures.first_to_ask(picture.image_url, getattr(picture, "thumbnail_url", None))
    license = getattr(picture, "license", None)
    return part(
        "parts/picture.html",
        image=pictures.image(url, 2 * WIDTH, 2 * HEIGHT, alt=name_of(row)) if url else "",
        credit=getattr(picture, "credit", None),
        license=license and pictures.link(license.link, license.name),
        full_size=pictures.link(picture.image_url, "Full size") if picture.image_url else "",
    )
