"""The files beside an SQLite database, and whether they belong to it.

What was saved last is in the write-ahead log, `db.sqlite3-wal`, and not yet in `db.sqlite3`.
SQLite takes whatever log lies there for its own: a backup that is moved to `db.sqlite3` would be
mixed with the log of the file before it. So it is remembered, in `db.sqlite3.lock`, which log
belongs to which file.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import OperationalError

from spacedevs.locks import in_turn, locked_file

MOST_WAIT = 2  # seconds; a file is opened in milliseconds
MISSING = "-"


def identity(path: Path) -> str | None:
    """Which file is at this path: one number for as long as somebody has it open. None: none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return f"{found.st_dev}:{found.st_ino}"


@contextmanager
def opening(path: Path) -> Iterator[str | None]:
    """Within it, one process after the other opens the database, beside its own log alone.

    Yields the file's identity. Raises OSError, and OperationalError after `MOST_WAIT` seconds.
    """
    with in_turn(lambda: locked_file(path, "lock"), after=MOST_WAIT, late=_give_up) as file:
        before = os.pread(file, 1000, 0).decode(errors="replace").split()
        _set_aside_foreign_log(path, before)
        yield (opened := identity(path))
        now = _identities(path)
        if now != before and now[0] == opened:  # else it was replaced meanwhile
            os.ftruncate(file, 0)
            os.pwrite(file, " ".join(now).encode(), 0)


def _give_up() -> None:
    raise OperationalError("database is locked: another process is opening it")


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _identities(path: Path) -> list[str]:
    return [identity(each) or MISSING for each in (path, *_beside(path))]


def _set_aside_foreign_log(path: Path, before: list[str]) -> None:
    """Where the database is another than `before` and its log the same, the log is not its own."""
    now = _identities(path)
    if len(before) != len(now) or before[0] in (MISSING, now[0]):
        return
    log, index = _beside(path)
    if MISSING != now[1] == before[1]:
        log.rename(f"{log}.replaced")  # the last edits of the file that was here before
    if MISSING != now[2] == before[2]:
        index.unlink()
