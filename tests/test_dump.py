"""`dump/`: all records in files, of one version of the data."""

import http.client
import json
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from spacedevs.api.registry import resources
from tests.conftest import shell
from tests.servers import running_server

Env = dict[str, str]
INDEX = "/2.3.0/dump/"
EDIT = """
from spacecraft.models import Spacecraft
Spacecraft.objects.filter(pk=35).update(name="Edited")
"""


class Reply(NamedTuple):
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Site:
    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc

    def get(self, path: str, **headers: str) -> Reply:
        with closing(http.client.HTTPConnection(self.host, timeout=60)) as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            client.request("GET", path, headers=named)
            answer = client.getresponse()
            return Reply(answer.status, answer.headers, answer.read())


@contextmanager
def site_of(env: Env) -> Iterator[Site]:
    with running_server(env, prepare=False) as url:
        yield Site(url)


@pytest.fixture
def site(prepared: Env) -> Iterator[Site]:
    with site_of(prepared) as running:
        yield running


def test_its_files_are_what_the_lists_show(site: Site, tmp_path: Path) -> None:
    about = site.get(INDEX).json
    rows = {each["name"]: each["rows"] for each in about["files"]}
    about_all, *whole = map(json.loads, site.get(f"{INDEX}catalogue.ndjson").body.splitlines())
    assert about_all["version"] == about["version"]
    (tmp_path / "tables").write_bytes(site.get(f"{INDEX}catalogue.sqlite3").body)
    with closing(sqlite3.connect(tmp_path / "tables")) as tables:
        for resource in resources():
            name = resource.replace("/", "_")
            lines = site.get(f"{INDEX}{name}.ndjson").body.splitlines()
            objects = [json.loads(line) for line in lines]
            assert len(objects) == rows[f"{name}.ndjson"]
            listed = site.get(f"/2.3.0/{resource}/?format=ndjson&fields=id").body.splitlines()
            assert {row["id"] for row in objects} == {json.loads(line)["id"] for line in listed}
            assert objects == sorted(objects, key=lambda row: row["id"])
            assert site.get(f"/2.3.0/{resource}/{objects[0]['id']}/").json == objects[0]
            assert [each["object"] for each in whole if each["resource"] == resource] == objects
            found = tables.execute(f'SELECT id FROM "{name}" ORDER BY rowid')  # noqa: S608
            assert [pk for (pk,) in found] == [row["id"] for row in objects]
        up = tables.execute("SELECT count(*) FROM spacecraft WHERE in_space = ?", ["1"]).fetchone()
        assert up[0] == sum(each["object"].get("in_space") is True for each in whole)
        assert tables.execute("PRAGMA foreign_key_check").fetchall() == []
        version = tables.execute("SELECT value FROM dump WHERE name = 'version'").fetchone()
        assert version == (about["version"],)


def test_it_says_which_durations_run(site: Site) -> None:
    _, *lines = map(json.loads, site.get(f"{INDEX}catalogue.ndjson").body.splitlines())
    crafts = [each for each in lines if each["resource"] == "spacecraft"]
    up = {each["object"]["id"] for each in crafts if each["object"]["in_space"]}
    assert {each["object"]["id"] for each in crafts if "time_in_space" in each["runs"]} == up


def test_it_is_made_once_for_a_version_whoever_asks(prepared: Env) -> None:
    dumps = Path(prepared["DATA_DIR"]) / "dumps"
    with site_of(prepared) as site, ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(site.get, [INDEX] * 8))
        assert {answer.status for answer in answers} == {200}
        assert len({answer.body for answer in answers}) == 1
        assert len(os.listdir(dumps)) == 1
        before = site.get(f"{INDEX}spacecraft.ndjson")
        tag = before.headers["ETag"]
        assert site.get(f"{INDEX}spacecraft.ndjson", If_None_Match=tag).status == 304
        shell(prepared, EDIT)
        after = site.get(f"{INDEX}spacecraft.ndjson", If_None_Match=tag)
        assert after.status == 200
        assert b'"Edited"' in after.body
        assert site.get(INDEX).json["version"] != answers[0].json["version"]
        assert len(os.listdir(dumps)) == 2


def test_a_download_goes_on_where_it_was_cut_off(prepared: Env) -> None:
    with site_of(prepared) as site:
        path = f"{INDEX}catalogue.sqlite3"
        whole = site.get(path)
        tag, size = whole.headers["ETag"], len(whole.body)
        rest = site.get(path, Range="bytes=1000-", If_Range=tag)
        assert (rest.status, rest.body) == (206, whole.body[1000:])
        assert rest.headers["Content-Range"] == f"bytes 1000-{size - 1}/{size}"
        shell(prepared, EDIT)
        anew = site.get(path, Range="bytes=1000-", If_Range=tag)
        assert anew.status == 200
        assert anew.body[:16] == b"SQLite format 3\0"


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-0", 206, slice(0, 1)),
        ("bytes=5-9", 206, slice(5, 10)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=5-99999999", 206, slice(5, None)),
        ("bytes=99999999-", 416, slice(0, 0)),
        ("bytes=-0", 416, slice(0, 0)),
        ("bytes=9-5", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=0-1,5-6", 200, slice(None)),
        ("rows=1-2", 200, slice(None)),
    ],
)
def test_a_part_is_what_its_range_names(server: str, asked: str, status: int, part: slice) -> None:
    site = Site(server)
    whole = site.get(f"{INDEX}config_agency_types.ndjson").body
    answer = site.get(f"{INDEX}config_agency_types.ndjson", Range=asked)
    assert (answer.status, answer.body) == (status, whole[part])


@pytest.mark.parametrize("name", ["about.json", "x.ndjson", "..%2Fdb.sqlite3", "db.sqlite3"])
def test_nothing_else_is_given(server: str, name: str) -> None:
    assert Site(server).get(f"{INDEX}{name}").status == 404


def test_where_it_can_not_be_written_it_says_so(prepared: Env) -> None:
    (Path(prepared["DATA_DIR"]) / "dumps").write_text("a file, and no folder")
    with site_of(prepared) as site:
        answer = site.get(INDEX)
        assert answer.status == 503
        assert "DATA_DIR" in answer.json["detail"]
