"""`changes/`: a copy that is kept by it alone is what the API answers."""

import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from spacecraft.models import Agency, Spacecraft, SpacecraftFlight
from spacedevs.changes import feed
from tests.conftest import longer_shell

Env = dict[str, str]
CHANGES = "/2.3.0/changes/"
# Within a test's transaction PostgreSQL numbers no commit: the copy is kept on both.
on_sqlite = pytest.mark.only_on("sqlite")


def version(api: Client) -> str:
    found: str = api.get(CHANGES).json()["version"]
    return found


def since(api: Client, number: str, query: str = "") -> list[dict[str, Any]]:
    """All pages."""
    entries: list[dict[str, Any]] = []
    url: str | None = f"{CHANGES}?since={number}{query}"
    while url:
        page = api.get(url).json()
        entries, url = entries + page["results"], page["next"]
    return entries


def named(entries: list[dict[str, Any]]) -> set[tuple[str, Any, str]]:
    return {(each["resource"], each["id"], each["kind"]) for each in entries}


def test_a_copy_stays_equal_in_every_list_and_mode_through_random_edits(
    prepared: Env, pytestconfig: pytest.Config
) -> None:
    rounds, edits = (100, 10) if pytestconfig.getoption("--long") else (6, 10)
    code = f"from tests.copies import keep_equal; keep_equal(1, {rounds}, {edits})"
    assert int(longer_shell(prepared, code)) > rounds


@on_sqlite
def test_without_since_it_says_from_which_version_on_a_copy_is_kept(api: Client) -> None:
    page = api.get(CHANGES).json()
    assert page == {"version": page["version"], "next": None, "results": []}
    assert api.get(f"{CHANGES}?since={page['version']}").json() == page


@on_sqlite
def test_what_is_added_edited_and_deleted_is_named_in_the_order_of_the_commits(
    api: Client,
) -> None:
    before = version(api)
    config = Spacecraft.objects.get(pk=35).spacecraft_config
    added = Spacecraft.objects.create(name="Added", spacecraft_config=config)
    Spacecraft.objects.filter(pk=35).update(serial_number="Edited")
    gone = Spacecraft.objects.create(name="Gone", spacecraft_config=config)
    pk = gone.pk
    gone.delete()
    entries = [each for each in since(api, before) if each["resource"] == "spacecraft"]
    assert [(each["id"], each["kind"]) for each in entries] == [
        *((added.pk, "insert"), (35, "update"), (pk, "delete"))
    ]
    numbers = [int(each["version"].partition("-")[0]) for each in entries]
    assert numbers == sorted(numbers)
    assert entries[0]["url"] == f"http://localhost/2.3.0/spacecraft/{added.pk}/"


@on_sqlite
def test_what_shows_a_row_that_changed_is_named_too(api: Client) -> None:
    craft = Spacecraft.objects.get(pk=289)
    config = craft.spacecraft_config
    assert config is not None
    before = version(api)
    Agency.objects.filter(pk=config.agency_id).update(name="Renamed")
    found = named(since(api, before))
    assert {
        ("agencies", config.agency_id, "update"),
        ("spacecraft_configurations", config.pk, "update"),
        ("spacecraft", 289, "update"),
    } <= found
    others = Spacecraft.objects.exclude(spacecraft_config__agency=config.agency_id)
    quiet = set(others.values_list("pk", flat=True)) - {pk for _, pk, _ in found}
    assert quiet  # what does not show it is not named


@on_sqlite
def test_a_craft_that_a_flight_has_left_is_named(api: Client) -> None:
    flight = SpacecraftFlight.objects.filter(spacecraft_id=289)[0]
    before = version(api)
    SpacecraftFlight.objects.filter(pk=flight.pk).update(spacecraft=35)
    assert {("spacecraft", 289, "update"), ("spacecraft", 35, "update")} <= named(
        since(api, before)
    )
    before = version(api)
    SpacecraftFlight.objects.filter(pk=flight.pk).delete()
    assert {
        ("spacecraft_flights", flight.pk, "delete"),
        ("spacecraft", 35, "update"),
    } <= named(since(api, before))


@on_sqlite
def test_with_objects_each_is_as_its_record_is_and_says_what_runs(api: Client) -> None:
    before = version(api)
    Spacecraft.objects.filter(pk__in=[35, 289]).update(serial_number="Edited")
    entries = since(api, before, "&objects=true")
    crafts = {each["id"]: each for each in entries if each["resource"] == "spacecraft"}
    for pk in (35, 289):
        assert crafts[pk]["object"] == api.get(f"/2.3.0/spacecraft/{pk}/").json()
    assert crafts[35]["runs"] == []
    assert "time_in_space" in crafts[289]["runs"]


@on_sqlite
def test_pages_leave_nothing_out(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    before = version(api)
    for pk in list(Spacecraft.objects.values_list("pk", flat=True))[:40]:
        Spacecraft.objects.filter(pk=pk).update(serial_number="Edited")
    whole = named(since(api, before))
    monkeypatch.setattr(feed, "ROWS", 7)
    assert api.get(f"{CHANGES}?since={before}").json()["next"]
    assert named(since(api, before)) == whole


@on_sqlite
@pytest.mark.parametrize("given", ["1-x", "999999999-abcdef", "999999999999999999-x"])
def test_a_version_that_the_log_did_not_give_is_410_and_says_where_to_begin(
    api: Client, given: str
) -> None:
    answer = api.get(f"{CHANGES}?since={given}")
    assert answer.status_code == 410
    body = answer.json()
    assert given in body["detail"]
    assert body["version"] == version(api)
    assert body["dump"] == "http://localhost/2.3.0/dump/"


@pytest.mark.parametrize("given", ["", "x", "1", "-1-x", "1-", "9" * 30 + "-x", "1.5-x"])
def test_what_is_no_version_is_a_400(api: Client, given: str) -> None:
    answer = api.get(f"{CHANGES}?since={given}")
    assert answer.status_code == 400
    assert answer.json() == {"since": [f'"{given}" is no version of the data.']}


def test_who_has_the_newest_is_told_so_by_a_304(server: str) -> None:
    with closing(http.client.HTTPConnection(urlsplit(server).netloc, timeout=30)) as client:
        client.request("GET", CHANGES)
        newest = json.loads(client.getresponse().read())["version"]
        client.request("GET", f"{CHANGES}?since={newest}")
        answer = client.getresponse()
        assert json.loads(answer.read())["results"] == []
        client.request(
            "GET", f"{CHANGES}?since={newest}", headers={"If-None-Match": answer.headers["ETag"]}
        )
        unchanged = client.getresponse()
        assert (unchanged.status, unchanged.read()) == (304, b"")


def test_it_is_in_no_document_of_upstreams(api: Client) -> None:
    assert "/2.3.0/changes/" not in api.get("/2.3.0/schema/?format=json").json()["paths"]
    assert "/2.3.0/changes/" in api.get("/2.3.0/openapi.json").json()["paths"]
