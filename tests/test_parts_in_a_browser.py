"""The forms of parts that are JSON, in a browser: nothing is lost, and no JSON is written."""

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from spacecraft.models import Agency, Landing, Launch, SpacecraftFlight
from tests import openapi
from tests.conftest import fresh_database, shell
from tests.editors import EDITOR
from tests.parts import COLUMNS, values_of
from tests.servers import running_server
from tests.test_browser import Seen, browser, pytestmark

__all__ = ["browser", "pytestmark"]  # a fixture, and what says why there is no browser

MODELS = (Agency, Launch, Landing, SpacecraftFlight)
FILLED, HOSTILE, EMPTY = range(3)  # a row of each model
HOSTILE_TEXTS = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script>",
    "</textarea><img src=x onerror='window.hacked = 1'>",
    "\"><svg onload='window.hacked = 1'>",
    "javascript:window.hacked=1",
)
BIG = {"id": 9007199254740993, "priority": 9223372036854775807}  # a double would change them
SEED = """
import json
from pathlib import Path
from spacecraft import models

models.Landing.objects.create()  # the third: a row is filled, one hostile, one empty
keys = {{}}
for name, rows in json.loads(Path({path!r}).read_text()).items():
    model = getattr(models, name)
    keys[name] = [str(pk) for pk in model.objects.order_by("-pk").values_list("pk", flat=True)[:3]]
    for pk, values in zip(keys[name], rows, strict=True):
        model.objects.filter(pk=pk).update(**values)
print(json.dumps(keys))
"""
of_every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def each_text(value: Any, change: Any) -> Any:
    if isinstance(value, list):
        return [each_text(item, change) for item in value]
    if isinstance(value, dict):
        return {key: each_text(item, change) for key, item in value.items()}
    return change(value) if isinstance(value, str) else value


def hostile(text: str) -> str:
    return HOSTILE_TEXTS[len(text) % len(HOSTILE_TEXTS)]


def with_big_numbers(value: Any) -> Any:
    one = value[0] if isinstance(value, list) else value
    one |= {key: number for key, number in BIG.items() if key in one}
    return value


def rows_of(model: Any) -> list[dict[str, Any]]:
    filled = {name: with_big_numbers(value) for name, value in values_of(model).items()}
    filled.get("docking_events", [])[1:] = []  # a docking has 1,390 inputs
    return [
        filled,
        each_text(values_of(model), hostile),
        {name: [] if isinstance(value, list) else None for name, value in filled.items()},
    ]


class Editor:
    """Somebody logged in, on a page of a width and with a colour scheme."""

    def __init__(self, url: str, keys: dict[str, list[str]], page: Page) -> None:
        self.url, self.keys, self.page, self.seen = url, keys, page, Seen(page)

    def log_in(self) -> None:
        self.page.goto(f"{self.url}/admin/login/")
        self.page.fill("#id_username", "editor")
        self.page.fill("#id_password", "a password")
        self.page.press("#id_password", "Enter")
        self.page.wait_for_url("**/admin/")

    def open(self, model: Any, row: int) -> None:
        name = model._meta.model_name
        self.page.goto(f"{self.url}/admin/spacecraft/{name}/{self.key(model, row)}/change/")
        self.page.wait_for_selector(".part textarea", state="attached")

    def key(self, model: Any, row: int) -> str:
        return self.keys[model.__name__][row]

    def part(self, name: str) -> Locator:
        return self.page.locator(f".field-{name} .part")

    def text(self, name: str) -> str:
        return self.page.input_value(f"#id_{name}")

    def unfold(self) -> None:
        """Opens every group of the page, and those in it."""
        self.page.evaluate(
            """async () => {
                for (let closed; (closed = document.querySelectorAll(
                    "#content-main details:not([open])")).length;) {
                    closed.forEach((details) => (details.open = true));
                    await new Promise((done) => setTimeout(done, 50));
                }
            }"""
        )

    def save(self) -> None:
        self.page.click("[name=_continue]")
        self.page.wait_for_load_state()

    def saved(self) -> None:
        self.save()
        self.page.wait_for_selector(".messagelist .success")

    def add(self, name: str) -> Locator:
        """A new row at the end of a list; returns it, open."""
        part = self.part(name)
        part.locator(".part-add").first.click()
        return part.locator(".part-rows").first.locator("> li").last

    def group(self, within: Locator, name: str) -> Locator:
        """A group, opened."""
        found = within.locator(f"details:has(> summary .part-name:text-is('{name}'))").first
        if found.get_attribute("open") is None:
            found.locator("> summary").click()
        return found

    def pick(self, within: Locator, name: str, text: str) -> None:
        """What the search of a group finds."""
        search = self.group(within, name).locator("> .part-body > .part-search")
        search.locator("input").fill(text)
        search.locator("button", has_text=text).first.click()

    def fill(self, within: Locator, label: str, text: str) -> None:
        within.locator(f".part-input:has(> label:text-matches('^{label}( |$)'))").first.locator(
            "input, textarea"
        ).fill(text)


