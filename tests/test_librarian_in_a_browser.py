"""A librarian's day: records made without writing JSON, a collision, ways back, a mirror run."""

import json
import os
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import fresh_database, run, shell
from tests.servers import running_server
from tests.test_browser import Seen, browser, pytestmark
from tests.test_parts_in_a_browser import Editor as Parts

__all__ = ["browser", "pytestmark"]  # a fixture, and what says why there is no browser

PASSWORD = "a long password"
SOON = 1.5  # seconds until the API shows an edit: a second, and the way there


class Librarian:
    """A tab of one who is logged in, and no superuser."""

    def __init__(self, url: str, page: Page, name: str) -> None:
        self.url, self.page, self.seen = url, page, Seen(page)
        self.parts = Parts(url, {}, page)
        page.goto(f"{url}/admin/login/")
        page.fill("#id_username", name)
        page.fill("#id_password", PASSWORD)
        page.press("#id_password", "Enter")
        page.wait_for_url("**/admin/")

    def open(self, model: str, page: str) -> None:
        self.page.goto(f"{self.url}/admin/spacecraft/{model}/{page}")

    def add(self, model: str, **values: str) -> int | str:
        """A record, made on its page; its key."""
        self.open(model, "add/")
        self.fill(**values)
        return self.saved()

    def fill(self, **values: str) -> None:
        for name, text in values.items():
            if name.endswith("_at"):
                day, _, moment = text.partition(" ")
                self.page.fill(f"#id_{name.removesuffix('_at')}_0", day)
                self.page.fill(f"#id_{name.removesuffix('_at')}_1", moment)
            elif self.page.locator(f"select#id_{name}").count():
                self.pick(name, text)
            else:
                self.page.fill(f"#id_{name}", text)

    def pick(self, name: str, text: str) -> None:
        self.page.click(f"#id_{name} + .select2 .select2-selection")
        self.page.keyboard.type(text)
        self.page.locator(".select2-results__option", has_text=text).first.click()

    def saved(self) -> int | str:
        self.page.click("[name=_continue]")
        self.page.wait_for_selector(".messagelist .success")
        key = urlsplit(self.page.url).path.rstrip("/").split("/")[-2]
        return int(key) if key.isdigit() else key

    def confirm(self) -> None:
        self.page.click("button[name=confirmed]")
        self.page.wait_for_selector(".messagelist .success")

    def answer(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/2.3.0/{path}") as answer:
            return json.load(answer)

    def soon(self, path: str, **expected: Any) -> Any:
        """The answer, as soon as it says what is expected; at the latest within a second."""
        end = time.monotonic() + SOON
        while True:
            body = self.answer(path)
            if {name: body[name] for name in expected} == expected:
                return body
            assert time.monotonic() < end, (path, expected, body)
            time.sleep(0.1)


@pytest.fixture
def env(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with fresh_database(tmp_path_factory.mktemp("day"), template) as database:
        env = {**os.environ, **database}
        for name in ("ada", "grace"):
            made = run(env, "adduser", name, "--role", "librarian", typed=f"{PASSWORD}\n")
            assert made.returncode == 0, made.stderr
        yield env


def test_a_day(env: dict[str, str], browser: Browser, server: str) -> None:
    with running_server(env, prepare=False) as url:
        pages = [browser.new_page(viewport={"width": 1280, "height": 1500}) for _ in range(2)]
        ada, grace = (
            Librarian(url, page, name) for page, name in zip(pages, ("ada", "grace"), strict=True)
        )
        keys = make_records(ada)
        collide(ada, grace, keys)
        take_back(ada)
        import_fifty(ada, keys)
        end_the_flight(ada, keys)
        before = {path: stored(ada, path) for path in paths(keys)}
        mirrored = run(env, "mirror", "--from", f"{server}/2.3.0/", "--budget", "100")
        assert mirrored.returncode == 0, mirrored.stderr
        assert {path: stored(ada, path) for path in paths(keys)} == before
        assert shell(env, COUNT_MIRRORED).strip() != "0"
        assert ada.seen.complaints + grace.seen.complaints == []
        for page in pages:
            page.close()


COUNT_MIRRORED = """
from spacedevs.mirror.models import Mirrored
print(Mirrored.objects.count())
"""


def make_records(ada: Librarian) -> dict[str, Any]:
    """Each is seen in the API within a second."""
    keys: dict[str, Any] = {}
    image = "https://images.example/craft.png"
    keys["image"] = ada.add(
        "image",
        name="A picture",
        image_url=image,
        thumbnail_url=image,
        credit="Ada",
        license="NASA",
    )
    keys["agency"] = ada.add("agency", name="Example Agency", abbrev="EXA", type="Commercial")
    ada.soon(f"agencies/{keys['agency']}/", name="Example Agency", abbrev="EXA")
    keys["config"] = ada.add(
        "spacecraftconfiguration", name="Example Capsule", type="Capsule", agency="Example Agency"
    )
    ada.soon(f"spacecraft_configurations/{keys['config']}/", name="Example Capsule")
    keys["craft"] = ada.add(
        "spacecraft",
        name="Example One",
        serial_number="E1",
        spacecraft_config="Example Capsule",
        status="Active",
        image="A picture",
    )
    body = ada.soon(f"spacecraft/{keys['craft']}/", name="Example One", serial_number="E1")
    assert body["image"]["image_url"] == image
    assert body["spacecraft_config"]["id"] == keys["config"]
    keys["launch"] = ada.add(
        "launch",
        name="Rocket | Example One",
        net_at="2026-10-01 12:00:00",
        launch_service_provider="Example Agency",
    )
    ada.open("spacecraftflight", f"add/?spacecraft={keys['craft']}")
    ada.fill(launch="Rocket | Example One", destination="Low Earth Orbit")
    for name in ("Ada Example", "Grace Example", "Katherine Example"):
        row = ada.parts.add("launch_crew")
        ada.parts.fill(ada.parts.group(row, "Role"), "Role", "Commander")
        astronaut = ada.parts.group(row, "Astronaut")
        ada.parts.fill(astronaut, "Name", name)
        for part, text in (("Status", "Active"), ("Type", "Government")):
            ada.parts.fill(ada.parts.group(astronaut, part), "Name", text)
    docking = ada.parts.add("docking_events")
    ada.parts.fill(docking, "Docking", "2026-10-02 10:30")
    ada.parts.fill(ada.parts.group(docking, "Docking location"), "Name", "Harmony zenith")
    keys["flight"] = ada.saved()
    body = ada.soon(f"spacecraft_flights/{keys['flight']}/", destination="Low Earth Orbit")
    crew = [one["astronaut"]["name"] for one in body["launch_crew"]]
    assert crew == ["Ada Example", "Grace Example", "Katherine Example"]
    assert body["docking_events"][0]["docking_location"]["name"] == "Harmony zenith"
    ada.soon(f"spacecraft/{keys['craft']}/", flights_count=1, in_space=True)
    return keys


def collide(ada: Librarian, grace: Librarian, keys: dict[str, Any]) -> None:
    """On a field of a record of upstream's, and on a row on another record's page."""
    for tab in (ada, grace):
        tab.open("spacecraft", "499/change/")
    grace.fill(serial_number="hers")
    grace.saved()
    ada.fill(serial_number="mine")
    ada.page.click("[name=_continue]")
    told = ada.page.inner_text(".errorlist.nonfield")
    assert "before grace (2" in told
    assert "hers" in told
    assert ada.page.input_value("#id_serial_number") == "mine"
    ada.saved()
    ada.soon("spacecraft/499/", serial_number="mine")

    ada.open("image", f"{keys['image']}/change/")
    ada.page.click("text=Add another Image variant")
    ada.pick("variants-0-type", "")
    ada.page.fill("#id_variants-0-image_url", "https://images.example/small.png")
    ada.saved()
    for tab in (ada, grace):
        tab.open("image", f"{keys['image']}/change/")
    grace.page.check("#id_variants-0-DELETE")
    grace.saved()
    ada.page.fill("#id_variants-0-image_url", "https://images.example/mine.png")
    ada.page.click("[name=_continue]")
    told = ada.page.inner_text(".row-form-errors")
    assert "this row was deleted meanwhile" in told
    ada.saved()
    assert ada.page.input_value("#id_variants-0-image_url") == "https://images.example/mine.png"


def take_back(ada: Librarian) -> None:
    """A field of a change, and a deletion."""
    ada.open("spacecraft", "499/history/")
    ada.page.locator("section.change").first.locator("tr", has_text="Serial number").locator(
        "a"
    ).click()
    assert "mine" in ada.page.inner_text(".changes")
    ada.confirm()
    ada.soon("spacecraft/499/", serial_number="hers")

    key = ada.add("country", name="Atlantis")
    ada.open("country", f"{key}/delete/")
    ada.page.click("input[type=submit]")
    ada.page.wait_for_selector(".messagelist .success")
    ada.page.goto(f"{ada.url}/admin/history/change/")
    ada.page.locator("#result_list tr", has_text="Atlantis").first.get_by_role(
        "link", name="Take back"
    ).click()
    ada.confirm()
    ada.soon(f"config/countries/{key}/", name="Atlantis")


def import_fifty(ada: Librarian, keys: dict[str, Any]) -> None:
    """With one bad line, which is mended."""
    lines = [f"Imported {number},I{number},{keys['config']},1" for number in range(50)]
    bad = [*lines[:20], lines[20][:-1] + "999", *lines[21:]]
    for rows in (bad, lines):
        ada.open("spacecraft", "import/")
        text = "\n".join(("name,serial_number,spacecraft_config,status", *rows))
        file = {"name": "craft.csv", "mimeType": "text/csv", "buffer": text.encode()}
        ada.page.set_input_files("input[type=file]", file)  # type: ignore[arg-type]
        ada.page.click("text=Show what it would do")
        if rows is bad:
            assert "There is no spacecraft status with this id." in ada.page.inner_text(".problems")
            assert ada.page.locator("button[name=confirmed]").count() == 0
    ada.confirm()
    ada.soon("spacecraft/?search=Imported", count=50)


def end_the_flight(ada: Librarian, keys: dict[str, Any]) -> None:
    ada.open("spacecraft", f"{keys['craft']}/change/")
    ada.page.click("text=End it now")
    assert "In space" in ada.page.inner_text(".changes")
    ada.confirm()
    ada.soon(f"spacecraft/{keys['craft']}/", in_space=False, mission_ends_count=1)


def paths(keys: dict[str, Any]) -> list[str]:
    """What ada made, and what she changed of upstream's."""
    return [
        f"agencies/{keys['agency']}/",
        f"spacecraft_configurations/{keys['config']}/",
        f"spacecraft/{keys['craft']}/",
        f"spacecraft_flights/{keys['flight']}/",
        "spacecraft/499/?mode=normal",
    ]


def stored(ada: Librarian, path: str) -> Any:
    """The answer, without what a second makes of it."""
    body = ada.answer(path)
    return {name: value for name, value in body.items() if not name.startswith("time_")}
