"""One reading of the clock for each request: all that it answers is as of the same second."""

import time
from datetime import UTC, datetime
from typing import Any

LIVES = "spacedevs.lives"  # in the environ: the second that the answer shows


_now = datetime.fromtimestamp(0, UTC)


def now() -> datetime:
    """The time, to the second, as upstream's durations are. Of one second, the same object."""
    global _now
    second = int(time.time())
    if _now.timestamp() != second:
        _now = datetime.fromtimestamp(second, UTC)
    return _now


def of_request(request: Any) -> datetime:
    """The time at which `request` first asked for it."""
    if request is None:
        return now()
    if not hasattr(request, "clock"):
        request.clock = now()
    read: datetime = request.clock
    return read


def lives(request: Any) -> datetime:
    """As of_request(), for what another second shows otherwise: the answer is good for this one."""
    second = of_request(request)
    if request is not None:
        request.META[LIVES] = second
    return second
