"""More requests than can be answered: the cheap ones go on, the heavy ones have a bounded queue."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from tests.conftest import fresh_database
from tests.faults.connections import connect
from tests.faults.report import Report
from tests.faults.traffic import Seen, Traffic, get, unlike_any
from tests.servers import running_server

HEAVY = "/2.3.0/spacecraft/?mode=detailed&limit=100"


@pytest.fixture(scope="module")
def site(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        fresh_database(tmp_path_factory.mktemp("load"), template) as env,
        running_server(env, prepare=False) as url,
    ):
        yield url


@contextmanager
def asked(site: str, said: Callable[[], bytes], each: float) -> Iterator[Seen]:
    """Asks every `each` seconds, whether the requests before are answered or not."""
    readers = [Traffic(site, said=said, each=each * 20, readers=1) for _ in range(20)]
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
    with asked(site, lambda: get(unlike_any(HEAVY)), each=1 / 8) as heavy, Traffic(site) as cheap:
        time.sleep(10)
    report("8 heavy requests a second", cheap, heavy)
    assert set(cheap.reads.counts) == {200}
    assert set(heavy.counts) <= {200, 503}


def log_in(name: str) -> bytes:
    """With a wrong password. The cookie and the form's token are of one secret, as CSRF asks."""
    token = "a" * 32
    form = f"csrfmiddlewaretoken={token}&username={name}&password=wrong&next=/admin/"
    head = (
        f"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nCookie: csrftoken={token}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
        f"Content-Length: {len(form)}\r\n\r\n"
    )
    return (head + form).encode()


def test_eight_wrong_log_ins_a_second_leave_the_others_alone(site: str, report: Report) -> None:
    with asked(site, lambda: log_in("editor"), each=1 / 8) as wrong, Traffic(site) as cheap:
        time.sleep(6)
    report("8 wrong log-ins a second of one name", cheap, wrong)
    assert set(cheap.reads.counts) == {200}
    # The fifth is refused, and all that come after it; some for want of a place in the queue.
    assert wrong.counts[200] == 4
    assert wrong.counts[429]
    assert set(wrong.counts) <= {200, 429, 503}


def test_eight_wrong_log_ins_a_second_of_as_many_names(site: str, report: Report) -> None:
    """Each costs the hash of a password."""
    with asked(site, lambda: log_in(uuid4().hex), each=1 / 8) as wrong, Traffic(site) as cheap:
        time.sleep(6)
    report("8 wrong log-ins a second of 8 names", cheap, wrong)
    assert set(cheap.reads.counts) == {200}
    assert set(wrong.counts) <= {200, 503}


def test_a_client_that_went_away_while_it_waited_costs_nothing(site: str, report: Report) -> None:
    request = f"GET {HEAVY} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    for _ in range(100):
        connect(site, request).close()
    time.sleep(2)  # of the 15 that all of them would take
    with Traffic(site, path=HEAVY, readers=1) as reader:
        time.sleep(1)
    report("100 heavy requests whose clients went away", reader)
    assert set(reader.reads.counts) == {200}
