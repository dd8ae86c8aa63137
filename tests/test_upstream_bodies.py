"""The catalogues that the mirror's tests read are as upstream's bodies are."""

import subprocess
import sys
from collections import defaultdict
from datetime import timedelta
from functools import cache
from math import sqrt
from typing import Any

import pytest

from tests.upstream_bodies import NOW, Catalogue, Ref
from tests.upstream_bodies.tables import (
    COMPONENTS,
    DERIVED,
    FIELDS,
    KIND_OF,
    MODES,
    OBSERVED,
    SHAPES,
)
from tests.upstream_bodies.values import sort_key
from tests.upstream_bodies.walks import SMALL, Body, all_objects, all_said, craft_in


@cache
def upstreams_size() -> dict[str, dict[Any, Body]]:
    """Of a catalogue of 603 craft all that is said of each row, by kind and id."""
    return all_said(Catalogue())[0]


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(**SMALL)


def test_nothing_of_what_is_tested_is_imported() -> None:
    printed = (
        "import sys, tests.upstream_bodies.serve; print(*{m.split('.')[0] for m in sys.modules})"
    )
    command = [sys.executable, "-S", "-c", printed]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) - set(sys.stdlib_module_names) - {"__main__", "__mp_main__"} == {"tests"}


# Form


def test_keys_stand_in_the_contracts_order(catalogue: Catalogue) -> None:
    for shape, at, body in all_objects(catalogue):
        expected = [field["name"] for field in SHAPES[shape]["fields"]]
        if shape == "SpaceStationDetailedEndpoint":  # two say nothing of their ports
            expected = [name for name in expected if name in body]
        assert list(body) == expected, at


def test_every_component_is_met() -> None:
    catalogue = Catalogue(craft=100, weight="real")
    met = {shape for shape, _, _ in all_objects(catalogue)}
    met |= {shape for modes in MODES.values() for shape in modes.values()}  # of lists
    assert {name for name in SHAPES if "fields" in SHAPES[name] and name in KIND_OF} == met


TYPES: dict[str, Any] = {
    "string": str, "boolean": bool, "integer": int, "number": float,
}  # fmt: skip


def test_values_are_of_the_contracts_types(catalogue: Catalogue) -> None:
    for shape, at, body in all_objects(catalogue):
        for field in SHAPES[shape]["fields"]:
            value = body.get(field["name"])
            expected = list if field.get("many") else TYPES.get(field.get("type", ""), dict)
            assert value is None or type(value) is expected, f"{at}.{field['name']}: {value!r}"


def test_what_is_null_against_the_schema_was_observed_so() -> None:
    """Every first flight, every flight to come and every docking is one; the rest are few."""
    found = {
        f"{shape}.{field['name']}"
        for shape, _, body in all_objects(Catalogue(craft=100))
        for field in SHAPES[shape]["fields"]
        if body.get(field["name"]) is None and not field["nullable"] and field["name"] in body
    }
    assert found == {
        "DockingEventDetailedSerializerForSpacestation.payload_flight_chaser",
        "DockingEventDetailedSerializerForSpacestation.space_station_chaser",
        "DockingEventForChaserNormal.flight_vehicle_target",
        "DockingEventForChaserNormal.payload_flight_target",
        "DockingEventForChaserNormal.space_station_target",
        "DockingLocation.payload",
        "DockingLocation.spacecraft",
        "DockingLocation.spacestation",
        "DockingLocationSerializerForSpacestation.currently_docked",
        "LandingLocation.location",
        "PayloadFlightNormal.landing",
        "SpacecraftFlightDetailed.duration",
        "SpacecraftFlightDetailed.landing",
        "SpacecraftFlightDetailed.turn_around_time",
        "SpacecraftFlightNormal.duration",
        "SpacecraftFlightNormal.landing",
        "SpacecraftFlightNormal.turn_around_time",
    }


def test_texts_keep_to_their_length_but_for_those_observed_longer() -> None:
    longer = {
        f"{shape}.{field['name']}"
        for shape, _, body in all_objects(Catalogue(craft=100, weight="real"))
        for field in SHAPES[shape]["fields"]
        if "max_length" in field and len(body.get(field["name"]) or "") > field["max_length"]
    }
    assert longer == {"VidURL.description"}


# How often


def observed(kind: str, name: str, word: str, key: str = "") -> float:
    """The share in which the field was so, in all components of the kind that have the field."""
    seen = objects = 0
    for shape in COMPONENTS[kind].split():
        counted = OBSERVED.get(shape)
        fields = SHAPES.get(shape, {}).get("fields", [{"name": name}])
        if counted and any(field["name"] == name for field in fields):
            objects += counted["objects"]
            seen += counted.get(word, {}).get(key or name, 0)
    return seen / objects if objects else 0.0


