"""Format suffixes, `spacecraft.json` and `spacecraft/35.api`: what DRF's DefaultRouter does."""

import json
from typing import Any

import pytest
from django.test import Client

from spacedevs.api.object_urls import ObjectUrls
from spacedevs.api.registry import resources
from tests import pages
from tests.test_lists import query_of

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

RESOURCES = sorted(resources())
HOST = "http://localhost"
BROWSER = "text/html,*/*;q=0.8"


def get(api: Client, path: str, status: int = 200) -> Any:
    response = api.get(f"/2.3.0/{path}", headers={"accept": BROWSER})
    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    return json.loads(response.content)


def urls(body: Any) -> list[str]:
    """Each `url` that is known, at any depth."""
    if isinstance(body, list):
        return [url for value in body for url in urls(value)]
    if not isinstance(body, dict):
        return []
    own = [body["url"]] if body.get("url") else []
    return own + [url for value in body.values() for url in urls(value)]


def pk_of(resource: str) -> Any:
    return resources()[resource].queryset.values_list("pk", flat=True)[0]


# What is answered


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_lists_json_is_the_list(api: Client, resource: str) -> None:
    expected = [row["id"] for row in get(api, f"{resource}/?format=json")["results"]]
    assert [row["id"] for row in get(api, f"{resource}.json")["results"]] == expected


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_records_json_is_the_record(api: Client, resource: str) -> None:
    pk = pk_of(resource)
    assert get(api, f"{resource}/{pk}.json")["id"] == pk


@pytest.mark.parametrize(
    "path", ["config/spacecraft_statuses.json/", "spacecraft/35.json/", ".json/"]
)
def test_a_slash_may_follow_the_suffix(api: Client, path: str) -> None:
    assert get(api, path) == get(api, path.rstrip("/"))


def test_a_suffix_outweighs_the_format_parameter(api: Client) -> None:
    assert len(get(api, "spacecraft.json?format=api")["results"]) == 10


def test_an_accept_that_excludes_the_suffix_cannot_be_met(api: Client) -> None:
    response = api.get("/2.3.0/spacecraft.json", headers={"accept": "text/html"})
    assert response.status_code == 406


def test_parameters_work_as_they_do_without_the_suffix(api: Client) -> None:
    query = "?search=dragon&ordering=-id&limit=3&mode=detailed"
    ids = [row["id"] for row in get(api, f"spacecraft/{query}&format=json")["results"]]
    assert [row["id"] for row in get(api, f"spacecraft.json{query}")["results"]] == ids


def test_head_has_the_headers_of_get(api: Client) -> None:
    got, head = (api.generic(method, "/2.3.0/spacecraft/35.json") for method in ("GET", "HEAD"))
    del got["X-Request-Id"], head["X-Request-Id"]
    assert (head.status_code, head.headers) == (200, got.headers)


def test_any_origin_is_allowed(api: Client) -> None:
    response = api.get("/2.3.0/spacecraft.json", headers={"origin": "https://example.org"})
    assert response["access-control-allow-origin"] == "*"


# URLs in an answer: DRF's HyperlinkedRelatedField reverses with the suffix of the request.


@pytest.mark.parametrize(
    "path", ["spacecraft/499.json", "spacecraft_flights/887.json", "agencies.json?mode=detailed"]
)
def test_every_url_has_the_suffix(api: Client, path: str) -> None:
    found = urls(get(api, path))
    assert found
    assert [url for url in found if not url.endswith(".json")] == []


def test_a_url_in_opaque_json_has_the_suffix() -> None:
    moved = ObjectUrls(None, "json").moved("https://example.org/2.3.0/agencies/121/?format=api")
    assert moved == "/2.3.0/agencies/121.json"


def test_a_url_leads_to_what_it_stands_in(api: Client) -> None:
    body = get(api, "spacecraft/499.json")
    assert body["url"] == f"{HOST}/2.3.0/spacecraft/499.json"
    assert get(api, body["url"].removeprefix(f"{HOST}/2.3.0/")) == body


def test_a_url_has_the_format_parameter_too(api: Client) -> None:
    url = get(api, "spacecraft/499.json?format=json")["url"]
    assert url == f"{HOST}/2.3.0/spacecraft/499.json?format=json"


def test_the_root_leads_to_the_lists_with_the_suffix(api: Client) -> None:
    assert get(api, ".json") == {name: f"{HOST}/2.3.0/{name}.json" for name in RESOURCES}


def test_next_and_previous_keep_the_suffix(api: Client) -> None:
    body = get(api, "spacecraft.json?limit=5&offset=5")
    path = f"{HOST}/2.3.0/spacecraft.json"
    assert [body[name].partition("?")[0] for name in ("next", "previous")] == [path, path]
    assert query_of(body["next"]) == {"limit": "5", "offset": "10"}


# ResourcePagination


@pytest.mark.parametrize(
    ("path", "crumbs"),
    [
        (".api", ["/2.3.0/.api"]),
        ("spacecraft.api", ["/2.3.0/", "/2.3.0/spacecraft.api"]),
        (
            "config/countries/1.api",
            ["/2.3.0/", "/2.3.0/config/countries/", "/2.3.0/config/countries/1.api"],
        ),
    ],
)
def test_a_pages_breadcrumbs(api: Client, path: str, crumbs: list[str]) -> None:
    html = api.get(f"/2.3.0/{path}").text
    assert pages.breadcrumbs(html) == crumbs


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_pages_text_is_that_of_the_page_without_the_suffix(api: Client, resource: str) -> None:
    plain, suffixed = (api.get(f"/2.3.0/{resource}{end}").text for end in ("/?format=api", ".api"))
    assert pages.description(suffixed) == pages.description(plain)
    assert pages.links(suffixed) == pages.links(plain)


def test_a_records_page_links_to_its_json(api: Client) -> None:
    html = api.get("/2.3.0/spacecraft/35.api").text
    (link, *_) = pages.links(html)
    assert link == ("/spacecraft/35/?format=json", "/2.3.0/spacecraft/35/?format=json")


# What is refused


@pytest.mark.parametrize("path", ["spacecraft.xml", "spacecraft/35.xml", ".xml", "spacecraft.5"])
def test_another_suffix_is_not_found(api: Client, path: str) -> None:
    assert get(api, path, 404) == {"detail": "Not found."}


@pytest.mark.parametrize("path", ["spacecraft.JSON", "spacecraft/35.", "schema.json", "35.json"])
def test_what_is_no_suffix_is_not_found(api: Client, path: str) -> None:
    assert get(api, path, 404) == {"detail": "Not found."}


def test_a_record_that_is_not_there_is_named(api: Client) -> None:
    expected = {"detail": "No Spacecraft matches the given query."}
    assert get(api, "spacecraft/99999.json", 404) == expected


def test_another_method_is_not_allowed(api: Client) -> None:
    response = api.post("/2.3.0/spacecraft.json", b"{}", "application/json")
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert json.loads(response.content) == {"detail": 'Method "POST" not allowed.'}
