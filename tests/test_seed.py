"""The captured page of upstream (tests/seed/spacecraft_page.txt), asked of this server."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from spacecraft.models import Spacecraft
from tests import pages

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

SEED = (Path(__file__).parent / "seed" / "spacecraft_page.txt").read_text()
HEAD, _, BODY = SEED.partition("\n\n{\n")
BODY = "{\n" + BODY
UPSTREAM = "https://lldev.thespacedevs.com"
URL = "/2.3.0/spacecraft/?format=api&offset=240&ordering=mission_ends_count"


def expected() -> dict[str, Any]:
    body: dict[str, Any] = json.loads(BODY.replace(UPSTREAM, "http://localhost"))
    return body


@pytest.fixture
def full_catalogue(db: None) -> None:
    """As many spacecraft as upstream had on that day."""
    like = Spacecraft.objects.get(pk=499)
    missing = expected()["count"] - Spacecraft.objects.count()
    Spacecraft.objects.bulk_create(
        Spacecraft(
            name=f"Craft {number}",
            status_id=like.status_id,
            spacecraft_config_id=like.spacecraft_config_id,
            mission_ends_count=1,
        )
        for number in range(missing)
    )


@pytest.mark.parametrize("craft", expected()["results"], ids=lambda craft: craft["name"])
def test_each_craft_of_the_seed_is_the_seeds_object_to_the_letter(
    api: Client, craft: dict[str, Any]
) -> None:
    html = api.get("/2.3.0/spacecraft/", {"format": "api", "name": craft["name"]}).text
    shown = json.loads(pages.response(html)[1])["results"]
    assert json.dumps(shown[0], indent=2) == json.dumps(craft, indent=2)


def test_count_next_and_previous_are_the_seeds(api: Client, full_catalogue: None) -> None:
    shown = json.loads(pages.response(api.get(URL).text)[1])
    seed = expected()
    assert {**shown, "results": []} == {**seed, "results": []}
    assert len(shown["results"]) == len(seed["results"])


def test_the_page_says_the_seeds_words_in_the_seeds_order(api: Client) -> None:
    words = HEAD.partition("\nGET ")[0].split("\n")
    lines = [line for line in words if line]
    lines.insert(lines.index("Fields searched - name, spacecraft_config__name"), "Search")
    assert pages.description(api.get(URL).text) == lines


def test_the_page_shows_the_seeds_request_and_headers(api: Client) -> None:
    html = api.get(URL).text
    shown = [pages.request_line(html), *pages.response(html)[0]]
    assert shown == ("GET" + HEAD.partition("\nGET")[2]).split("\n")


def test_the_body_on_the_page_is_indented_as_the_seeds(api: Client) -> None:
    craft = expected()["results"][0]
    body = pages.response(api.get(URL.replace("offset=240", "name=" + craft["name"])).text)[1]
    assert body.splitlines()[4:6] == BODY.splitlines()[4:6]
