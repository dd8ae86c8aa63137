"""An editor in a browser: what is changed is held, and let go of with one click."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.conftest import fresh_database, shell
from tests.servers import running_server
from tests.test_browser import browser, page, pytestmark

__all__ = ["browser", "page", "pytestmark"]  # fixtures, and what says why there is no browser

MIRRORED = """
from django.contrib.auth.models import User
from spacedevs.mirror.models import Mirrored
User.objects.create_superuser("editor", password="editor")
Mirrored.objects.create(model="spacecraft.spacecraft", key="630")
"""
SAID = """
from spacedevs.mirror.models import Hold
Hold.objects.update(upstream='"S40"', theirs="S40")
"""


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    with fresh_database(tmp_path) as database:
        yield {**os.environ, **database}


def test_an_editors_change_is_held_and_one_click_lets_go_of_it(
    env: dict[str, str], page: Page
) -> None:
    with running_server(env) as url:
        shell(env, MIRRORED)
        record = f"{url}/admin/spacecraft/spacecraft/630/change/"
        page.goto(record)
        page.fill("#id_username", "editor")
        page.fill("#id_password", "editor")
        page.press("#id_password", "Enter")
        page.fill("#id_serial_number", "ours")
        page.press("#id_serial_number", "Enter")
        page.wait_for_url("**/admin/spacecraft/spacecraft/")

        shell(env, SAID)
        page.goto(record)
        assert page.input_value("#id_serial_number") == "ours"
        assert "Serial number: S40 → ours" in page.inner_text(".held")
        page.press("#id_serial_number", "Enter")  # saves, and lets go of nothing
        page.wait_for_url("**/admin/spacecraft/spacecraft/")

        page.goto(record)
        page.fill("#id_description", "Typed beside it.")
        page.check("text=Let go: take what upstream says.")
        page.click("text=Save and continue editing")
        page.wait_for_selector(".messagelist .success")
        assert page.input_value("#id_serial_number") == "S40"
        assert page.input_value("#id_description") == "Typed beside it."
        assert "Serial number" not in page.inner_text(".held")
