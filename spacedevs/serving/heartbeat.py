"""A worker says each second that it lives; one that does not is ended, and granian starts another.

Each worker touches a file of its own, named by its pid, in a folder that the supervisor made. It is
stuck where it was stopped, where its event loop does not turn, or where it has been at one request
for longer than any may take.
"""

import asyncio
import atexit
import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

logger = logging.getLogger(__name__)

# From the supervisor to its workers, and to nobody else: the files' folder, and its pid, which
# a worker that starts as it is killed can't ask for any more.
FOLDER, SUPERVISOR = "SPACEDEVS_HEARTBEATS", "SPACEDEVS_SUPERVISOR"
EACH = 1.0  # second
SILENT = 10.0  # seconds without a beat: the worker is ended
LONGEST = 60.0  # seconds at one request: the worker beats no more


def start(loop: asyncio.AbstractEventLoop, oldest: Callable[[], float]) -> None:
    """In a worker. `oldest`: the seconds that the oldest of its running requests has taken."""
    if FOLDER not in os.environ:  # run by granian's own command
        return
    file = Path(os.environ[FOLDER], str(os.getpid()))
    supervisor = int(os.environ[SUPERVISOR])

    def beat() -> None:
        if os.getppid() != supervisor:  # it was killed: nobody would end this worker
            os.kill(os.getpid(), signal.SIGKILL)
        if oldest() < LONGEST:
            with suppress(OSError):
                file.touch()
        loop.call_later(EACH, beat)

    loop.call_soon_threadsafe(beat)


def watch(server: Any) -> None:
    """In the supervisor, before its workers start: ends those that beat no more."""
    folder = os.environ[FOLDER] = mkdtemp(prefix="spacedevs-")
    os.environ[SUPERVISOR] = str(os.getpid())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    threading.Thread(target=_watch, args=(server, Path(folder)), daemon=True).start()


def _watch(server: Any, folder: Path) -> None:
    while True:
        slept = time.time()
        time.sleep(EACH)
        if time.time() - slept > SILENT / 2:  # the whole machine was asleep
            continue
        for pid in [worker.inner.pid for worker in list(server.wrks)]:
            with suppress(OSError):  # one that has not beaten yet is starting
                file = folder / str(pid)
                if time.time() - file.stat().st_mtime > SILENT:
                    logger.error("Worker %d has said nothing for %.0f s: it is ended.", pid, SILENT)
                    file.unlink()
                    os.kill(pid, signal.SIGKILL)
