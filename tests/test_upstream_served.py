"""A catalogue over HTTP, as what measures the mirror reads it."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from tests.upstream_bodies import NOW, Catalogue
from tests.upstream_bodies.serve import Server, Source
from tests.upstream_bodies.walks import SMALL

Reply = tuple[HTTPResponse, bytes]
Get = Callable[..., Reply]
UP = "spacecraft/?in_space=true&mode=detailed"


@contextmanager
def served(**options: Any) -> Iterator[Get]:
    """A function that gets a path, with headers, from a source of these options."""
    server = Server(Source(Catalogue(**SMALL), **options))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with closing(HTTPConnection("127.0.0.1", server.server_address[1])) as connection:
            yield lambda path, **headers: get(connection, path, headers)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def get(connection: HTTPConnection, path: str, headers: dict[str, str]) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", f"/2.3.0/{path}", headers=named)
    response = connection.getresponse()
    return response, response.read()


@pytest.fixture
def source() -> Iterator[Get]:
    with served(now=NOW) as get:
        yield get


def test_a_page_is_the_catalogues(source: Get) -> None:
    _, body = source("spacecraft/?limit=7&mode=detailed&offset=7&ordering=id")
    expected = Catalogue(**SMALL).page("spacecraft", 7, 7, mode="detailed", ordering="id")
    assert json.loads(body) == expected


def test_a_record_is_the_richest_body(source: Get) -> None:
    expected = Catalogue(**SMALL).body("agencies", 3)
    assert json.loads(source(f"agencies/{expected['id']}/")[1]) == expected


@pytest.mark.parametrize("path", ["pads/", "agencies/0/", "agencies/x/", "nothing"])
def test_what_is_not_there_is_404(source: Get, path: str) -> None:
    assert source(path)[0].status == 404


def test_no_mode_and_an_unknown_one_are_normal(source: Get) -> None:
    for path in ("agencies/", "agencies/?mode=huge"):
        assert json.loads(source(path)[1])["results"][0]["response_mode"] == "normal"


def test_configurations_come_by_name_whatever_is_asked(source: Get) -> None:
    pages = [source(f"spacecraft_configurations/{asked}")[1] for asked in ("", "?ordering=id")]
    ids = [[row["id"] for row in json.loads(page)["results"]] for page in pages]
    assert ids[0] == ids[1] != sorted(ids[0])


def test_stations_where_craft_are_docked_may_be_asked_for(source: Get) -> None:
    page = json.loads(source("space_stations/?docked_vehicles__gte=1")[1])
    assert page["count"] == len(page["results"]) == 1
    assert page["results"][0]["docked_vehicles"] == 1


def test_a_body_is_packed_for_those_who_take_it_so(source: Get) -> None:
    packed, body = source("agencies/", Accept_Encoding="gzip")
    assert packed.getheader("Content-Encoding") == "gzip"
    assert gzip.decompress(body) == source("agencies/")[1]


def test_no_body_is_packed_where_that_is_off() -> None:
    with served(gzip=False) as get:
        reply, body = get("agencies/", Accept_Encoding="gzip")
    assert reply.getheader("Content-Encoding") is None
    assert json.loads(body)["count"] == 30


def test_a_body_that_is_known_is_not_sent_again(source: Get) -> None:
    tag = source("agencies/")[0].getheader("ETag")
    again, body = source("agencies/", If_None_Match=tag)
    assert (again.status, body) == (304, b"")


def test_an_etag_stands_for_the_page_alone(source: Get) -> None:
    tag = source("agencies/")[0].getheader("ETag")
    assert source("agencies/?offset=10", If_None_Match=tag)[0].status == 200


def test_there_are_no_etags_where_they_are_off() -> None:
    with served(etags=False) as get:
        assert get("agencies/")[0].getheader("ETag") is None


def test_a_page_above_the_largest_is_504() -> None:
    with served(largest=50) as get:
        statuses = [get(f"agencies/?limit={limit}")[0].status for limit in (50, 51)]
    assert statuses == [200, 504]


def test_the_date_is_the_clocks(source: Get) -> None:
    assert source("agencies/")[0].getheader("Date") == "Sun, 01 Nov 2026 12:00:00 GMT"


def test_durations_that_live_are_as_of_the_date() -> None:
    """And an ETag of another second is of no use."""
    clock = [NOW]
    source = Source(Catalogue(**SMALL))
    source.now = lambda: clock[0]  # type: ignore[method-assign]
    url = f"/2.3.0/{UP}"
    replies = []
    for seconds in (0, 0.5, 1):
        moment = NOW + timedelta(seconds=seconds)
        known = replies[0].etag if replies else ""
        replies.append(source.answer(url, False, known, moment))
    assert [reply.status for reply in replies] == [200, 304, 200]
    later = Catalogue(**SMALL).at(NOW + timedelta(seconds=1))
    expected = later.page("spacecraft", 0, 10, in_space="true", mode="detailed")
    assert json.loads(replies[2].body) == expected


def test_fractions_show_the_microseconds_of_the_clock() -> None:
    with served(now=NOW + timedelta(microseconds=500_000), fractions=True) as get:
        craft = json.loads(get(UP)[1])["results"][0]
    assert craft["time_in_space"].endswith(".500000S")


def test_it_runs_as_a_process_that_says_its_port() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.upstream_bodies.serve",
        "--craft",
        "40",
        "--edition",
        "2",
    ]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            with closing(HTTPConnection("127.0.0.1", port)) as connection:
                response, body = get(connection, "spacecraft/?limit=100&mode=detailed", {})
        finally:
            process.terminate()
    rows = json.loads(body)["results"]
    date = datetime.strptime(str(response.getheader("Date")), "%a, %d %b %Y %H:%M:%S GMT")
    assert abs(date.replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)
    assert rows[0]["url"].startswith(f"http://127.0.0.1:{port}/2.3.0/spacecraft/")
    assert {row["description"][:14] for row in rows} >= {"As of edition "}
