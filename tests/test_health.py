"""`/health/live` and `/health/ready`, as a probe sees them."""

import json
import socket
import threading
import time

import pytest

from spacedevs.bounded import Bounded
from spacedevs.errors import BY_WORDS, DATABASE_AWAY
from spacedevs.health import NO_DATA, NOT_MIGRATED, SLOW
from tests.conftest import run
from tests.servers import NOWHERE
from tests.test_serve import ask, serving

PROBE = {"Host": "10.1.2.3:8000"}  # as Kubernetes sends it


def missing(url: str) -> list[str]:
    status, headers, body = ask(url, "GET", "/health/ready", **PROBE)
    assert (status, headers["content-type"]) == (503, "application/json")
    answer = json.loads(body)
    assert answer["status"] == "unavailable"
    found = answer["missing"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_a_probe_is_answered_whatever_host_it_names(server: str, path: str) -> None:
    status, headers, body = ask(server, "GET", path, **PROBE)
    assert (status, json.loads(body)) == (200, {"status": "ok"})
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers


def test_health_is_get_and_head_alone(server: str) -> None:
    assert ask(server, "HEAD", "/health/live")[0] == 200
    assert ask(server, "POST", "/health/live")[0] == 405


def test_a_site_whose_database_is_away_lives_and_is_not_ready(empty: dict[str, str]) -> None:
    with serving({**empty, "DATABASE_URL": NOWHERE}) as (_, url):
        assert ask(url, "GET", "/health/live", **PROBE)[0] == 200
        assert missing(url) == [DATABASE_AWAY]


def test_a_database_that_is_not_migrated_is_not_ready(empty: dict[str, str]) -> None:
    no_file = BY_WORDS["there is no file"]
    with serving(empty) as (_, url):
        assert missing(url) == [NOT_MIGRATED if empty["DATABASE_URL"] else no_file]


def test_a_database_without_a_row_is_not_ready(empty: dict[str, str]) -> None:
    assert run(empty, "migrate").returncode == 0
    with serving(empty) as (_, url):
        assert missing(url) == [NO_DATA]


def test_a_question_that_hangs_is_asked_once_and_given_up_by_all() -> None:
    answer, asked = threading.Event(), []

    def ask_for_ever() -> bool:
        asked.append(1)
        return answer.wait(30)

    bounded = Bounded(ask_for_ever, 0.05)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            bounded()
    assert len(asked) == 1
    answer.set()
    bounded.seconds = 30
    assert bounded.asked
    assert bounded.asked.result(30)
    assert bounded()
    assert len(asked) == 2


def test_a_database_that_hangs_is_not_ready_within_seconds_and_the_site_lives(
    empty: dict[str, str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"postgres://127.0.0.1:{mute.getsockname()[1]}/x"
        with serving({**empty, "DATABASE_URL": url, "WORKERS": "2"}) as (_, site):
            began = time.monotonic()
            assert missing(site) == [SLOW]
            assert time.monotonic() - began < 10
            assert ask(site, "GET", "/health/live")[0] == 200
