"""Hostile requests, raw on the socket, to a site on SQLite and one on PostgreSQL.

No answer is the server's fault, none costs much, and both sites give the same.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from spacedevs.api.registry import resources
from tests.clusters import Cluster, binaries, cluster
from tests.conftest import fresh_database
from tests.faults.connections import answer, connect
from tests.hostile import BYTES, HOSTS, TEXTS, encoded, often, requests
from tests.servers import manage, running_server

pytestmark = [
    pytest.mark.only_on("sqlite"),  # both are its own
    pytest.mark.skipif(
        not binaries() and os.environ.get("CI") != "true", reason="no initdb on this machine"
    ),
]

MOST = 0.150  # CPU seconds of a request, in the worker and in PostgreSQL
TRIES = 4  # of a request whose answers differ or cost much: a second may have gone by between them
# The request's own, the second's, and what a server may say or not.
OWN = (b"x-request-id", b"date", b"data-as-of", b"content-length", b"etag", b"last-modified")
FIELD = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")\w+')
TOKEN = re.compile(rb"csrftoken=\w*; expires=[^;]*; ")  # of the admin's log-in
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


class Answer(NamedTuple):
    status: int
    head: tuple[bytes, ...]
    body: bytes


@dataclass
class Site:
    url: str
    processes: list[int]
    """Those whose CPU time counts; with `family`, their children's too."""
    family: int | None = None

    def ask(self, request: bytes) -> tuple[Answer, float]:
        before = self.cpu()
        with closing(connect(self.url, request)) as connection:
            # Who names no host is given links to the socket that was asked.
            said = answer(connection).replace(urlsplit(self.url).netloc.encode(), b"localhost")
        head, _, body = said.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        kept = sorted(TOKEN.sub(b"", each) for each in lines if not each.lower().startswith(OWN))
        body = FIELD.sub(b"", body)
        found = STATUS.match(first)
        status = int(found[1]) if found else 0  # what is no HTTP has no answer
        return Answer(status, tuple(kept), body), self.cpu() - before

    def cpu(self) -> float:
        """Seconds, of all their threads."""
        pids = [*self.processes, *(children(self.family) if self.family else ())]
        total = 0
        for pid in pids:
            for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                total += int(task.read_text().split()[0])
        return total / 1e9


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def workers() -> set[int]:
    """The processes below this one that serve."""
    return {
        child
        for supervisor in children(os.getpid())
        for child in children(supervisor)
        if b"spawn_main" in (command := Path(f"/proc/{child}/cmdline").read_bytes())
        or manage("serve")[-1].encode() in command
    }


@contextmanager
def site(env: dict[str, str], family: int | None = None) -> Iterator[Site]:
    before = workers()
    with running_server({**env, "WORKERS": "1"}) as url:
        yield Site(url, sorted(workers() - before), family)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="module")
def sites(
    postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Site]]:
    folder = tmp_path_factory.mktemp("postgresql")
    env = {"DATABASE_URL": postgresql.url, "DATA_DIR": str(folder)}
    with (
        fresh_database(tmp_path_factory.mktemp("sqlite")) as ours,
        site(ours) as on_sqlite,
        site(env, postgresql.pids()[0]) as on_postgresql,
    ):
        yield on_sqlite, on_postgresql


