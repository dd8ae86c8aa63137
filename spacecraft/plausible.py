"""What an editor is told of figures that cannot be (spacedevs/plausible.py); upstream's may be so.

Null is what is not known: nothing is said of it.
"""

from collections.abc import Iterator
from typing import Any

from django.utils.html import format_html, format_html_join

from spacecraft import models
from spacecraft.figures import parse_time
from spacedevs import clock
from spacedevs.plausible import (
    Rule,
    any_number,
    between,
    in_order,
    not_to_come,
    out_of_years,
    parts_of,
    problems,
)
from spacedevs.words import link_to, show

# The years of every date: from Sputnik on, and as far ahead as anybody plans.
FIRST_YEAR = 1957
YEARS_AHEAD = 50

FIRST_FOUNDED = 1600  # Russia's Ministry of Defence is upstream's oldest: 1717
MOST_NAMED = 3  # craft in a warning


def when_in_space(craft: models.Spacecraft) -> Iterator[str]:
    since = craft.in_space_since
    if craft.in_space and since is None:
        yield "In space, and since when is not said: “in space since” is needed."
    if craft.in_space is False and since is not None:
        yield f"Not in space, but in space since {show(since)}: only one of the two can be."


def docked_in_space(craft: models.Spacecraft) -> Iterator[str]:
    if craft.in_space is False and craft.docked_since is not None:
        since = show(craft.docked_since)
        yield f"Docked since {since}, but not in space: only one of the two can be."


def same_serial_number(craft: models.Spacecraft) -> Iterator[str]:
    if not craft.serial_number or craft.spacecraft_config_id is None:
        return
    same = {"spacecraft_config": craft.spacecraft_config_id, "serial_number": craft.serial_number}
    others = models.Spacecraft.objects.filter(**same).exclude(pk=craft.pk)[:MOST_NAMED]
    if links := [(link_to(other),) for other in others]:
        yield format_html(
            "“{}” is the serial number of another craft of this configuration: {}.",
            show(craft.serial_number),
            format_html_join(", ", "{}", links),
        )


def ends_after_launch(flight: models.SpacecraftFlight) -> Iterator[str]:
    start, end = flight.start, flight.mission_end
    if start and end and end < start:
        yield f"The mission's end, {show(end)}, is before the launch, {show(start)}."


def docks_while_up(flight: models.SpacecraftFlight) -> Iterator[str]:
    for path, docking, departure in dockings(flight):
        if docking and departure and departure < docking:
            yield f"{path}.departure: {show(departure)} is before the docking, {show(docking)}."
        for name, moment in (("docking", docking), ("departure", departure)):
            if moment and flight.start and moment < flight.start:
                yield f"{path}.{name}: {show(moment)} is before the launch, {show(flight.start)}."
            if moment and flight.mission_end and moment > flight.mission_end:
                end = show(flight.mission_end)
                yield f"{path}.{name}: {show(moment)} is after the mission's end, {end}."


def docks_in_our_years(flight: models.SpacecraftFlight) -> Iterator[str]:
    for path, docking, departure in dockings(flight):
        for name, moment in (("docking", docking), ("departure", departure)):
            yield from (f"{path}.{name}: {sentence}" for sentence in out_of_years(moment))


def dockings(flight: models.SpacecraftFlight) -> Iterator[tuple[str, Any, Any]]:
    """Where each docking stands in the JSON, and its times; None where there is none."""
    events: Any = flight.docking_events or ()
    for number, event in enumerate(events):
        if isinstance(event, dict):
            times = parse_time(event.get("docking")), parse_time(event.get("departure"))
            yield f"docking_events[{number}]", *times


def one_flight_at_a_time(flight: models.SpacecraftFlight) -> Iterator[str]:
    """A placeholder stands for more than one craft."""
    craft = flight.spacecraft
    if flight.start is None or craft is None or craft.pk is None or craft.is_placeholder:
        return
    for other in craft.flights.exclude(pk=flight.pk).select_related("launch"):
        if other.start and (goes_on_into(flight, other) or goes_on_into(other, flight)):
            until = f"to {show(other.mission_end)}" if other.mission_end else "on"
            yield f"The craft is on flight {other.pk} then: from {show(other.start)} {until}."


def goes_on_into(first: models.SpacecraftFlight, second: models.SpacecraftFlight) -> bool:
    """Whether it ends after the other started; not where its end is not known."""
    start, end, then = first.start, first.mission_end, second.start
    return bool(start and end and then and start <= then < end)


def flights_start_with_it(launch: models.Launch) -> Iterator[str]:
    for flight in launch.flights.select_related("spacecraft"):
        flight.launch = launch
        for problem in problems(flight, ("launch",)):
            yield f"Flight {flight.pk}: {problem.sentence}"


def success_is_attempted(landing: models.Landing) -> Iterator[str]:
    if landing.success and landing.attempt is False:
        yield "A success, and not attempted: only one of the two can be."


FLOWN = (
    parts_of("total_launch_count", "successful_launches", "failed_launches"),
    parts_of("attempted_landings", "successful_landings", "failed_landings"),
)
RULES: dict[Any, tuple[Rule, ...]] = {
    models.Agency: (
        between("founding_year", FIRST_FOUNDED, lambda: clock.now().year),
        *FLOWN,
        parts_of("successful_launches", "consecutive_successful_launches"),
        parts_of("successful_landings", "consecutive_successful_landings"),
        *(
            parts_of(
                f"attempted_landings_{of}", f"successful_landings_{of}", f"failed_landings_{of}"
            )
            for of in ("spacecraft", "payload")
        ),
    ),
    models.SpacecraftConfigFamily: FLOWN,
    models.SpacecraftConfiguration: FLOWN,
    models.Spacecraft: (
        parts_of("flights_count", "mission_ends_count"),
        Rule(("in_space_since", "in_space"), when_in_space),
        Rule(("docked_since", "in_space"), docked_in_space),
        in_order("in_space_since", "docked_since"),
        not_to_come("in_space_since"),
        not_to_come("docked_since"),
        Rule(("serial_number", "spacecraft_config"), same_serial_number, is_warning=True),
    ),
    models.Launch: (
        between("probability", 0, 100),
        in_order("window_start", "window_end"),
        *(
            parts_of(f"{of}_launch_attempt_count", f"{of}_launch_attempt_count_year")
            for of in ("orbital", "location", "pad", "agency")
        ),
        Rule(("net",), flights_start_with_it),
    ),
    models.Landing: (Rule(("success", "attempt"), success_is_attempted),),
    models.SpacecraftFlight: (
        Rule(("mission_end", "launch"), ends_after_launch),
        Rule(("docking_events", "mission_end", "launch"), docks_while_up),
        Rule(("docking_events",), docks_in_our_years),
        Rule(("launch", "mission_end", "spacecraft"), one_flight_at_a_time),
    ),
    models.ImageLicense: (any_number("priority"),),
}