@pytest.fixture(scope="module")
def site(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """A server's URL, and the keys of its rows with parts: filled, hostile, empty."""
    folder = tmp_path_factory.mktemp("parts")
    with fresh_database(folder, template) as env:
        rows = Path(folder) / "rows.json"
        rows.write_text(json.dumps({model.__name__: rows_of(model) for model in MODELS}))
        printed = shell({**os.environ, **env}, EDITOR + SEED.format(path=str(rows)))
        with running_server(env, prepare=False) as url:
            yield url, json.loads(printed)


@pytest.fixture
def editor(site: tuple[str, Any], browser: Browser) -> Iterator[Editor]:
    page = browser.new_page(viewport={"width": 1280, "height": 1500})
    opened = Editor(*site, page)
    opened.log_in()
    yield opened
    page.close()


def test_every_column_is_looked_at() -> None:
    assert {model for model, _ in COLUMNS} == {*MODELS}


# Nothing is lost


@of_every_model
def test_a_form_writes_back_what_it_was_made_from(editor: Editor, model: Any) -> None:
    """Each input of each part is typed in and back again, and each edit writes all of the part."""
    editor.open(model, FILLED)
    names = [column.name for owner, column in COLUMNS if owner is model]
    before = {name: editor.text(name) for name in names}
    assert all(before.values())
    editor.unfold()
    controls = editor.page.evaluate(
        """() => {
            const controls = document.querySelectorAll(".part-input :is(input, textarea, select)");
            const retype = (control, value) => {
                control.value = value;
                control.dispatchEvent(new Event("input", { bubbles: true }));
            };
            for (const control of controls) {
                const value = control.value;
                retype(control, control.tagName === "SELECT" ? "true" : `${value}x`);
                retype(control, value);
            }
            return controls.length;
        }"""
    )
    assert controls > len(names)
    for name in names:
        assert editor.text(name).splitlines() == before[name].splitlines()
    editor.saved()
    assert {name: editor.text(name) for name in names} == before
    assert editor.seen.complaints == []


def test_without_a_script_the_text_area_is_there(site: tuple[str, Any], browser: Browser) -> None:
    page = browser.new_page(java_script_enabled=False)
    plain = Editor(*site, page)
    plain.log_in()
    plain.open(SpacecraftFlight, FILLED)
    assert json.loads(plain.text("launch_crew")) == rows_of(SpacecraftFlight)[FILLED]["launch_crew"]
    assert page.is_visible("#id_launch_crew")
    page.close()


def test_what_a_form_can_not_show_stays_json(editor: Editor) -> None:
    editor.open(SpacecraftFlight, EMPTY)
    part = editor.part("launch_crew")
    for text, note in (("[{", "it is no JSON"), ('[{"role": 5}]', "[0].role is no object")):
        part.get_by_role("button", name="JSON").click()
        editor.page.fill("#id_launch_crew", text)
        part.get_by_role("button", name="Form").click()
        assert note in part.locator(".part-note").inner_text()
        assert editor.page.is_visible("#id_launch_crew")
    editor.save()
    assert editor.text("launch_crew") == '[{"role": 5}]'
    assert "[0].role: 5 where an object is expected" in editor.page.inner_text(".errorlist")
    assert editor.page.is_visible("#id_launch_crew")


def test_an_error_stands_at_the_input_that_it_names(editor: Editor) -> None:
    editor.open(SpacecraftFlight, FILLED)
    row = editor.part("launch_crew").locator(".part-row").first
    row.locator("> summary").click()
    editor.fill(editor.group(row, "Astronaut"), "Date of birth", "<b>soon")
    editor.save()
    wrong = editor.page.locator(".part-form [aria-invalid=true]")
    assert wrong.input_value() == "<b>soon"
    assert wrong.is_visible()
    said = editor.page.locator(f"#{(wrong.get_attribute('aria-describedby') or '').split()[0]}")
    assert said.inner_text() == "'<b>soon' where a date is expected."


def test_rows_are_moved_and_removed_and_counted(editor: Editor) -> None:
    editor.open(SpacecraftFlight, FILLED)
    part, before = editor.part("landing_crew"), json.loads(editor.text("landing_crew"))
    assert part.locator("summary").first.inner_text().startswith("Landing crew 2: ")
    part.get_by_role("button", name="Move down: 1").click()
    assert json.loads(editor.text("landing_crew")) == before[::-1]
    part.get_by_role("button", name="Remove: 1").click()
    assert json.loads(editor.text("landing_crew")) == before[:1]
    part.get_by_role("button", name="Remove: 1").click()
    assert editor.text("landing_crew") == ""
    assert part.locator("summary").first.inner_text() == "Landing crew none"


def test_a_row_that_nothing_is_typed_into_is_left_out(editor: Editor) -> None:
    editor.open(SpacecraftFlight, EMPTY)
    row = editor.add("launch_crew")
    editor.fill(editor.group(row, "Role"), "Role", "x")
    editor.fill(editor.group(row, "Role"), "Role", "")
    assert editor.text("launch_crew") == ""


# No JSON is written


def test_a_crew_of_three_and_a_docking_are_made_without_writing_json(editor: Editor) -> None:
    """The first is typed; what has been typed once, or is here, is picked."""
    editor.open(SpacecraftFlight, EMPTY)
    first = editor.add("launch_crew")
    editor.fill(editor.group(first, "Role"), "Role", "Test Commander")
    astronaut = editor.group(first, "Astronaut")
    editor.fill(astronaut, "Name", "Ada Example")
    for name, text in (("Status", "In training"), ("Type", "Guest")):
        editor.fill(editor.group(astronaut, name), "Name", text)
    editor.pick(astronaut, "Agency", "Aerojet")
    known = rows_of(SpacecraftFlight)[FILLED]["launch_crew"][0]
    for name in ("Grace Example", known["astronaut"]["name"]):
        row = editor.add("launch_crew")
        editor.pick(row, "Role", "Test Commander" if "Grace" in name else known["role"]["role"])
        if "Grace" in name:
            astronaut = editor.group(row, "Astronaut")
            editor.fill(astronaut, "Name", name)
            editor.pick(astronaut, "Status", "In training")
            editor.pick(astronaut, "Type", "Guest")
        else:
            editor.pick(row, "Astronaut", name)
    docking = editor.add("docking_events")
    editor.fill(docking, "Docking", "2026-11-01 10:30")
    event = rows_of(SpacecraftFlight)[FILLED]["docking_events"][0]
    editor.pick(docking, "Docking location", event["docking_location"]["name"])
    editor.saved()

    path = "/2.3.0/spacecraft_flights/{id}/"
    key = editor.key(SpacecraftFlight, EMPTY)
    with urllib.request.urlopen(editor.url + path.replace("{id}", key)) as answer:
        body = json.load(answer)
    assert openapi.faults(path, body) == []
    crew = body["launch_crew"]
    assert [one["astronaut"]["name"] for one in crew][:2] == ["Ada Example", "Grace Example"]
    assert crew[0]["role"] == crew[1]["role"]
    assert crew[0]["astronaut"]["agency"]["name"] == "Aerojet"
    assert crew[0]["astronaut"]["status"] == crew[1]["astronaut"]["status"]
    assert crew[2]["role"] == known["role"]
    assert crew[2]["astronaut"]["id"] == known["astronaut"]["id"]
    assert crew[2]["astronaut"]["bio"] == known["astronaut"]["bio"]
    made = body["docking_events"][0]
    assert made["docking"] == "2026-11-01T10:30:00Z"
    assert made["docking_location"]["id"] == event["docking_location"]["id"]
    assert editor.seen.complaints == []


def test_a_status_is_picked_and_taken_away(editor: Editor) -> None:
    editor.open(Launch, EMPTY)
    name = rows_of(Launch)[FILLED]["status"]["name"]
    part = editor.part("status")
    editor.pick(part, "Status", name)
    assert json.loads(editor.text("status"))["name"] == name
    part.get_by_role("button", name="Clear: Status").click()
    assert editor.text("status") == ""


# Nobody's text is run


@of_every_model
def test_no_text_of_a_part_is_run(editor: Editor, model: Any) -> None:
    editor.open(model, HOSTILE)
    editor.unfold()
    assert editor.page.evaluate("window.hacked") is None
    assert editor.page.locator(".part :is(img, svg, iframe)").count() == 0
    assert editor.page.locator(".part script:not([type='application/json'])").count() == 0
    for search in editor.page.locator(".part-search input").all()[:8]:
        search.fill("hacked")
        search.locator("xpath=..").locator("[role=status]:not(:empty)").wait_for()
        assert editor.page.locator(".part-results :is(img, svg, script)").count() == 0
    assert editor.page.evaluate("window.hacked") is None
    assert editor.seen.complaints == []


# Everybody can use it


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
@of_every_model
def test_every_control_has_a_label_and_room(
    site: tuple[str, Any], browser: Browser, model: Any, width: int, scheme: Any
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    editor = Editor(*site, page)
    editor.log_in()
    editor.open(model, FILLED)
    editor.unfold()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll(".part :is(input, textarea, select, button)")]
            .filter((control) => control.checkVisibility())
            .filter((control) => ![...(control.labels ?? [])].some((label) => label.textContent)
                && !control.getAttribute("aria-label") && !control.textContent)
            .map((control) => control.outerHTML)"""
    )
    assert nameless == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    faint = page.evaluate(CONTRAST)
    assert faint == []
    page.close()


# Each text of a part with less contrast than WCAG's 4.5 with what is behind it.
CONTRAST = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgb = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b]
        .map((c) => c / 255)
        .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
    const behind = (element) => {
        for (; element; element = element.parentElement) {
            const colour = rgb(getComputedStyle(element).backgroundColor);
            if (colour[3] === 255) return colour;
        }
        return [255, 255, 255];
    };
    const found = new Set();
    for (const one of document.querySelectorAll(".part *")) {
        if (!one.checkVisibility() || one.disabled) continue;
        if (![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
        const pair = [light(rgb(getComputedStyle(one).color)), light(behind(one))].sort();
        const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        if (contrast < 4.5) found.add(`${one.className || one.tagName}: ${contrast.toFixed(1)}`);
    }
    return [...found];
}"""