@pytest.mark.parametrize("kind", COMPONENTS)
def test_fields_are_null_as_often_as_observed(kind: str) -> None:
    rows = upstreams_size()[kind].values()
    for name in FIELDS[kind].keys() - DERIVED.get(kind, set()) - {"response_mode"}:
        nulls = [row[name] is None for row in rows if name in row]
        expected = observed(kind, name, "null") + observed(kind, name, "null_against_schema")
        spread = 3 * sqrt(expected * (1 - expected) / len(nulls)) + 1.5 / len(nulls)
        assert abs(sum(nulls) / len(nulls) - expected) <= spread, (name, len(nulls), expected)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("agencies", "info_url"),
        ("pads", "wiki_url"),
        ("payloads", "info_link"),
        ("spacecraft_configurations", "info_link"),
        ("spacecraft_configurations", "wiki_link"),
    ],
)
def test_urls_are_empty_as_often_as_observed(kind: str, name: str) -> None:
    empty = [row[name] == "" for row in upstreams_size()[kind].values()]
    expected = observed(kind, name, "empty_string_against_uri")
    assert sum(empty) / len(empty) == pytest.approx(expected, abs=0.05 + 1 / len(empty))


def test_texts_are_longer_than_the_schema_as_often_as_observed() -> None:
    texts = [row["description"] or "" for row in upstreams_size()["vid_urls"].values()]
    share = sum(len(text) > 350 for text in texts) / len(texts)
    assert share == pytest.approx(13 / 30, abs=0.05)


def test_of_603_craft_15_are_in_space() -> None:
    assert sum(row["in_space"] for row in upstreams_size()["spacecraft"].values()) == 15


