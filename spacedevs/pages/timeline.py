"""A line of time: what has a start and an end, each on a row of its own below one axis.

A row is a link with words, so that it can be read and touched on a phone, and without the picture.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from spacedevs.pages.charts import nice_step
from spacedevs.pages.rendering import part
from spacedevs.pages.values import day

MOST_TICKS = 6  # at 390 pixels
MARGIN = 2.0  # percent at each side: the end of a bar is round
MONTH = timedelta(days=30.44)
YEAR = timedelta(days=365.25)
STEPS_OF_MONTHS = (1, 2, 3, 6, 12)


@dataclass(frozen=True)
class Span:
    """`end`: None where nobody knows it. `note` and `duration`: HTML. `goes_on`: up to `end`."""

    url: str
    name: str
    note: str = ""
    start: datetime | None = None
    end: datetime | None = None
    duration: str = ""
    goes_on: bool = False
    is_planned: bool = False


class Axis:
    def __init__(self, moments: Sequence[datetime]) -> None:
        self.first = min(moments, default=datetime(1970, 1, 1, tzinfo=UTC))
        self.last = max(moments, default=self.first)
        self.length = self.last - self.first or timedelta(days=1)

    def at(self, moment: datetime) -> str:
        share = (moment - self.first) / self.length
        return f"{MARGIN + (100 - 2 * MARGIN) * share:.2f}%"

    def ticks(self) -> list[tuple[str, str]]:
        """Places and their names: years, or months where there are few."""
        dates = self._months() if self.length < 2 * YEAR else self._years()
        return [(self.at(date), name) for date, name in dates if self.first <= date <= self.last]

    def _years(self) -> Iterator[tuple[datetime, str]]:
        step = nice_step(self.length / YEAR, MOST_TICKS)
        for year in range(-(-self.first.year // step) * step, self.last.year + 1, step):
            yield datetime(year, 1, 1, tzinfo=UTC), str(year)

    def _months(self) -> Iterator[tuple[datetime, str]]:
        months = self.length / MONTH
        step = next(each for each in STEPS_OF_MONTHS if months <= each * MOST_TICKS)
        for number in range(12 * self.first.year, 12 * self.first.year + 36, step):
            if number // 12 <= datetime.max.year:
                month = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
                yield month, f"{month:%b %Y}"


def line_of_time(spans: Sequence[Span]) -> str:
    """`spans`, in their order. One without a start has no place on it, and its words alone."""
    ends = [span.end for span in spans if span.end]
    axis = Axis([span.start for span in spans if span.start] + ends)
    return part(
        "parts/timeline.html",
        rows=[{"span": span, "when": when(span), **places(span, axis)} for span in spans],
        ticks=axis.ticks() if len(spans) > 1 or ends else [],
    )


def places(span: Span, axis: Axis) -> dict[str, Any]:
    if span.start is None:
        return {}
    return {"from": axis.at(span.start), "to": axis.at(max(span.start, span.end or span.start))}


def when(span: Span) -> str:
    if span.start is None:
        return "no date"
    if span.goes_on:
        return f"since {day(span.start)}"
    if span.end is None or day(span.end) == day(span.start):
        return day(span.start)
    return f"{day(span.start)} – {day(span.end)}"
