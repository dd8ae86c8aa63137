"""Litestar, msgspec and SQLAlchemy.

Its handlers run on the event loop: it has one core, for which a thread would have to wait.
"""

from datetime import date
from typing import Literal

import msgspec
from litestar import Litestar, Request, get
from litestar.exceptions import NotFoundException

from bench.peers import tables, wire


class Named(msgspec.Struct, kw_only=True):
    id: int
    name: str


class License(Named, kw_only=True):
    priority: int
    link: str | None


class Variant(msgspec.Struct, kw_only=True):
    id: int
    type: Named | None
    image_url: str | None


class Image(Named, kw_only=True):
    image_url: str | None
    thumbnail_url: str | None
    credit: str | None
    license: License | None
    single_use: bool | None
    variants: list[Variant]


class Agency(msgspec.Struct, kw_only=True):
    response_mode: Literal["list"] = "list"
    id: int
    url: str
    name: str
    abbrev: str | None
    type: Named | None


class FamilyMini(msgspec.Struct, kw_only=True):
    response_mode: Literal["list"] = "list"
    id: int
    name: str


class Family(msgspec.Struct, kw_only=True):
    response_mode: Literal["normal"] = "normal"
    id: int
    name: str
    description: str | None
    manufacturer: Agency | None
    parent: FamilyMini | None
    maiden_flight: date | None


class Configuration(msgspec.Struct, kw_only=True):
    response_mode: Literal["normal"] = "normal"
    id: int
    url: str
    name: str
    type: Named | None
    agency: Agency | None
    family: list[Family]
    in_use: bool | None
    image: Image | None


class Spacecraft(msgspec.Struct, kw_only=True):
    response_mode: Literal["normal"] = "normal"
    id: int
    url: str
    name: str
    serial_number: str | None
    is_placeholder: bool | None
    image: Image | None
    in_space: bool | None
    time_in_space: str | None
    time_docked: str | None
    flights_count: int | None
    mission_ends_count: int | None
    status: Named | None
    description: str | None
    spacecraft_config: Configuration | None
    fastest_turnaround: str | None


class Page(msgspec.Struct, kw_only=True):
    count: int
    next: str | None
    previous: str | None
    results: list[Spacecraft]


def note_site(request: Request) -> None:
    wire.site.set(f"{request.url.scheme}://{request.url.netloc}")


@get(f"{wire.ROOT}/spacecraft", sync_to_thread=False)
def craft_list(
    request: Request,
    limit: int = wire.LIMIT,
    offset: int = 0,
    ordering: str = "",
    search: str = "",
    in_space: bool | None = None,
    is_placeholder: bool | None = None,
    status: int | None = None,
    spacecraft_config: int | None = None,
) -> Page:
    note_site(request)
    given = {
        "in_space": in_space,
        "is_placeholder": is_placeholder,
        "status_id": status,
        "spacecraft_config_id": spacecraft_config,
    }
    limit = min(limit, wire.MOST)
    with tables.Session() as session:
        count, rows = tables.page(session, limit, offset, ordering, search, **given)
    url = f"{wire.site.get()}{wire.ROOT}/spacecraft/"  # Litestar's paths end without the slash
    following, previous = wire.links(url, dict(request.query_params), count, limit, offset)
    results = msgspec.convert(rows, list[Spacecraft], from_attributes=True)
    return Page(count=count, next=following, previous=previous, results=results)


@get(f"{wire.ROOT}/spacecraft/{{pk:int}}", sync_to_thread=False)
def craft_record(request: Request, pk: int) -> Spacecraft:
    note_site(request)
    with tables.Session() as session:
        found = tables.record(session, pk)
    if found is None:
        raise NotFoundException
    return msgspec.convert(found, Spacecraft, from_attributes=True)


app = Litestar([craft_list, craft_record], openapi_config=None)
