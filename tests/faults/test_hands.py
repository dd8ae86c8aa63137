"""Slow hands and ill will at the socket: who holds connections takes nothing from the others."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.conftest import fresh_database
from tests.faults.connections import answer, connect, held, unfinished_post
from tests.faults.report import Report
from tests.faults.traffic import Traffic
from tests.servers import running_server

GET = b"GET /2.3.0/spacecraft/?mode=detailed&limit=100 HTTP/1.1\r\nHost: localhost\r\n\r\n"
PATHS = ("/nope", "/2.3.0/spacecraft/", "/admin/login/", "/", "/static/x", "/admin/jsi18n/")


@pytest.fixture(scope="module")
def site(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        fresh_database(tmp_path_factory.mktemp("hands"), template) as env,
        running_server(env, prepare=False) as url,
    ):
        yield url


@pytest.fixture
def traffic(site: str) -> Traffic:
    return Traffic(site)


def test_two_unfinished_posts_stop_nobody(site: str, traffic: Traffic, report: Report) -> None:
    with held(site, 2, unfinished_post("/nope")), traffic:
        time.sleep(2)
    report("2 unfinished POSTs", traffic)
    assert set(traffic.reads.counts) == {200}


@pytest.mark.parametrize("path", PATHS)
def test_200_unfinished_posts_stop_nobody(
    site: str, path: str, traffic: Traffic, report: Report
) -> None:
    with held(site, 200, unfinished_post(path)), traffic:
        time.sleep(3)
    report(f"200 unfinished POSTs of {path}", traffic)
    assert set(traffic.reads.counts) == {200}


def test_a_body_outside_the_admin_is_not_waited_for(site: str) -> None:
    with connect(site, unfinished_post("/2.3.0/spacecraft/")) as connection:
        head, _, body = answer(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 ")
    assert json.loads(body) == {"detail": 'Method "POST" not allowed.'}


def test_a_body_that_does_not_come_is_a_408(site: str) -> None:
    with connect(site, unfinished_post("/admin/login/")) as connection:
        assert answer(connection).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_is_too_large_is_a_413(site: str) -> None:
    head = b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n"
    with connect(site, head) as connection:
        assert answer(connection).startswith(b"HTTP/1.1 413 ")


def test_500_slow_headers_and_1000_idle_connections_stop_nobody(
    site: str, traffic: Traffic, report: Report
) -> None:
    slow = b"GET /2.3.0/spacecraft/ HTTP/1.1\r\nHost: loc"
    with held(site, 500, slow), held(site, 1000), traffic:
        time.sleep(3)
    report("500 slow headers, 1,000 idle connections", traffic)
    assert set(traffic.reads.counts) == {200}


def test_100_readers_who_never_read_stop_nobody(
    site: str, traffic: Traffic, report: Report
) -> None:
    with held(site, 100, GET, buffer=2048), traffic:
        time.sleep(5)
    report("100 readers who never read", traffic)
    assert set(traffic.reads.counts) == {200}
