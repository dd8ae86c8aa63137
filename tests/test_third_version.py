"""Another version is declarations alone: tests/v240, served by a line of API_VERSIONS."""

import ast
import importlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import clear_url_caches

from spacecraft.models import Agency
from spacedevs import urls
from spacedevs.answers import KNOWN, Answers, run
from spacedevs.api import versions
from spacedevs.api.checks import check_resources
from spacedevs.api.documents import document
from tests import pages
from tests.wsgi import application

MOST_LINES = 30  # of two resources in five paths, the line of API_VERSIONS included
FOLDER = Path(__file__).parent / "v240"
DECLARATIONS = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.Assign, ast.Expr)
PATHS = ("agencies", "agencies/mini", "agencies/detailed", "spacecraft", "spacecraft/detailed")


def read_again() -> None:
    """What follows from the settings as a process starts."""
    versions.versions.cache_clear()
    versions.roots.cache_clear()
    importlib.reload(urls)
    clear_url_caches()


@contextmanager
def serving(**served: str) -> Iterator[None]:
    """A site of these versions."""
    with override_settings(API_VERSIONS=served):
        read_again()
        yield
    read_again()


@pytest.fixture(autouse=True)
def third() -> Iterator[versions.Version]:
    with serving(**settings.API_VERSIONS, **{"2.4.0": "tests.v240.urls.router"}):
        yield versions.versions()[-1]


def test_it_is_declarations_alone(capsys: pytest.CaptureFixture[str]) -> None:
    lines = 1
    for file in FOLDER.glob("[!_]*.py"):
        source = file.read_text()
        lines += sum(bool(line.strip()) for line in source.splitlines())
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, ast.stmt) or isinstance(node, DECLARATIONS), file
    with capsys.disabled():
        print(f"\nA version of two resources: {lines} lines")
    assert lines <= MOST_LINES


def test_nothing_is_missing_or_contradicts_itself() -> None:
    assert check_resources() == []


def test_each_path_is_a_list_and_its_records(api: Client) -> None:
    assert sorted(api.get("/2.4.0/").json()) == sorted(PATHS)
    for path in PATHS:
        row = api.get(f"/2.4.0/{path}/?limit=1").json()["results"][0]
        record = api.get(f"/2.4.0/{path}/{row['id']}/").json()
        assert record == row
        assert row["url"] == f"http://localhost/2.4.0/{path.partition('/')[0]}/{row['id']}/"


@pytest.mark.parametrize(
    ("path", "mode"), [("agencies/mini", "list"), ("agencies", "normal"), ("spacecraft", "normal")]
)
def test_a_path_shows_what_a_mode_of_2_3_0_does(api: Client, path: str, mode: str) -> None:
    name = path.partition("/")[0]
    ours = api.get(f"/2.4.0/{path}/?limit=3&mode=detailed").json()["results"]
    theirs = api.get(f"/2.3.0/{name}/?limit=3&mode={mode}").json()["results"]
    assert [list(row) for row in ours] == [list(row) for row in theirs]
    assert [row["id"] for row in ours] == [row["id"] for row in theirs]


def test_what_it_does_not_serve_is_at_upstreams_2_4_0(api: Client) -> None:
    craft = api.get("/2.4.0/spacecraft/?limit=1").json()["results"][0]
    configuration = craft["spacecraft_config"]
    root = "https://ll.thespacedevs.com/2.4.0/spacecraft_configurations"
    assert configuration["url"] == f"{root}/{configuration['id']}/"
    assert configuration["agency"]["url"].startswith("http://localhost/2.4.0/agencies/")


def test_it_has_filters_search_and_ordering(api: Client) -> None:
    page = api.get("/2.4.0/agencies/mini/?abbrev=NASA&search=national&ordering=-id").json()
    assert [row["id"] for row in page["results"]] == [44]


def test_its_document_is_of_it_alone(third: versions.Version, api: Client) -> None:
    made = document(third)
    lists = {f"/2.4.0/{path}/" for path in PATHS}
    assert made["paths"].keys() == lists | {f"{path}{{id}}/" for path in lists} | {
        "/2.4.0/api-throttle/"
    }
    assert "AgencyMini" in made["components"]["schemas"]
    names = {each["name"] for each in made["paths"]["/2.4.0/agencies/"]["get"]["parameters"]}
    assert "mode" not in names
    assert api.get("/2.4.0/schema/?format=json").json() == made


def test_it_has_pages_with_their_words(api: Client) -> None:
    page = api.get("/2.4.0/agencies/detailed/?format=api&limit=1").content.decode()
    said = pages.description(page)
    assert "Modes" not in said
    assert "Example - /agencies/detailed/?search=SpaceX" in said
    assert api.get("/2.4.0/swagger/").status_code == api.get("/2.4.0/redoc/").status_code == 200


def test_its_errors_are_json_and_it_has_a_throttle(api: Client) -> None:
    assert api.get("/2.4.0/nothing").json() == {"detail": "Not found."}
    assert api.get("/2.4.0/api-throttle/").json().keys() >= {"your_request_limit", "ident"}
    assert api.post("/2.4.0/agencies/").status_code == 405


def test_an_edit_is_seen_in_each_version(api: Client) -> None:
    urls = [f"/{name}/agencies/121/" for name in ("2.3.0", "2.2.0", "2.4.0")]
    assert {api.get(url).json()["name"] for url in urls} == {"SpaceX"}
    Agency.objects.filter(pk=121).update(name="Edited")
    assert {api.get(url).json()["name"] for url in urls} == {"Edited"}


@pytest.mark.asks_once
def test_its_answers_are_known_the_second_time(db: None) -> None:
    def environ() -> dict[str, Any]:
        given = Client(headers={"host": "localhost"})._base_environ(PATH_INFO="/2.4.0/agencies/")
        return {**given, "wsgi.input": io.BytesIO(b"")}

    with application() as views:
        answers = Answers(views)
        asked = [environ(), environ()]
        made, known = (run(answers, each) for each in asked)
    assert made[2] == known[2]
    assert [KNOWN in each for each in asked] == [False, True]


def test_a_version_that_is_switched_off_is_not_there(api: Client) -> None:
    with serving(**{"2.3.0": settings.API_VERSIONS["2.3.0"]}):
        assert [api.get(f"/{name}/").status_code for name in ("2.3.0", "2.2.0")] == [200, 404]
        page = api.get("/2.2.0/agencies/")
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
