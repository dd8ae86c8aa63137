"""What is known of craft, flights, launches and dockings: what follows from their timelines."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.upstream_bodies import names
from tests.upstream_bodies.timelines import Flight, fastest, total, total_docked
from tests.upstream_bodies.values import MISSING, Ref, Running, duration, iso, words

if TYPE_CHECKING:
    from tests.upstream_bodies.facts import Facts, Maker

STATUSES = {"up": 0, "retired": 1, "single use": 3, "not flown": 4}  # numbers of the statuses


def running(settled: timedelta, since: datetime | None) -> str | Running:
    return Running(settled, since) if since else duration(settled)


def spacecraft(maker: "Maker", number: int, rng: random.Random) -> "Facts":
    configuration = maker.configuration_of(number)
    flights = maker.timelines.of_craft(number)
    flown = [flight for flight in flights if flight.flown]
    up = bool(flown) and flown[-1].ended is None
    once = "single use" if len(flown) == 1 else "retired" if flown else "not flown"
    turn = fastest(flights)
    docked = [since for flight in flights for since, left in flight.dockings if left is None]
    return {
        "name": f"{names.vehicle(configuration)} {rng.choice(('No.', '#', ''))}{number}",
        "serial_number": f"11F615 #{number}",
        "is_placeholder": rng.random() < 0.02,
        "image": _picture(maker, number, configuration, rng),
        "in_space": up,
        "time_in_space": running(total(flights), flown[-1].launched if up else None),
        "time_docked": running(total_docked(flights), docked[0] if docked else None),
        "flights_count": len(flown),
        "mission_ends_count": sum(flight.ended is not None for flight in flown),
        "status": maker.ref("config/spacecraft_statuses", STATUSES["up" if up else once]),
        "spacecraft_config": Ref("spacecraft_configurations", configuration),
        "fastest_turnaround": turn and duration(turn),
    }


def _picture(maker: "Maker", number: int, configuration: int, rng: random.Random) -> Ref:
    """Most craft show the image of their configuration."""
    if rng.random() < 0.6:
        return maker.image("spacecraft_configurations", "image", configuration)
    return maker.image("spacecraft", "image", number)


def flight(maker: "Maker", number: int, rng: random.Random) -> "Facts":
    its = maker.timelines.flight(number)
    length = None
    if its.flown:
        settled = its.ended - its.launched if its.ended else timedelta()
        length = running(settled, None if its.ended else its.launched)
    crew = [Ref("astronaut_flights", number * 8 + seat) for seat in range(_seats(maker, rng))]
    events = range(number * 2, number * 2 + len(its.dockings))
    lands = maker.share("spacecraft_flights", number, "landing") < 0.5
    return {
        "destination": rng.choice(("Low Earth Orbit", "International Space Station", "Tiangong")),
        "mission_end": iso(its.ended) if its.ended else None,
        "spacecraft": None if its.craft is None else Ref("spacecraft", its.craft),
        "launch": Ref("launches", its.launch),
        "landing": Ref("landings", maker.landing_of(number)) if lands else None,
        "duration": length,
        "turn_around_time": its.turn_around and duration(its.turn_around),
        "launch_crew": crew,
        "onboard_crew": crew,
        "landing_crew": crew[1:],
        "docking_events": [Ref("docking_events", event) for event in events],
    }


def _seats(maker: "Maker", rng: random.Random) -> int:
    return rng.randint(1, 7 if maker.heavy else 2) if rng.random() < 0.35 else 0


def launch(maker: "Maker", number: int, rng: random.Random) -> "Facts":
    its = maker.timelines.flight(number)
    net = its.launched
    name = f"{words(rng, 2)} | {words(rng, 2)} {number}"
    return {
        "name": name,
        "slug": f"{words(rng, 3)}-{number}".lower()
        .replace(" ", "-")
        .encode("ascii", "ignore")
        .decode(),
        "launch_designator": f"{net:%Y}-{number % 1000:03}",
        "status": maker.ref("launch_statuses", 1 if its.flown else 0),
        "last_updated": iso(min(net + timedelta(days=rng.randint(1, 400)), maker.now)),
        "net": iso(net),
        "window_start": iso(net),
        "window_end": iso(net + timedelta(minutes=rng.choice((0, 0, 10, 240)))),
        "failreason": "",
        "webcast_live": False,
    }


def docking_event(maker: "Maker", number: int, rng: random.Random) -> "Facts":
    """Of what it docked with exactly one is there, and the port is one of that."""
    its = maker.timelines.flight(number // 2)
    docked, left = its.dockings[number % 2]
    location, target = _target(maker, its, left, rng)
    name = {
        "space_stations": "space_station_target",
        "spacecraft_flights": "flight_vehicle_target",
        "payload_flights": "payload_flight_target",
    }[target.kind]
    return {
        "docking": iso(docked),
        "departure": iso(left) if left else None,
        "docking_location": Ref("docking_locations", location),
        "space_station_target": None,
        "flight_vehicle_target": None,
        "payload_flight_target": None,
        name: target,
        "flight_vehicle_chaser": Ref("spacecraft_flights", its.number),
        "space_station_chaser": None,
        "payload_flight_chaser": None,
    }


def _target(
    maker: "Maker", its: Flight, left: datetime | None, rng: random.Random
) -> tuple[int, Ref]:
    ports, vehicles = maker.ports, maker.ports * maker.counts["space_stations"]
    if left is None and its.craft is not None:
        docked = maker.timelines.port_of(its.craft) or 0
        port = docked % maker.stations_taken * ports + docked // maker.stations_taken
        return port, Ref("space_stations", port // ports)
    chance, other = rng.random(), maker.timelines.flight(rng.randrange(maker.timelines.flights))
    if chance < 0.08 and other.craft not in (None, its.craft):
        port = vehicles + maker.configuration_of(other.craft)
        return port, Ref("spacecraft_flights", other.number)
    if chance > 0.93:
        payload = maker.pick("payload_flights", rng)
        port = vehicles + maker.counts["spacecraft_configurations"] + payload
        return port, Ref("payload_flights", payload)
    port = rng.randrange(vehicles)
    return port, Ref("space_stations", port // ports)


def docking_location(maker: "Maker", number: int, rng: random.Random) -> "Facts":
    """First the stations' ports, then one of each configuration, then one of each payload."""
    vehicles = maker.ports * maker.counts["space_stations"]
    payloads = vehicles + maker.counts["spacecraft_configurations"]
    station = vehicle = payload = event = None
    if number < vehicles:
        station = Ref("space_stations", number // maker.ports)
        event = _docked_now(maker, number)
    elif number < payloads:
        vehicle = Ref("spacecraft_configurations", number - vehicles)
    else:
        payload = Ref("payloads", number - payloads)
    return {
        "name": f"{rng.choice(('Zvezda', 'Unity', 'Harmony', 'Кристалл'))} port {number}",
        "spacestation": station,
        "spacecraft": vehicle,
        "payload": payload,
        "currently_docked": event,
    }


def _docked_now(maker: "Maker", port: int) -> Ref | None:
    station, slot = divmod(port, maker.ports)
    if station >= maker.stations_taken:
        return None
    craft = maker.timelines.docked_at(slot * maker.stations_taken + station)
    if craft is None:
        return None
    return Ref("docking_events", maker.timelines.of_craft(craft)[-1].number * 2)


def station(maker: "Maker", number: int, rng: random.Random) -> "Facts":
    """Two of upstream's seventeen say nothing of their ports; eleven are in orbit no more."""
    count = maker.counts["space_stations"]
    first = number * maker.ports
    events = list(filter(None, (_docked_now(maker, first + slot) for slot in range(maker.ports))))
    active = number < max(round(count * 6 / 17), maker.stations_taken)
    silent = number >= count - count * 2 // 17
    places = [Ref("docking_locations", first + slot) for slot in range(maker.ports)]
    return {
        "status": maker.ref("space_station_statuses", 0 if active else 1),
        "deorbited": None if active else iso(maker.now - timedelta(days=rng.randint(9, 9999)))[:10],
        "orbit": "Low Earth Orbit",
        "docked_vehicles": len(events),
        "active_docking_events": MISSING if silent else events,
        "docking_location": MISSING if silent else places,
    }


def payload_flight(maker: "Maker", number: int, rng: random.Random) -> "Facts":
    launches = max(maker.timelines.flights, 1)
    its = maker.timelines.flight(rng.randrange(launches))
    return {"launch": Ref("launches", its.launch), "landing": None}


MAKERS: dict[str, Callable[[Any, int, random.Random], "Facts"]] = {
    "spacecraft": spacecraft,
    "spacecraft_flights": flight,
    "launches": launch,
    "docking_events": docking_event,
    "docking_locations": docking_location,
    "space_stations": station,
    "payload_flights": payload_flight,
}
