"""The count is exact on real servers, whatever counts; and what happens when that is away."""

import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import fresh_database, shell
from tests.servers import running_server
from tests.throttles import ask, ask_at_once, running_redis

LIMITED = {"THROTTLE": "15/hour", "WORKERS": "4"}


@pytest.fixture
def env(tmp_path: Path, template: str) -> Iterator[dict[str, str]]:
    with fresh_database(tmp_path, template) as database:
        yield {**database, **LIMITED}


def calls_used(server: str) -> int:
    """The start has asked for the API's root."""
    return int(json.loads(ask(server, "/2.3.0/api-throttle/")[2])["current_use"])


def test_15_of_120_requests_by_16_clients_over_4_workers_pass(env: dict[str, str]) -> None:
    with running_server(env, prepare=False) as server:
        used = calls_used(server)
        assert ask_at_once(server, 120) == {200: 15 - used, 429: 105 + used}
        assert calls_used(server) == 15


@pytest.mark.only_on("sqlite")
def test_15_of_120_pass_with_redis(env: dict[str, str], tmp_path: Path) -> None:
    with (
        running_redis(tmp_path) as (url, _),
        running_server({**env, "REDIS_URL": url}, prepare=False) as server,
    ):
        used = calls_used(server)
        assert ask_at_once(server, 120) == {200: 15 - used, 429: 105 + used}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
def test_with_redis_away_requests_pass_and_the_log_has_a_line_of_each_worker(
    env: dict[str, str], tmp_path: Path, capfd: Any, fault: signal.Signals
) -> None:
    env = {**env, "WORKERS": "1"}
    with (
        running_redis(tmp_path) as (url, redis),
        running_server({**env, "REDIS_URL": url}, prepare=False) as server,
    ):
        assert ask_at_once(server, 30)[429] > 0
        redis.send_signal(fault)
        assert ask_at_once(server, 60) == {200: 60}
        redis.send_signal(signal.SIGCONT)
    said = capfd.readouterr()
    assert (said.out + said.err).count("counts no calls") == 1


@pytest.mark.only_on("sqlite")
def test_a_redis_that_is_back_counts_again(env: dict[str, str], tmp_path: Path) -> None:
    env = {**env, "WORKERS": "1"}
    with (
        running_redis(tmp_path) as (url, redis),
        running_server({**env, "REDIS_URL": url}, prepare=False) as server,
    ):
        ask_at_once(server, 15)
        redis.send_signal(signal.SIGSTOP)
        assert ask(server)[0] == 200
        redis.send_signal(signal.SIGCONT)
        end = time.monotonic() + 20
        while ask(server)[0] != 429:
            assert time.monotonic() < end
            time.sleep(0.2)


@pytest.mark.only_on("sqlite")
def test_counting_waits_for_no_writer_of_the_database(env: dict[str, str], tmp_path: Path) -> None:
    with running_server(env, prepare=False) as server:
        key = shell(env, MAKE_TOKEN).strip()
        with sqlite3.connect(tmp_path / "db.sqlite3", isolation_level=None) as writer:
            writer.execute("BEGIN IMMEDIATE")
            started = time.monotonic()
            status, headers, _ = ask(server)
            assert (status, headers["ratelimit-limit"]) == (200, "15")
            assert ask(server, Authorization=f"Token {key}")[0] == 200
            assert time.monotonic() - started < 2  # a writer waits for 2 at least
            writer.execute("ROLLBACK")
        writer.close()


MAKE_TOKEN = """
from spacedevs.throttle.models import Token
print(Token.objects.create(name="x").key)
"""


@pytest.mark.only_on("sqlite")
def test_a_file_of_counts_that_is_removed_is_made_anew(env: dict[str, str], tmp_path: Path) -> None:
    with running_server(env, prepare=False) as server:
        for path in tmp_path.glob("throttle.sqlite3*"):
            path.unlink()
        assert ask_at_once(server, 60) == {200: 15, 429: 45}
        assert (tmp_path / "throttle.sqlite3").stat().st_mode & 0o777 == 0o600
