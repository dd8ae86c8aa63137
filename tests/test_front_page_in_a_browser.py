"""The front page in a browser: times run."""

import re

from playwright.sync_api import Browser, Page

from tests.conftest import shell
from tests.servers import running_server
from tests.test_browser import browser, page, pytestmark

__all__ = ["browser", "page", "pytestmark"]  # fixtures, and what says why there is no browser

WORDS = re.compile(r"(\d+ d )?\d\d:\d\d:\d\d")
IN_SPACE = """
from django.contrib.auth.models import User
from django.utils import timezone
from spacecraft.models import Spacecraft
craft = Spacecraft.objects.all()[0]
craft.in_space, craft.in_space_since = True, timezone.now()
craft.save()
User.objects.create_superuser("editor", password="editor")
"""


def test_times_run_by_the_second_and_stand_there_without_a_script(
    prepared: dict[str, str], browser: Browser, page: Page
) -> None:
    with running_server(prepared, prepare=False) as url:
        shell(prepared, IN_SPACE)
        page.goto(f"{url}/admin/")
        page.fill("#id_username", "editor")
        page.fill("#id_password", "editor")
        page.press("#id_password", "Enter")
        time = page.locator("time[data-seconds]").first
        before = time.inner_text()
        changed = "text => document.querySelector('time[data-seconds]').innerText !== text"
        page.wait_for_function(changed, arg=before)
        assert WORDS.fullmatch(time.inner_text())
        quiet = browser.new_context(java_script_enabled=False)
        quiet.add_cookies(page.context.cookies())
        plain = quiet.new_page()
        plain.goto(f"{url}/admin/")
        assert WORDS.fullmatch(plain.locator("time[data-seconds]").first.inner_text())
        quiet.close()
