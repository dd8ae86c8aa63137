"""2.2.0 as its table has it, field by field and in order; and each of its objects as it follows
from 2.3.0's of the same record."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from spacecraft.models import Agency, Country, Landing, Launch, SpacecraftFlight
from spacedevs import environment
from spacedevs.api.documents import document
from spacedevs.api.versions import versions
from spacedevs.opaque_json import OpaqueJSONField
from tests.mirror.running import Site, mirrored, site  # noqa: F401  # fixtures
from tests.older import ENDPOINTS, LISTS, RECORDS, SHAPES, rows, shape_of, told
from tests.relations import relate_everything

OLD = next(version for version in versions() if version.name == "2.2.0")
RESOURCES = OLD.resources()
MODES = [(each["path"], mode) for each in LISTS for mode in each["modes"] or ("",)]
BY_PATH = {each["path"]: each for each in ENDPOINTS}


def prefix_of(path: str) -> str:
    return path.removeprefix("/2.2.0/").removesuffix("{id}/").rstrip("/")


def component(name: str) -> dict[str, Any]:
    found: dict[str, Any] = document(OLD)["components"]["schemas"][name]
    return found


def said(field: dict[str, Any]) -> dict[str, Any]:
    """What the document says of a field, in the table's words."""
    inner = field["allOf"][0] if "allOf" in field else field
    items = inner.get("items", {})
    shape = (inner.get("$ref") or items.get("$ref") or "").rpartition("/")[2]
    found = {
        "type": None if shape else inner.get("type"),
        "format": None if inner.get("format") == "double" else inner.get("format"),
        "nullable": field.get("nullable"),
        "shape": shape,
        "many": bool(items),
    }
    return {word: value for word, value in found.items() if value}


# The document


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_the_tables_field_by_field_and_in_order(name: str) -> None:
    properties = component(name)["properties"]
    assert list(properties) == [field["name"] for field in SHAPES[name]]
    for field in SHAPES[name]:
        expected = {word: value for word, value in field.items() if word != "name"}
        assert said(properties[field["name"]]) == expected, field["name"]


def test_the_endpoints_are_the_tables() -> None:
    paths = document(OLD)["paths"]
    assert paths.keys() == BY_PATH.keys()
    ids = {each["path"]: each["operation_id"] for each in ENDPOINTS if each["operation_id"]}
    assert {path: paths[path]["get"]["operationId"] for path in ids} == ids
    assert document(OLD)["info"]["version"] == "2.2.0"


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda each: each["path"])
def test_a_list_takes_the_tables_parameters(endpoint: dict[str, Any]) -> None:
    operation = document(OLD)["paths"][endpoint["path"]]["get"]
    taken = {each["name"]: each["schema"]["type"] for each in operation["parameters"]}
    kinds = {"modes": "mode", "search_fields": "search", "ordering_fields": "ordering"}
    others = {name for word, name in kinds.items() if endpoint[word]}
    assert taken.keys() == endpoint["filters"].keys() | others | {"limit", "offset"}
    assert {name: taken[name] for name in endpoint["filters"]} == endpoint["filters"]
    viewset = RESOURCES[prefix_of(endpoint["path"])]
    assert sorted(viewset.ordering_fields) == sorted(endpoint["ordering_fields"])
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    assert answer.rpartition("/")[2] == endpoint["response"].partition("<")[0]


@pytest.mark.parametrize("endpoint", RECORDS, ids=lambda each: each["path"])
def test_a_record_is_of_the_tables_shape(endpoint: dict[str, Any]) -> None:
    answers = document(OLD)["paths"][endpoint["path"]]["get"]["responses"]["200"]["content"]
    assert answers["application/json"]["schema"]["$ref"].endswith(f"/{endpoint['response']}")


def test_neither_document_has_the_others_paths() -> None:
    for version in versions():
        assert {path.split("/")[1] for path in document(version)["paths"]} == {version.name}


# What is answered


def newer(api: Client, path: str) -> dict[Any, Any]:
    """2.3.0's objects of the same list in their richest mode, by id."""
    of = BY_PATH[path]["from_2_3_0"]
    return {row["id"]: row for row in rows(api, of, mode="detailed", ordering="id")}


