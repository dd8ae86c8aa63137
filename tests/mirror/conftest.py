"""What the tests of the client share. Those of whole runs have an upstream of their own."""

from collections.abc import Iterator
from typing import Any

import pytest

from spacedevs.mirror.budget import Budget
from spacedevs.mirror.source import Source
from tests.mirror.sources import Calls, Clock, Make
from tests.mirror.upstream import Upstream


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream({"agencies": [{"id": n} for n in range(1, 351)]}) as running:
        yield running


@pytest.fixture
def source(upstream: Upstream, clock: Clock) -> Iterator[Make]:
    """Makes a source, of `upstream` unless another root is given."""
    made: list[Source] = []

    def make(root: str = "", *, limit: int = 15, wait: bool = False, **kwargs: Any) -> Source:
        ledger = kwargs.pop("ledger", Calls())
        budget = Budget(limit, ledger, now=clock.now, sleep=clock.sleep, wait=wait)
        given = {"allow_private": True, "timeout": 30, "user_agent": "spacedevs/0.1.0", **kwargs}
        given = {"sleep": clock.sleep, "now": clock.now, **given}
        made.append(Source(root or upstream.url, budget, **given))
        return made[-1]

    yield make
    for each in made:
        each.close()
