"""2.2.0 as its table has it (tests/contract/2.2.0.json), and what follows from 2.3.0's answers.

`told()` makes an object of 2.2.0 of one of 2.3.0 by the table's rules, written down here once more
and with nothing of what they test.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.test import Client

from tests.tables import TABLES

TABLE = json.loads((TABLES / "2.2.0.json").read_text())
ENDPOINTS, SHAPES = TABLE["endpoints"], TABLE["shapes"]
LISTS = [each for each in ENDPOINTS if "filters" in each and "Paginated" in each["response"]]
RECORDS = [each for each in ENDPOINTS if "{id}" in each["path"]]
HERE, UPSTREAM = "http://localhost", "https://ll.thespacedevs.com"
SERVED = {
    "agencies": "agencies",
    "spacecraft": "spacecraft",
    "spacecraft_configurations": "config/spacecraft",
    "spacecraft_flights": "spacecraft/flight",
}
UPSTREAMS = {
    "astronauts": "astronaut",
    "launcher_configurations": "config/launcher",
    "launches": "launch",
    "locations": "location",
    "pads": "pad",
    "programs": "program",
    "space_stations": "spacestation",
}
SAME = object()


def shape_of(endpoint: dict[str, Any], mode: str) -> str:
    """The component of each object of a list in that mode."""
    rich = endpoint.get("detailed_response") if mode == "detailed" else None
    return rich or endpoint["response"].partition("<")[2].rstrip(">")


def url(of: Any) -> str | None:
    """The address in 2.2.0 of what stands at one of 2.3.0."""
    if of["url"] is None:
        return None
    _, version, *names, pk, _ = urlsplit(of["url"]).path.split("/")
    assert version == "2.3.0"
    name = "/".join(names)
    root, name = (HERE, SERVED[name]) if name in SERVED else (UPSTREAM, UPSTREAMS[name])
    return f"{root}/2.2.0/{name}/{pk}/"


def picture(key: str) -> Callable[[Any], Any]:
    return lambda of: of[key] and of[key]["image_url"]


def only(key: str, name: str, otherwise: Any) -> Callable[[Any], Any]:
    return lambda of: of[key][0][name] if len(of[key] or []) == 1 else otherwise


def social(*names: str) -> Callable[[Any], Any]:
    return lambda of: next(
        (
            link["url"]
            for link in of["social_media_links"]
            if link["social_media"]["name"] in names and link["url"]
        ),
        None,
    )


def whole(key: str) -> Callable[[Any], Any]:
    return lambda of: None if of[key] is None else int(of[key])


def text(key: str) -> Callable[[Any], Any]:
    return lambda of: None if of[key] is None else str(of[key])


def status(of: Any) -> Any:
    if of["status"] and of["status"]["id"] == 9:
        return {"id": 6, "name": "Launch in Flight", "abbrev": "In Flight", "description": ""}
    return of["status"]


def codes(of: Any) -> str:
    return ",".join(
        country["alpha_3_code"] for country in sorted(of["country"], key=lambda each: each["id"])
    )


def dockings(of: Any) -> list[Any]:
    """Those with a station, and those of which nobody knows with what."""
    others = ("flight_vehicle_target", "payload_flight_target")
    return [
        told("DockingEventSerializerForSpacecraftFlight", event)
        for event in of["docking_events"]
        if event["space_station_target"] or not any(event[other] for other in others)
    ]


def by_name(of: Any) -> list[Any]:
    return [
        told("LauncherConfigDetailSerializerForAgency", each)
        for each in sorted(
            of["launcher_list"],
            key=lambda each: "".join(filter(str.isalnum, each["name"].casefold())),
        )
    ]


def null(of: Any) -> None:
    return None


RULES: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("Agency*", "country_code"): codes,
    ("Agency*", "type"): lambda of: of["type"] and of["type"]["name"],
    ("Agency*", "founding_year"): text("founding_year"),
    ("Agency*", "nation_url"): picture("social_logo"),
    ("Agency*", "logo_url"): picture("logo"),
    ("Agency*", "launch_library_url"): null,
    ("Agency*", "launcher_list"): by_name,
    ("*", "url"): url,
    ("*", "image_url"): picture("image"),
    ("SpacecraftConfiguration*", "nation_url"): null,
    ("LaunchSerializerCommon", "status"): status,
    ("LaunchSerializerCommon", "holdreason"): lambda of: None if of["failreason"] is None else "",
    ("LaunchSerializerCommon", "image"): picture("image"),
    ("LauncherConfig*", "family"): only("families", "name", ""),
    ("LauncherConfigDetail*", "vehicle_range"): null,
    **{
        ("LauncherConfigDetail*", key): whole(key)
        for key in ("launch_mass", "leo_capacity", "gto_capacity", "to_thrust", "apogee")
    },
    ("Mission", "launch_designator"): null,
    ("Pad", "agency_id"): only("agencies", "id", None),
    ("Pad", "latitude"): text("latitude"),
    ("Pad", "longitude"): text("longitude"),
    ("Pad", "country_code"): lambda of: of["country"]["alpha_3_code"] if of["country"] else "",
    ("Location", "country_code"): lambda of: of["country"]["alpha_3_code"] if of["country"] else "",
    ("MissionPatch", "image_url"): lambda of: of["image_url"],
    ("InfoURL", "url"): lambda of: of["url"],
    ("VidURL", "url"): lambda of: of["url"],
    ("Landing", "downrange_distance"): whole("downrange_distance"),
    ("Landing", "location"): lambda of: told("LandingLocation", of["landing_location"]),
    ("LandingLocation", "successful_landings"): text("successful_landings"),
    ("Astronaut*", "nationality"): lambda of: ", ".join(
        each["nationality_name"] for each in of["nationality"] if each["nationality_name"]
    ),
    ("Astronaut*", "profile_image"): picture("image"),
    ("Astronaut*", "twitter"): social("X (Twitter)", "Twitter", "X"),
    ("Astronaut*", "instagram"): social("Instagram"),
    ("SpacecraftFlightDetailed", "docking_events"): dockings,
    ("DockingEvent*", "spacestation"): lambda of: told(
        "SpaceStationSerializerForCommon", of["space_station_target"]
    ),
}


def rule_of(shape: str, field: str) -> Callable[[Any], Any] | None:
    for name in (shape, *(shape[:length] + "*" for length in range(len(shape), -1, -1))):
        if rule := RULES.get((name, field)):
            return rule
    return None


def told(shape: str, of: Any) -> Any:
    """An object of 2.2.0, in the shape of that name."""
    if of is None:
        return None
    found = {}
    for field in SHAPES[shape]:
        name, below = field["name"], field.get("shape")
        if rule := rule_of(shape, name):
            found[name] = rule(of)
        elif below and field.get("many"):
            found[name] = [told(below, each) for each in of[name] or []]
        else:
            found[name] = told(below, of[name]) if below else of[name]
    return found


def rows(api: Client, path: str, **query: Any) -> Iterator[Any]:
    """Every object of a list."""
    asked = urlencode({"limit": 100, **query})
    page = api.get(f"{path}{'&' if '?' in path else '?'}{asked}").json()
    while True:
        yield from page["results"]
        if page["next"] is None:
            return
        page = api.get(page["next"].removeprefix(HERE)).json()
