"""Registering is enough: the steps of CONTRIBUTING, followed in a copy of the project."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests import pages
from tests.conftest import fresh_database
from tests.servers import ROOT, free_port, wait_until_it_answers

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

MOST_FILES, MOST_LINES = 7, 40  # that somebody writes, fixtures and migration aside
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", "var", ".*_cache", "__pycache__", "node_modules")
EDIT = """
from spacecraft.models import Spacecraft
Spacecraft.objects.filter(pk=39).update(name="Edited")
"""
BLOCKS = re.compile(r"^```diff\n\+\+\+ (\S+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


def steps() -> list[tuple[str, list[str]]]:
    """Each file that CONTRIBUTING has one write, with the lines of its diff."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return [(path, diff.splitlines()) for path, diff in BLOCKS.findall(text)]


def apply(path: Path, diff: list[str]) -> None:
    """Adds lines below the one that stands before them, or in its place; else at the end."""
    lines = path.read_text().splitlines() if path.exists() else []
    place = len(lines)
    for kind, text in ((line[:1], line[1:]) for line in diff):
        if kind == "+":
            lines.insert(place, text)
            place += 1
        else:
            place = lines.index(text)
            lines[place : place + 1] = [text] if kind == " " else []
            place += kind == " "
    path.write_text("\n".join(lines) + "\n")


class Copy:
    """A copy of the project, and a database that was in use before anything was added to it."""

    refused = ""  # what `prepare` said when there was no migration

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder, self.env = folder, env

    def ask(self, *command: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """What becomes of `python …` in the copy."""
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def run(self, *command: str, timeout: float = 120) -> str:
        done = self.ask(*command, timeout=timeout)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def manage(self, *command: str) -> str:
        return self.run("manage.py", *command)

    def pytest(self, *arguments: str) -> int:
        """The number of tests that passed; none fails."""
        output = self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, timeout=400)
        (passed,) = re.findall(r"^(\d+) passed", output, flags=re.MULTILINE)
        return int(passed)


# Which database makes no difference, and each takes a minute and more.
once = pytest.mark.only_on("sqlite")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """The copy, once the steps have been followed."""
    folder = tmp_path_factory.mktemp("scratch")
    shutil.copytree(ROOT, folder / "project", ignore=LEFT_OUT)
    with fresh_database(folder) as database:
        copy = Copy(folder / "project", {**os.environ, **database, "PORT": str(free_port())})
        copy.manage("prepare")
        copy.manage("shell", "--no-imports", "-c", EDIT)
        for path, diff in steps():
            apply(copy.folder / path, diff)
        copy.refused = copy.ask("manage.py", "prepare").stderr
        copy.manage("makemigrations", "spacecraft")
        yield copy


@pytest.fixture(scope="module")
def output(copy: Copy) -> str:
    """What `prepare` says of the database that was in use."""
    return copy.manage("prepare")


@pytest.fixture(scope="module")
def site(copy: Copy, output: str) -> Iterator[httpx2.Client]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"], cwd=copy.folder, env=copy.env
    )
    try:
        url = f"http://127.0.0.1:{copy.env['PORT']}"
        wait_until_it_answers(url, process)
        with httpx2.Client(base_url=url) as client:
            yield client
    finally:
        process.terminate()
        process.wait(timeout=30)


def get(site: httpx2.Client, path: str, **params: Any) -> Any:
    return site.get(f"/2.3.0/{path}", params=params).raise_for_status().json()


def names(page: Any) -> list[str]:
    return [row["name"] for row in page["results"]]


def test_the_steps_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    written = [(path, diff) for path, diff in steps() if not path.startswith("fixtures/")]
    files = {path for path, _ in written} | {"tests/query_counts.json"}
    lines = sum(line[:1] == "+" and line[1:] != "" for _, diff in written for line in diff)
    with capsys.disabled():
        print(f"\nA resource: {len(written)} steps, {len(files)} files, {lines} lines")
    assert len(files) <= MOST_FILES
    assert lines <= MOST_LINES


