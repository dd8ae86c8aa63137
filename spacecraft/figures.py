"""What flights add up to, and what a difference of that makes of their craft's figures.

A craft's figures are what upstream says, and its flights may not all be known: so a flight that is
added, ended, changed or removed moves them by what it makes of a difference. It knows no model: the
models use it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import F
from django.utils.dateparse import parse_datetime

from spacedevs.history import steps
from spacedevs.mirror.holds import is_held

Craft = Any  # models.Spacecraft
Flight = Any  # models.SpacecraftFlight


@dataclass
class Tally:
    """What the flights that are known add up to."""

    flights: int = 0
    ends: int = 0
    in_space: timedelta = timedelta()  # of flights that are over
    in_space_since: datetime | None = None
    docked: timedelta = timedelta()  # of dockings that are over
    docked_since: datetime | None = None
    turn_arounds: list[timedelta] = field(default_factory=list)

    def add(self, flight: Flight) -> None:
        duration, since = flight.counted()
        if duration is None:
            return  # not flown yet
        self.flights += 1
        self.in_space += duration
        if since:
            self.in_space_since = since
        else:
            self.ends += 1
        if flight.turn_around_time:
            self.turn_arounds.append(flight.turn_around_time)
        events: Any = flight.docking_events or ()
        for event in filter(None, events):
            self.add_docking(event, flight, up=bool(since))

    def add_docking(self, event: dict[str, Any], flight: Flight, up: bool) -> None:
        docked = parse_time(event.get("docking"))
        left = parse_time(event.get("departure")) or flight.mission_end
        if docked and left:
            self.docked += left - docked
        elif docked and up:
            self.docked_since = docked


def parse_time(text: Any) -> datetime | None:
    """A time in opaque JSON; None where there is none, or no time."""
    try:
        found = parse_datetime(text)
    except (TypeError, ValueError):
        return None
    return found if found and found.tzinfo else None


def tally(flights: Iterable[Flight]) -> Tally:
    made = Tally()
    for flight in flights:
        made.add(flight)
    return made


def flights_of(craft: Craft) -> list[Flight]:
    """Those that are known, the first launch first."""
    first = F("launch__net").asc(nulls_last=True)
    return list(craft.flights.select_related("launch").order_by(first, "id"))


def apply_difference(craft: Craft, before: Tally, after: Tally) -> None:
    """The craft's figures, by the difference; an unknown figure stays unknown."""
    for column, change in (
        ("flights_count", after.flights - before.flights),
        ("mission_ends_count", after.ends - before.ends),
        ("time_in_space", after.in_space - before.in_space),
        ("time_docked", after.docked - before.docked),
    ):
        if (known := getattr(craft, column)) is not None:
            setattr(craft, column, known + change)
    if after.in_space_since != before.in_space_since:
        craft.in_space_since = after.in_space_since
        craft.in_space = after.in_space_since is not None
    if after.docked_since != before.docked_since or not craft.in_space:
        craft.docked_since = after.docked_since


def recompute_turnarounds(craft: Craft, flights: list[Flight]) -> None:
    """From one flight's end to the next one's launch, where no flight between is unknown."""
    if craft.flights_count is None or tally(flights).flights < craft.flights_count:
        return
    for earlier, later in pairwise(flights):
        if earlier.mission_end and later.start:
            between = later.start - earlier.mission_end
            if between != later.turn_around_time and not is_held(later, "turn_around_time"):
                later.turn_around_time = between
                steps.touch(type(later), later.pk)
                type(later).objects.filter(pk=later.pk).update(turn_around_time=between)


def recompute_fastest(craft: Craft, before: list[timedelta], after: list[timedelta]) -> None:
    known = craft.fastest_turnaround
    if known is not None and known in before and known not in after:
        known = None  # it was a flight's that is no longer so
    craft.fastest_turnaround = min([*after, *([known] if known is not None else [])], default=None)
