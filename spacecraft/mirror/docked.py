"""Which craft are docked now: no list says so, and their time docked grows from here on."""

from collections.abc import Callable, Iterator
from typing import Any

from spacecraft import models
from spacecraft.mirror.checks import Read, Refusal
from spacecraft.mirror.client import Page
from spacecraft.mirror.faults import NotServed
from spacecraft.mirror.pages import Stage
from spacedevs.api.durations import parse_duration

STATIONS = "space_stations"
WITH_CRAFT = {"docked_vehicles__gte": 1}
IN_SPACE = {"in_space": "true"}


def docked_here() -> set[int]:
    """The ids of the craft that are docked by what was mirrored last."""
    known = models.Spacecraft.objects.exclude(docked_since=None)
    return set(known.values_list("pk", flat=True))


def docked_at(stage: Stage, read: Read, pause: Callable[[float], None]) -> set[int]:
    """The ids of the craft that are docked at the source, by what the stations say.

    A source that serves no stations (another instance of this server) is asked a second time for
    the craft in space: what has grown by the seconds in between is docked. One call either way.

    Raises:
        Refusal: stations with docked craft came, and none of those craft is in them.
        SourceFault, Spent: as the client.
    """
    try:
        stations = stage.first_page(STATIONS, WITH_CRAFT)
    except NotServed:
        pause(1)
        again = stage.source.page("spacecraft", 0, mode="normal", filters=IN_SPACE)
        return set(grown(read, again))
    found = set(chasers(stations))
    if stations and not found:
        raise Refusal(
            f"{STATIONS} {stations[0].get('id')!r}: docking_location: names no craft, and the "
            "source was asked for stations where some are docked. Nothing was changed."
        )
    return found


def grown(read: Read, page: Page) -> Iterator[int]:
    """The craft whose time docked has grown by the time between two answers."""
    before: dict[Any, Any] = {body.get("id"): (body, date) for body, date in read.objects}
    for body in page.results:
        try:
            told, date = before[body["id"]]
            more = parse_duration(body["time_docked"]) - parse_duration(told["time_docked"])
        except (KeyError, TypeError, ValueError):
            continue  # nothing that could have grown
        if page.date > date and more == page.date - date:
            yield body["id"]


def chasers(part: Any) -> Iterator[int]:
    """Wherever a docking that goes on stands in a station, the id of the craft that docked."""
    if isinstance(part, list):
        for item in part:
            yield from chasers(item)
    elif isinstance(part, dict):
        flight = part.get("flight_vehicle_chaser")
        if isinstance(flight, dict) and part.get("docking") and part.get("departure") is None:
            craft = flight.get("spacecraft")
            if isinstance(craft, dict) and isinstance(craft.get("id"), int):
                yield craft["id"]
        else:
            for value in part.values():
                yield from chasers(value)
