"""Flights, launches and landings, and the opaque JSON in them."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from spacecraft.models import Landing, Launch, SpacecraftFlight
from spacecraft.serializers.launches import LaunchStatus, Mission
from spacedevs.api.incoming import arrange, arrange_many
from spacedevs.api.object_urls import ObjectUrls
from spacedevs.api.opaque_shapes import quote

UPSTREAM = "https://ll.thespacedevs.com/2.3.0"


def get(api: Client, path: str, **query: Any) -> Any:
    response = api.get(f"/2.3.0/{path}", query)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def flights(api: Client, **query: Any) -> list[int]:
    return [row["id"] for row in get(api, "spacecraft_flights/", **query)["results"]]


# The endpoint


def test_a_craft_in_detailed_mode_has_its_flights_in_normal_mode(api: Client) -> None:
    (flight,) = get(api, "spacecraft/616/")["flights"]
    assert flight == {**get(api, "spacecraft_flights/", spacecraft=616)["results"][0]}
    assert flight["response_mode"] == "normal"


def test_a_craft_has_those_of_its_flights_that_are_known_and_counts_all(api: Client) -> None:
    craft = get(api, "spacecraft/289/")
    assert [flight["id"] for flight in craft["flights"]] == [415, 776, 862]
    assert craft["flights_count"] == 6


def test_flights_are_filtered_by_spacecraft(api: Client) -> None:
    assert flights(api, spacecraft=616) == [887]


def test_flights_are_searched_by_the_crafts_name(api: Client) -> None:
    assert flights(api, search="tianzhou") == [602, 828, 908]


def test_flights_are_searched_by_destination(api: Client) -> None:
    SpacecraftFlight.objects.filter(pk=602).update(destination="Lunar Gateway")
    assert flights(api, search="gateway") == [602]


def test_flights_are_ordered_by_destination_as_a_person_sorts(api: Client) -> None:
    SpacecraftFlight.objects.filter(pk=602).update(destination="à la Lune")
    SpacecraftFlight.objects.filter(pk=858).update(destination="Aldebaran")
    SpacecraftFlight.objects.filter(pk=872).update(destination="A-Lagrange")
    assert flights(api, ordering="destination", limit=3) == [872, 602, 858]


def test_a_flights_page_shows_the_richest_mode(api: Client) -> None:
    flight = get(api, "spacecraft_flights/887/")
    assert flight["response_mode"] == "detailed"
    assert flight["spacecraft"]["spacecraft_config"]["response_mode"] == "detailed"
    assert [docking["id"] for docking in flight["docking_events"]] == [642]


# URLs


@pytest.mark.parametrize(
    ("part", "url"),
    [
        (("url",), "http://localhost/2.3.0/spacecraft_flights/887/"),
        (("spacecraft", "url"), "http://localhost/2.3.0/spacecraft/616/"),
        (
            ("launch", "launch_service_provider", "url"),
            "http://localhost/2.3.0/agencies/63/",
        ),
        (("launch", "url"), f"{UPSTREAM}/launches/"),
        (("launch", "pad", "url"), f"{UPSTREAM}/pads/"),
        (("launch", "rocket", "configuration", "url"), f"{UPSTREAM}/launcher_configurations/"),
        (("landing", "url"), f"{UPSTREAM}/landings/"),
    ],
)
@pytest.mark.parametrize("format", ["", "?format=json"])
def test_a_url_leads_here_where_we_serve_it_and_upstream_where_not(
    api: Client, part: tuple[str, ...], url: str, format: str
) -> None:
    value: Any = get(api, f"spacecraft_flights/887/{format}")
    for key in part:
        value = value[key]
    assert value.startswith(url)
    assert value.partition("?")[1:] == format.partition("?")[1:]


@pytest.mark.parametrize(
    ("given", "moved"),
    [
        (f"{UPSTREAM}/agencies/121/?format=json", "/2.3.0/agencies/121/"),
        ("https://lldev.thespacedevs.com/2.3.0/spacecraft/1/", "/2.3.0/spacecraft/1/"),
        ("http://127.0.0.1:8000/2.3.0/pads/87/", f"{UPSTREAM}/pads/87/"),
        (f"{UPSTREAM}/config/countries/1/", "/2.3.0/config/countries/1/"),
        (f"{UPSTREAM}/agencies/121.json", "/2.3.0/agencies/121/"),
        (f"{UPSTREAM}/", f"{UPSTREAM}/"),
        ("https://example.org/agencies/1/", "https://example.org/agencies/1/"),
        ("", ""),
    ],
)
def test_a_url_of_any_launch_library_server_is_moved(given: str, moved: str) -> None:
    assert ObjectUrls(None).moved(given) == moved


def test_upstreams_url_is_a_setting(api: Client, settings: Any) -> None:
    settings.UPSTREAM_URL = "https://mirror.example/2.3.0/"
    launch = get(api, "spacecraft_flights/887/")["launch"]
    assert launch["url"].startswith("https://mirror.example/2.3.0/launches/")


# Opaque JSON

STATUS = {"id": 3, "name": "Launch Successful", "abbrev": "Success", "description": "It flew."}


def arranged(shape: Any, value: Any) -> tuple[Any, list[str], set[str]]:
    """What is kept of a part; what is wrong with it; the keys that its shape does not know."""
    problems: list[str] = []
    unknown: set[str] = set()
    arrange_one = arrange_many if isinstance(value, list) else arrange
    return arrange_one(shape, value, problems, unknown), problems, unknown


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": "3"}, "id: '3' where a whole number is expected"),
        ({"id": True}, "id: True where a whole number is expected"),
        ({"name": 3}, "name: 3 where a text is expected"),
        ({"name": "\0"}, "name: '\\x00' where a text without NUL is expected"),
        ({"name": ["x"] * 99}, f"name: {str(['x'] * 99)[:77]}... where a text is expected"),
        (
            {"id": 2**63},
            f"id: {2**63} where a whole number from {-(2**63)} to {2**63 - 1} is expected",
        ),
    ],
)
def test_a_problem_is_named_with_its_key_and_value(change: dict[str, Any], problem: str) -> None:
    assert arranged(LaunchStatus, {**STATUS, **change})[1] == [problem]


@pytest.mark.parametrize(
    "taken",
    [{**STATUS, "name": None}, {**STATUS, "id": None}, {**STATUS, "abbrev": "x" * 256}, {"id": 3}],
    ids=["null", "null as its id", "a long text", "missing keys"],
)
def test_what_upstream_sends_against_its_own_schema_is_taken(taken: dict[str, Any]) -> None:
    assert arranged(LaunchStatus, taken) == (taken, [], set())


def test_a_problem_deep_in_a_part_is_named_by_its_path() -> None:
    mission = a_mission()
    mission["orbit"]["celestial_body"] = {"response_mode": "list", "id": 1.5, "name": "Earth"}
    mission["info_urls"] = [{"url": "https://example.org/"}, {"url": 4}]
    assert arranged(Mission, mission)[1] == [
        "orbit.celestial_body.id: 1.5 where a whole number is expected",
        "info_urls[1].url: 4 where a text is expected",
    ]


def a_mission() -> dict[str, Any]:
    orbit = {"id": 8, "name": "Low Earth Orbit", "abbrev": "LEO", "celestial_body": None}
    known = {"id": 1, "name": "Tianzhou-4", "type": "Resupply", "description": "", "orbit": orbit}
    return {**known, "image": None, "agencies": [], "info_urls": [], "vid_urls": []}


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ({"orbit": 8}, "orbit: 8 where an object is expected"),
        ({"agencies": {}}, "agencies: {} where a list is expected"),
        ({"agencies": [1]}, "agencies[0]: 1 where an object is expected"),
    ],
)
def test_a_part_of_another_kind_is_a_problem(part: dict[str, Any], problem: str) -> None:
    assert arranged(Mission, {**a_mission(), **part})[1] == [problem]


def test_keys_are_arranged_in_the_contracts_order_and_unknown_ones_left_out() -> None:
    stored, problems, unknown = arranged(LaunchStatus, {"odd": 1, **dict(reversed(STATUS.items()))})
    assert (list(stored), problems, unknown) == (list(STATUS), [], {"odd"})


def test_an_unknown_key_has_one_name_in_however_many_objects() -> None:
    mission = {**a_mission(), "info_urls": [{"odd": 1}, {"odd": 2}]}
    assert arranged(Mission, [mission, mission])[2] == {"info_urls.odd"}


def test_opaque_json_is_checked_and_arranged_when_it_comes_in() -> None:
    launch, others = Launch(), [f.name for f in Launch._meta.fields if f.name != "status"]
    launch.status = dict(reversed(STATUS.items()))
    launch.clean_fields(exclude=others)
    assert list(launch.status) == list(STATUS)
    launch.status = {**STATUS, "name": 4}
    with pytest.raises(ValidationError, match="name: 4 where a text is expected"):
        launch.clean_fields(exclude=others)


def test_an_unknown_key_is_an_error_for_an_editor(db: None) -> None:
    launch = Launch.objects.first()
    assert launch
    launch.status = {**STATUS, "abbreviation": "Success"}
    with pytest.raises(ValidationError, match="abbreviation: is no key of the contract"):
        launch.full_clean()


def test_opaque_json_is_printed_to_the_letter_but_for_its_urls(api: Client) -> None:
    launch = SpacecraftFlight.objects.get(pk=887).launch
    printed = get(api, "spacecraft_flights/887/")["launch"]["mission"]
    assert json.dumps(printed) == json.dumps(launch.mission)


def test_a_quote_leaves_what_is_kept_as_it_is() -> None:
    stored = {**a_mission(), "agencies": [{"url": f"{UPSTREAM}/agencies/1/"}, None]}
    before = json.dumps(stored)
    moved = quote(Mission, stored, ObjectUrls(None))
    assert moved["agencies"] == [{"url": "/2.3.0/agencies/1/"}, None]
    assert json.dumps(stored) == before


def test_a_landing_shows_null_for_what_is_not_known_of_it(api: Client) -> None:
    landing = get(api, "spacecraft_flights/887/")["landing"]
    assert landing["id"] == Landing.objects.get(flights=887).pk
    assert landing["landing_location"]["name"] == "Kazakhstan"
    assert (landing["success"], landing["landing_location"]["location"]) == (None, None)


def test_a_flight_without_a_landing_shows_null(api: Client) -> None:
    assert get(api, "spacecraft_flights/602/")["landing"] is None


def test_two_flights_may_have_one_landing(api: Client) -> None:
    landing = SpacecraftFlight.objects.get(pk=887).landing
    SpacecraftFlight.objects.filter(pk=602).update(landing=landing)
    shown = [get(api, f"spacecraft_flights/{pk}/")["landing"]["id"] for pk in (602, 887)]
    assert shown == [landing.pk] * 2


def test_an_editor_makes_a_launch_and_a_flight_without_writing_json(
    admin_client: Client, api: Client
) -> None:
    def post(model: str, **values: Any) -> None:
        answer = admin_client.post(f"/admin/spacecraft/{model}/add/", values)
        assert answer.status_code == 302, answer.context["adminform"].form.errors

    moment = {"net_0": "2026-11-01", "net_1": "10:00:00"}
    updated = {"last_updated_0": "2026-11-01", "last_updated_1": "12:00:00"}
    post(
        "launch", name="Atlas V N22 | Starliner-2", launch_service_provider=124, **moment, **updated
    )
    launch = Launch.objects.get(name="Atlas V N22 | Starliner-2")
    assert (launch.slug, launch.window_end) == ("atlas-v-n22-starliner-2", launch.net)
    post("spacecraftflight", spacecraft=290, launch=str(launch.pk), destination="ISS")
    flight = get(api, "spacecraft_flights/", spacecraft=290)["results"][0]
    assert (flight["destination"], flight["launch"]["name"]) == ("ISS", launch.name)
    assert datetime.fromisoformat(flight["launch"]["net"]) == launch.net
