"""The browsable pages: what they say is what the endpoints do."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from spacecraft.models import Spacecraft
from spacedevs.api.page import LONGEST
from spacedevs.api.registry import resources
from tests import pages
from tests.forms import controls

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

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


# Titles


def headings(html: str) -> list[str]:
    """What the window is called, and what the page is."""
    found = re.search(r"<title>(.*) – spacedevs</title>.*<h1>(.*)</h1>", html, flags=re.DOTALL)
    assert found
    return [unescape(each) for each in found.groups()]


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_records_title_names_it(api: Client, resource: str) -> None:
    row = resources()[resource].queryset[0]
    body = json.loads(api.get(f"/2.3.0/{resource}/{row.pk}/").content)
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", resources()[resource].__name__[: -len("ViewSet")])
    name = body["name"] if "name" in body else f"{body['spacecraft']['name']}, {row.pk}"
    assert headings(page(api, f"/2.3.0/{resource}/{row.pk}/")) == [f"{name} – {kind}"] * 2


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("", "Root"),
        ("spacecraft/?mode=detailed", "Spacecraft List"),
        ("api-throttle/", "API Throttle"),
        ("spacecraft/?status=x", "Bad Request – Spacecraft List"),
        ("spacecraft/99999/", "Not Found – Spacecraft Instance"),
    ],
)
def test_another_pages_title(api: Client, url: str, title: str) -> None:
    html = api.get(f"/2.3.0/{url}", headers={"accept": "text/html"}).text
    assert headings(html) == [title] * 2


def test_a_name_stands_in_the_title_as_it_is(api: Client) -> None:
    Spacecraft.objects.filter(pk=35).update(name="<b>&amp;")
    assert headings(page(api, "/2.3.0/spacecraft/35/")) == ["<b>&amp; – Spacecraft"] * 2


# The body


def test_a_text_that_looks_like_json_or_html_is_shown_as_it_is(api: Client) -> None:
    text = '"a": [1, null],\n    {\n<b>&lt; "https://example.org/\'><script>" \\"'
    Spacecraft.objects.filter(pk=35).update(description=text)
    shown = json.loads(pages.response(page(api, "/2.3.0/spacecraft/35/"))[1])
    assert shown == json.loads(api.get("/2.3.0/spacecraft/35/").content)


def test_the_body_of_a_long_page_is_the_one_that_json_gets(api: Client) -> None:
    url = "/2.3.0/spacecraft/?mode=detailed&limit=100"
    html = page(api, url)
    assert len(html) > 2 * LONGEST
    assert json.loads(pages.response(html)[1]) == json.loads(api.get(url).content)


# The filter form


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_list_has_a_filter_form(api: Client, resource: str) -> None:
    html = page(api, f"/2.3.0/{resource}/")
    filterset = resources()[resource].filterset_class
    for name in ["search", *(filterset.base_filters if filterset else ())]:
        assert f'name="{name}"' in html


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_filter_is_any_of_its_values_until_one_is_chosen(api: Client, resource: str) -> None:
    form = page(api, f"/2.3.0/{resource}/").partition("<form")[2].partition("</form>")[0]
    empty = set(re.findall(r'<option value=""[^>]*>(.*)</option>', form))
    assert empty <= {"any", "default", "normal"}


ASKED = "search=Soyuz&ordering=-id,flights_count&mode=detailed&limit=3&in_space=false&name=Soyuz"


@pytest.mark.parametrize("fault", ["", "&status=x"])
def test_the_form_has_what_was_asked_for(api: Client, fault: str) -> None:
    html = api.get(f"/2.3.0/spacecraft/?format=api&{ASKED}{fault}").text
    shown = controls(html)
    assert {name: shown[name] for name in ("search", "name", "limit", "format")} == {
        "search": ["Soyuz"],
        "name": ["Soyuz"],
        "limit": ["3"],
        "format": ["api"],
    }
    assert [shown[name] for name in ("ordering", "mode", "in_space")] == [
        ["-id,flights_count"],
        ["detailed"],
        ["false"],
    ]
    assert shown["status"] == (["x"] if fault else [""])


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("agencies/?founding_year=abc", "founding_year"),
        ("spacecraft/?status=999", "status"),
        (f"spacecraft/?search={'a' * 513}", "search"),
        ("spacecraft/?ordering=" + ",".join(["id"] * 11), "ordering"),
    ],
)
def test_a_400_has_the_form_open_with_the_fault_at_its_control(
    api: Client, query: str, name: str
) -> None:
    url = f"/2.3.0/{query}"
    (fault,) = json.loads(api.get(url).content)[name]
    html = api.get(url, headers={"accept": "text/html"}).text
    assert re.search(r'<details id="filtersModal"[^>]* open>', html)
    assert re.search(rf'id="id_{name}_error"><li>{re.escape(fault)}</li>', html)
    control = re.search(rf'<(?:input|select)[^>]* name="{name}"[^>]*>', html)
    assert control
    assert f'aria-invalid="true" aria-describedby="id_{name}_error"' in control[0]
    assert "autofocus" in control[0]


def test_a_record_and_a_404_have_no_filter_form(api: Client) -> None:
    for url in ("/2.3.0/spacecraft/35/", "/2.3.0/spacecraft/99999/"):
        assert "<form" not in api.get(url, headers={"accept": "text/html"}).text


# Links


@pytest.mark.parametrize("path", ["/2.3.0/swagger/", "/2.3.0/redoc/", "/admin/"])
def test_the_root_leads_to_the_document_and_the_admin(api: Client, path: str) -> None:
    assert f'href="{path}"' in page(api, "/2.3.0/")
    assert api.get(path, follow=True).status_code == 200


@pytest.mark.parametrize("path", ["spacecraft/?limit=2&format=api", "spacecraft.api?limit=2"])
def test_a_page_leads_to_its_json(api: Client, path: str) -> None:
    found = re.search(
        r'<a class="button" [^>]*href="([^"]*)">JSON</a>', page(api, f"/2.3.0/{path}")
    )
    assert found
    response = api.get(unescape(found[1]))
    assert response["Content-Type"] == "application/json"
    assert len(response.json()["results"]) == 2


def test_the_root_has_a_page(api: Client) -> None:
    assert pages.description(page(api, "/2.3.0/"))[0] == "Format"


@pytest.mark.parametrize("url", ["/2.3.0/spacecraft/", "/2.3.0/swagger/", "/2.3.0/redoc/"])
def test_no_page_loads_anything_from_another_host(api: Client, url: str, settings: Any) -> None:
    settings.PICTURE_HOSTS = []
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
