"""FastAPI, pydantic and SQLAlchemy. Its handlers are functions: FastAPI runs them in threads."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict

from bench.peers import tables, wire


class Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Named(Row):
    id: int
    name: str


class License(Named):
    priority: int
    link: str | None


class Variant(Row):
    id: int
    type: Named | None
    image_url: str | None


class Image(Named):
    image_url: str | None
    thumbnail_url: str | None
    credit: str | None
    license: License | None
    single_use: bool | None
    variants: list[Variant]


class Agency(Row):
    response_mode: Literal["list"] = "list"
    id: int
    url: str
    name: str
    abbrev: str | None
    type: Named | None


class FamilyMini(Row):
    response_mode: Literal["list"] = "list"
    id: int
    name: str


class Family(Row):
    response_mode: Literal["normal"] = "normal"
    id: int
    name: str
    description: str | None
    manufacturer: Agency | None
    parent: FamilyMini | None
    maiden_flight: date | None


class Configuration(Row):
    response_mode: Literal["normal"] = "normal"
    id: int
    url: str
    name: str
    type: Named | None
    agency: Agency | None
    family: list[Family]
    in_use: bool | None
    image: Image | None


class Spacecraft(Row):
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


class Page(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[Spacecraft]


async def note_site(request: Request) -> None:
    wire.site.set(f"{request.url.scheme}://{request.url.netloc}")


app = FastAPI(dependencies=[Depends(note_site)])


@app.get(f"{wire.ROOT}/spacecraft/", response_model=Page)
def craft_list(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=wire.MOST)] = wire.LIMIT,
    offset: Annotated[int, Query(ge=0)] = 0,
    ordering: str = "",
    search: str = "",
    in_space: bool | None = None,
    is_placeholder: bool | None = None,
    status: int | None = None,
    spacecraft_config: int | None = None,
) -> Any:
    given = {
        "in_space": in_space,
        "is_placeholder": is_placeholder,
        "status_id": status,
        "spacecraft_config_id": spacecraft_config,
    }
    with tables.Session() as session:
        count, results = tables.page(session, limit, offset, ordering, search, **given)
    url = f"{wire.site.get()}{request.url.path}"
    following, previous = wire.links(url, dict(request.query_params), count, limit, offset)
    return {"count": count, "next": following, "previous": previous, "results": results}


@app.get(f"{wire.ROOT}/spacecraft/{{pk}}/", response_model=Spacecraft)
def craft_record(pk: int) -> Any:
    with tables.Session() as session:
        found = tables.record(session, pk)
    if found is None:
        raise HTTPException(404)
    return found