def assert_followed(api: Client, path: str, mode: str) -> int:
    shape, count = shape_of(BY_PATH[path], mode), 0
    theirs = newer(api, path)
    for row in rows(api, path, mode=mode):
        expected = told(shape, theirs.pop(row["id"]))
        assert json.dumps(row) == json.dumps(short(expected)), row["id"]
        count += 1
    assert theirs == {}
    return count


def short(value: Any) -> Any:
    """Sizes without `.0`: a 2.2.0 body has `"height":9`."""
    if isinstance(value, dict):
        sizes = {"height", "diameter", "length"}
        return {
            k: int(v) if k in sizes and v is not None and v == int(v) else short(v)
            for k, v in value.items()
        }
    return [short(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("path", "mode"), MODES)
def test_each_record_follows_from_2_3_0s(api: Client, path: str, mode: str) -> None:
    assert assert_followed(api, path, mode) == RESOURCES[prefix_of(path)].queryset.count()


def test_so_does_each_of_a_mirror_with_launches_crews_and_dockings(
    api: Client,
    mirrored: Site,  # noqa: F811
) -> None:
    for path, mode in MODES:
        assert_followed(api, path, mode)
    for path, shape in (
        ("/2.2.0/spacecraft/", "SpacecraftDetailed"),
        ("/2.2.0/agencies/", "AgencySerializerDetailed"),
        ("/2.2.0/spacecraft/flight/", "SpacecraftFlightDetailed"),
    ):
        for pk, of in list(newer(api, path).items())[:10]:
            assert api.get(f"{path}{pk}/").json() == short(told(shape, of))
    crews = list(rows(api, "/2.2.0/spacecraft/flight/", mode="detailed"))
    assert any(flight["launch_crew"] for flight in crews)
    assert any(flight["landing"] for flight in crews)
    assert any(event["spacestation"] for flight in crews for event in flight["docking_events"])


@pytest.mark.parametrize("endpoint", RECORDS, ids=lambda each: each["path"])
def test_a_record_is_the_richest_of_its_list(api: Client, endpoint: dict[str, Any]) -> None:
    path = endpoint["path"].removesuffix("{id}/")
    for row in list(rows(api, path, mode="detailed"))[::9]:
        assert api.get(f"{path}{row['id']}/").json() == row
        assert list(row) == [field["name"] for field in SHAPES[endpoint["response"]]]


def test_no_object_says_its_mode(api: Client) -> None:
    for path, mode in MODES:
        assert b"response_mode" not in api.get(path, {"mode": mode, "limit": 100}).content


@pytest.mark.parametrize("mode", ["list", "x", "normal", ""])
def test_a_mode_that_2_2_0_has_not_is_normal(api: Client, mode: str) -> None:
    (row,) = api.get("/2.2.0/agencies/", {"mode": mode, "limit": 1}).json()["results"]
    assert list(row) == [field["name"] for field in SHAPES["Agency"]]


def test_format_stands_in_every_url(api: Client) -> None:
    body = api.get("/2.2.0/config/spacecraft/6/?format=json").json()
    assert body["url"] == "http://localhost/2.2.0/config/spacecraft/6/?format=json"
    assert body["agency"]["url"] == "http://localhost/2.2.0/agencies/121/?format=json"


def test_what_is_not_served_here_is_at_upstreams_2_2_0(api: Client) -> None:
    launch = api.get("/2.2.0/spacecraft/flight/6/").json()["launch"]
    assert launch["url"] == f"https://ll.thespacedevs.com/2.2.0/launch/{launch['id']}/"


def test_a_launch_of_2_3_0s_own_status_is_in_flight(api: Client) -> None:
    payload = {"id": 9, "name": "Payload Deployed", "abbrev": "Deployed", "description": "x"}
    Launch.objects.filter(flights=6).update(status=payload)
    status = api.get("/2.2.0/spacecraft/flight/6/").json()["launch"]["status"]
    assert (status["id"], status["abbrev"]) == (6, "In Flight")


def test_country_codes_stand_by_the_countries_ids_after_an_edit_too(api: Client) -> None:
    agency = Agency.objects.get(pk=121)
    agency.country.set([20, 16])
    codes = [Country.objects.get(pk=pk).alpha_3_code for pk in (16, 20)]
    assert api.get("/2.2.0/agencies/121/").json()["country_code"] == ",".join(codes)
    Country.objects.filter(pk=16).update(alpha_3_code="XYZ")
    assert api.get("/2.2.0/agencies/121/").json()["country_code"] == f"XYZ,{codes[1]}"
    agency.country.clear()
    assert api.get("/2.2.0/agencies/121/").json()["country_code"] == ""


def test_a_docking_with_another_craft_is_left_out(api: Client) -> None:
    flight = SpacecraftFlight.objects.get(pk=6)
    event = flight.docking_events[0]
    flight.docking_events = [{**event, "flight_vehicle_target": {"id": 1}}, event]
    SpacecraftFlight.objects.filter(pk=6).update(docking_events=flight.docking_events)
    body = api.get("/2.2.0/spacecraft/flight/6/").json()
    assert [each["id"] for each in body["docking_events"]] == [event["id"]]


def test_what_is_null_is_answered(api: Client) -> None:
    columns = {"landing_location": None, "type": None, "attempt": None, "description": None}
    Landing.objects.update(**columns)
    Launch.objects.update(status=None, program=None, launch_service_provider=None)
    Agency.objects.update(type=None, image=None, launcher_list=None)
    for path, mode in MODES:
        for row in rows(api, path, mode=mode):
            assert list(row) == [f["name"] for f in SHAPES[shape_of(BY_PATH[path], mode)]]
    launch = api.get("/2.2.0/spacecraft/flight/6/").json()["launch"]
    assert (launch["status"], launch["program"]) == (None, [])


DEEP = 2


def places(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Each place in opaque JSON that is not deep, down to the first item of each of its lists."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part[:1]):
        yield (*path, key)
        if isinstance(value, dict | list) and len(path) < DEEP:
            yield from places(value, (*path, key))


def test_a_null_at_any_place_of_opaque_json_is_answered(
    api: Client,
    mirrored: Site,  # noqa: F811
) -> None:
    asked = ((SpacecraftFlight, "/2.2.0/spacecraft/flight/"), (Agency, "/2.2.0/agencies/"))
    for model, path in asked:
        richest = max(model.objects.all(), key=lambda row: len(str(opaque(row))))
        for owner, column, value in opaque(richest):
            rows = type(owner).objects.filter(pk=owner.pk)
            for place in list(places(value)):
                *above, last = place
                changed = part = deepcopy(value)
                for key in above:
                    part = part[key]
                part[last] = None
                rows.update(**{column: changed})
                answer = api.get(f"{path}{richest.pk}/")
                assert answer.status_code == 200, (column, place)
            rows.update(**{column: value})


def opaque(row: Any) -> list[tuple[Any, str, Any]]:
    """The opaque JSON of a row, and of the launch and the landing of a flight."""
    owners = [row, *filter(None, (getattr(row, name, None) for name in ("launch", "landing")))]
    return [
        (owner, column.name, getattr(owner, column.name))
        for owner in owners
        for column in owner._meta.fields
        if isinstance(column, OpaqueJSONField) and getattr(owner, column.name)
    ]


# Which rows


def ids(api: Client, path: str, **query: Any) -> list[Any]:
    return [row["id"] for row in rows(api, f"/2.2.0/{path}", **query)]


def test_craft_come_by_id(api: Client) -> None:
    found = ids(api, "spacecraft/")
    assert found == sorted(found)
    assert len(found) > 200
    assert ids(api, "spacecraft/", ordering="-id") == found[::-1]
    assert ids(api, "spacecraft/", ordering="-name") == found


def test_flights_and_kinds_come_by_id(api: Client) -> None:
    for path in ("spacecraft/flight/", "config/agencytype/", "config/spacecraftstatus/"):
        assert ids(api, path) == sorted(ids(api, path))


@pytest.mark.parametrize("path", ["agencies", "spacecraft_configurations"])
def test_what_has_a_name_comes_as_in_2_3_0(api: Client, path: str) -> None:
    theirs = [row["id"] for row in rows(api, f"/2.3.0/{path}/")]
    assert ids(api, "agencies/" if path == "agencies" else "config/spacecraft/") == theirs


@pytest.mark.parametrize(
    ("path", "query", "of", "same"),
    [
        ("config/spacecraft/", "manufacturer=121", "spacecraft_configurations/", "agency=121"),
        ("config/spacecraft/", "in_use=true", "spacecraft_configurations/", "in_use=true"),
        ("config/spacecraft/", "search=dragon", "spacecraft_configurations/", "search=dragon"),
        ("agencies/", "agency_type=1", "agencies/", "type__id=1"),
        ("agencies/", "parent=44", "agencies/", "parent__id=44"),
        ("agencies/", "total_launch_count__gt=100", "agencies/", "total_launch_count__gt=100"),
        ("agencies/", "founding_year=1958", "agencies/", "founding_year=1958"),
        ("agencies/", "spacecraft=x&ordering=id", "agencies/", "ordering=id"),
        ("agencies/", "spacecraft=false", "agencies/", "spacecraft=true"),
        ("agencies/", "id=121", "agencies/", "id=121"),
        ("spacecraft/", "in_space=true", "spacecraft/", "in_space=true&ordering=id"),
        (
            "spacecraft/",
            "status=1&search=soyuz",
            "spacecraft/",
            "status=1&search=soyuz&ordering=id",
        ),
        ("spacecraft/", "spacecraft_config=6", "spacecraft/", "spacecraft_config=6&ordering=id"),
        ("spacecraft/flight/", "spacecraft=289", "spacecraft_flights/", "spacecraft=289"),
    ],
)
def test_a_filter_finds_what_2_3_0s_finds(
    api: Client, path: str, query: str, of: str, same: str
) -> None:
    theirs = [row["id"] for row in rows(api, f"/2.3.0/{of}?{same}")]
    assert [row["id"] for row in rows(api, f"/2.2.0/{path}?{query}")] == theirs != []


def test_country_code_is_all_of_them(api: Client) -> None:
    found = list(rows(api, "/2.2.0/agencies/", country_code="FRA"))
    assert found
    assert {row["country_code"] for row in found} == {"FRA"}
    several = next(
        row["country_code"] for row in rows(api, "/2.2.0/agencies/") if "," in row["country_code"]
    )
    assert {row["country_code"] for row in rows(api, "/2.2.0/agencies/", country_code=several)} == {
        several
    }


def test_ids_have_bounds(api: Client) -> None:
    found = set(ids(api, "agencies/"))
    between = ids(api, "agencies/", id__gt=44, id__lte=121)
    assert set(between) == {pk for pk in found if 44 < pk <= 121} != set()
    assert set(ids(api, "agencies/", id__gte=44, id__lt=121)) == {
        pk for pk in found if 44 <= pk < 121
    }


def test_part_of_a_year_is_part_of_its_digits(api: Client) -> None:
    found = list(rows(api, "/2.2.0/agencies/", founding_year__contains="195"))
    assert found
    assert all("195" in row["founding_year"] for row in found)
    assert ids(api, "agencies/", founding_year="x") == []


def test_an_agency_is_searched_by_how_its_name_begins(api: Client) -> None:
    found = [row["name"] for row in rows(api, "/2.2.0/agencies/", search="space")]
    names = Agency.objects.values_list("name", flat=True)
    assert sorted(found) == sorted(name for name in names if name.lower().startswith("space"))
    Agency.objects.filter(pk=121).update(name="Érable")
    assert ids(api, "agencies/", search="éR") == [121]


def test_spacecraft_brings_agencies_in_detail(api: Client) -> None:
    (row,) = api.get("/2.2.0/agencies/?spacecraft=true&limit=1").json()["results"]
    assert list(row) == [field["name"] for field in SHAPES["AgencySerializerDetailed"]]
    assert row["spacecraft_list"]


@pytest.mark.parametrize("query", ["manufacturer=x", "manufacturer=0", f"manufacturer={10**30}"])
def test_an_id_that_is_no_rows_is_refused_by_name(api: Client, query: str) -> None:
    answer = api.get(f"/2.2.0/config/spacecraft/?{query}")
    assert (answer.status_code, list(answer.json())) == (400, ["manufacturer"])


@pytest.mark.parametrize("path", ["spacecraft/x/", "spacecraft/0/", "config/countries/", "x"])
def test_what_is_not_there_is_json(api: Client, path: str) -> None:
    answer = api.get(f"/2.2.0/{path}")
    assert answer.status_code == 404
    assert list(answer.json()) == ["detail"]


HOSTILE = ("", "\0", "-1", "1.5", "1e999", "9" * 30, "x" * 3000, "%", "_", "'", ",", "(a+)+$", "[")


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda each: each["path"])
def test_whatever_is_asked_the_answer_is_json_and_no_fault(
    api: Client, endpoint: dict[str, Any]
) -> None:
    for name in (*endpoint["filters"], "search", "ordering", "limit", "mode"):
        for value in HOSTILE:
            answer = api.get(endpoint["path"], {name: value})
            assert answer.status_code in (200, 400), (name, value)
            assert answer["Content-Type"] == "application/json"


@pytest.mark.parametrize(("path", "mode"), MODES)
def test_many_rows_take_as_many_queries_as_one(
    api: Client, settings: Any, path: str, mode: str
) -> None:
    settings.FRAGMENTS = 0
    relate_everything()
    counts = set()
    for limit in (1, 100):
        with CaptureQueriesContext(connection) as queries:
            assert api.get(path, {"mode": mode, "limit": limit}).status_code == 200
        counts.add(len(queries))
    assert len(counts) == 1


# What an answer says of its version


@pytest.mark.parametrize(
    ("path", "successor"),
    [
        ("", ""),
        ("spacecraft/", "spacecraft/"),
        ("spacecraft/flight/6/?format=json", "spacecraft_flights/6/"),
        ("config/spacecraft/6.json", "spacecraft_configurations/6.json"),
        ("config/agencytype/?format=api", "config/agency_types/"),
        ("agencies/?format=csv", "agencies/"),
        ("api-throttle/", "api-throttle/"),
        ("schema/", "schema/"),
        ("swagger/", "swagger/"),
    ],
)
def test_an_answer_names_its_successor(api: Client, path: str, successor: str) -> None:
    answer = api.get(f"/2.2.0/{path}")
    assert answer["Deprecation"] == "@1795996800"  # 2026-11-30
    assert answer["Link"] == f'</2.3.0/{successor}>; rel="successor-version"'
    assert api.get(f"/2.3.0/{successor}").status_code == 200


def test_the_main_version_names_none(api: Client) -> None:
    answer = api.get("/2.3.0/spacecraft/")
    assert "Deprecation" not in answer
    assert "Link" not in answer


def test_any_sites_script_may_read_it(api: Client) -> None:
    answer = api.get("/2.2.0/agencies/", headers={"origin": "https://example.org"})
    assert answer["access-control-allow-origin"] == "*"


def test_its_pages_lead_to_its_own(api: Client) -> None:
    page = api.get("/2.2.0/agencies/?format=api&limit=1").content.decode()
    for url in ("/2.2.0/", "/2.2.0/swagger/", "/2.2.0/redoc/"):
        assert f'href="{url}"' in page
    assert "http://localhost/2.2.0/agencies/" in page
    assert "/2.3.0/" not in page
    assert "<code>normal</code>, <code>detailed</code>" in page
    for name in ("swagger", "redoc"):
        document = api.get(f"/2.2.0/{name}/").content.decode()
        assert 'href="/2.2.0/schema/"' in document


# The setting


def versions_of(monkeypatch: pytest.MonkeyPatch, given: str) -> list[str]:
    monkeypatch.setenv("VERSIONS", given)
    return list(environment.versions({"2.3.0": "a", "2.2.0": "b"}))


@pytest.mark.parametrize(
    ("given", "served"),
    [
        ("2.3.0", ["2.3.0"]),
        ("2.2.0, 2.3.0", ["2.3.0", "2.2.0"]),
        ("", ["2.3.0", "2.2.0"]),
    ],
)
def test_versions_are_those_that_are_named(
    monkeypatch: pytest.MonkeyPatch, given: str, served: list[str]
) -> None:
    assert versions_of(monkeypatch, given) == served


@pytest.mark.parametrize(("given", "named"), [("2.3.0,2.1.0", "'2.1.0'"), ("2.2.0", "2.3.0")])
def test_a_version_that_is_not_there_or_must_be_is_named(
    monkeypatch: pytest.MonkeyPatch, given: str, named: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=named):
        versions_of(monkeypatch, given)
