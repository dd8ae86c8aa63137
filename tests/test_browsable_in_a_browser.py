"""The browsable pages in a browser: on a phone, in the dark, for a screen reader, without a script.

With --long each list in each mode and each record; without, a page of each kind.
"""

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from spacedevs.api.registry import resources
from tests.conftest import fresh_database, shell
from tests.servers import running_server
from tests.test_accessibility import AXE, COLOURS_AND_WIDTHS, NARROW, WIDE, script
from tests.test_browser import Seen, browser, pytestmark
from tests.test_pictures_in_a_browser import HOST, PIXEL

__all__ = ["browser", "pytestmark", "script"]  # fixtures, and what says why there is no browser

HEIGHT = 900  # pixels
DOCUMENTS = {"swagger": ".opblock-summary-path", "redoc": "[data-section-id]"}  # what comes last
# Each kind of page, by its path; an error's by its status.
KINDS = {
    "root": "",
    "list": "spacecraft/?limit=3",
    "list of 100": "spacecraft/?mode=detailed&limit=100",
    "list without pictures": "config/countries/",
    "record": "agencies/44/",
    "record of others": "spacecraft_flights/6/",
    "api-throttle": "api-throttle/",
    "swagger": "swagger/",
    "redoc": "redoc/",
    "400": "agencies/?founding_year=abc",
    "404": "spacecraft/99999/",
    "429": "spacecraft/",
}
MADE = f"""
from django.contrib.auth.models import User
from spacecraft.models import Image
User.objects.create_superuser("editor", password="editor")
Image.objects.update(image_url="https://{HOST}/large.gif", thumbnail_url="https://{HOST}/small.gif")
"""
# Of records, pictures and operations: the others are like them, and axe looks at each letter.
SHORTEN = """
document.querySelectorAll(
    ".object:nth-of-type(n+9), figure:nth-of-type(n+4), .api-content > div:nth-of-type(n+5)"
).forEach((each) => each.remove());
"""
# A browser says so itself of a page that is an error.
OF_ITS_STATUS = "Failed to load resource: the server responded with a status of"
ASKED = "search=Soyuz&ordering=-id&mode=detailed&limit=3"
SMALLEST = 12  # pixels of a letter
SMALLEST_SHOWN = """
Math.min(...[...document.querySelectorAll("body *")]
    .filter((each) => each.checkVisibility() && each.innerText)
    .map((each) => parseFloat(getComputedStyle(each).fontSize)))
"""
MOST = 2.0  # seconds of a browser's work until the longest page is there and answers
PAINTED = "new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)))"


def every_page() -> Iterator[tuple[str, str]]:
    yield from KINDS.items()
    for prefix, viewset in resources().items():
        for mode in viewset.get_modes().names:
            yield f"{prefix} {mode}", f"{prefix}/?mode={mode}"
        yield prefix, f"{prefix}/"
        yield f"record of {prefix}", f"{prefix}/{{pk}}/"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        is_long = metafunc.config.getoption("--long")
        pages = dict(every_page() if is_long else KINDS)
        metafunc.parametrize(("kind", "path"), pages.items(), ids=pages)


