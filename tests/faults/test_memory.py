"""Many requests, no two alike: what a worker keeps of them is bounded."""

import http.client
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import FAULT, fresh_database
from tests.servers import manage, running_server

CLIENTS = 4
URLS = (
    "/2.3.0/spacecraft/?limit=1&offset={n}&unknown={n}",
    "/2.3.0/config/spacecraft_statuses/?search={n}",
    "/2.3.0/agencies/{n}/",
    "/2.3.0/{n}/",
    "/2.3.0/spacecraft/?ordering=name,-id&search=x{n}&limit=2",
    "/2.3.0/config/image_licenses/?limit=1&offset={n}",
    "/2.3.0/spacecraft/?status={n}x",
    "/static/{n}",
)
PAGE = "/2.3.0/config/image_licenses/?format=api&search={n}"
EACH = 40  # of so many requests one is for a page: it takes longer than an answer


@pytest.fixture(scope="module")
def site(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        fresh_database(tmp_path_factory.mktemp("memory"), template) as env,
        running_server({**env, "WORKERS": "1"}, prepare=False) as url,
    ):
        yield url


def memory(site: str) -> int:
    """Bytes of this process's grandchild that serves the site."""
    port = f"PORT={urlsplit(site).port}"
    (worker,) = [child for server in children(os.getpid()) for child in children(server)
                 if serves(server, port) and serves(child, port)]  # fmt: skip
    words = Path(f"/proc/{worker}/statm").read_text().split()
    return int(words[1]) * os.sysconf("SC_PAGE_SIZE")


def children(pid: int) -> list[int]:
    """Of all its threads."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def serves(pid: int, port: str) -> bool:
    """Other tests have servers of their own."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes()
    is_ours = port.encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return is_ours and (b"spawn_main" in command or manage("serve")[-1].encode() in command)


def ask(site: str, numbers: range) -> set[int]:
    connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=30)
    statuses = set()
    for n in numbers:
        url = PAGE if n % EACH == 0 else URLS[n % len(URLS)]
        connection.request("GET", url.format(n=n), headers={"Accept": f"*/*;x={n}"})
        answer = connection.getresponse()
        answer.read()
        statuses.add(answer.status)
    connection.close()
    return statuses


def test_a_worker_takes_no_more_memory_after_many_requests(
    site: str, many: int, record_property: Callable[[str, object], None]
) -> None:
    """`many`: 20,000 where --long is given."""
    sizes, statuses = [], set()
    quarter = many // 4
    with ThreadPoolExecutor(CLIENTS) as clients:
        for first in range(0, many, quarter):
            shares = [range(first + n, first + quarter, CLIENTS) for n in range(CLIENTS)]
            statuses |= set().union(*clients.map(lambda share: ask(site, share), shares))
            sizes.append(memory(site) / 2**20)
    quarters = ", ".join(f"{size:.0f}" for size in sizes)
    record_property(FAULT, f"{many:,} requests, no two alike: {quarters} MiB after each quarter")
    assert statuses == {200, 400, 404}
    assert sizes[-1] < sizes[0] * 1.15
