"""What a run of the mirror costs: CPU, memory, and how long readers wait meanwhile.

    make bench-mirror                # 603 craft; CRAFT=20000 for more

The catalogue, as an hourly run reads it; what Python and Django take to start is told apart.

A source with upstream's bodies is started in a process of its own; the first run fills an empty
database (SQLite in a temporary folder, or DATABASE_URL's, which has to be empty), the second finds
all unchanged by the bytes, the third by 304. A server answers a reader all the time.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import free_port, manage, running_server

PAUSE = 0.05  # seconds between two requests of the reader
CATALOGUE = (
    "spacecraft",
    "spacecraft_configurations",
    "spacecraft_configuration_families",
    "agencies",
)
READ = ("spacecraft/?limit=10", "spacecraft/?limit=10&mode=detailed", "agencies/?limit=10")


@contextmanager
def source(craft: int, port: int, etags: bool, *more: str) -> Iterator[str]:
    arguments = ["--craft", str(craft), "--weight", "real", "--port", str(port), *more]
    arguments += [] if etags else ["--no-etags"]
    command = [sys.executable, "-m", "tests.upstream_bodies.serve", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout:
            process.stdout.readline()  # it listens
        try:
            yield f"http://127.0.0.1:{port}/2.3.0/"
        finally:
            process.terminate()


class Reader(threading.Thread):
    """Asks the server again and again, and keeps how long each answer took."""

    def __init__(self, site: str) -> None:
        super().__init__(daemon=True)
        self.urls = [f"{site}/2.3.0/{path}" for path in READ]
        self.took: list[float] = []
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(PAUSE):
            for url in self.urls:
                begun = time.monotonic()
                with urllib.request.urlopen(url, timeout=60) as answer:  # ours
                    answer.read()
                self.took.append(time.monotonic() - begun)

    def end(self) -> list[float]:
        self.ended.set()
        self.join()
        return sorted(self.took)


def mirror(url: str, env: dict[str, str], log: Path) -> tuple[str, float, float, float]:
    """What a run said last, its seconds, its CPU seconds, and the most memory it had in MB."""
    words = ("mirror", "--from", url, "--budget", "100000", "--only", *CATALOGUE)
    begun = time.monotonic()
    with log.open("w") as out:
        process = subprocess.Popen(manage(*words), env=env, stdout=out, stderr=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - begun
    output = log.read_text().splitlines()[-1]
    if process.returncode:
        sys.exit(f"The run ended with {process.returncode}: {output}")
    return output, took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


STARTED = """
from django.core.management import load_command_class
load_command_class("spacedevs.mirror", "mirror")
from spacedevs.mirror.models import MirrorRun
MirrorRun.objects.count()
"""


def start_up(env: dict[str, str]) -> float:
    """The CPU seconds that Python, Django and the imports take before a run begins."""
    before = os.times()
    subprocess.run(manage("shell", "--no-imports", "-c", STARTED), env=env, check=True)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def measure(name: str, url: str, env: dict[str, str], site: str, log: Path) -> float:
    reader = Reader(site)
    reader.start()
    output, took, cpu, memory = mirror(url, env, log)
    waits = reader.end()
    middle, slowest = 1000 * statistics.median(waits), 1000 * waits[-1]
    print(f"{name}: {took:.1f} s, {cpu:.2f} s CPU, {memory:.0f} MB; {output}", flush=True)
    print(f"  {len(waits)} readers' answers: median {middle:.0f} ms, slowest {slowest:.0f} ms")
    return cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--craft", type=int, default=603)
    craft = parser.parse_args().craft
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "DATA_DIR": folder, "WORKERS": "1"}
        log = Path(folder, "log")
        subprocess.run(manage("migrate", "-v0"), env=env, check=True)
        with running_server(env, prepare=False) as site:
            start = min(start_up(env) for _ in range(3))
            print(f"{craft} craft; to start takes {start:.2f} s CPU")
            with source(craft, port, etags=False) as url:
                first = measure("first run", url, env, site, log)
                second = measure("unchanged, same bytes", url, env, site, log)
            with source(craft, port, etags=True) as url:
                measure("unchanged, ETags new", url, env, site, log)
                third = measure("unchanged, 304", url, env, site, log)
    print("CPU of an unchanged run, of the first one's; in brackets without the start of Python:")
    for name, cpu in (("same bytes", second), ("304", third)):
        print(f"  {name}: {cpu / first:.2f} ({(cpu - start) / (first - start):.2f})")


if __name__ == "__main__":
    main()
