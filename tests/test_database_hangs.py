"""A PostgreSQL that hangs: its processes are stopped, and its kernel goes on taking bytes."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx2
import pytest
from psycopg import OperationalError

from spacedevs.answers import FRESH
from spacedevs.postgresql.driver import Connection, outage
from tests.clusters import Cluster, binaries, cluster
from tests.servers import free_port, running_server

AGENCIES = "/2.3.0/agencies/?limit=1"
CSS = "/static/rest_framework/css/default.css"
AWAY = {"detail": "The database does not answer. Start it, and check DATABASE_URL."}
PATIENCE = 5  # seconds
AT_ONCE = 1  # second: what takes this long on a machine that is busy did not wait

pytestmark = [
    pytest.mark.only_on("sqlite"),  # on a PostgreSQL of its own, whatever the suite runs on
    pytest.mark.skipif(
        not binaries() and os.environ.get("CI") != "true", reason="no initdb on this machine"
    ),
]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="module")
def site(postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A site on it with one worker, which has a connection."""
    env = {
        "DATABASE_URL": postgresql.url,
        "DATA_DIR": str(tmp_path_factory.mktemp("site")),
        "WORKERS": "1",
        "ANSWERS": "0",  # a known one would go on
    }
    with running_server(env) as url, httpx2.Client(base_url=url, timeout=30) as http:
        yield http


@contextmanager
def less_than(seconds: float) -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < seconds


@contextmanager
def stopped(postgresql: Cluster) -> Iterator[None]:
    """For longer than a version of the data is taken for the newest, and answers with it."""
    with postgresql.stopped():
        time.sleep(FRESH)
        yield


def wait_for_an_answer(site: httpx2.Client) -> None:
    while site.get(AGENCIES).status_code != httpx2.codes.OK:
        time.sleep(0.05)


def test_the_first_request_is_503_within_seconds_and_the_next_at_once(
    postgresql: Cluster, site: httpx2.Client
) -> None:
    wait_for_an_answer(site)
    with stopped(postgresql):
        with less_than(PATIENCE + AT_ONCE):
            answer = site.get(AGENCIES)
        assert (answer.status_code, answer.json()) == (503, AWAY)
        assert answer.headers["Retry-After"] == "5"
        with less_than(AT_ONCE):
            answers = [site.get(AGENCIES) for _ in range(5)]
        assert [(each.status_code, each.json()) for each in answers] == [(503, AWAY)] * 5


def test_what_needs_no_database_goes_on(postgresql: Cluster, site: httpx2.Client) -> None:
    wait_for_an_answer(site)
    with stopped(postgresql):
        site.get(AGENCIES)
        with less_than(AT_ONCE):
            assert site.get(CSS).status_code == 200
            assert site.get("/favicon.ico").status_code == 302


def test_the_site_is_back_within_two_seconds_of_the_database(
    postgresql: Cluster, site: httpx2.Client
) -> None:
    wait_for_an_answer(site)
    with stopped(postgresql):
        site.get(AGENCIES)
    with less_than(2):
        wait_for_an_answer(site)


def test_a_database_that_takes_no_new_connections_is_503(
    postgresql: Cluster, tmp_path: Path
) -> None:
    """The site has no connection yet."""
    env = {"DATABASE_URL": postgresql.url, "DATA_DIR": str(tmp_path), "WORKERS": "1"}
    with (
        postgresql.stopped(),
        running_server(env, prepare=False) as url,
    ):
        assert httpx2.get(f"{url}{AGENCIES}", timeout=20).status_code == 503
        with less_than(AT_ONCE):
            assert httpx2.get(f"{url}{AGENCIES}").status_code == 503


@pytest.fixture
def no_outage() -> Iterator[None]:
    yield
    while outage.since:
        time.sleep(0.05)


def test_all_hosts_together_have_five_seconds(postgresql: Cluster, no_outage: None) -> None:
    hosts = ",".join(["127.0.0.1"] * 8)
    params = {"port": postgresql.port, "user": "postgres", "dbname": "postgres"}
    with (
        postgresql.stopped(),
        less_than(PATIENCE + AT_ONCE),
        pytest.raises(OperationalError, match="no connection within 5 s"),
    ):
        Connection.connect(host=hosts, patience=PATIENCE, **params)


def test_the_second_host_is_tried_within_the_five_seconds(
    postgresql: Cluster, no_outage: None
) -> None:
    with cluster() as other, postgresql.stopped():
        params = {"port": f"{postgresql.port},{other.port}", "user": "postgres"}
        connection = Connection.connect(
            host="127.0.0.1,127.0.0.1", dbname="postgres", patience=5, **params
        )
        assert connection.info.port == other.port
        connection.close()


def test_a_connection_that_is_refused_is_no_outage() -> None:
    with pytest.raises(OperationalError):
        Connection.connect(host="127.0.0.1", port=free_port(), dbname="x", patience=5)
    assert outage.since is None


def test_an_outage_ends_each_threads_connection(postgresql: Cluster, no_outage: None) -> None:
    """One that was in a transaction must not go on with it after the outage."""
    params = {"host": "127.0.0.1", "port": postgresql.port, "user": "postgres", "patience": 0.5}
    first, second = (Connection.connect(dbname="postgres", **params) for _ in range(2))
    second.execute("SELECT 1")
    with stopped(postgresql):
        with ThreadPoolExecutor() as threads:
            fault = threads.submit(first.execute, "SELECT 1").exception()
        assert str(fault) == "no answer within 0.5 s"
        with less_than(0.5), pytest.raises(OperationalError, match="no answer since"):
            second.execute("SELECT 1")
    assert first.closed
    assert second.closed


def test_a_connection_without_a_limit_waits(postgresql: Cluster) -> None:
    """The mirror's and `prepare`'s."""
    connection = Connection.connect(postgresql.url)
    with stopped(postgresql):
        waits = Thread(target=connection.execute, args=("SELECT 1",))
        waits.start()
        waits.join(PATIENCE + AT_ONCE)
        assert waits.is_alive()
    waits.join()
    connection.close()
