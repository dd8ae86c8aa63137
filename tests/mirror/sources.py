"""A source under a clock that the tests hold, for the tests of the client."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from spacedevs.mirror.errors import SourceError
from spacedevs.mirror.source import Source
from tests.mirror import upstream as u

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOKEN = "s3cr3t-t0ken"
JSON = {"Content-Type": u.JSON}


class Calls(list[datetime]):
    """A ledger that lasts as long as its test."""

    def since(self, moment: datetime) -> list[datetime]:
        return [call for call in self if call > moment]

    def record(self, moment: datetime) -> None:
        self.append(moment)


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


def fault_of(source: Source) -> str:
    with pytest.raises(SourceError) as caught:
        source.page("agencies", 0)
    return str(caught.value)
