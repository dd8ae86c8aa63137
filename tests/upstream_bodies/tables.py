"""Which kinds of rows there are, which components show them, and how often a field is empty.

A kind is named as upstream's URLs name it. All components of a kind print the same rows, so that
a row says the same wherever it is nested.
"""

import json
from pathlib import Path
from typing import Any

Field = dict[str, Any]

CONTRACT = Path(__file__).parent.parent / "contract"
SHAPES: dict[str, Any] = json.loads((CONTRACT / "shapes.json").read_text())
OBSERVED: dict[str, Any] = json.loads((CONTRACT / "observed.json").read_text())


def _plain(name: str, kind: str = "string", **words: Any) -> Field:
    return {"name": name, "nullable": False, "type": kind, **words}


def _nested(name: str, shape: str, **words: Any) -> Field:
    return {"name": name, "nullable": False, "shape": shape, **words}


# The stations are no resource of ours, so the contract has no shape of them. What clients read of
# them is who is docked; the names of the components are those of observed.json.
SHAPES |= {
    "SpaceStationDetailedEndpoint": {
        "fields": [
            _plain("response_mode", default="detailed"),
            *SHAPES["SpaceStationNormal"]["fields"],
            _nested("owners", "AgencyNormal", many=True),
            _plain("height", "number", format="double", nullable=True),
            _plain("width", "number", format="double", nullable=True),
            _plain("mass", "number", format="double", nullable=True),
            _plain("volume", "integer", nullable=True),
            _plain("onboard_crew", "integer"),
            _plain("docked_vehicles", "integer"),
            _nested("active_docking_events", "DockingEventForSpacestation", many=True),
            _nested("docking_location", "DockingLocationSerializerForSpacestation", many=True),
        ]
    },
    "DockingLocationSerializerForSpacestation": {
        "fields": [
            _plain("id", "integer"),
            _plain("name", max_length=255),
            _nested("currently_docked", "DockingEventDetailedSerializerForSpacestation"),
        ]
    },
    "DockingEventForSpacestation": {
        "fields": [
            _plain("id", "integer"),
            _plain("url", format="uri", read_only=True),
            _plain("docking", format="date-time"),
            _plain("departure", format="date-time", nullable=True),
        ]
    },
    "DockingEventDetailedSerializerForSpacestation": {
        "fields": [
            _plain("id", "integer"),
            _plain("url", format="uri", read_only=True),
            _plain("docking", format="date-time"),
            _plain("departure", format="date-time", nullable=True),
            _nested("flight_vehicle_chaser", "SpacecraftFlightForDockingEvent"),
            _nested("space_station_chaser", "SpaceStationNormal"),
            _nested("payload_flight_chaser", "PayloadFlightNormal"),
        ]
    },
    "SpacecraftFlightForDockingEvent": {
        "fields": [
            _plain("id", "integer"),
            _plain("url", format="uri", read_only=True),
            _plain("destination", max_length=255, nullable=True),
            _plain("mission_end", format="date-time", nullable=True),
            _nested("spacecraft", "SpacecraftDetailed"),
        ]
    },
}

