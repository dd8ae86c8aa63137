"""Known answers do not wait for the event loop. granian has no public way for that (at_once.py)."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from granian import _futures

from spacedevs.serving import at_once
from tests.blocked_loop import BLOCKED
from tests.servers import free_port


@pytest.fixture
def port() -> Iterator[int]:
    port = free_port()
    words = [sys.executable, "-m", "granian", "--interface", "rsgi", "--port", str(port)]
    words.append("tests.blocked_loop:site")
    with subprocess.Popen(words, stderr=subprocess.DEVNULL, start_new_session=True) as server:
        try:
            for _ in range(100):
                with suppress(OSError):
                    assert get(port, "/") == "made"
                    break
                time.sleep(0.1)
            yield port
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # its worker hears nothing else


def get(port: int, path: str) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=BLOCKED / 2)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read().decode()


def test_a_known_answer_leaves_while_the_event_loop_stands_still(port: int) -> None:
    assert get(port, "/fault") == "made"  # it goes on by the loop
    assert get(port, "/block") == "made"
    assert get(port, "/known") == "known"
    with pytest.raises(TimeoutError):
        get(port, "/other")


def test_a_granian_that_has_no_such_function_goes_on_by_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(_futures, at_once.SCHEDULE)
    at_once.install(lambda watcher: True)
    assert not hasattr(_futures, at_once.SCHEDULE)
