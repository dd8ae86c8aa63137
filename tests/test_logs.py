"""The lines of the log, and the ids of the requests in them."""

import json
import logging
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from spacedevs import logs, outages, request_id
from spacedevs.access import url_of
from tests.conftest import run
from tests.servers import NOWHERE, manage, wait_until_it_answers
from tests.test_serve import ask

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

OURS = re.compile(r"[0-9a-f]{32}")


@contextmanager
def logged(env: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The URL of a server, and the file that it logs to."""
    log = tmp_path / "log"
    with (
        log.open("w") as stderr,
        subprocess.Popen(manage("serve"), env=env, stdout=subprocess.PIPE, stderr=stderr) as server,
    ):
        url = f"http://127.0.0.1:{env['PORT']}"
        try:
            wait_until_it_answers(url, server)
            yield url, log
        finally:
            server.terminate()
            server.communicate(timeout=30)


@pytest.fixture
def lines() -> Iterator[list[logging.LogRecord]]:
    """What is logged in this process, whoever logs it."""
    found: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record)

    keep = Keep()
    loggers = [logging.getLogger(name) for name in ("", "django", "django.request")]
    for logger in loggers:
        logger.addHandler(keep)
    yield found
    for logger in loggers:
        logger.removeHandler(keep)


# Ids


def test_every_answer_has_an_id_of_its_own(server: str) -> None:
    paths = ("/2.3.0/", "/2.3.0/nothing/", "/static/admin/css/base.css", "/health/live", "/")
    found = [ask(server, "GET", path)[1]["x-request-id"] for path in paths]
    assert all(OURS.fullmatch(name) for name in found)
    assert len({*found}) == len(paths)


def test_an_id_that_a_client_sends_is_not_taken_without_a_proxy(server: str) -> None:
    _, headers, _ = ask(server, "GET", "/2.3.0/", **{"X-Request-Id": "mine"})
    assert OURS.fullmatch(headers["x-request-id"])


@pytest.mark.parametrize("sent", ["a", "A.b_c-9", "x" * 128])
def test_a_proxys_id_is_taken(settings: Any, sent: str) -> None:
    settings.BEHIND_PROXY = True
    response = Client(headers={"host": "localhost"}).get("/2.3.0/", headers={"x-request-id": sent})
    assert response["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 129, "a b", "a\nb", "a,b", "é", "a;b"])
def test_an_id_that_is_not_sane_is_replaced(settings: Any, sent: str) -> None:
    settings.BEHIND_PROXY = True
    assert OURS.fullmatch(request_id.chosen(sent))


def test_a_5xx_outside_of_the_api_shows_the_id(
    monkeypatch: pytest.MonkeyPatch, lines: list[logging.LogRecord]
) -> None:
    monkeypatch.setattr("spacedevs.middleware.clock.of_request", lambda request: 1 / 0)
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    response = client.get("/")
    assert response.status_code == 500
    assert response.text.endswith(f"\n\nRequest {response['X-Request-Id']}")


# Lines


def test_a_500_is_one_line_with_its_traceback_and_its_id(
    monkeypatch: pytest.MonkeyPatch, lines: list[logging.LogRecord]
) -> None:
    def broken(request: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr("spacedevs.middleware.clock.of_request", broken)
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    response = client.get("/2.3.0/")
    assert json.loads(response.content) == {"detail": "A server error occurred."}
    (record,) = lines
    line = json.loads(logs.JSON().format(record))
    assert line["request_id"] == response["X-Request-Id"]
    assert "RuntimeError: broken" in line["traceback"]
    shown = logs.People().format(record)
    assert "RuntimeError: broken" in shown
    assert f"[{response['X-Request-Id']}]" in shown


def test_a_line_in_json_bears_whatever_is_in_its_message() -> None:
    message = 'a\n"b" \ud800 \x00 é'
    record = logging.LogRecord("x", logging.ERROR, "", 0, message, None, None)
    shown = logs.JSON().format(record)
    assert "\n" not in shown
    assert json.loads(shown)["message"] == message


def test_the_access_log_hides_the_values_of_secrets_and_ends_no_line() -> None:
    query = "search=a%0Ab&token=s3&API_KEY=s3&pass%77ord=s3&mode=list"
    shown = url_of(RequestFactory().get("/2.3.0/x%0ay/", QUERY_STRING=query))
    assert shown == ("/2.3.0/x%0Ay/?search=a%0Ab&token=***&API_KEY=***&password=***&mode=list")


def test_the_access_log_has_a_line_for_each_request_and_every_line_is_json(
    prepared: dict[str, str], tmp_path: Path
) -> None:
    env = {**prepared, "LOG_FORMAT": "json", "ACCESS_LOG": "true", "WORKERS": "2"}
    with logged(env, tmp_path) as (url, log):
        status, headers, body = ask(url, "GET", "/2.3.0/agencies/?limit=1&token=s3")
        ask(url, "HEAD", "/2.3.0/nothing/")
        refused = ask(url, "POST", "/admin/login/?password=s3", **{"Content-Length": "20000000"})
    found = [json.loads(line) for line in log.read_text().splitlines()]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in found)
    assert {"_granian", "spacedevs.access"} <= {line["logger"] for line in found}
    access = {line["path"]: line for line in found if line["logger"] == "spacedevs.access"}
    line = access["/2.3.0/agencies/?limit=1&token=***"]
    assert (line["method"], line["status"], line["ip"]) == ("GET", status, "127.0.0.1")
    assert line["bytes"] == len(body)
    assert line["request_id"] == headers["x-request-id"]
    assert line["ms"] > 0
    assert line["queue_ms"] >= 0
    missed = access["/2.3.0/nothing/"]
    assert (missed["method"], missed["status"], missed["bytes"]) == ("HEAD", 404, 0)
    line = access["/admin/login/?password=***"]  # the server refused it itself
    assert (line["method"], line["status"], line["ip"]) == ("POST", refused[0], "127.0.0.1")
    assert refused[0] == 413
    assert line["request_id"] == refused[1]["x-request-id"]


def test_no_access_is_logged_unless_it_is_asked_for(
    prepared: dict[str, str], tmp_path: Path
) -> None:
    with logged(prepared, tmp_path) as (url, log):
        ask(url, "GET", "/2.3.0/agencies/")
    assert "agencies" not in log.read_text()


@pytest.mark.parametrize("name", ["LOG_FORMAT", "LOG_LEVEL", "ACCESS_LOG", "METRICS_PORT"])
def test_a_setting_that_is_none_is_named(empty: dict[str, str], name: str) -> None:
    done = run({**empty, name: "loud"}, "check")
    assert done.returncode == 1
    assert f"{name} is 'loud': write " in done.stderr


# Outages


def test_a_database_that_is_away_is_one_line_however_many_requests_meet_it(
    empty: dict[str, str], tmp_path: Path
) -> None:
    with logged({**empty, "DATABASE_URL": NOWHERE, "WORKERS": "1"}, tmp_path) as (url, log):
        for path in ("/2.3.0/agencies/", "/2.3.0/agencies/1/", "/admin/login/") * 10:
            ask(url, "GET", path)
    lines = [line for line in log.read_text().splitlines() if "_granian" not in line]
    assert len(lines) == 1
    assert "ERROR spacedevs.outages: The database does not answer: " in lines[0]


def test_the_end_of_an_outage_is_one_line_with_the_number_of_requests(
    prepared: dict[str, str], tmp_path: Path
) -> None:
    here, away = tmp_path / "here", tmp_path / "away"
    away.mkdir()
    for path in tmp_path.glob("db.sqlite3*"):
        path.rename(away / path.name)
    env = {**prepared, "DATABASE_URL": f"sqlite:///{here}/db.sqlite3", "WORKERS": "1"}
    with logged(env, tmp_path) as (url, log):
        for _ in range(20):
            assert ask(url, "GET", "/2.3.0/agencies/")[0] == 503
        away.rename(here)
        assert ask(url, "GET", "/2.3.0/agencies/")[0] == 200
        time.sleep(outages.QUIET)
        assert ask(url, "GET", "/2.3.0/agencies/")[0] == 200
    lines = [line for line in log.read_text().splitlines() if "_granian" not in line]
    assert len(lines) == 2
    assert "The database answers again, after " in lines[1]
    assert "requests that met it: 20." in lines[1]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_outage_that_goes_on_is_a_line_each_30_seconds(lines: list[logging.LogRecord]) -> None:
    clock = Clock()
    outage = outages.Outage(clock)
    for second in range(3000):
        clock.now = second / 50
        outage.meet(OperationalError("connection refused\n\tIs it running?"))
    assert [record.getMessage() for record in lines] == [
        "The database does not answer: connection refused Is it running?",
        "The database has not answered for 30 seconds; requests that met it: 1501. "
        "connection refused Is it running?",
    ]


def test_a_database_of_which_some_connections_work_is_not_one_outage_after_the_other(
    lines: list[logging.LogRecord],
) -> None:
    clock = Clock()
    outage = outages.Outage(clock)
    for second in range(100):
        clock.now = second / 10
        outage.meet(OperationalError("too many connections"))
        outage.answered()
    assert len(lines) == 1
    clock.now += outages.QUIET
    outage.answered()
    outage.answered()
    assert [record.levelname for record in lines] == ["ERROR", "WARNING"]
