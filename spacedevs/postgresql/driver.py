"""psycopg, whose connections give up a database that hangs.

Where PostgreSQL's processes are stopped, or its disk is stuck, the kernel of its machine goes on
taking what is sent: no timeout of TCP ends the wait, and no `statement_timeout`, which is the
server's own. So psycopg itself waits for a limited time. After the first wait that ends so,
whoever asks is refused at once, until a thread that asks each second is answered.
"""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.errors import ConnectionTimeout, _WaitTimeout

EACH = 1.0  # second between two questions whether it answers again
PROBE = 2  # seconds that each of them waits: the least that psycopg knows


class Outage:
    """Since when the database has not answered, as this process sees it."""

    def __init__(self) -> None:
        self.since: datetime | None = None
        self._lock = threading.Lock()

    def begin(self, is_over: Callable[[], bool]) -> None:
        """It lasts until `is_over` says so, which a thread asks each second."""
        with self._lock:
            if self.since is None:
                threading.Thread(target=self._watch, args=(is_over,), daemon=True).start()
                self.since = datetime.now(UTC)

    def _watch(self, is_over: Callable[[], bool]) -> None:
        while not is_over():
            time.sleep(EACH)
        with self._lock:
            self.since = None

    def check(self) -> None:
        """Raises OperationalError while it lasts."""
        if since := self.since:
            raise psycopg.OperationalError(f"no answer since {since:%H:%M:%S} UTC")


outage = Outage()
# A process that is forked has no thread that would end it.
os.register_at_fork(after_in_child=lambda: setattr(outage, "since", None))


class Connection(psycopg.Connection[Any]):
    """`patience`: seconds that a wait may take; None: as long as it takes."""

    patience: float | None = None
    params: dict[str, Any]

    @classmethod
    def connect(  # type: ignore[override]  # the rest is handed on
        cls, conninfo: str = "", *, patience: float | None = None, **params: Any
    ) -> Any:
        """As psycopg's. With `patience`, all hosts and tries together take no longer."""
        connect = super().connect
        if patience is None:
            return connect(conninfo, **params)
        outage.check()
        # So that there is time for the second of two hosts; psycopg takes 2 seconds at least.
        hosts = str(params.get("host", "")).count(",") + 1
        params |= {"conninfo": conninfo, "connect_timeout": int(patience / hosts)}
        try:
            connection = _within(patience, lambda: connect(**params))
        except (ConnectionTimeout, TimeoutError) as error:
            outage.begin(lambda: _answers(params))
            raise psycopg.OperationalError(f"no connection within {patience:g} s") from error
        connection.patience, connection.params = patience, params
        return connection

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """Where each statement, commit and rollback waits for its answer."""
        if self.patience is None:
            return super().wait(gen, *args, **kwargs)
        if outage.since:
            self.close()  # its transaction is over: what follows must not be taken for a part of it
            outage.check()
        try:
            return super().wait(gen, *args, **{**kwargs, "timeout": self.patience})
        except _WaitTimeout as error:
            self.close()
            params = self.params
            outage.begin(lambda: _answers(params))
            raise psycopg.OperationalError(f"no answer within {self.patience:g} s") from error


def _answers(params: dict[str, Any]) -> bool:
    """Whether a new connection is made: for that, PostgreSQL starts a process and reads tables."""
    with suppress(Exception):
        psycopg.Connection.connect(**{**params, "connect_timeout": PROBE}).close()
        return True
    return False


def _within(seconds: float, connect: Callable[[], Any]) -> Any:
    """What `connect` gives. Raises TimeoutError after `seconds`, whatever it waits for: names too.

    In a thread, since psycopg's timeout is one of each try. A connection is made each ten minutes.
    """
    made: Future[Any] = Future()

    def run() -> None:
        try:
            made.set_result(connect())
        except BaseException as error:
            made.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return made.result(seconds)
    except TimeoutError:
        made.add_done_callback(lambda late: late.exception() or late.result().close())
        raise
