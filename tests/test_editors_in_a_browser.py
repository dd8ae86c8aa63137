"""Editors in a browser: nothing typed is left without a word, and a warning can be confirmed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.conftest import shell
from tests.editors import make_editor
from tests.servers import running_server
from tests.test_browser import Seen, browser, page, pytestmark

__all__ = ["browser", "page", "pytestmark"]  # fixtures, and what says why there is no browser

LIST = "/admin/spacecraft/spacecraft/"
HOSTILE = """
from spacecraft.models import Spacecraft, SpacecraftFlight
Spacecraft.objects.filter(pk=616).update(name="<script>alert(1)</script>")
SpacecraftFlight.objects.filter(pk=887).update(destination="<img src=x onerror=alert(1)>")
"""


@pytest.fixture
def editing(prepared: dict[str, str], page: Page) -> Iterator[str]:
    """The URL of a server on which the browser is logged in."""
    make_editor(prepared)
    with running_server(prepared, prepare=False) as url:
        page.goto(f"{url}/admin/login/")
        page.fill("#id_username", "editor")
        page.fill("#id_password", "a password")
        page.press("#id_password", "Enter")
        page.wait_for_selector("#user-tools")
        yield url


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The questions before a page is left, which the editor answers with yes."""
    questions: list[str] = []
    page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.accept()))
    return questions


def test_a_page_on_which_something_was_typed_asks_before_it_is_left(
    editing: str, page: Page, asked: list[str]
) -> None:
    page.goto(f"{editing}{LIST}616/change/")
    page.click("#id_name")
    page.goto(f"{editing}{LIST}")
    assert asked == []  # nothing was typed

    page.goto(f"{editing}{LIST}616/change/")
    page.fill("#id_name", "typed")
    page.fill("#id_name", "Soyuz MS-29")
    page.goto(f"{editing}{LIST}")
    assert asked == []  # and taken back

    page.goto(f"{editing}{LIST}616/change/")
    page.fill("#id_name", "typed")
    page.goto(f"{editing}{LIST}")
    assert asked == ["beforeunload"]

    page.goto(f"{editing}{LIST}616/change/")
    page.fill("#id_name", "saved")
    page.click("[name=_save]")
    page.wait_for_url(f"**{LIST}")
    assert asked == ["beforeunload"]  # a save asks nothing

    page.goto(f"{editing}{LIST}616/change/")
    page.fill("#id_flights_count", "-1")
    page.click("[name=_save]")
    page.wait_for_selector(".errornote")
    page.goto(f"{editing}{LIST}")
    assert asked == ["beforeunload"] * 2  # what was refused is not saved


def test_a_serial_number_that_is_taken_is_confirmed_by_a_check_box(
    editing: str, page: Page, asked: list[str]
) -> None:
    seen = Seen(page)
    page.goto(f"{editing}{LIST}616/change/")
    page.fill("#id_serial_number", "11F732 #759")
    page.fill("#id_description", "typed")
    page.click("[name=_save]")
    page.wait_for_selector(".field-serial_number .errorlist a")
    assert page.inner_text(".field-serial_number .errorlist a") == "Soyuz MS-28 (11F732 #759)"
    assert page.input_value("#id_description") == "typed"
    page.get_by_label("Save it all the same").check()
    page.click("[name=_save]")
    page.wait_for_url(f"**{LIST}")
    page.goto(f"{editing}{LIST}616/change/")
    assert page.input_value("#id_serial_number") == "11F732 #759"
    assert (asked, seen.complaints) == ([], [])


def test_a_flight_is_ended_from_its_crafts_page(editing: str, page: Page) -> None:
    page.goto(f"{editing}{LIST}616/change/")
    page.click("text=End it now")
    assert "In space\tYes\tNo" in page.inner_text("#content")
    page.click("text=Yes, it has ended")
    page.wait_for_url(f"**{LIST}616/change/")
    assert not page.is_checked("#id_in_space")
    assert page.query_selector("text=End it now") is None


def test_a_flight_is_added_from_its_crafts_page(editing: str, page: Page, asked: list[str]) -> None:
    page.goto(f"{editing}{LIST}616/change/")
    page.click("text=Add a flight")
    page.wait_for_load_state()
    assert page.inner_text("#id_spacecraft") == "Soyuz MS-29 (11F732 #760)"
    page.click("#id_destination")
    page.goto(f"{editing}{LIST}")
    assert asked == []  # what the page brought was not typed


def test_a_craft_is_what_another_page_says_and_no_script(
    editing: str, page: Page, prepared: dict[str, str]
) -> None:
    shell(prepared, HOSTILE)
    seen = Seen(page)
    for path in (f"{LIST}616/change/", "/admin/spacecraft/spacecraftflight/887/end/"):
        page.goto(editing + path)
        assert "<script>alert(1)</script>" in page.inner_text("body")
    page.goto(f"{editing}/admin/spacecraft/landing/")
    assert "<script>alert(1)</script>" in page.inner_text("#result_list")
    assert seen.complaints == []