@pytest.fixture(scope="module", autouse=True)
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What Hypothesis keeps goes where it is thrown away."""
    set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))
    yield
    set_hypothesis_home_dir(None)


# What is sent

LINES = (
    *(b"", b"GET", b"GET /", b"GET / HTTP/9.9", b"GET / HTTP/1.0", b"get / HTTP/1.1", b"\x00"),
    *(b"PRI * HTTP/2.0", b"CONNECT a:1 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"GET  /  HTTP/1.1"),
    *(b"GET http://evil.example/2.3.0/spacecraft/ HTTP/1.1", b"TRACE /2.3.0/ HTTP/1.1"),
    *(b"GET /../../etc/passwd HTTP/1.1", b"GET //evil.example/2.3.0/ HTTP/1.1", b"\x16\x03\x01"),
    *(b"GET /static/../../etc/passwd HTTP/1.1", b"GET /admin/login/?next=//evil HTTP/1.1"),
    *(b"GET /admin/jsi18n/ HTTP/1.1", b"GET /health/ready HTTP/1.1", b"GET / HTTP/1.1\r\n "),
)
HEADERS = (
    *(b"Cookie: sessionid=" + b"a" * 4000, b"Cookie: ;;=;\xff", b"Cookie: csrftoken=%00"),
    *(b"Authorization: Token x", b"Authorization: Token", b"Authorization: Basic \xff\xfe"),
    *(b"X-Forwarded-For: 1.1.1.1, evil", b"X-Forwarded-Host: evil", b"X-Forwarded-Proto: https"),
    *(b"Range: bytes=0-1,5-9", b"If-None-Match: *", b"If-Modified-Since: yesterday"),
    *(b"Content-Length: -1", b"Content-Length: 5", b"Content-Length: 99999999999999999999"),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: x", b"Expect: 100-continue"),
    *(b"Upgrade: websocket\r\nConnection: Upgrade", b"X-Request-Id: \x00", b"X: " + b"x" * 7000),
    *(b"no colon", b": empty", b"a b: c", b"Host: second", b"Accept-Language: " + b"a," * 900),
    *(b"X-Request-ID: {\"a\":1}", b"Accept-Encoding: gzip;q=x, *;q=0", b"Accept: \xff"),
)  # fmt: skip
ADMIN = ("/admin/", "/admin/login/", "/admin/spacecraft/spacecraft/", "/admin/spacecraft/agency/1/")


@st.composite
def sent(draw: st.DrawFn) -> bytes:
    """A request as bytes: of the API, of the admin, or of nothing that HTTP knows."""
    line, headers = draw(often(api(), 12, strange()))
    headers += draw(often(st.just([]), 5, st.lists(st.sampled_from(HEADERS), max_size=3)))
    return b"\r\n".join([line, *headers, b"Connection: close", b"", b""])


@st.composite
def api(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    method, url, headers = draw(requests(draw(st.sampled_from(sorted(resources())))))
    line = f"{method} {url} HTTP/1.1".encode("utf-8", "surrogatepass")
    return line, [_header(name, value) for name, value in headers.items()]


@st.composite
def strange(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    value = draw(st.sampled_from(BYTES) | st.sampled_from(TEXTS).map(encoded))
    admin = st.sampled_from(ADMIN).map(lambda path: f"GET {path}?{value} HTTP/1.1".encode())
    line = draw(st.sampled_from(LINES) | st.binary(max_size=200) | admin)
    return line, [_header("host", draw(st.sampled_from(("localhost", *HOSTS))))]


def _header(name: str, value: str) -> bytes:
    return f"{name}: {value}".encode("utf-8", "surrogatepass").replace(b"\n", b" ")


# What comes back


@dataclass
class Outcome:
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    dearest: dict[str, float] = field(default_factory=lambda: {"SQLite": 0, "PostgreSQL": 0})


def judge(request: bytes, sites: tuple[Site, Site], outcome: Outcome) -> None:
    for _ in range(TRIES):
        (one, cost), (other, others) = (site.ask(request) for site in sites)
        if one == other and max(cost, others) <= MOST:
            break
    outcome.statuses[one.status] += 1
    for name, seconds in (("SQLite", cost), ("PostgreSQL", others)):
        outcome.dearest[name] = max(outcome.dearest[name], seconds)
    if one.status >= 500:
        outcome.faults.append(f"{one.status} to {request!r}")
    if one != other:
        outcome.faults.append(f"{request!r} has two answers: {differences(one, other)}")
    if max(cost, others) > MOST:
        outcome.faults.append(f"{request!r} takes {1000 * max(cost, others):.0f} ms of CPU")


def differences(one: Answer, other: Answer) -> str:
    if one.status != other.status:
        return f"{one.status} and {other.status}"
    if heads := set(one.head) ^ set(other.head):
        return f"{sorted(heads)}"
    start = next(
        (i for i, (x, y) in enumerate(zip(one.body, other.body, strict=False)) if x != y), 0
    )
    around = slice(max(0, start - 50), start + 100)
    return f"{one.body[around]!r} and {other.body[around]!r}"


def test_both_give_the_same_and_none_fails_or_costs_much(
    sites: tuple[Site, Site], many: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """`many`: 20,000 where --long is given."""
    outcome = Outcome()

    @hypothesis.seed(1)
    @hypothesis.settings(
        max_examples=many,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(sent())
    def send(request: bytes) -> None:
        judge(request, sites, outcome)

    send()
    with capsys.disabled():
        counts = " ".join(f"{status}×{n}" for status, n in sorted(outcome.statuses.items()))
        dearest = {name: f"{1000 * seconds:.0f} ms" for name, seconds in outcome.dearest.items()}
        print(f"\n{outcome.statuses.total():,} requests: {counts}; dearest: {json.dumps(dearest)}")
    assert not outcome.faults, "\n".join(outcome.faults[:20])
    assert outcome.statuses.total() >= many * 0.9  # those that were drawn twice are sent once
    assert {200, 400, 404} <= set(outcome.statuses)
