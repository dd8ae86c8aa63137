"""A question to the database that is given up when it takes too long."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db import connections

Answer = TypeVar("Answer")


class Bounded(Generic[Answer]):
    """`function`, asked in a thread with a connection of its own, and waited for `seconds`.

    Calls that come together share one answer, and one wait: while it hangs no other thread is
    started, and who calls after `seconds` is told so at once.
    """

    def __init__(self, function: Callable[[], Answer], seconds: float) -> None:
        self.function, self.seconds = function, seconds
        self.lock = threading.Lock()
        self.asked: Future[Answer] | None = None
        self.until = 0.0

    def __call__(self) -> Answer:
        """Raises TimeoutError, and whatever the function raises."""
        with self.lock:
            if self.asked is None or self.asked.done():
                self.asked, self.until = Future(), time.monotonic() + self.seconds
                # A daemon: one that hangs must not keep the process from ending.
                threading.Thread(target=self._ask, args=(self.asked,), daemon=True).start()
            asked = self.asked
        return asked.result(max(0.0, self.until - time.monotonic()))

    def _ask(self, asked: Future[Answer]) -> None:
        try:
            answer = self.function()
        except Exception as error:
            asked.set_exception(error)
        else:
            asked.set_result(answer)
        finally:
            connections.close_all()
