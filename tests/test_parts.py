"""The parts of a record that are JSON, as an editor fills them in: their shapes, whole answers,
and what is here already. The form itself is tested in a browser (test_parts_in_a_browser.py)."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.test import Client
from rest_framework import serializers

from spacecraft.models import Agency, Launch, SpacecraftFlight
from spacecraft.serializers.crews import AstronautDetailed, AstronautFlight, AstronautRole
from spacecraft.serializers.dockings import DockingEventForChaserNormal, SpaceStationMini
from spacecraft.serializers.launches import InfoURL, Mission
from spacedevs.api.incoming import arrange
from spacedevs.api.opaque_shapes import fields_of, nested_shape_of
from spacedevs.api.shapes import OpaqueShape
from spacedevs.ids import FIRST_OWN, is_own, own_number
from spacedevs.parts.description import describe
from spacedevs.parts.kinds import kind_of, shapes_within
from spacedevs.parts.whole import complete
from tests import openapi
from tests.administration import admin_url, errors, save
from tests.parts import COLUMNS, shape_of, value_of

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

of_every_column = pytest.mark.parametrize(
    ("model", "column"),
    [pytest.param(model, column, id=str(column)) for model, column in COLUMNS],
)


# The description


@of_every_column
def test_a_description_has_each_key_of_each_shape_in_its_order(model: Any, column: Any) -> None:
    described = describe(shape_of(column), column.many)
    assert (described["shape"], described["many"]) == (shape_of(column).__name__, column.many)
    for shape in shapes_within(shape_of(column)):
        keys = described["shapes"][shape.__name__]["keys"]
        assert [key["key"] for key in keys] == [*fields_of(shape)]
        for key, field in zip(keys, fields_of(shape).values(), strict=True):
            part = nested_shape_of(field)
            assert key.get("shape") == (part and part.__name__)
            assert (key["input"] in ("object", "list")) == bool(part)
            assert key["label"]


@of_every_column
def test_the_control_has_the_description_and_no_other_name(
    admin_client: Client, model: Any, column: Any
) -> None:
    page = admin_client.get(admin_url(model, "add"))
    html = str(page.context["adminform"].form[column.name])
    assert html.count("name=") == 1
    island = html.partition('<script type="application/json">')[2].partition("</script>")[0]
    assert json.loads(island) == describe(shape_of(column), column.many)


class Everything(OpaqueShape):
    text = serializers.CharField(max_length=512)
    long = serializers.CharField(max_length=513)
    slug = serializers.SlugField()
    whole = serializers.IntegerField()
    number = serializers.FloatField(label="Mass (kg)", help_text="dry")
    truth = serializers.BooleanField()
    time = serializers.DateTimeField()
    date = serializers.DateField()
    info_url = serializers.URLField()
    kind = serializers.ChoiceField([("a", "An A"), ("b", "A B")])
    role = AstronautRole()
    roles = AstronautRole(many=True)


def test_a_new_shape_has_its_form_at_once() -> None:
    keys = {key["key"]: key for key in describe(Everything, False)["shapes"]["Everything"]["keys"]}
    assert {name: key["input"] for name, key in keys.items()} == {
        "text": "text",
        "long": "long",
        "slug": "text",
        "whole": "integer",
        "number": "number",
        "truth": "boolean",
        "time": "time",
        "date": "date",
        "info_url": "url",
        "kind": "choice",
        "role": "object",
        "roles": "list",
    }
    assert (keys["number"]["label"], keys["number"]["help"]) == ("Mass (kg)", "dry")
    assert (keys["info_url"]["label"], keys["kind"]["choices"]) == (
        "Info URL",
        [["a", "An A"], ["b", "A B"]],
    )


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (SpaceStationMini, "SpaceStation"),
        (DockingEventForChaserNormal, "DockingEventForChaser"),
        (AstronautRole, "AstronautRole"),
        (Mission, "Mission"),
    ],
)
def test_the_modes_of_a_thing_are_one_kind(shape: Any, kind: str) -> None:
    assert kind_of(shape) == kind


# What is left out


def completed(shape: Any, value: Any) -> tuple[Any, list[str]]:
    problems: list[str] = []
    return complete(shape, value, problems), problems


def test_what_an_editor_leaves_out_is_there_in_the_contracts_order() -> None:
    whole, problems = completed(AstronautRole, {"role": "Commander"})
    assert problems == []
    assert list(whole.items()) == [
        ("id", own_number("AstronautRole", "Commander")),
        ("role", "Commander"),
        ("priority", 0),
    ]


def test_what_may_be_null_is_null_and_what_may_not_is_empty() -> None:
    whole, problems = completed(InfoURL, {"url": "https://example.org/"})
    assert problems == []
    assert whole == {
        "priority": 0,
        "source": None,
        "title": None,
        "description": None,
        "feature_image": None,
        "url": "https://example.org/",
        "type": None,
        "language": None,
    }


def test_null_that_is_there_stays() -> None:
    given = {"id": 5, "role": None, "priority": None}
    assert completed(AstronautRole, given) == (given, [])


def test_an_own_id_follows_from_the_name_and_the_kind() -> None:
    ids = {own_number("Astronaut", "A"), own_number("Astronaut", "B"), own_number("Role", "A")}
    assert len(ids) == 3
    assert all(map(is_own, ids))
    assert own_number("Astronaut", "A") in ids


def test_own_ids_of_what_has_no_name_differ_and_have_32_bits() -> None:
    ids = {own_number("DockingEvent", None) for _ in range(100)}
    assert len(ids) == 100
    assert all(FIRST_OWN <= one < 2**31 for one in ids)


def test_a_new_object_names_what_it_lacks() -> None:
    _, problems = completed(AstronautFlight, [{"role": {"priority": 1}}])
    assert problems == ["[0].role.role: is missing", "[0].astronaut: is missing"]
    _, problems = completed(AstronautDetailed, {"name": "A"})
    assert problems == ["status: is missing", "type: is missing"]


def test_an_object_of_upstreams_may_lack_anything() -> None:
    whole, problems = completed(AstronautFlight, {"id": 7})
    assert (whole, problems) == ({"id": 7, "role": None, "astronaut": None}, [])


def test_a_row_is_one_that_is_here() -> None:
    _, problems = completed(AstronautDetailed, {"id": 1, "agency": {"name": "NASA"}})
    assert problems == ["agency.id: is missing; search for a record that is here"]


def test_a_docking_is_with_one_of_three(api: Client) -> None:
    station = {"id": 4, "name": "International Space Station"}
    event = {
        "docking": "2026-11-01T10:00:00Z",
        "docking_location": {"id": 7, "name": "Harmony forward"},
        "space_station_target": station,
    }
    whole, problems = completed(DockingEventForChaserNormal, event)
    assert problems == []
    assert (whole["flight_vehicle_target"], whole["payload_flight_target"]) == (None, None)


def test_what_is_missing_is_an_error_at_its_field(admin_client: Client) -> None:
    flight = SpacecraftFlight.objects.all()[0]
    page = save(admin_client, flight, launch_crew='[{"role": {"role": "Pilot"}}]')
    assert errors(page) == {"launch_crew": ["[0].astronaut: is missing."]}


@pytest.mark.parametrize("text", ["[{", '[{"id": 123456789012345678901234567890}]', "[1.50, 2]"])
def test_what_is_refused_comes_back_to_the_letter(admin_client: Client, text: str) -> None:
    page = save(admin_client, SpacecraftFlight.objects.all()[0], launch_crew=text)
    assert page.context["adminform"].form["launch_crew"].value() == text
    assert errors(page)


# Whole answers

STATUS = {"id": 1, "name": "Active"}
KIND = {"id": 2, "name": "Government"}


def crew_of(*names: str) -> list[dict[str, Any]]:
    return [
        {
            "role": {"role": "Commander" if not number else "Flight Engineer"},
            "astronaut": {"name": name, "status": STATUS, "type": KIND},
        }
        for number, name in enumerate(names)
    ]


def test_a_crew_of_three_and_a_docking_are_a_whole_answer(
    admin_client: Client, api: Client
) -> None:
    flight = SpacecraftFlight.objects.get(pk=602)
    station = {
        "name": "Lunar Gateway",
        "status": STATUS,
        "type": {"name": "Government"},
        "founded": "2026-01-01",
    }
    docking = {
        "docking": "2026-11-01T10:00:00Z",
        "docking_location": {"name": "PPE", "spacestation": {"name": "Lunar Gateway"}},
        "space_station_target": station,
    }
    names = ("Ada", "Grace", "Mae")
    answer = save(
        admin_client,
        flight,
        launch_crew=json.dumps(crew_of(*names)),
        docking_events=json.dumps([docking]),
    )
    assert answer.status_code == 302, errors(answer)
    body = api.get("/2.3.0/spacecraft_flights/602/").json()
    assert openapi.faults("/2.3.0/spacecraft_flights/{id}/", body) == []
    ref = openapi.answer_of("/2.3.0/spacecraft_flights/{id}/")
    assert openapi.out_of_order(ref, body) == []
    assert [member["astronaut"]["name"] for member in body["launch_crew"]] == [*names]
    first, second, third = body["launch_crew"]
    assert second["role"] == third["role"] != first["role"]
    assert len({member["id"] for member in body["launch_crew"]}) == 3
    place = body["docking_events"][0]["docking_location"]["spacestation"]
    assert place["id"] == body["docking_events"][0]["space_station_target"]["id"]


# What is here already


def found(client: Client, shape: str, text: str = "") -> list[str]:
    answer = client.get("/admin/parts/", {"shape": shape, "q": text})
    assert answer.status_code == 200, answer.content
    return [one["title"] for one in answer.json()["results"]]


@pytest.fixture
def crewed(db: None) -> SpacecraftFlight:
    """A flight with a crew, as an editor saves it."""
    flight = SpacecraftFlight.objects.get(pk=602)
    column = SpacecraftFlight._meta.get_field("launch_crew")
    flight.launch_crew = column.clean(crew_of("Zoë “Z” Ride", "100% O'Brien", 'Mae "M"'), flight)
    flight.save()
    return flight


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("zoë", ["Zoë “Z” Ride"]),
        ("ZOË", ["Zoë “Z” Ride"]),
        ("0% o'", ["100% O'Brien"]),
        ('"m"', ['Mae "M"']),
        ("nobody", []),
        ("\0", ["Zoë “Z” Ride", "100% O'Brien", 'Mae "M"']),
    ],
)
def test_an_astronaut_is_found_by_a_part_of_the_name(
    admin_client: Client, crewed: SpacecraftFlight, text: str, names: list[str]
) -> None:
    assert found(admin_client, "AstronautDetailed", text) == names


def test_each_object_is_offered_once_and_as_it_is_kept(
    admin_client: Client, crewed: SpacecraftFlight
) -> None:
    answer = admin_client.get("/admin/parts/", {"shape": "AstronautRole", "q": ""})
    roles = [one["value"] for one in answer.json()["results"]]
    assert roles == [member["role"] for member in crewed.launch_crew[:2]]


def test_a_poor_shape_is_filled_from_a_rich_one_of_its_kind(admin_client: Client) -> None:
    """A port says little of its station, a docking more."""
    flight = SpacecraftFlight.objects.get(pk=602)
    station = {"id": 4, "name": "Skylab II", "founded": "2030-01-01"}
    event = {"id": 1, "docking": None, "space_station_target": station}
    SpacecraftFlight.objects.filter(pk=flight.pk).update(docking_events=[event])
    assert found(admin_client, "SpaceStationMini", "skylab ii") == ["Skylab II"]


def test_a_row_is_found_in_its_table_and_printed_by_the_shape(admin_client: Client) -> None:
    agency = Agency.objects.get(name="Aerojet")
    answer = admin_client.get("/admin/parts/", {"shape": "AgencyMini", "q": "aeroj"})
    values = [one["value"] for one in answer.json()["results"]]
    assert values[0]["id"] == agency.pk
    assert values[0]["url"] == f"http://testserver/2.3.0/agencies/{agency.pk}/"


@pytest.mark.parametrize("shape", ["", "Nothing", "AstronautFlight", "InfoURL", "__class__"])
def test_what_is_no_shape_with_a_name_is_not_found(admin_client: Client, shape: str) -> None:
    assert admin_client.get("/admin/parts/", {"shape": shape}).status_code == 404


def shapes_with_a_search() -> list[str]:
    described = [describe(shape_of(column), False)["shapes"] for _, column in COLUMNS]
    return sorted({name for each in described for name, shape in each.items() if shape["pick"]})


@pytest.mark.parametrize("shape", shapes_with_a_search())
def test_each_search_takes_few_queries_and_gives_whole_values(
    admin_client: Client, shape: str, django_assert_max_num_queries: Any
) -> None:
    """Two of them are for the session and the user."""
    with django_assert_max_num_queries(25):
        answer = admin_client.get("/admin/parts/", {"shape": shape, "q": ""})
    assert answer.status_code == 200
    known = {
        each.__name__: each for _, column in COLUMNS for each in shapes_within(shape_of(column))
    }
    for one in answer.json()["results"]:
        problems: list[str] = []
        arrange(known[shape], one["value"], problems, set())
        assert problems == []
        assert one["title"]


def viewer(client: Client, *permissions: str) -> Client:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("permission", "shape", "status"),
    [
        ("view_spacecraftflight", "AstronautRole", 200),
        ("change_spacecraftflight", "AstronautRole", 200),
        ("view_launch", "AstronautRole", 403),
        ("view_launch", "Mission", 200),
        ("view_agency", "AgencyMini", 200),
        ("view_launch", "AgencyMini", 403),
    ],
)
def test_who_may_look_at_the_records_may_search_them(
    client: Client, db: None, permission: str, shape: str, status: int
) -> None:
    answer = viewer(client, permission).get("/admin/parts/", {"shape": shape})
    assert answer.status_code == status


def test_a_stranger_is_sent_to_the_login(client: Client, db: None) -> None:
    answer = client.get("/admin/parts/", {"shape": "AstronautRole"})
    assert answer["Location"].startswith("/admin/login/")


def test_a_search_only_reads(admin_client: Client) -> None:
    assert admin_client.post("/admin/parts/", {"shape": "AstronautRole"}).status_code == 405


# What is not touched


@of_every_column
def test_a_part_that_is_not_touched_stays_to_the_letter(
    admin_client: Client, model: Any, column: Any
) -> None:
    row, before = model.objects.first(), value_of(column)
    model.objects.filter(pk=row.pk).update(**{column.name: before})
    save(admin_client, row)
    row.refresh_from_db()
    assert json.dumps(getattr(row, column.name)) == json.dumps(before)


@of_every_column
def test_what_upstream_sends_is_whole_and_is_not_changed(model: Any, column: Any) -> None:
    before = value_of(column)
    assert json.dumps(column.clean(before, None)) == json.dumps(before)


def test_an_own_object_without_its_needs_is_refused_by_the_column() -> None:
    with pytest.raises(ValidationError, match="orbit: is missing"):
        Launch._meta.get_field("mission").clean({"name": "A"}, Launch())
