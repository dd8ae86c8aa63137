"""The browsable pages: what they say is what the endpoints do."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from spacedevs.api.registry import resources
from tests import pages

RESOURCES = sorted(resources())


def page(api: Client, url: str) -> str:
    response = api.get(url, headers={"accept": "text/html"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    return response.text


def examples(html: str) -> list[str]:
    return [text for text, href in pages.links(html) if "?" in text and "format=" not in text]


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_example_finds_something(api: Client, resource: str) -> None:
    shown = examples(page(api, f"/2.3.0/{resource}/"))
    assert shown
    for example in shown:
        assert json.loads(api.get(f"/2.3.0{example}").content)["results"], example


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_example_but_that_of_limit_changes_the_answer(api: Client, resource: str) -> None:
    plain = api.get(f"/2.3.0/{resource}/").content
    for example in examples(page(api, f"/2.3.0/{resource}/")):
        if not example.endswith(("ordering=name", "limit=2")):  # names are in this order already
            assert api.get(f"/2.3.0{example}").content != plain, example


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_links_text_is_where_it_leads(api: Client, resource: str) -> None:
    for text, href in pages.links(page(api, f"/2.3.0/{resource}/")):
        if "?" in text:
            assert href == f"/2.3.0{text}"


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_page_names_every_filter_in_order(api: Client, resource: str) -> None:
    filterset = resources()[resource].filterset_class
    words = pages.description(page(api, f"/2.3.0/{resource}/"))
    expected = [f"Parameters - {', '.join(sorted(filterset.base_filters))}"] if filterset else []
    assert [line for line in words if line.startswith("Parameters")] == expected


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_records_page_says_only_what_holds_for_a_record(api: Client, resource: str) -> None:
    pk = resources()[resource].queryset.values_list("pk", flat=True)[0]
    words = pages.description(page(api, f"/2.3.0/{resource}/{pk}/"))
    assert [line for line in words if " - " not in line] == ["Format", "Help"]


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_page_shows_the_body_that_json_gets(api: Client, resource: str) -> None:
    shown = json.loads(pages.response(page(api, f"/2.3.0/{resource}/"))[1])
    assert shown == json.loads(api.get(f"/2.3.0/{resource}/").content)


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_list_has_a_filter_form(api: Client, resource: str) -> None:
    html = page(api, f"/2.3.0/{resource}/")
    filterset = resources()[resource].filterset_class
    for name in ["search", *(filterset.base_filters if filterset else ())]:
        assert f'name="{name}"' in html


def test_the_root_has_a_page(api: Client) -> None:
    assert pages.description(page(api, "/2.3.0/"))[0] == "Format"


@pytest.mark.parametrize("url", ["/2.3.0/spacecraft/", "/2.3.0/swagger/", "/2.3.0/redoc/"])
def test_no_page_loads_anything_from_another_host(api: Client, url: str) -> None:
    loads = re.findall(
        r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']([^\"']+)", page(api, url)
    )
    assert loads
    assert all(load.startswith("/") and not load.startswith("//") for load in loads)


@pytest.mark.parametrize("url", ["/2.3.0/spacecraft/", "/2.3.0/swagger/", "/2.3.0/redoc/"])
def test_a_page_forbids_the_browser_to_ask_another_host(
    api: Client, url: str, settings: Any
) -> None:
    settings.PICTURE_HOSTS = []
    policy = api.get(url, headers={"accept": "text/html"})["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
