"""How many calls the source may still be asked: counted over a sliding hour, across runs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from spacedevs.mirror.models import MirrorCall

PERIOD = timedelta(hours=1)
REMEMBERED = timedelta(days=7)
MOST_CALLS = 100_000  # that a limit may be
SHORT_PAUSE = 60  # seconds: a longer one ends the run, unless it waits


def utc_now() -> datetime:
    return datetime.now(UTC)


class Spent(Exception):
    """No call may be made before `until`: our own budget says so, or the source does."""

    def __init__(self, until: datetime, why: str) -> None:
        super().__init__(f"{why}; the next call is allowed at {until:%Y-%m-%d %H:%M:%S} UTC.")


@dataclass
class Budget:
    """At most `limit` calls of a host in any sliding hour, whatever the version and the scheme.

    `allow()` comes before a connection is made and `record()` as the request is sent: a
    connection that is refused costs nothing. `allow` sleeps until a call is allowed; where that is
    no short pause and `wait` is not set, it raises `Spent`. A run on each hour would otherwise
    lose the calls that the one before made a few seconds past its own.

    Two processes have to be kept apart by a lock.
    """

    host: str
    limit: int
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] = time.sleep
    wait: bool = False

    def allow(self) -> None:
        while len(calls := self._calls(now := self.now())) >= self.limit:
            # A lowered limit waits for several to pass.
            pause = (calls[-self.limit] + PERIOD - now).total_seconds()
            self.check_pause(pause, f"The budget of {self.limit} calls in {PERIOD} is spent")
            self.sleep(pause)

    def check_pause(self, seconds: float, why: str) -> None:
        """Raises `Spent` for a pause that is not slept."""
        if seconds > SHORT_PAUSE and not self.wait:
            raise Spent(self.now() + timedelta(seconds=seconds), why)

    def record(self) -> None:
        """Counts a call that is about to be sent: a process killed in it has counted it."""
        now = self.now()
        MirrorCall.objects.create(host=self.host, moment=now)
        MirrorCall.objects.filter(moment__lt=now - REMEMBERED).delete()

    def used(self) -> int:
        return len(self._calls(self.now()))

    def _calls(self, now: datetime) -> list[datetime]:
        # A call of the far future was written by a clock that was wrong: it must not lock the
        # budget for years. One of the near future counts, since this clock may be the wrong one.
        calls = MirrorCall.objects.filter(
            host=self.host, moment__gt=now - PERIOD, moment__lt=now + PERIOD
        )
        return list(calls.values_list("moment", flat=True))
