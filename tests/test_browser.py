"""The pages in a real browser: nothing is asked of another host, and nothing is refused.

The machine's own Chromium is driven; CI installs it.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update"]

pytestmark = [
    pytest.mark.only_on("sqlite"),  # which database makes no difference
    pytest.mark.skipif(
        not CHROMIUM and os.environ.get("CI") != "true",
        reason="there is no chromium on this machine",
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs a user other than root.
        running = playwright.chromium.launch(
            executable_path=CHROMIUM, args=QUIET, chromium_sandbox=os.geteuid() != 0
        )
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1200, "height": 1500})
    yield opened
    opened.close()


class Seen:
    """What a page asked for, and what it complained of."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.failures: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", lambda request: self.failures.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: self.complaints.append(line.text) if line.type == "error" else None,
        )


PAGES = {
    "/2.3.0/spacecraft/?format=api&offset=10&ordering=mission_ends_count": ".response-info",
    "/2.3.0/agencies/?format=api": ".response-info",
    "/2.3.0/spacecraft/499/?format=api": ".response-info",
    "/2.3.0/swagger/": ".opblock-summary-path",
    "/2.3.0/redoc/": "[data-section-id]",
    "/admin/login/": "#login-form",
}


@pytest.mark.parametrize("url", PAGES)
def test_a_page_asks_its_own_host_alone_and_complains_of_nothing(
    server: str, page: Page, url: str
) -> None:
    seen = Seen(page)
    page.goto(server + url)
    page.wait_for_selector(PAGES[url])
    page.wait_for_load_state("networkidle")
    # ReDoc's "API docs by" image is its own maker's; the policy keeps the browser from asking.
    asked = [url for url in seen.requests if "cdn.redoc.ly" not in url]
    assert all(url.startswith((server, "blob:", "data:")) for url in asked)
    assert [url for url in seen.failures if "cdn.redoc.ly" not in url] == []
    assert [line for line in seen.complaints if "cdn.redoc.ly" not in line] == []


def test_the_filter_form_filters(server: str, page: Page) -> None:
    page.goto(f"{server}/2.3.0/spacecraft/?format=api")
    page.click("text=Filters")
    page.fill("#filtersModal input[name=name]", "Soyuz 4")
    page.click("#filtersModal form:has(input[name=name]) button[type=submit]")
    page.wait_for_url("**name=Soyuz+4**")
    assert '"count": 1,' in page.inner_text(".response-info")


def test_an_example_leads_to_its_answer(server: str, page: Page) -> None:
    page.goto(f"{server}/2.3.0/spacecraft/?format=api")
    page.get_by_role("link", name="/spacecraft/?search=Endeavour").click()
    assert "Endeavour" in page.inner_text(".response-info")


def test_a_url_in_the_body_leads_to_the_record(server: str, page: Page) -> None:
    page.goto(f"{server}/2.3.0/spacecraft/?format=api&name=Soyuz+4")
    page.get_by_role("link", name=f"{server}/2.3.0/spacecraft/203/?format=api").click()
    assert page.url == f"{server}/2.3.0/spacecraft/203/?format=api"
    assert page.inner_text("h1") == "Soyuz 4 – Spacecraft"


def test_a_long_body_is_plain_text_with_its_links(server: str, page: Page) -> None:
    """What is shorter is coloured, word by word. What is not seen yet is no inner text."""
    for limit, is_coloured in ((10, True), (100, False)):
        page.goto(f"{server}/2.3.0/spacecraft/?format=api&mode=detailed&limit={limit}")
        shown = page.text_content(".response-info") or ""
        assert f"limit={limit}&" in shown
        assert shown.count('"id": ') > limit
        assert bool(page.query_selector(".response-info .str")) == is_coloured
        links = page.get_by_role("link", name=f"{server}/2.3.0/spacecraft/")
        assert links.count() >= limit
    links.last.click()
    assert page.inner_text("h1").endswith(" – Spacecraft")


def test_swagger_ui_lists_every_operation_and_tries_one_out(server: str, page: Page) -> None:
    page.goto(f"{server}/2.3.0/swagger/")
    page.click("#operations-Spacecraft-spacecraft_list")
    page.click("text=Try it out")
    page.click("text=Execute")
    page.wait_for_selector(".live-responses-table")
    assert page.inner_text(".live-responses-table .response .response-col_status") == "200"
