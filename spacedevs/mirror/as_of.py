"""As of when the data are: the first answer of the last loading of what is declared first."""

import time
from contextlib import suppress
from datetime import datetime

from django.db import DatabaseError, InterfaceError

from spacedevs.mirror.models import MirrorRun

FRESH = 1.0  # seconds that an answer is kept in a process
_kept: tuple[float, datetime | None] = (-FRESH, None)


def as_of() -> datetime | None:
    """None where nothing was mirrored. Asks the database once a second at most."""
    global _kept
    moment, known = _kept
    if time.monotonic() - moment >= FRESH:
        runs = MirrorRun.objects.exclude(as_of=None).filter(rehearsal=False)
        with suppress(DatabaseError, InterfaceError):  # an answer that was made is not lost
            known = runs.values_list("as_of", flat=True).first()
        _kept = (time.monotonic(), known)
    return known
