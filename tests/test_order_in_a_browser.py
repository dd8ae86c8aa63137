"""An editor in a browser moves a country to the end of an agency's list."""

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.conftest import fresh_database, shell
from tests.servers import running_server
from tests.test_browser import browser, page, pytestmark

__all__ = ["browser", "page", "pytestmark"]  # fixtures, and what says why there is no browser

EADS = 81  # France, Germany, Spain, United Kingdom
EDITOR = """
from django.contrib.auth.models import User
User.objects.create_superuser("editor", password="editor")
"""


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    with fresh_database(tmp_path) as database:
        yield {**os.environ, **database}


def codes(url: str) -> list[str]:
    with urllib.request.urlopen(f"{url}/2.3.0/agencies/{EADS}/") as answer:
        return [country["alpha_2_code"] for country in json.load(answer)["country"]]


def test_what_is_taken_out_saved_and_added_again_comes_last(
    env: dict[str, str], page: Page
) -> None:
    with running_server(env) as url:
        shell(env, EDITOR)
        page.goto(f"{url}/admin/spacecraft/agency/{EADS}/change/")
        page.fill("#id_username", "editor")
        page.fill("#id_password", "editor")
        page.press("#id_password", "Enter")
        assert codes(url) == ["FR", "DE", "ES", "GB"]

        page.click(".field-country li[title=Germany] .select2-selection__choice__remove")
        page.click("[name=_continue]")
        page.wait_for_selector(".messagelist .success")
        assert codes(url) == ["FR", "ES", "GB"]

        page.click(".field-country .select2-selection")
        page.wait_for_selector(".select2-results__option:not(.loading-results)")
        page.fill(".field-country .select2-search__field", "Germany")
        page.click(".select2-results__option:text-is('Germany')")
        page.click("[name=_save]")
        page.wait_for_url("**/admin/spacecraft/agency/")
        assert codes(url) == ["FR", "ES", "GB", "DE"]