# kind: its components. Those that the contract has no shape of count for their frequencies alone:
# they are the nearest relatives of components of which few or no bodies were seen.
COMPONENTS = {
    "spacecraft": "SpacecraftNormal SpacecraftDetailed SpacecraftEndpointDetailed",
    "spacecraft_configurations": "SpacecraftConfigNormal SpacecraftConfigDetailed",
    "spacecraft_configuration_families": "SpacecraftConfigFamilyMini SpacecraftConfigFamilyNormal"
    " SpacecraftConfigFamilyDetailed SpacecraftConfigFamilyEndpointDetailed",
    "agencies": "AgencyMini AgencyNormal AgencyDetailed AgencyEndpointDetailed",
    "spacecraft_flights": "SpacecraftFlightNormal SpacecraftFlightDetailed"
    " SpacecraftFlightForDockingEvent",
    "space_stations": "SpaceStationMini SpaceStationNormal SpaceStationDetailedEndpoint",
    "config/agency_types": "AgencyType",
    "config/countries": "Country",
    "config/image_licenses": "ImageLicense",
    "config/image_variant_types": "ImageVariantType",
    "config/spacecraft_configuration_types": "SpacecraftConfigType",
    "config/spacecraft_statuses": "SpacecraftStatus",
    "images": "Image",
    "image_variants": "ImageVariant",
    "launches": "LaunchNormal LaunchDetailed",
    "launch_statuses": "LaunchStatus",
    "net_precisions": "NetPrecision",
    "rockets": "RocketNormal",
    "launcher_configurations": "LauncherConfigList LauncherConfigDetailed"
    " LauncherConfigDetailedSerializerNoManufacturer",
    "launcher_configuration_families": "LauncherConfigFamilyMini LauncherConfigFamilyNormal"
    " LauncherConfigFamilyDetailed",
    "missions": "Mission",
    "orbits": "Orbit",
    "celestial_bodies": "CelestialBodyMini CelestialBodyNormal CelestialBodyDetailed",
    "celestial_body_types": "CelestialBodyType",
    "social_media_links": "SocialMediaLink",
    "social_media": "SocialMedia",
    "info_urls": "InfoURL",
    "info_url_types": "InfoURLType",
    "vid_urls": "VidURL",
    "vid_url_types": "VidURLType",
    "languages": "Language",
    "pads": "Pad",
    "locations": "Location LocationSerializerNoCelestialBody",
    "programs": "ProgramMini ProgramNormal",
    "program_types": "ProgramType",
    "mission_patches": "MissionPatch",
    "landings": "Landing",
    "landing_locations": "LandingLocation",
    "landing_types": "LandingType",
    "astronaut_flights": "AstronautFlight",
    "astronauts": "AstronautDetailed",
    "astronaut_roles": "AstronautRole",
    "astronaut_statuses": "AstronautStatus",
    "astronaut_types": "AstronautType",
    "docking_events": "DockingEventForChaserNormal DockingEventForSpacestation"
    " DockingEventDetailedSerializerForSpacestation",
    "docking_locations": "DockingLocation DockingLocationSerializerForSpacestation",
    "space_station_statuses": "SpaceStationStatus",
    "space_station_types": "SpaceStationType",
    "payloads": "PayloadMini PayloadNormal PayloadDetailed",
    "payload_types": "PayloadType",
    "payload_flights": "PayloadFlightNormal",
}
KIND_OF = {shape: kind for kind, shapes in COMPONENTS.items() for shape in shapes.split()}
RESOURCES = tuple(COMPONENTS)[:12]

# resource: component of each mode. What has no modes has one component.
MODES: dict[str, dict[str, str]] = {
    KIND_OF[members["one_of"][-1]]: {
        next(f["default"] for f in SHAPES[name]["fields"] if f["name"] == "response_mode"): name
        for name in members["one_of"]
    }
    for members in SHAPES.values()
    if "one_of" in members
}
RICHEST = {kind: COMPONENTS[kind].split()[-1] for kind in RESOURCES} | {
    "spacecraft_flights": "SpacecraftFlightDetailed"
}


def _fields(kind: str) -> dict[str, Field]:
    """All fields of a kind, by name; of a nested one the kind that it leads to."""
    found: dict[str, Field] = {}
    for shape in COMPONENTS[kind].split():
        for field in SHAPES.get(shape, {"fields": ()})["fields"]:
            to = {"kind": KIND_OF[field["shape"]]} if "shape" in field else {}
            found[field["name"]] = {**field, **to}
    return found


FIELDS = {kind: _fields(kind) for kind in COMPONENTS}

# What follows from the flights, or from which docking it is, and so has no frequency of its own.
DERIVED = {
    "spacecraft": {"fastest_turnaround"},
    "spacecraft_flights": {"duration", "turn_around_time", "mission_end", "landing"},
    "spacecraft_configurations": {"fastest_turnaround"},
    "docking_events": {
        "departure",
        "space_station_target",
        "flight_vehicle_target",
        "payload_flight_target",
        "payload_flight_chaser",
        "space_station_chaser",
    },
    "docking_locations": {"currently_docked", "spacestation", "spacecraft", "payload"},
    "payload_flights": {"landing"},
    "space_stations": {"deorbited"},
}


def _share(kind: str, field: str, word: str, key: str | None = None) -> float:
    """How often a field was seen so, in all components of the kind that have it."""
    seen = objects = 0
    for shape in COMPONENTS[kind].split():
        counts = OBSERVED.get(shape)
        has = SHAPES.get(shape, {}).get("fields")
        if counts and (has is None or any(f["name"] == field for f in has)):
            objects += counts["objects"]
            seen += counts.get(word, {}).get(key or field, 0)
    return seen / objects if objects else 0.0


def _shares(word: str) -> dict[str, dict[str, float]]:
    """kind → field → how often it is `word`; only what ever is."""
    return {
        kind: {
            name: share
            for name, field in fields.items()
            if name not in DERIVED.get(kind, ())
            and (share := _share(kind, name, word, _key(word, field)))
        }
        for kind, fields in FIELDS.items()
    }


def _key(word: str, field: Field) -> str | None:
    return f"{field.get('max_length')} {field['name']}" if word == "longer_than_schema" else None


NULL = _shares("null")
for _kind, _found in _shares("null_against_schema").items():
    NULL[_kind] |= _found
EMPTY = _shares("empty_string_against_uri")
LONGER = _shares("longer_than_schema")
