"""Servers with a throttle, what many clients get of them, and a Redis that a test may stop."""

import http.client
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.servers import free_port

ROWS = "/2.3.0/config/spacecraft_statuses/"


def ask(server: str, path: str = ROWS, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with closing(http.client.HTTPConnection(urlsplit(server).netloc, timeout=30)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def ask_at_once(server: str, requests: int, clients: int = 16) -> Counter[int]:
    """How often each status is answered."""
    with ThreadPoolExecutor(clients) as pool:
        return Counter(pool.map(lambda _: ask(server)[0], range(requests)))


@contextmanager
def running_redis(folder: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A Redis or Valkey of the test's own: its URL and its process."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        assert os.environ.get("CI") != "true"
        pytest.skip("neither redis-server nor valkey-server is installed")
    port = free_port()
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    process = subprocess.Popen([*words, "--save", ""], stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.kill()
        process.wait()


def wait_for(port: int) -> None:
    import redis

    end = time.monotonic() + 10
    with closing(redis.Redis(port=port)) as client:
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                assert time.monotonic() < end, "Redis does not start"
                time.sleep(0.05)