def test_a_craft_of_real_weight_is_as_heavy_as_upstreams() -> None:
    pages = Catalogue(weight="real")
    sizes = [len(pages.page_bytes("spacecraft", offset, 100)) // 100 for offset in (0, 200, 400)]
    assert 20_000 < min(sizes) <= max(sizes) < 80_000


# One row, everywhere the same


@pytest.mark.parametrize("rough", [0.0, 0.3])
def test_a_row_says_the_same_wherever_it_is_nested(rough: float) -> None:
    assert all_said(Catalogue(craft=100, weight="real", rough=rough))[1] == []


def test_the_same_seed_gives_the_same_catalogue() -> None:
    assert Catalogue(seed=7, **SMALL).rows() == Catalogue(seed=7, **SMALL).rows()


def test_another_seed_gives_another_catalogue() -> None:
    assert Catalogue(seed=7, **SMALL).rows() != Catalogue(seed=8, **SMALL).rows()


def test_a_body_does_not_depend_on_what_was_made_before(catalogue: Catalogue) -> None:
    late = Catalogue(**SMALL).page("spacecraft", 20, 5)["results"]
    catalogue.rows()
    assert [catalogue.body("spacecraft", index) for index in range(20, 25)] == late


def test_ids_ascend_with_gaps_and_stay_below_those_of_editors() -> None:
    large = Catalogue(craft=20_000)
    for resource in large.resources:
        ids = [large.id_of(Ref(resource, number)) for number in large.numbers(resource)]
        assert ids == sorted(set(ids))
        assert ids[-1] < 1_000_000
    assert ids[-1] - ids[0] > len(ids)


def test_names_of_agencies_are_unique() -> None:
    names = [row["name"] for row in upstreams_size()["agencies"].values()]
    assert len(set(names)) == len(names)


def test_parents_are_names_of_agencies() -> None:
    agencies = upstreams_size()["agencies"].values()
    names = {row["name"] for row in agencies}
    assert {row["parent"] for row in agencies if row["parent"]} <= names


def test_an_agency_lists_its_configurations_by_name(catalogue: Catalogue) -> None:
    rows = catalogue.rows()
    for agency in rows["agencies"]:
        its = [c for c in rows["spacecraft_configurations"] if c["agency"]["id"] == agency["id"]]
        its.sort(key=lambda c: (sort_key(c["name"]), c["id"]))
        assert agency["spacecraft_list"] == its


def test_a_family_lists_its_configurations_by_name(catalogue: Catalogue) -> None:
    rows = catalogue.rows()
    for family in rows["spacecraft_configuration_families"]:
        its = [
            (sort_key(configuration["name"]), configuration["id"])
            for configuration in rows["spacecraft_configurations"]
            if any(of["id"] == family["id"] for of in configuration["family"])
        ]
        shown = [(sort_key(craft["name"]), craft["id"]) for craft in family["spacecraft"]]
        assert shown == sorted(its)


def test_a_craft_lists_its_flights_by_id(catalogue: Catalogue) -> None:
    rows = catalogue.rows()
    for craft in rows["spacecraft"]:
        its = [f["id"] for f in rows["spacecraft_flights"] if f["spacecraft"]["id"] == craft["id"]]
        assert [flight["id"] for flight in craft["flights"]] == sorted(its)


def test_every_flight_is_one_of_its_crafts(catalogue: Catalogue) -> None:
    listed = [flight["id"] for craft in craft_in(catalogue) for flight in craft["flights"]]
    assert len(listed) == len(set(listed)) == catalogue.count("spacecraft_flights") == 60


def test_some_flights_share_a_launch() -> None:
    flights = upstreams_size()["spacecraft_flights"].values()
    launches = [flight["launch"] for flight in flights]
    assert 5 < len(launches) - len(set(launches)) < 60


@pytest.mark.parametrize(
    ("kind", "name"), [("agencies", "country"), ("spacecraft_configurations", "family")]
)
def test_many_to_many_is_neither_by_id_nor_by_name(kind: str, name: str) -> None:
    rows = upstreams_size()
    several = [row[name] for row in rows[kind].values() if len(row[name]) > 2]
    to = FIELDS[kind][name]["kind"]
    by_name = [sorted(ids, key=lambda id: sort_key(rows[to][id]["name"])) for ids in several]
    assert sum(ids != sorted(ids) for ids in several) > len(several) / 2
    assert sum(ids != named for ids, named in zip(several, by_name, strict=True)) > 1


def test_variants_of_an_image_are_by_id() -> None:
    variants = [row["variants"] for row in upstreams_size()["images"].values()]
    several = [ids for ids in variants if len(ids) > 1]
    assert several
    assert all(ids == sorted(ids) for ids in several)


# Flights and what follows from them


def test_a_craft_that_never_flew_has_no_figures() -> None:
    never = [row for row in upstreams_size()["spacecraft"].values() if not row["flights_count"]]
    assert never
    assert {(row["time_in_space"], row["time_docked"]) for row in never} == {("P0D", "P0D")}


def test_the_first_flight_of_a_craft_has_no_turnaround() -> None:
    flights: dict[Any, list[Body]] = defaultdict(list)
    rows = upstreams_size()
    for flight in rows["spacecraft_flights"].values():
        flights[flight["spacecraft"]].append(flight)
    for its in flights.values():
        its.sort(key=lambda flight: rows["launches"][flight["launch"]]["net"])
        flown = [flight for flight in its if flight["duration"]]
        assert [flight["turn_around_time"] is None for flight in flown] == [
            number == 0 for number in range(len(flown))
        ]


def test_a_flight_to_come_has_no_duration() -> None:
    rows = upstreams_size()
    to_come = [
        flight["duration"]
        for flight in rows["spacecraft_flights"].values()
        if rows["launches"][flight["launch"]]["net"] > NOW.isoformat()
    ]
    assert to_come
    assert set(to_come) == {None}


def test_a_docking_has_one_target_and_its_port_one_owner() -> None:
    rows = upstreams_size()
    kinds = set()
    for event in rows["docking_events"].values():
        targets = [event[name] for name in event if name.endswith("_target")]
        port = rows["docking_locations"][event["docking_location"]]
        owners = [port[name] for name in ("spacestation", "spacecraft", "payload")]
        assert [target is None for target in targets] == [owner is None for owner in owners]
        assert targets.count(None) == 2
        kinds.add(tuple(target is None for target in targets))
    assert len(kinds) == 3


def test_stations_name_the_craft_that_are_docked() -> None:
    large = Catalogue()
    page = large.page("space_stations", 0, 100, docked_vehicles__gte=1)
    ports = [port for station in page["results"] for port in station["docking_location"]]
    docked = [port["currently_docked"] for port in ports if port["currently_docked"]]
    crafts = [event["flight_vehicle_chaser"]["spacecraft"] for event in docked]
    later = large.at(NOW + timedelta(seconds=9))
    grown = [
        craft["id"]
        for index, craft in enumerate(craft_in(large))
        if later.body("spacecraft", index)["time_docked"] != craft["time_docked"]
    ]
    assert sorted(craft["id"] for craft in crafts) == grown
    assert {event["departure"] for event in docked} == {None}
    assert len(grown) == 9


def test_most_ports_are_free() -> None:
    ports = upstreams_size()["docking_locations"].values()
    free = [port["currently_docked"] is None for port in ports if "currently_docked" in port]
    assert sum(free) / len(free) == pytest.approx(31 / 39, abs=0.05)
