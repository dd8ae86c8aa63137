"""django-ninja: schemas of pydantic on the same queries as the DRF peer."""

from bench.peers.site import set_up

set_up("bench.peers.ninja")

from datetime import date  # noqa: E402
from typing import Any, Literal  # noqa: E402

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db.models import Q  # noqa: E402
from django.shortcuts import get_object_or_404  # noqa: E402
from django.urls import path  # noqa: E402
from ninja import NinjaAPI, Schema  # noqa: E402

from bench.peers import models, wire  # noqa: E402


class Named(Schema):
    id: int
    name: str


class License(Named):
    priority: int
    link: str | None


class Variant(Schema):
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

    @staticmethod
    def resolve_variants(image: models.Image) -> Any:
        return image.variants.all()


class Agency(Schema):
    response_mode: Literal["list"] = "list"
    id: int
    url: str
    name: str
    abbrev: str | None
    type: Named | None

    @staticmethod
    def resolve_url(agency: models.Agency, context: Any) -> str:
        return url_of(context["request"], "agencies", agency.pk)


class FamilyMini(Schema):
    response_mode: Literal["list"] = "list"
    id: int
    name: str


class Family(Schema):
    response_mode: Literal["normal"] = "normal"
    id: int
    name: str
    description: str | None
    manufacturer: Agency | None
    parent: FamilyMini | None
    maiden_flight: date | None


class Configuration(Schema):
    response_mode: Literal["normal"] = "normal"
    id: int
    url: str
    name: str
    type: Named | None
    agency: Agency | None
    family: list[Family]
    in_use: bool | None
    image: Image | None

    @staticmethod
    def resolve_url(configuration: models.Configuration, context: Any) -> str:
        return url_of(context["request"], "spacecraft_configurations", configuration.pk)

    @staticmethod
    def resolve_family(configuration: models.Configuration) -> Any:
        return configuration.family.all()


class Spacecraft(Schema):
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

    @staticmethod
    def resolve_url(craft: models.Spacecraft, context: Any) -> str:
        return url_of(context["request"], "spacecraft", craft.pk)

    @staticmethod
    def resolve_time_in_space(craft: models.Spacecraft) -> str | None:
        return wire.running(craft.time_in_space, craft.in_space_since)

    @staticmethod
    def resolve_time_docked(craft: models.Spacecraft) -> str | None:
        return wire.running(craft.time_docked, craft.docked_since)

    @staticmethod
    def resolve_fastest_turnaround(craft: models.Spacecraft) -> str | None:
        return wire.iso(craft.fastest_turnaround)


class Page(Schema):
    count: int
    next: str | None
    previous: str | None
    results: list[Spacecraft]


def url_of(request: Any, resource: str, pk: int) -> str:
    return f"{request.scheme}://{request.get_host()}{wire.ROOT}/{resource}/{pk}/"


api = NinjaAPI()


@api.get("/spacecraft/", response=Page)
def craft_list(
    request: Any,
    limit: int = wire.LIMIT,
    offset: int = 0,
    ordering: str = "",
    search: str = "",
    in_space: bool | None = None,
    is_placeholder: bool | None = None,
    status: int | None = None,
    spacecraft_config: int | None = None,
) -> dict[str, Any]:
    given = {
        "in_space": in_space,
        "is_placeholder": is_placeholder,
        "status": status,
        "spacecraft_config": spacecraft_config,
    }
    found = models.whole().filter(
        **{name: value for name, value in given.items() if value is not None}
    )
    for word in search.split():
        found = found.filter(Q(name__icontains=word) | Q(spacecraft_config__name__icontains=word))
    limit = min(limit, wire.MOST)
    count = found.count()
    query = {name: request.GET[name] for name in request.GET}
    url = f"{request.scheme}://{request.get_host()}{request.path}"
    following, previous = wire.links(url, query, count, limit, offset)
    terms = [f"-{name}" if down else name for name, down in wire.ordering_of(ordering)]
    results = found.order_by(*terms)[offset : offset + limit]
    return {"count": count, "next": following, "previous": previous, "results": results}


@api.get("/spacecraft/{int:pk}/", response=Spacecraft)
def craft_record(request: Any, pk: int) -> models.Spacecraft:
    return get_object_or_404(models.whole(), pk=pk)


urlpatterns = [path(f"{wire.ROOT.strip('/')}/", api.urls)]
application = get_wsgi_application()
