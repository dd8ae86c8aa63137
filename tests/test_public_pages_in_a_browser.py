"""The pages for people in a browser: quiet, quick, whole without JavaScript, and for everybody.

Each page is looked at at two widths, light and dark. Without --long those that have something that
no other has are; with it, the page of every record.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from spacedevs.guide.declared import chapters
from spacedevs.pages.declared import declared
from tests.conftest import fresh_database, shell
from tests.servers import running_server
from tests.test_accessibility import AXE, COLOURS_AND_WIDTHS, NARROW, WIDE, script
from tests.test_browser import Seen, browser, pytestmark

__all__ = ["browser", "pytestmark", "script"]  # fixtures, and what says why there is no browser

HOST = "thespacedevs-prod.nyc3.digitaloceanspaces.com"  # that of most pictures of the fixtures
USABLE = 2.0  # seconds
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="60" height="40" '
    'fill="#345"/></svg>'
)
DISTINCT = [
    "/",
    "/spacecraft/",
    "/spacecraft/?search=Soyuz&offset=24",
    "/spacecraft/?search=nothing",
    "/spacecraft/?status=one",
    "/agencies/",
    "/spacecraft_configurations/",
    "/spacecraft/289/",  # in space, with a crew
    "/spacecraft/4/",
    "/agencies/63/",  # with more flights than a page has
    "/agencies/1/",  # with next to nothing
    "/spacecraft_configurations/6/",
    "/spacecraft/99999/",
    "/nothing/",
    *(chapter.url for chapter in chapters()),
]
# A crew, which no fixture has, and the URLs of all records.
CREW = f"""
import json
from spacecraft.models import *
person = {{"role": {{"role": "Commander"}}, "astronaut": {{"name": "Ada Lovelace", "image":
    {{"image_url": "https://{HOST}/ada.jpg", "credit": "NASA", "license": {{"name": "CC0"}}}}}}}}
SpacecraftFlight.objects.filter(spacecraft=289).update(onboard_crew=[person, person])
models = {{"spacecraft": Spacecraft, "agencies": Agency,
    "spacecraft_configurations": SpacecraftConfiguration}}
print(json.dumps([f"/{{name}}/{{pk}}/" for name, model in models.items()
    for pk in model.objects.values_list("pk", flat=True)]))
"""
# 603 craft and 3,000 flights, as tests/test_public_pages.py makes them.
FILL = """
from spacecraft.models import Spacecraft
from tests.filling import fill
Spacecraft.objects.update(spacecraft_config=6)
fill()
"""


def answer(route: Route) -> None:
    route.fulfill(body=PICTURE, content_type="image/svg+xml")


@pytest.fixture(scope="module")
def site(
    template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[str]]]:
    """The URL of a server, and the pages of all records."""
    with fresh_database(tmp_path_factory.mktemp("site"), template) as env:
        env = {**env, "PICTURE_HOSTS": HOST}
        records = json.loads(shell({**os.environ, **env}, CREW))
        with running_server(env, prepare=False) as url:
            yield url, records


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One whose pictures come, whatever is beyond this machine."""
    context = browser.new_context(reduced_motion="reduce")
    context.route(re.compile(f"^https://{HOST}/"), answer)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()


def faults(page: Page, url: str, script: str) -> list[str]:
    """What is wrong with a page, at each width, light and dark."""
    seen, found = Seen(page), list[str]()
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.emulate_media(color_scheme="light")
    response = page.goto(url)
    page.evaluate(script)
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{url} is wider than {width}")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            is_first = (width, scheme) == (WIDE, "light")
            rules = {} if is_first else {"runOnly": COLOURS_AND_WIDTHS}
            found += [f"{url} {width} {scheme} {each}" for each in page.evaluate(AXE, rules)]
    own = url.partition("/")[0] + "//" + url.split("/")[2]
    found += [each for each in seen.requests if not each.startswith((own, f"https://{HOST}/"))]
    is_refused = response is not None and not response.ok  # which the console says
    return found + seen.complaints[is_refused:]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "path" in metafunc.fixturenames:
        metafunc.parametrize("path", DISTINCT)


