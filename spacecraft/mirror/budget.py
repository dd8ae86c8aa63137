"""How many calls the source may still be asked: counted over a sliding hour, across runs."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


def utc_now() -> datetime:
    return datetime.now(UTC)


class Ledger(Protocol):
    """The calls made, remembered across runs: a table of the database, or a list in a test."""

    def since(self, moment: datetime) -> list[datetime]:
        """The calls made after `moment`, the oldest first."""
        ...

    def record(self, moment: datetime) -> None:
        """Keeps a call; it has to outlive the process from here on."""
        ...


class Spent(Exception):
    """No call may be made before `until`: our own budget says so, or the source does."""

    def __init__(self, until: datetime, why: str) -> None:
        super().__init__(f"{why}; the next call is allowed at {until:%Y-%m-%d %H:%M:%S} UTC.")
        self.until = until


class Budget:
    """At most `limit` calls in any sliding `period`.

    With `wait`, `spend` sleeps until a call is allowed; without, it raises `Spent`. Two processes
    with one ledger have to be kept apart by a lock: between counting and recording there is none.
    """

    def __init__(
        self,
        limit: int,
        ledger: Ledger,
        *,
        period: timedelta = timedelta(hours=1),
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        wait: bool = False,
    ) -> None:
        if limit < 1:
            raise ValueError(f"A budget of {limit} calls: give one call at least.")
        self.limit = limit
        self.wait = wait
        self._ledger = ledger
        self._period = period
        self._now = now
        self._sleep = sleep

    @property
    def used(self) -> int:
        """The calls made in the period that ends now."""
        return len(self._window(self._now()))

    @property
    def left(self) -> int:
        """The calls that may be made now, one after the other."""
        return max(0, self.limit - self.used)

    def spend(self) -> None:
        """Records a call that is about to be made: a process killed in it has counted it.

        Raises `Spent` where there is none left and the budget doesn't wait.
        """
        while (until := self._until(now := self._now())) is not None:
            if not self.wait:
                raise Spent(until, f"The budget of {self.limit} calls in {self._period} is spent")
            self._sleep((until - now).total_seconds())
        self._ledger.record(now)

    def _until(self, now: datetime) -> datetime | None:
        """When the next call is allowed; None: now. A lowered limit waits for several to pass."""
        window = self._window(now)
        return None if len(window) < self.limit else window[-self.limit] + self._period

    def _window(self, now: datetime) -> list[datetime]:
        # A call of the far future was written by a clock that was wrong: it must not lock the
        # budget for years. One of the near future counts, since this clock may be the wrong one.
        calls = self._ledger.since(now - self._period)
        return [call for call in calls if now - self._period < call < now + self._period]
