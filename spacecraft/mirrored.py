"""What the mirror has to know of spacecraft: which lists are loaded together, who is docked, which
durations run, and what the flights of this server's own make of a craft's figures."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from spacecraft import counting
from spacecraft.models import Launch, Spacecraft, SpacecraftFlight
from spacedevs.api.durations import parse_duration
from spacedevs.mirror.errors import SourceError
from spacedevs.mirror.groups import Group
from spacedevs.mirror.lists import ListReading
from spacedevs.mirror.pages import LEAST_ROWS
from spacedevs.mirror.reader import Row, Rows
from spacedevs.mirror.running import Running

if TYPE_CHECKING:
    from spacedevs.mirror.source import Source

STATIONS = "space_stations"


def find_docked(source: "Source", lists: dict[str, ListReading]) -> set[int]:
    """The ids of the craft that are docked: no list says so. One call. Raises as the source.

    Upstream's stations say it. Another server of this project serves none: one of a release without
    a dump is asked for its craft in space a second time, and what has grown by the seconds in
    between is docked.
    """
    if source.is_own:
        source.sleep(1)
        again = source.page("spacecraft", 0, mode="normal", filters={"in_space": "true"})
        first = {
            key: item for page, _ in lists["spacecraft"].changed() for key, item in page.items()
        }
        return set(_grown(first, again.results, again.date))
    stations = _stations(source)
    docked = set(_chasers(stations))
    if stations and not docked:
        raise SourceError(
            f"{STATIONS}: docking_location of {len(stations)} stations names no craft, and the "
            "source was asked for stations where some are docked. Who is docked stays as it is."
        )
    return docked


def _stations(source: "Source") -> list[Any]:
    """Those where a craft is docked: two or three, so that the smallest page will do."""
    filters, found = {"docked_vehicles__gte": 1}, list[Any]()
    while True:
        page = source.page(STATIONS, len(found), limit=LEAST_ROWS, filters=filters)
        found += page.results
        if len(found) >= page.count:
            return found


def _grown(first: dict[Any, Any], again: list[Any], date: datetime) -> Iterator[int]:
    for body in again:
        try:
            before, then = first[str(body["id"])]
            more = parse_duration(body["time_docked"]) - parse_duration(before["time_docked"])
        except (KeyError, TypeError, ValueError):
            continue  # nothing that could have grown
        if date > then and more == date - then:
            yield body["id"]


def _chasers(stations: list[Any]) -> Iterator[int]:
    """Wherever a docking that goes on stands in a station, the id of the craft that docked."""
    parts: list[Any] = [stations]
    while parts:
        match parts.pop():
            case list() as items:
                parts += items
            case {"flight_vehicle_chaser": dict() as flight, "docking": docking, **rest} if (
                docking and rest.get("departure") is None
            ):
                match flight.get("spacecraft"):
                    case {"id": int() as pk}:
                        yield pk
            case dict() as part:
                parts += part.values()


GROUPS = (
    Group(
        (
            "spacecraft",
            "spacecraft_configurations",
            "spacecraft_configuration_families",
            "agencies",
        ),
        every=timedelta(minutes=50),
        ask=find_docked,
    ),
)


def prepare_rows(rows: Rows, context: set[int] | Running | None) -> None:
    """Figures that follow from an answer. `context`: which durations run, or who is docked."""
    crafts, flights = rows.get(Spacecraft, {}), rows.get(SpacecraftFlight, {})
    if isinstance(context, Running):
        context.start(rows)
    else:
        find_running_durations(rows, context)
    counting.add_flights_of_ours(crafts, flights)


def find_running_durations(rows: Rows, docked: set[int] | None) -> None:
    """`docked`: None where no source was asked."""
    crafts, flights = rows.get(Spacecraft, {}), rows.get(SpacecraftFlight, {})
    if docked is None:
        stored = Spacecraft.objects.filter(pk__in=crafts).exclude(docked_since=None)
        docked = set(stored.values_list("pk", flat=True))
    for craft in crafts.values():
        up = craft.values.get("in_space") and craft.values.get("time_in_space") is not None
        craft.values["in_space_since"] = craft.date if up else None
        craft.values["docked_since"] = craft.date if craft.pk in docked else None
    start_running_durations(rows, flights)


def start_running_durations(rows: Rows, flights: dict[Any, Row]) -> None:
    """A flight's duration runs while its craft is up, on the last flight that was launched.

    A duration that the source says at a second, and that runs, is that much and what has passed
    since: when it began need not be known.
    """
    crafts: set[Any] = {flight.values.get("spacecraft_id") for flight in flights.values()}
    stored = Spacecraft.objects.filter(pk__in=crafts).values_list("pk", "in_space")
    incoming = {pk: craft.values.get("in_space") for pk, craft in rows.get(Spacecraft, {}).items()}
    up = {**dict(stored), **incoming}
    launched = last_launched(rows, flights, {pk for pk in crafts if up.get(pk)})
    for flight in flights.values():
        ended = flight.values.get("mission_end") is not None
        runs = not ended and launched.get(flight.values.get("spacecraft_id")) == flight.pk
        flight.values["running_since"] = flight.date if runs else None


def last_launched(rows: Rows, flights: dict[Any, Row], crafts: set[Any]) -> dict[Any, int]:
    """The flight of each craft that was launched last, of those told and those here."""
    stored = SpacecraftFlight.objects.filter(spacecraft_id__in=crafts)
    ids = stored.values_list("pk", "spacecraft_id", "launch_id")
    known: dict[Any, tuple[Any, Any]] = {pk: (craft, launch) for pk, craft, launch in ids}
    for flight in flights.values():
        known[flight.pk] = flight.values.get("spacecraft_id"), flight.values.get("launch_id")
    launches = Launch.objects.filter(pk__in=[launch for _, launch in known.values() if launch])
    nets = dict(launches.values_list("pk", "net"))
    nets |= {pk: launch.values.get("net") for pk, launch in rows.get(Launch, {}).items()}
    now = max((flight.date for flight in flights.values()), default=None)
    last: dict[Any, tuple[datetime, int]] = {}
    for pk, (craft, launch) in known.items():
        if craft in crafts and now and (net := nets.get(launch)) and net <= now:
            last[craft] = max(last.get(craft, (net, pk)), (net, pk))
    return {craft: pk for craft, (_, pk) in last.items()}
