"""Workers that are killed, stopped or told to end, under readers and an editor."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.faults.connections import connect
from tests.faults.report import Report
from tests.faults.traffic import CHEAP, Traffic
from tests.servers import manage, wait_until_it_answers

# Which database it is makes no difference to a worker.
pytestmark = pytest.mark.only_on("sqlite")


@contextmanager
def serving(env: dict[str, str]) -> Iterator[tuple[subprocess.Popen, str]]:
    process = subprocess.Popen(manage("serve"), env=env, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{env['PORT']}"
        wait_until_it_answers(url, process)
        yield process, url
    finally:
        process.kill()  # its workers end by themselves
        process.wait()


def workers(supervisor: subprocess.Popen) -> list[int]:
    """Its child processes that serve."""
    children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children")
    pids = map(int, children.read_text().split()) if children.exists() else []
    return [
        pid
        for pid in pids
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
        or b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def test_a_worker_that_is_killed_is_replaced(prepared: dict[str, str], report: Report) -> None:
    with serving(prepared) as (process, url), Traffic(url, prepared) as traffic:
        time.sleep(1)
        os.kill(workers(process)[0], signal.SIGKILL)
        time.sleep(8)
        report("a worker is killed", traffic)
        assert len(workers(process)) == 2
    # Those that the killed one was at have no answer.
    assert set(traffic.reads.counts) <= {200, 0}
    assert traffic.reads.counts[0] <= 2


def test_a_worker_that_is_stopped_is_replaced(prepared: dict[str, str], report: Report) -> None:
    with serving(prepared) as (process, url), Traffic(url, prepared) as traffic:
        time.sleep(1)
        stopped = workers(process)[0]
        os.kill(stopped, signal.SIGSTOP)
        time.sleep(20)
        assert stopped not in workers(process)
        assert len(workers(process)) == 2
        report("a worker is stopped (SIGSTOP)", traffic)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_under_requests_and_loses_none(
    prepared: dict[str, str], ending: signal.Signals, report: Report
) -> None:
    with serving(prepared) as (process, url), Traffic(url, prepared, each=0.04) as traffic:
        time.sleep(2)
        began = time.monotonic()
        process.send_signal(ending)
        assert process.wait(10) == 0
        took = time.monotonic() - began
        time.sleep(0.5)
    with serving(prepared) as (_, url):
        traffic.url = url
        report(f"{ending.name} under 50 requests a second", traffic)
    assert set(traffic.reads.counts) <= {200, 0}  # 0: no connection, once it listens no more
    assert took < 4


def test_ctrl_c_ends_at_once_also_where_a_connection_is_kept(prepared: dict[str, str]) -> None:
    with serving(prepared) as (process, url):
        request = f"GET {CHEAP} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        with connect(url, request) as connection:
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0


@pytest.mark.parametrize("started", [True, False])
def test_workers_whose_supervisor_is_killed_end(prepared: dict[str, str], started: bool) -> None:
    """Also those that have only just been forked."""
    with ExitStack() as stack:
        if started:
            process, _ = stack.enter_context(serving(prepared))
        else:
            words, silent = manage("serve"), subprocess.DEVNULL
            process = stack.enter_context(subprocess.Popen(words, env=prepared, stdout=silent))
            stack.callback(process.kill)
        while not (pids := workers(process)):
            time.sleep(0.001)
        process.kill()
        process.wait()
        end = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < end:
            time.sleep(0.1)
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
