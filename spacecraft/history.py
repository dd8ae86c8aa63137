"""What a craft's flights make of its figures.

Its figures are what upstream says, and its flights may not all be known: so a flight that is
added, ended, changed or removed moves them by what it makes of a difference. Only when asked to
(`count_anew`) are they counted from the flights that are here.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction
from django.db.models import F, Q
from django.utils.dateparse import parse_datetime

from spacedevs import clock
from spacedevs.ids import FIRST_OWN
from spacedevs.mirror.holds import holds_of_model, made_here

if TYPE_CHECKING:
    from spacecraft.models import Spacecraft, SpacecraftFlight
    from spacedevs.mirror.models import Hold
    from spacedevs.mirror.reader import Row


# A flight's columns from which its duration follows.
MOVING = ("launch_id", "mission_end")
FIGURES = (
    "flights_count",
    "mission_ends_count",
    "time_in_space",
    "time_docked",
    "in_space",
    "in_space_since",
    "docked_since",
    "fastest_turnaround",
)


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

    def add(self, flight: "SpacecraftFlight") -> None:
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

    def add_docking(self, event: dict[str, Any], flight: "SpacecraftFlight", up: bool) -> None:
        docked = moment(event.get("docking"))
        left = moment(event.get("departure")) or flight.mission_end
        if docked and left:
            self.docked += left - docked
        elif docked and up:
            self.docked_since = docked


def moment(text: Any) -> datetime | None:
    """A time in a quoted part; None where there is none, or no time."""
    try:
        found = parse_datetime(text)
    except (TypeError, ValueError):
        return None
    return found if found and found.tzinfo else None


def tally(flights: Iterable["SpacecraftFlight"]) -> Tally:
    made = Tally()
    for flight in flights:
        made.add(flight)
    return made


def flights_of(craft: "Spacecraft") -> list["SpacecraftFlight"]:
    """Those that are known, the first launch first."""
    first = F("launch__net").asc(nulls_last=True)
    return list(craft.flights.select_related("launch").order_by(first, "id"))


@contextmanager
def following(*craft_ids: int | None) -> Iterator[None]:
    """Within it flights are written; after it, the figures of these craft have followed.

    A flight without a craft gives None, which is nobody.
    """
    spacecraft = apps.get_model("spacecraft", "Spacecraft").objects
    with transaction.atomic():
        known = [pk for pk in craft_ids if pk is not None]
        crafts = list(spacecraft.select_for_update().filter(pk__in=known).order_by("pk"))
        before = {craft.pk: tally(flights_of(craft)) for craft in crafts}
        yield
        for craft in crafts:
            craft.refresh_from_db()
            flights = flights_of(craft)
            after = tally(flights)
            move(craft, before[craft.pk], after)
            turn_around(craft, flights)
            fastest(craft, before[craft.pk].turn_arounds, tally(flights).turn_arounds)
            craft.save()


def move(craft: "Spacecraft", before: Tally, after: Tally) -> None:
    """The craft's figures, by the difference; a figure that nobody knows stays unknown."""
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


def turn_around(craft: "Spacecraft", flights: list["SpacecraftFlight"]) -> None:
    """From one flight's end to the next one's launch, where no flight between is unknown."""
    if craft.flights_count is None or tally(flights).flights < craft.flights_count:
        return
    for earlier, later in pairwise(flights):
        if earlier.mission_end and later.start:
            between = later.start - earlier.mission_end
            if between != later.turn_around_time:
                later.turn_around_time = between
                type(later).objects.filter(pk=later.pk).update(turn_around_time=between)


def fastest(craft: "Spacecraft", before: list[timedelta], after: list[timedelta]) -> None:
    known = craft.fastest_turnaround
    if known is not None and known in before and known not in after:
        known = None  # it was a flight's that is no longer so
    craft.fastest_turnaround = min([*after, *([known] if known is not None else [])], default=None)


def count_anew(craft: "Spacecraft") -> None:
    """The craft's figures from the flights that are here, as if there were no others."""
    with transaction.atomic():
        craft.flights_count = craft.mission_ends_count = 0
        craft.time_in_space = craft.time_docked = timedelta()
        craft.in_space, craft.in_space_since, craft.docked_since = False, None, None
        flights = flights_of(craft)
        for flight in flights:
            flight.settle(clock.now())
        after = tally(flights)
        move(craft, Tally(), after)
        turn_around(craft, flights)
        craft.fastest_turnaround = min(tally(flights).turn_arounds, default=None)
        craft.save()


# What upstream says of a craft, and what our own flights make of it


def add_flights_of_ours(crafts: dict[Any, "Row"], told: dict[Any, "Row"]) -> None:
    """Moves the figures of craft, as upstream says them, by what it does not know.

    That is the flights that were made here, and those of upstream's of which an editor holds the
    launch or the end: these have the duration that follows from them. `told`: flights as upstream
    says them, where it does; they follow as well.
    """
    flights: Any = apps.get_model("spacecraft", "SpacecraftFlight")
    spacecraft: Any = apps.get_model("spacecraft", "Spacecraft")
    holds = holds_of_model(flights, field__in=MOVING)
    ours = flights.objects.filter(spacecraft__in=crafts).select_related("launch")
    ours = ours.filter(Q(pk__gte=FIRST_OWN) | Q(pk__in=holds))
    own = made_here(flights, [flight.pk for flight in ours])
    before, after = defaultdict(list), defaultdict(list)
    for flight in ours:
        row = crafts[flight.spacecraft_id]
        flight.spacecraft = spacecraft(pk=row.pk, **row.values)  # as upstream says
        if flight.pk in holds:
            how = (holds[flight.pk], told.get(flight.pk), row.date)
            before[row.pk].append(as_upstream_says(flight, *how))
            after[row.pk].append(as_held(flight, *how))
        elif flight.pk in own:
            after[row.pk].append(flight)
    for pk, known in after.items():
        move_values(crafts[pk].values, tally(before[pk]), tally(known))


def move_values(values: dict[str, Any], before: Tally, after: Tally) -> None:
    craft = apps.get_model("spacecraft", "Spacecraft")(**values)
    move(craft, before, after)
    fastest(craft, before.turn_arounds, after.turn_arounds)
    values |= {name: getattr(craft, name) for name in FIGURES if name in values}


def as_upstream_says(
    flight: "SpacecraftFlight", held: dict[str, "Hold"], row: "Row | None", now: datetime
) -> "SpacecraftFlight":
    """The flight without what an editor made of it; from what the holds noted if need be."""
    theirs = copy(flight)
    for column, value in (row.values if row else {}).items():
        setattr(theirs, column, value)
    if row is None:
        for column, hold in held.items():
            if hold.upstream is not None:
                kept = json.loads(hold.upstream)
                field: Any = flight._meta.get_field(column)
                setattr(theirs, column, field.to_python(kept))
        theirs.duration = theirs.running_since = None  # as upstream has it while the flight goes on
        if theirs.mission_end:
            theirs.settle(now)
    return theirs


def as_held(
    flight: "SpacecraftFlight", held: dict[str, "Hold"], row: "Row | None", now: datetime
) -> "SpacecraftFlight":
    """The flight with what is held, and the duration that follows; `row` gets that too."""
    for column, value in (row.values if row else {}).items():
        if column not in held:
            setattr(flight, column, value)
    settle_anew(flight, now)
    if row is not None:
        row.values |= {"duration": flight.duration, "running_since": flight.running_since}
    return flight


def settle_anew(flight: "SpacecraftFlight", now: datetime) -> None:
    """The duration from the launch and the end alone, whatever stood there."""
    flight.duration = flight.running_since = None
    flight.settle(now)
