"""What a page shows of the objects in its answer: their names and their pictures.

A picture is an object with an `image_url`, under whatever key. What else it may have is shown
where it is there: `thumbnail_url`, `credit`, and `license`, an object with a `name` and a `link`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from spacedevs.pictures import first_to_ask, link


@dataclass(frozen=True)
class Picture:
    """`of` says whose it is and, where that is not its `image`, what; it is a link in `caption`."""

    url: str
    of: str
    caption: str
    credit: str
    license: str


def name_of(record: Any) -> str:
    """Its own, else that of the first object in it that has one, with the record's id."""
    if not isinstance(record, dict):
        return ""
    if name := record.get("name"):
        return str(name)
    within = (value.get("name") for value in record.values() if isinstance(value, dict))
    return ", ".join(
        str(each) for each in (next(filter(None, within), ""), record.get("id")) if each
    )


def pictures_of(answer: Any) -> list[Picture]:
    """All of a record, or the first of each record of a list."""
    if not isinstance(answer, dict):
        return []
    if "results" not in answer:
        return list(_pictures(answer))
    return [picture for record in answer["results"] for picture in islice(_pictures(record), 1)]


def _pictures(record: Mapping[str, Any]) -> Iterator[Picture]:
    """Its own, and then those of the objects in it."""
    for owner in (record, *record.values()):
        if isinstance(owner, dict):
            yield from _own(owner)


def _own(owner: Mapping[str, Any]) -> Iterator[Picture]:
    for key, value in owner.items():
        if isinstance(value, dict) and "image_url" in value:
            license = value.get("license") or {}
            if url := first_to_ask(value.get("thumbnail_url"), value["image_url"]):
                words = (name_of(owner), "" if key == "image" else key.replace("_", " "))
                of = ", ".join(filter(None, words))
                yield Picture(
                    url=url,
                    of=of,
                    caption=link(owner.get("url"), of),
                    credit=value.get("credit") or "",
                    license=link(license.get("link"), license.get("name") or ""),
                )