@pytest.fixture(scope="module")
def site(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API of a server with an editor, whose pictures are all of one host."""
    with fresh_database(tmp_path_factory.mktemp("site"), template) as env:
        shell({**os.environ, **env}, MADE)
        with running_server({**env, "PICTURE_HOSTS": HOST}, prepare=False) as url:
            yield f"{url}/2.3.0/"


@pytest.fixture(scope="module")
def refusing(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One whose only call of the hour is made."""
    with (
        fresh_database(tmp_path_factory.mktemp("refusing"), template) as env,
        running_server({**env, "THROTTLE": "1/hour"}, prepare=False) as url,
    ):
        read(f"{url}/2.3.0/{KINDS['429']}")
        yield f"{url}/2.3.0/"


def read(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        body: bytes = answer.read()
    return body


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages that are told of the pictures what their host would say."""
    opened: list[Page] = []

    def open_page(**options: object) -> Page:
        page = browser.new_page(reduced_motion="reduce", **options)  # type: ignore[arg-type]
        page.route(
            f"https://{HOST}/*", lambda route: route.fulfill(body=PIXEL, content_type="image/gif")
        )
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        page.close()


@pytest.fixture
def url(request: pytest.FixtureRequest, kind: str, path: str) -> str:
    api: str = request.getfixturevalue("refusing" if kind == "429" else "site")
    if "{pk}" in path:
        first = read(f"{api}{path.partition('{')[0]}?limit=1")
        path = path.format(pk=json.loads(first)["results"][0]["id"])
    return api + path


def test_axe_finds_nothing_serious_and_the_browser_no_fault(
    open_page: Callable[..., Page], url: str, kind: str, script: str
) -> None:
    found: dict[str, list[str]] = {}
    for scheme in ("light", "dark"):
        page = open_page(color_scheme=scheme, viewport={"width": WIDE, "height": HEIGHT})
        seen = Seen(page)
        page.goto(url)
        page.wait_for_selector(DOCUMENTS.get(kind, "main"))
        page.wait_for_load_state("networkidle")
        page.evaluate(SHORTEN)
        page.evaluate(script)
        for width in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            is_first = (width, scheme) == (WIDE, "light")
            rules = {} if is_first else {"runOnly": COLOURS_AND_WIDTHS}
            found[f"{width} pixels, {scheme}"] = page.evaluate(AXE, rules)
        asked = [each for each in seen.requests if not each.startswith(("blob:", "data:"))]
        assert {urlsplit(each).netloc for each in asked} <= {urlsplit(url).netloc, HOST}
        assert all("small.gif" in each for each in asked if HOST in each)
        assert seen.failures == []
        assert [line for line in seen.complaints if not line.startswith(OF_ITS_STATUS)] == []
    assert {where: what for where, what in found.items() if what} == {}


def test_it_can_be_read_on_a_phone(open_page: Callable[..., Page], url: str, kind: str) -> None:
    phone = open_page(viewport={"width": NARROW, "height": HEIGHT}, is_mobile=True)
    phone.goto(url)
    phone.wait_for_selector(DOCUMENTS.get(kind, "main"))
    assert phone.evaluate("innerWidth") == NARROW
    if kind not in DOCUMENTS:
        assert phone.evaluate(SMALLEST_SHOWN) >= SMALLEST


def test_it_is_whole_without_a_script(open_page: Callable[..., Page], url: str, kind: str) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(url)
    if kind in DOCUMENTS:
        page.get_by_role("link", name="the document itself").click(trial=True)
        page.get_by_role("link", name="the pages of the API").click()
        assert page.url == url.replace(f"{kind}/", "")
    else:
        assert page.locator("h1, .pull-left, .request-info, .response-info").count() == 4
        assert "HTTP" in page.inner_text(".response-info")


# The way to a record's form


def test_an_editor_is_led_from_a_record_to_its_form(
    open_page: Callable[..., Page], site: str
) -> None:
    page = open_page()
    edit = page.get_by_role("link", name="Edit", exact=True)
    page.goto(f"{site}agencies/44/")
    assert edit.count() == 0
    page.goto(site.replace("2.3.0/", "admin/"))
    page.fill("#id_username", "editor")
    page.fill("#id_password", "editor")
    page.press("#id_password", "Enter")
    page.wait_for_selector("#user-tools")
    for path, links in (("agencies/99999/", 0), ("agencies/", 0), ("agencies/44/", 1)):
        page.goto(site + path)
        assert edit.count() == links
    edit.click()
    page.wait_for_selector("#agency_form")


# The filter form


@pytest.mark.parametrize("has_script", [True, False])
def test_the_form_keeps_what_was_asked_for(
    open_page: Callable[..., Page], site: str, has_script: bool
) -> None:
    page = open_page(java_script_enabled=has_script)
    page.goto(f"{site}spacecraft/?{ASKED}")
    page.click("text=Filters")
    page.select_option("#filtersModal [name=in_space]", label="no")
    page.click("#filtersModal [type=submit]")
    page.wait_for_url("**in_space=false**")
    assert urlsplit(page.url).query.startswith(f"{ASKED}&in_space=false") or not has_script
    assert parse_qs(urlsplit(page.url).query) == parse_qs(f"{ASKED}&in_space=false")


def test_a_fault_is_mended_where_it_was_made(open_page: Callable[..., Page], site: str) -> None:
    page = open_page()
    page.goto(f"{site}agencies/?limit=2")
    page.click("text=Filters")
    page.get_by_label("Founding year", exact=True).fill("abc")
    page.keyboard.press("Enter")
    page.wait_for_url("**founding_year=abc**")
    control = page.locator(":focus")
    assert control.input_value() == "abc"
    assert page.locator(f"#{control.get_attribute('aria-describedby')}").inner_text() == (
        "Enter a number."
    )
    control.fill("1958")
    page.keyboard.press("Enter")
    page.wait_for_url("**limit=2&founding_year=1958")
    assert "HTTP 200 OK" in page.inner_text(".response-info")


# The longest pages


@pytest.mark.parametrize("resource", ["agencies", "spacecraft"])
def test_a_list_of_100_detailed_records_is_there_within_two_seconds(
    open_page: Callable[..., Page], site: str, resource: str
) -> None:
    """Of the browser's own time: this machine may have more to do."""
    page = open_page(viewport={"width": WIDE, "height": HEIGHT})
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(f"{site}{resource}/?mode=detailed&limit=100")
    page.evaluate(PAINTED)
    page.click("text=Filters")
    page.wait_for_selector("#filtersModal form")
    metrics = session.send("Performance.getMetrics")["metrics"]
    assert {each["name"]: each["value"] for each in metrics}["TaskDuration"] < MOST


def test_a_long_page_shows_each_object_once_it_is_scrolled_to(
    open_page: Callable[..., Page], site: str
) -> None:
    page = open_page()
    page.goto(f"{site}spacecraft/?mode=detailed&limit=100")
    objects = page.locator(".response-info .object")
    assert objects.count() == 100
    assert objects.last.inner_text() == ""
    objects.last.scroll_into_view_if_needed()
    page.wait_for_function("(last) => last.innerText", arg=objects.last.element_handle())
    assert json.loads(objects.last.inner_text())["response_mode"] == "detailed"
