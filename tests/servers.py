"""`manage.py` and servers in processes of their own. It needs no settings: bench/ uses it too."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = "postgres://127.0.0.1:1/x"
START = 30  # seconds that a server may take to answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def manage(*command: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *command]


@contextmanager
def running_server(
    env: dict[str, str], *, prepare: bool = True, port: int | None = None
) -> Iterator[str]:
    """`manage.py prepare` and `manage.py serve`, as `make serve` runs them; yields its URL."""
    port = port or free_port()
    env = {**os.environ, **env, "PORT": str(port), "HOST": "127.0.0.1"}
    if prepare:
        subprocess.run(manage("prepare"), env=env, check=True, capture_output=True, timeout=60)
    process = subprocess.Popen(manage("serve"), env=env)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_it_answers(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_it_answers(url: str, process: subprocess.Popen) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            with urllib.request.urlopen(f"{url}/health/live", timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no answer from {url} within {START} seconds")


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """What was said by a command that could not do its work."""
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: ")
    assert "Traceback" not in done.stderr
    return done.stderr
