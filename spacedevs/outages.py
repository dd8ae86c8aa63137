"""A fault that many requests meet is a line when it begins, and not one for each of them."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)

EVERY = 30.0  # seconds between two lines of an outage that goes on
QUIET = 5.0  # seconds without a fault, and it has ended: of many connections some may work before


class Outage:
    """A database that does not answer, as this process sees it.

    A line when it begins, one each 30 seconds with the number of requests that met it, and one
    when it has ended: with the first query that is answered after 5 seconds without a fault.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.lock = threading.Lock()  # threads of a worker share it
        self.open = False
        self.faults = 0
        self.began = self.reported = self.last = 0.0

    def meet(self, fault: Any) -> None:
        """A request met the fault. `fault` says what it is, in the database's words."""
        words = " ".join(str(fault).split())
        with self.lock:
            now = self.last = self.now()
            if not self.open:
                self.open, self.faults, self.began, self.reported = True, 1, now, now
                logger.error("The database does not answer: %s", words)
                return
            self.faults += 1
            if now - self.reported >= EVERY:
                self.reported = now
                logger.error(
                    "The database has not answered for %.0f seconds; requests that met it: %d. %s",
                    now - self.began,
                    self.faults,
                    words,
                )

    def answered(self) -> None:
        """A query was answered."""
        with self.lock:
            if self.open and self.now() - self.last >= QUIET:
                self.open = False
                logger.warning(
                    "The database answers again, after %.0f seconds; requests that met it: %d.",
                    self.last - self.began,
                    self.faults,
                )

    def watch(self, execute: Callable[..., Any], *args: Any) -> Any:
        """A wrapper of queries, for `connection.execute_wrapper`."""
        result = execute(*args)
        self.answered()
        return result


database = Outage()
