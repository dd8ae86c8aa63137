"""The sections of the home page: who is in space, a gallery, and the flights by year."""

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest

from spacecraft.crews import aboard, flights_up, framed
from spacecraft.front import crafts_in_space
from spacecraft.models import Spacecraft, SpacecraftFlight
from spacecraft.pages import SpacecraftPages
from spacecraft.sections import chart
from spacedevs import clock
from spacedevs.front import Section, time_element
from spacedevs.pages.rendering import section
from spacedevs.pages.tiles import credits, picture_of, tile, tiles
from spacedevs.pages.values import shown

UP_SHOWN = 24  # craft that are in space
GALLERY = 12  # tiles: full rows of 2, 3, 4 and 6


def in_space(request: HttpRequest) -> Section | None:
    """The craft that are in space or docked, with times that run, and who is aboard."""
    crafts = list(SpacecraftPages.for_list(crafts_in_space())[:UP_SHOWN])
    flights = flights_up(crafts, clock.lives(request))
    crews = {pk: aboard(flight) for pk, flight in flights.items()}
    people = [person for crew in crews.values() for person in crew]
    pictures = [picture_of(SpacecraftPages, craft) for craft in crafts]
    return section(
        "In space now",
        "home/in_space.html",
        crafts=[
            {
                **tile(SpacecraftPages, craft, request),
                "times": times(craft, flights.get(craft.pk), request),
                "crew": framed(crews.get(craft.pk, [])),
            }
            for craft in crafts
        ],
        count=crafts[0].count if crafts else 0,
        people=len(people),
        all=f"{SpacecraftPages.list_url()}?in_space=true",
        credits=credits([*pictures, *(person.picture for person in people)]),
    )


def times(
    craft: Spacecraft, flight: SpacecraftFlight | None, request: HttpRequest
) -> list[tuple[str, str]]:
    """Names and times that run: of this flight, and of all flights."""
    start = flight.start if flight else None
    found = {
        "This flight": time_element(clock.lives(request) - start, runs=True) if start else "",
        "In space": shown(craft, "time_in_space", request),
        "Docked": shown(craft, "time_docked", request),
    }
    return [(name, value) for name, value in found.items() if value]


def gallery(request: HttpRequest) -> Section | None:
    """Of each kind of which there is a picture, the craft that flew most."""
    most_flown = (F("flights_count").desc(nulls_last=True), "sort_name", "id")
    pictured = Q(image__isnull=False) | Q(spacecraft_config__image__isnull=False)
    place = Window(RowNumber(), partition_by="spacecraft_config", order_by=most_flown)
    firsts = Spacecraft.objects.filter(pictured).annotate(place=place).filter(place=1)
    keys = list(firsts.order_by(*most_flown).values_list("pk", flat=True)[:GALLERY])
    crafts = Spacecraft.objects.filter(pk__in=keys).order_by(*most_flown)
    found = list(SpacecraftPages.for_list(crafts))
    if not found:
        return None
    return section(
        "Craft",
        "gallery.html",
        tiles=tiles(SpacecraftPages, found, request),
        all=SpacecraftPages.list_url(),
    )


def by_year(request: HttpRequest) -> Section | None:
    return chart(SpacecraftFlight.objects.all())
