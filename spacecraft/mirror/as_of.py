"""As of when the data are: the first answer of the last complete run."""

import time
from contextlib import suppress
from datetime import datetime

from django.db import DatabaseError, InterfaceError

from spacecraft.mirror.models import MirrorRun

FRESH = 1.0  # seconds that an answer is kept in a process
_kept: tuple[float, datetime | None] = (-FRESH, None)


def as_of() -> datetime | None:
    """None where nothing was mirrored. Asks the database once a second at most."""
    global _kept
    moment, known = _kept
    if time.monotonic() - moment >= FRESH:
        done = (MirrorRun.Outcome.DONE, MirrorRun.Outcome.UNCHANGED)
        runs = MirrorRun.objects.filter(outcome__in=done, complete=True, rehearsal=False)
        with suppress(DatabaseError, InterfaceError):  # an answer that was made is not lost
            known = runs.values_list("as_of", flat=True).first()
        _kept = (time.monotonic(), known)
    return known
