"""`fields` and `omit`: parts of each object, in the shape's order, at any depth."""

import json
from itertools import chain
from typing import Any

import pytest
from django.test import Client

from spacedevs.api.opaque_shapes import fields_of
from spacedevs.api.registry import resources

LIST = "/2.3.0/spacecraft/"
CASES = [
    (resource, mode)
    for resource, viewset in resources().items()
    for mode in viewset.get_modes().names or ("",)
]


def first(api: Client, query: str) -> dict[str, Any]:
    answer = api.get(f"{LIST}?limit=1&{query}")
    assert answer.status_code == 200, answer.content
    row: dict[str, Any] = answer.json()["results"][0]
    return row


def problems(api: Client, query: str) -> dict[str, list[str]]:
    answer = api.get(f"{LIST}?{query}")
    assert answer.status_code == 400
    found: dict[str, list[str]] = answer.json()
    return found


def test_only_what_is_asked_for_is_shown_in_the_shapes_order(api: Client) -> None:
    assert list(first(api, "fields=name,response_mode,id")) == ["response_mode", "id", "name"]


def test_a_name_with_dots_is_of_an_object_within(api: Client) -> None:
    row = first(api, "fields=name,spacecraft_config.agency.name,spacecraft_config.id")
    assert list(row) == ["name", "spacecraft_config"]
    assert list(row["spacecraft_config"]) == ["id", "agency"]
    assert list(row["spacecraft_config"]["agency"]) == ["name"]


def test_of_a_list_each_object_is_shown_so(api: Client) -> None:
    answer = api.get(f"{LIST}289/?fields=flights.id,flights.destination")
    flights = answer.json()["flights"]
    assert flights
    assert {tuple(flight) for flight in flights} == {("id", "destination")}


def test_what_is_omitted_is_left_out_and_the_rest_stays(api: Client) -> None:
    whole = first(api, "")
    row = first(api, "omit=status,spacecraft_config.agency")
    del whole["status"], whole["spacecraft_config"]["agency"]
    assert json.dumps(row) == json.dumps(whole)


def test_what_both_name_is_left_out(api: Client) -> None:
    assert list(first(api, "fields=id,name&omit=name")) == ["id"]


def test_a_whole_object_outweighs_a_part_of_it(api: Client) -> None:
    whole = first(api, "fields=status")
    assert first(api, "fields=status,status.id") == whole
    assert first(api, "fields=status.id&fields=status") == whole


@pytest.mark.parametrize("query", ["fields=", "omit=", "fields=,%20,", "fields"])
def test_without_a_name_all_is_shown(api: Client, query: str) -> None:
    assert first(api, query) == first(api, "")


def test_the_list_around_the_objects_stays(api: Client) -> None:
    body = api.get(f"{LIST}?limit=1&fields=id").json()
    assert list(body) == ["count", "next", "previous", "results"]
    assert "fields=id" in body["next"]


@pytest.mark.parametrize("name", ["fields", "omit"])
@pytest.mark.parametrize(
    "unknown", ["nam", "Name", "name.x", "status.nam", "flights", "spacecraft_config..id", ".", "é"]
)
def test_an_unknown_name_is_refused_by_its_name_and_the_mode(
    api: Client, name: str, unknown: str
) -> None:
    assert problems(api, f"{name}=id,{unknown}") == {
        name: [f'There is no field "{unknown}" in mode "normal".']
    }


def test_what_a_richer_mode_shows_can_be_asked_of_it(api: Client) -> None:
    assert list(first(api, "mode=detailed&fields=flights")) == ["flights"]


@pytest.mark.parametrize(("resource", "mode"), CASES)
def test_each_field_can_be_asked_for_alone_and_left_out(
    api: Client, resource: str, mode: str
) -> None:
    url = f"/2.3.0/{resource}/?limit=3&mode={mode}"
    whole = api.get(url).json()["results"]
    for name in fields_of(resources()[resource].get_modes().asked_for(mode)):
        alone = api.get(f"{url}&fields={name}").json()["results"]
        assert alone == [{name: row[name]} for row in whole]
        rest = api.get(f"{url}&omit={name}").json()["results"]
        assert [list(row) for row in rest] == [[key for key in row if key != name] for row in whole]
        assert rest == [{key: row[key] for key in row if key != name} for row in whole]


@pytest.mark.parametrize("resource", resources())
def test_a_record_is_shown_so_too(api: Client, resource: str) -> None:
    (row,) = api.get(f"/2.3.0/{resource}/?limit=1").json()["results"]
    url = f"/2.3.0/{resource}/{row['id']}/"
    whole = api.get(url).json()
    assert api.get(f"{url}?fields=id").json() == {"id": row["id"]}
    del whole["id"]
    assert api.get(f"{url}?omit=id").content == api.get(f"{url}?omit=id").content
    assert list(api.get(f"{url}?omit=id").json()) == list(whole)


def test_it_is_on_no_page_and_in_no_document_of_upstreams(api: Client) -> None:
    page = api.get(LIST, headers={"accept": "text/html"}).text
    assert "omit" not in page
    document = api.get("/2.3.0/schema/?format=json").json()
    operations = chain.from_iterable(path.values() for path in document["paths"].values())
    names = {each["name"] for operation in operations for each in operation.get("parameters", [])}
    assert not names & {"fields", "omit"}


def test_it_is_in_the_document_of_our_own(api: Client) -> None:
    document = api.get("/2.3.0/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    for path in ("/2.3.0/spacecraft/", "/2.3.0/spacecraft/{id}/"):
        names = {each["name"] for each in document["paths"][path]["get"]["parameters"]}
        assert {"fields", "omit"} <= names