@once
def test_the_code_of_the_steps_is_as_the_house_wants_it(copy: Copy) -> None:
    copy.run("-m", "ruff", "check", "--no-cache", "spacecraft")
    copy.run("-m", "ruff", "format", "--no-cache", "--check", "spacecraft")


def test_a_migration_that_is_forgotten_is_named_with_its_command(copy: Copy) -> None:
    assert "Run: manage.py makemigrations spacecraft" in copy.refused


def test_prepare_brings_the_records_and_leaves_the_edited_row(
    site: httpx2.Client, output: str
) -> None:
    assert "fixtures/museums.json has 4 new records: loaded 4; left 0" in output
    assert get(site, "spacecraft/39/")["name"] == "Edited"


def test_it_is_a_list_with_modes_filters_search_and_ordering(site: httpx2.Client) -> None:
    page = get(site, "museums/")
    assert (page["count"], page["results"][0]["response_mode"]) == (4, "normal")
    detailed = get(site, "museums/", mode="detailed", search="Columbia")["results"]
    assert [museum["spacecraft"][0]["id"] for museum in detailed] == [1]
    assert names(get(site, "museums/", city="Los Angeles")) == ["California Science Center"]
    assert names(get(site, "museums/", ordering="-opened"))[0] == "Steven F. Udvar-Hazy Center"


def test_it_has_records_in_the_order_that_was_entered(site: httpx2.Client) -> None:
    assert [craft["id"] for craft in get(site, "museums/3/")["spacecraft"]] == [38, 17]
    assert get(site, "museums/")["results"][0]["url"].endswith("/2.3.0/museums/1/")


def test_it_has_a_page_that_says_what_it_does(site: httpx2.Client) -> None:
    page = site.get("/2.3.0/museums/", headers={"accept": "text/html"}).text
    assert "Parameters - city, spacecraft" in pages.description(page)
    assert ("/museums/?spacecraft=39", "/2.3.0/museums/?spacecraft=39") in pages.links(page)


def test_it_is_in_the_root_and_in_the_document(site: httpx2.Client) -> None:
    assert "museums" in get(site, "")
    document = get(site, "schema/", format="json")
    assert document["paths"]["/2.3.0/museums/"]["get"]["tags"] == ["Museums"]
    assert {"MuseumNormal", "MuseumDetailed"} <= document["components"]["schemas"].keys()


@once
def test_a_mirror_of_it_has_it_too(site: httpx2.Client, copy: Copy, tmp_path: Path) -> None:
    with fresh_database(tmp_path) as database:
        second = Copy(copy.folder, {**copy.env, **database})
        second.manage("migrate", "-v0")
        root = str(site.base_url.join("/2.3.0/"))
        second.manage("mirror", "--from", root, "--budget", "200")
        rows = second.manage("dumpdata", "spacecraft.museum")
    assert json.loads(rows) == json.loads(copy.manage("dumpdata", "spacecraft.museum"))


@once
@pytest.mark.timeout(900)  # a suite within the suite
def test_the_tests_over_all_resources_are_its_tests_too(copy: Copy) -> None:
    copy.pytest("--count-queries", "tests/test_plans.py", "-k", "has_every_case")
    counts = json.loads((copy.folder / "tests/query_counts.json").read_text())
    # A count, the museums, their craft and what nests in these; detailed from a table in between.
    assert counts["museums ?mode=normal"] == 2
    assert counts["museums ?mode=detailed"] > counts["spacecraft ?mode=normal"]
    everywhere = ["tests", "--ignore=tests/mirror", "--ignore=tests/test_a_new_resource.py"]
    assert copy.pytest(*everywhere, "-k", "museum or Museum") > 75
    one = ("tests/test_schema.py", "tests/test_checks.py", "tests/test_docs.py")
    assert copy.pytest(*one, "-k", "not commands_of_operating")  # which speak of no resource
