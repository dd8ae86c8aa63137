"""A source under a clock that the tests hold, for the tests of the client."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from spacedevs.mirror.errors import SourceError
from spacedevs.mirror.models import MirrorCall
from spacedevs.mirror.source import Source
from tests.mirror import upstream as u
from tests.upstream_bodies import Catalogue

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOST = "ll.example.org"  # whose calls are counted
TOKEN = "s3cr3t-t0ken"
JSON = {"Content-Type": u.JSON}
EMPTY = b'{"count": 0, "results": []}'


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = START
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


Make = Callable[..., Source]


def error_of(source: Source) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.page("agencies", 0)
    return caught.value


def counted() -> int:
    """The calls that the budget knows of."""
    return MirrorCall.objects.filter(host=HOST).count()


def small_catalogue(**counts: int) -> Catalogue:
    """One that is read and loaded within a second, as of today: the command's clock is the real."""
    few = {"craft": 20, "flights": 20, "configurations": 6, "families": 3, "agencies": 30}
    return Catalogue(now=datetime.now(UTC), **{**few, "countries": 10, **counts})
