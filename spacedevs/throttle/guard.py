"""A store that may be away: requests pass then, and none waits for it."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from spacedevs.environment import Rate
from spacedevs.throttle.stores import Store, Taken

logger = logging.getLogger(__name__)

ASK_AGAIN = 1.0  # seconds
PURGE_EVERY = 60.0  # seconds
PROBE = Rate(calls=1, seconds=1)  # a call that writes: a store that can only be read is away too


class Guard:
    """One request finds out, and waits for it as long as the store may take; from then on a thread
    asks until the store is back. A line in the log for each outage.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.away = False
        self.lock = threading.Lock()
        self.purged = time.monotonic()

    def take(self, ident: str, rate: Rate) -> Taken | None:
        """None: the store is away, and the call is not counted."""
        taken: Taken | None = self._ask(lambda: self.store.take(ident, rate))
        if time.monotonic() - self.purged > PURGE_EVERY:
            self.purged = time.monotonic()
            self._ask(self.store.purge)
        return taken

    def give_back(self, ident: str, ticket: int) -> None:
        self._ask(lambda: self.store.give_back(ident, ticket))

    def _ask(self, question: Callable[[], Any]) -> Any:
        if self.away:
            return None
        try:
            return question()
        except self.store.faults as error:
            self._lost(error)
            return None

    def _lost(self, error: Exception) -> None:
        with self.lock:
            if self.away:
                return
            self.away = True
        kind = type(self.store).__name__.removesuffix("Store")
        words = str(error).strip()
        logger.error("The throttle counts no calls, and all pass: %s is away. %s", kind, words)
        threading.Thread(target=self._wait_until_back, daemon=True).start()

    def _wait_until_back(self) -> None:
        while self.away:
            time.sleep(ASK_AGAIN)
            # Whatever it says: a thread that ended by it would leave the throttle off for good.
            with suppress(Exception):
                self.store.take("probe", PROBE)
                self.store.close()  # this thread's connection
                self.away = False
