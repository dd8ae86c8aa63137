"""The sections of a record's page: its flights on a line of time and by year, and what is of it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, F, QuerySet, TextField
from django.db.models.functions import Cast, Left
from django.http import HttpRequest
from django.urls import reverse

from spacecraft.crews import aboard, flights_up, framed
from spacecraft.models import Spacecraft, SpacecraftFlight
from spacedevs import clock
from spacedevs.front import Section, time_element
from spacedevs.pages.charts import bar_chart
from spacedevs.pages.declared import RecordPages
from spacedevs.pages.rendering import section
from spacedevs.pages.tiles import credits, tiles
from spacedevs.pages.timeline import Span, line_of_time

MEMBERS = 12  # tiles on the page of what they belong to
FLIGHTS = 100  # of a page of them
FEWEST_YEARS, MOST_YEARS = 3, 150  # of a chart: a date that is a mistake may lie further off
# Of a flight.
SHOWN = (
    *("destination", "mission_end", "duration", "running_since"),
    *("launch__name", "launch__net", "spacecraft__name"),
)
NEWEST_FIRST = (F("launch__net").desc(nulls_last=True), "-id")
Sections = Callable[[Any, HttpRequest], Section | None]


def span(flight: SpacecraftFlight, name: str, request: HttpRequest) -> Span:
    now, start, end = clock.of_request(request), flight.start, flight.mission_end
    goes_on = flight.is_up(now)
    if flight.running_since or any(moment and moment > now for moment in (start, end)):
        clock.lives(request)
    duration = flight._meta.get_field("duration").at(flight, now)
    if goes_on:
        end, duration = now, now - start if start else None
    elif end is None:
        end = after(start, duration)
    return Span(
        url=reverse("spacecraft_flights-detail", args=(flight.pk,)),
        name=name or f"Flight {flight.pk}",
        note=flight.destination or "",
        start=start,
        end=end,
        duration="" if duration is None else time_element(duration, runs=goes_on),
        goes_on=goes_on,
        is_planned=start is not None and start > now,
    )


def after(start: datetime | None, duration: timedelta | None) -> datetime | None:
    """None also for a time that no calendar has: what a source says may be a mistake."""
    with suppress(OverflowError):
        return start + duration if start and duration else None
    return None


def flights(path: str, name: Callable[[SpacecraftFlight], str]) -> Sections:
    """The flights of which `path` leads to the row, a hundred on a page, by what `name` says."""

    def line(row: Any, request: HttpRequest) -> Section | None:
        rows = SpacecraftFlight.objects.filter(**{path: row}).order_by(*NEWEST_FIRST)
        pages = Paginator(rows.select_related("launch", "spacecraft").only(*SHOWN), FLIGHTS)
        page = pages.get_page(request.GET.get("page"))
        if not pages.count:
            return None
        spans = [span(flight, name(flight), request) for flight in page]
        return section("Flights", "flights.html", line=line_of_time(spans), page=page)

    return line


def name_of_launch(flight: SpacecraftFlight) -> str:
    return flight.launch.name if flight.launch else ""


def name_of_craft(flight: SpacecraftFlight) -> str:
    return flight.spacecraft.name if flight.spacecraft else name_of_launch(flight)


def years(rows: QuerySet) -> list[tuple[str, int]]:
    """How many flights were launched in each year, and in those between."""
    # Both databases write a time with its year first; Django's own way is slow on SQLite.
    year = Left(Cast("launch__net", TextField()), 4)
    dated = rows.exclude(launch__net=None).order_by().values_list(year)
    counts = {int(name): count for name, count in dated.annotate(count=Count("*"))}
    first, last = min(counts, default=0), max(counts, default=0)
    shown = range(first, last + 1) if last - first < MOST_YEARS else sorted(counts)
    return [(str(year), counts.get(year, 0)) for year in shown]


def chart(rows: QuerySet) -> Section | None:
    values = years(rows)
    if len(values) < FEWEST_YEARS:
        return None
    title = "Flights by year"
    return Section(title, bar_chart(title, values, along="Year of launch", up="Flights"))


def by_year_of(path: str) -> Sections:
    return lambda row, request: chart(SpacecraftFlight.objects.filter(**{path: row}))


def members(pages: type[RecordPages], column: str) -> Sections:
    """The first records of `pages` whose `column` is the row, as tiles."""

    def gallery(row: Any, request: HttpRequest) -> Section | None:
        rows = pages.for_list(pages.model()._default_manager.filter(**{column: row}))
        found = list(rows[: MEMBERS + 1])
        if not found:
            return None
        return section(
            pages.title(),
            "gallery.html",
            tiles=tiles(pages, found[:MEMBERS], request, known=column),
            all=f"{pages.list_url()}?{column}={row.pk}" if len(found) > MEMBERS else "",
        )

    return gallery


def crew(craft: Spacecraft, request: HttpRequest) -> Section | None:
    """Who is aboard."""
    flights = flights_up([craft], clock.of_request(request)) if craft.in_space else {}
    people = [person for flight in flights.values() for person in aboard(flight)]
    if not people:
        return None
    shown = credits(person.picture for person in people)
    return section("Aboard", "aboard.html", crew=framed(people), credits=shown)
