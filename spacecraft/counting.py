"""The figures of a craft from the flights that are here, and from upstream's figures and ours.

What is saved or deleted row by row moves its craft's figures by itself (models/flights.py). What
writes many rows at once does not, and calls this: the mirror after a load, an editor by "count
anew". `bulk_create()`, `update()` and a hand at the SQL prompt go past both.
"""

import json
from collections import defaultdict
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from spacecraft.figures import (
    Tally,
    apply_difference,
    flights_of,
    recompute_fastest,
    recompute_turnarounds,
    tally,
)
from spacecraft.models import Spacecraft, SpacecraftFlight
from spacedevs import clock
from spacedevs.history import steps
from spacedevs.ids import FIRST_OWN
from spacedevs.mirror.holds import holds_of_model, made_here
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


def count_anew(*crafts: Spacecraft) -> None:
    """Figures from the flights that are here, as if there were no others. What is held stays."""
    steps.touch(Spacecraft, *[craft.pk for craft in crafts])
    holds = holds_of_model(Spacecraft, key__in=[str(craft.pk) for craft in crafts])
    for craft in crafts:
        _count_anew(craft, holds.get(craft.pk, {}))


def _count_anew(craft: Spacecraft, held: dict[str, Hold]) -> None:
    with transaction.atomic():
        kept = {name: getattr(craft, name) for name in FIGURES if name in held}
        craft.flights_count = craft.mission_ends_count = 0
        craft.time_in_space = craft.time_docked = timedelta()
        craft.in_space, craft.in_space_since, craft.docked_since = False, None, None
        flights = flights_of(craft)
        for flight in flights:
            flight.settle(clock.now())
        after = tally(flights)
        apply_difference(craft, Tally(), after)
        recompute_turnarounds(craft, flights)
        craft.fastest_turnaround = min(tally(flights).turn_arounds, default=None)
        for name, value in kept.items():
            setattr(craft, name, value)
        craft.save()


# What upstream says of a craft, and what our own flights make of it


def add_flights_of_ours(crafts: dict[Any, Row], incoming: dict[Any, Row]) -> None:
    """Moves the figures of craft, as upstream says them, by what it does not know.

    That is the flights that were made here, and those of upstream's of which an editor holds the
    launch or the end: these have the duration that follows from them. `incoming`: flights as
    upstream says them, where it does; they follow as well.
    """
    holds = holds_of_model(SpacecraftFlight, field__in=MOVING)
    ours = SpacecraftFlight.objects.filter(spacecraft__in=crafts).select_related("launch")
    ours = ours.filter(Q(pk__gte=FIRST_OWN) | Q(pk__in=holds))
    own = made_here(SpacecraftFlight, [flight.pk for flight in ours])
    before, after = defaultdict(list), defaultdict(list)
    for flight in ours:
        row = crafts[flight.spacecraft_id]
        flight.spacecraft = Spacecraft(pk=row.pk, **row.values)  # as upstream says
        if flight.pk in holds:
            how = (holds[flight.pk], incoming.get(flight.pk), row.date)
            before[row.pk].append(as_upstream_says(flight, *how))
            after[row.pk].append(as_held(flight, *how))
        elif flight.pk in own:
            after[row.pk].append(flight)
    for pk, known in after.items():
        move_values(crafts[pk].values, tally(before[pk]), tally(known))


def move_values(values: dict[str, Any], before: Tally, after: Tally) -> None:
    craft = Spacecraft(**values)
    apply_difference(craft, before, after)
    recompute_fastest(craft, before.turn_arounds, after.turn_arounds)
    values |= {name: getattr(craft, name) for name in FIGURES if name in values}


def as_upstream_says(
    flight: SpacecraftFlight, held: dict[str, Hold], row: Row | None, now: datetime
) -> SpacecraftFlight:
    """The flight without what an editor made of it; from what the holds noted if need be."""
    theirs = copy(flight)
    for column, value in (row.values if row else {}).items():
        setattr(theirs, column, value)
    if row is None:
        for column, hold in held.items():
            if hold.upstream is not None:
                field: Any = flight._meta.get_field(column)
                setattr(theirs, column, field.to_python(json.loads(hold.upstream)))
        theirs.duration = theirs.running_since = None  # as upstream has it while the flight goes on
        if theirs.mission_end:
            theirs.settle(now)
    return theirs


def as_held(
    flight: SpacecraftFlight, held: dict[str, Hold], row: Row | None, now: datetime
) -> SpacecraftFlight:
    """The flight with what is held, and the duration that follows; `row` gets that too."""
    for column, value in (row.values if row else {}).items():
        if column not in held:
            setattr(flight, column, value)
    settle_anew(flight, now)
    if row is not None:
        row.values |= {"duration": flight.duration, "running_since": flight.running_since}
    return flight


def settle_anew(flight: SpacecraftFlight, now: datetime) -> None:
    """The duration from the launch and the end alone, whatever stood there."""
    flight.duration = flight.running_since = None
    flight.settle(now)
