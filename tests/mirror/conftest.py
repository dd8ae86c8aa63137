"""What the tests of the client share. Those of whole runs have an upstream of their own."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from spacedevs.mirror.budget import Budget
from spacedevs.mirror.source import Source
from tests.mirror.sources import HOST, Clock, Make
from tests.mirror.upstream import Upstream


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream({"agencies": [{"id": n} for n in range(1, 351)]}) as running:
        yield running


@pytest.fixture
def source(db: None, upstream: Upstream, clock: Clock) -> Iterator[Make]:
    """Makes a source, of `upstream` unless another root is given."""
    with ExitStack() as made:

        def make(root: str = "", *, limit: int = 15, wait: bool = False, **kwargs: Any) -> Source:
            budget = Budget(HOST, limit, now=clock.now, sleep=clock.sleep, wait=wait)
            given = {"timeout": 30, "user_agent": "spacedevs/0.1.0"}
            given |= {"sleep": clock.sleep, "now": clock.now, **kwargs}
            return made.enter_context(Source(root or upstream.url, budget, **given))

        yield make
