"""Whether a call is let in: a function of the client's IP and its token, and of no request.

So it can be asked in front of Django as well; whoever asks leaves the decision in the WSGI
environ, and nobody counts the call a second time.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from django.conf import settings
from django.db import connection

from spacedevs import metrics
from spacedevs.clients import network_of
from spacedevs.environment import Rate
from spacedevs.throttle.guard import Guard
from spacedevs.throttle.models import Token
from spacedevs.throttle.stores import PostgreSQLStore, RedisStore, SQLiteStore

IN_ENVIRON = "spacedevs.decision"
# What upstream's own server without a limit (lldev) answers: its rate, of which nothing is used.
UNLIMITED = Rate(calls=15, seconds=3600)


@dataclass(frozen=True)
class Decision:
    """`used`: calls in the window. `wait`: seconds until the oldest leaves it. `ident`: upstream's
    name for the client, its IP or its key. `counted_as`: the store's, which is no key.

    `ticket`: 0 where nothing was counted, `used` then is None where it is not known.
    """

    admitted: bool
    rate: Rate
    used: int | None
    wait: float
    ident: str
    counted_as: str
    ticket: int = 0

    @property
    def next_use(self) -> int:
        """Seconds until another call is let in."""
        return math.ceil(self.wait) if (self.used or 0) >= self.rate.calls else 0

    @property
    def outcome(self) -> str:
        """For the metrics. Unknown: the store is away."""
        if self.used is None:
            return "unknown"
        return "allowed" if self.admitted else "refused"

    def headers(self) -> Iterator[tuple[str, str]]:
        """`RateLimit-*` as clients in use read them: seconds, and not the later drafts' lists."""
        if self.used is not None:
            yield "RateLimit-Limit", str(self.rate.calls)
            yield "RateLimit-Remaining", str(max(0, self.rate.calls - self.used))
            yield "RateLimit-Reset", str(math.ceil(self.wait))


@cache
def guard() -> Guard:
    """The process's own."""
    if settings.REDIS_URL:
        return Guard(RedisStore(settings.REDIS_URL))
    if connection.vendor == "postgresql":
        return Guard(PostgreSQLStore())
    return Guard(SQLiteStore(settings.DATA_DIR / "throttle.sqlite3"))


def decide(ip: str | None, token: Token | None) -> Decision:
    """Counts a call, or refuses it. It passes uncounted where the throttle is off or away."""
    decision = _decide(ip, token, only_look=False)
    if settings.METRICS_PORT is not None:
        metrics.count_throttle(decision.outcome)
    return decision


def look(ip: str | None, token: Token | None) -> Decision:
    """How a client stands; nothing is counted."""
    return _decide(ip, token, only_look=True)


def give_back(decision: Decision) -> Decision:
    """Takes a counted call back, and says how the client then stands."""
    if not decision.ticket:
        return decision
    guard().give_back(decision.counted_as, decision.ticket)
    return replace(decision, used=(decision.used or 1) - 1, ticket=0)


def _decide(ip: str | None, token: Token | None, *, only_look: bool) -> Decision:
    ident = token.key if token else ip or ""
    counted_as = f"token:{token.pk}" if token else f"ip:{network_of(ip)}"
    rate: Rate | None = settings.THROTTLE_TOKEN if token else settings.THROTTLE
    if rate is None:
        return Decision(True, UNLIMITED, None, 0, ident, counted_as)
    taken = guard().take(counted_as, replace(rate, calls=0) if only_look else rate)
    if taken is None:
        return Decision(True, rate, None, 0, ident, counted_as)
    admitted, used, wait, ticket = taken
    return Decision(admitted, rate, used, wait, ident, counted_as, ticket)
