"""Locks between processes, one database's each: the mirror's, a dump's, and that of `prepare`."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from django.db import connection

# Among a PostgreSQL database's advisory locks; "spac" for the mirror's.
NUMBERS = {"mirror": 0x73706163, "prepare": 0x73706164, "dump": 0x73706165}
PAUSE = 0.05  # seconds between two tries
T = TypeVar("T")


class Busy(Exception):
    """Another process holds the lock."""


@contextmanager
def alone(purpose: str) -> Iterator[None]:
    """Holds the lock of `purpose`. Raises Busy, and OSError where its file can't be used.

    A process that is killed lets go of it at once.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [NUMBERS[purpose]])
            if not cursor.fetchone()[0]:
                raise Busy
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [NUMBERS[purpose]])
        return
    if connection.is_in_memory_db():  # type: ignore[attr-defined]  # of this process alone
        yield
        return
    with locked_file(Path(connection.settings_dict["NAME"]), f"{purpose}-lock"):
        yield


@contextmanager
def locked_file(database: Path, suffix: str) -> Iterator[int]:
    """The descriptor of a file beside an SQLite database, locked; it is made where it is not there.

    Raises Busy, and OSError.
    """
    path = database.with_name(f"{database.name}.{suffix}")
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    give_to_owner_of(database, path)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield file
    finally:
        os.close(file)


def give_to_owner_of(database: Path, path: Path) -> None:
    """What root makes beside a database is for the user who serves from it; as SQLite does."""
    with suppress(OSError):
        found = os.stat(database)
        os.chown(path, found.st_uid, found.st_gid)
        os.chmod(path, found.st_mode & 0o666)


@contextmanager
def in_turn(
    lock: Callable[[], AbstractContextManager[T]], *, after: float, late: Callable[[], None]
) -> Iterator[T]:
    """Waits for a lock that may be Busy.

    `late` is called once, after this many seconds of waiting; it says so, or raises.
    """
    end = time.monotonic() + after
    with ExitStack() as stack:
        while True:
            with suppress(Busy):
                held = stack.enter_context(lock())
                break
            if time.monotonic() >= end:
                late()
                end = float("inf")
            time.sleep(PAUSE)
        yield held
