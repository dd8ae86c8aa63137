"""More requests than can be answered: the cheap ones go on, the heavy ones have a bounded queue."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.conftest import fresh_database
from tests.faults.connections import connect
from tests.faults.report import Report
from tests.faults.traffic import Seen, Traffic
from tests.servers import running_server

HEAVY = "/2.3.0/spacecraft/?mode=detailed&limit=100"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with fresh_database(tmp_path_factory.mktemp("load")) as env, running_server(env) as url:
        yield url


@contextmanager
def asked(site: str, path: str, each: float) -> Iterator[Seen]:
    """Asks for `path` every `each` seconds, whether the ones before are answered or not."""
    readers = [Traffic(site, path=path, each=each * 20, readers=1) for _ in range(20)]
    seen = Seen()
    for reader in readers:
        reader.__enter__()
        time.sleep(each)
    yield seen
    threads = [threading.Thread(target=reader.__exit__) for reader in readers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for reader in readers:
        for status, took in reader.reads.answers:
            seen.note(status, took)


def test_eight_heavy_requests_a_second_leave_the_cheap_ones_alone(
    site: str, report: Report
) -> None:
    with asked(site, HEAVY, each=1 / 8) as heavy, Traffic(site) as cheap:
        time.sleep(10)
    report("8 heavy requests a second", cheap, heavy)
    assert set(cheap.reads.counts) == {200}
    assert set(heavy.counts) <= {200, 503}


def test_a_client_that_went_away_while_it_waited_costs_nothing(site: str, report: Report) -> None:
    request = f"GET {HEAVY} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    for _ in range(100):
        connect(site, request).close()
    time.sleep(2)  # of the 15 that all of them would take
    with Traffic(site, path=HEAVY, readers=1) as reader:
        time.sleep(1)
    report("100 heavy requests whose clients went away", reader)
    assert set(reader.reads.counts) == {200}