def test_a_page_is_quiet_fits_and_has_nothing_serious_for_axe(
    site: tuple[str, list[str]], page: Page, script: str, path: str
) -> None:
    assert faults(page, site[0] + path, script) == []


def test_so_is_the_page_of_every_record(
    site: tuple[str, list[str]],
    page: Page,
    script: str,
    request: pytest.FixtureRequest,
) -> None:
    url, records = site
    assert {each.split("/")[1] for each in records} == set(declared())
    for path in records if request.config.getoption("long") else records[::200]:
        assert faults(page, url + path, script) == []


# What a person reads, but for times that run.
WORDS = """
() => {
    document.querySelectorAll("time[data-seconds]").forEach((time) => time.remove());
    return document.body.innerText;
}
"""


def test_a_page_is_whole_without_javascript(
    site: tuple[str, list[str]], browser: Browser, page: Page, path: str
) -> None:
    quiet = browser.new_context(java_script_enabled=False)
    plain = quiet.new_page()
    for each in (page, plain):
        each.route(re.compile(f"^https://{HOST}/"), answer)
        each.goto(site[0] + path)
    times = "time[data-seconds]"
    assert plain.locator(times).count() == page.locator(times).count()
    assert all(
        re.search(r"\d\d:\d\d:\d\d$", text) for text in plain.locator(times).all_inner_texts()
    )
    assert plain.evaluate(WORDS) == page.evaluate(WORDS)
    quiet.close()


def test_times_run(site: tuple[str, list[str]], page: Page) -> None:
    page.goto(f"{site[0]}/")
    first = page.locator("time[data-seconds]").first
    before = first.inner_text()
    changed = "text => document.querySelector('time[data-seconds]').innerText !== text"
    page.wait_for_function(changed, arg=before)


def test_a_picture_is_asked_for_without_a_referrer(site: tuple[str, list[str]], page: Page) -> None:
    with page.expect_request(re.compile(HOST)) as asked:
        page.goto(f"{site[0]}/spacecraft/289/")
    assert "referer" not in asked.value.headers


def test_a_tile_leads_to_its_record_wherever_it_is_touched(
    site: tuple[str, list[str]], page: Page
) -> None:
    page.goto(f"{site[0]}/spacecraft/?search=Endeavour+Crew")
    page.locator(".tiles .frame").first.click(force=True)
    page.wait_for_url("**/spacecraft/289/")
    page.locator(".timeline li").first.click()
    page.wait_for_url("**/2.3.0/spacecraft_flights/862/")


def test_a_page_where_no_picture_comes_is_whole(site: tuple[str, list[str]], page: Page) -> None:
    page.route(re.compile(f"^https://{HOST}/"), lambda route: route.abort())
    page.set_viewport_size({"width": NARROW, "height": 900})
    page.goto(f"{site[0]}/spacecraft/")
    sizes = page.evaluate(
        "[...document.querySelectorAll('.tiles .frame')].map((each) => each.offsetHeight)"
    )
    assert min(sizes) == max(sizes) > 100


# With as many records as upstream has


def usable(page: Page, url: str) -> float:
    """Seconds that the browser itself works until a page can be read and used.

    Not those of the clock: other tests may have the machine.
    """
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(url, wait_until="load")
    metrics = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def test_the_largest_pages_are_usable_in_two_seconds_with_603_craft_and_3000_flights(
    template: str, tmp_path: Path, page: Page
) -> None:
    with fresh_database(tmp_path, template) as env:
        shell({**os.environ, **env}, FILL)
        with running_server(env, prepare=False) as url:
            for path in (
                "/",
                "/spacecraft/?limit=100",
                "/agencies/121/",
                "/spacecraft_configurations/6/",
            ):
                assert usable(page, url + path) < USABLE, path
