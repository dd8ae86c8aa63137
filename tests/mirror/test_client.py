"""The client of the mirror: its pages, its retries, and what it refuses."""

import socket
from datetime import UTC, datetime
from typing import Any

import pytest

from spacedevs.mirror.budget import Spent
from spacedevs.mirror.errors import NotServed, Refused, SourceError, Struggling, Throttled
from tests.mirror import upstream as u
from tests.mirror.sources import HOUR, START, Calls, Clock, Make, fault_of
from tests.mirror.upstream import Upstream


def limits(upstream: Upstream) -> list[int]:
    return [int(request.params["limit"]) for request in upstream.calls]


# Pages.


def test_a_page_asks_for_100_rows_in_detailed_mode(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 100)
    asked = {"ordering": "id", "limit": "100", "offset": "100", "mode": "detailed"}
    assert upstream.calls[0].params == asked


def test_a_page_says_what_the_source_counts(source: Make) -> None:
    page = source().page("agencies", 300)
    assert (page.count, len(page.results), page.offset) == (350, 50, 300)


def test_350_agencies_come_in_4_calls(source: Make, upstream: Upstream) -> None:
    asked, rows = source(), list[dict[str, Any]]()
    while len(rows) < 350:
        rows += asked.page("agencies", len(rows)).results
    assert (len(upstream.calls), rows) == (4, upstream.rows["agencies"])


def test_filters_are_sent(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 0, filters={"ordering": "id"})
    assert upstream.calls[0].params["ordering"] == "id"


@pytest.mark.parametrize(
    "behaviour",
    [u.fails(500), u.fails(503), u.cuts(), u.late(60), u.sends(b'{"count": 1, "resu')],
    ids=["500", "503", "cut off", "late", "cut off with a length"],
)
def test_a_page_that_fails_is_asked_for_at_half_the_size(
    source: Make, upstream: Upstream, behaviour: u.Behaviour
) -> None:
    upstream.behave(behaviour)
    source(timeout=2).page("agencies", 0)
    assert limits(upstream) == [100, 50]


def test_a_page_is_never_under_10_rows(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.fails(500), times=None)
    asked = source(limit=100)
    for _ in range(2):
        with pytest.raises(Struggling):
            asked.page("agencies", 0)
    assert limits(upstream) == [100, 50, 25, 12, 10, 10, 10, 10]


def test_pages_grow_again(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.fails(500), times=2)
    asked = source()
    for offset in (0, 25, 75):
        asked.page("agencies", offset)
    assert limits(upstream) == [100, 50, 25, 50, 100]


def test_a_page_is_not_smaller_than_the_budget_allows(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.fails(500), times=2)
    source(limit=6).page("agencies", 0, rows_left=350)
    assert limits(upstream) == [100, 70, 88]


def test_what_other_lists_need_is_kept_in_the_budget(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.fails(500))
    source(limit=8).page("agencies", 0, needed=6, rows_left=350)
    assert limits(upstream) == [100, 70]


def test_pages_shrink_freely_where_the_budget_falls_short_anyway(
    source: Make, upstream: Upstream
) -> None:
    upstream.behave(u.fails(500), times=2)
    source(limit=3).page("agencies", 0, needed=14)
    assert limits(upstream) == [100, 50, 25]


def test_a_throttled_page_keeps_its_size(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.throttles("1"))
    source().page("agencies", 0)
    assert limits(upstream) == [100, 100]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"results": []}, "count is None"),
        ({"count": True, "results": []}, "count is True"),
        ({"count": 1.0, "results": [{}]}, "count is 1.0"),
        ({"count": -1, "results": []}, "count is -1"),
        ({"count": 1_000_001, "results": [{}]}, "count is 1000001"),
        ({"count": 1, "results": {}}, "no list of objects"),
        ({"count": 1, "results": [1]}, "no list of objects"),
        ({"count": 1}, "no list of objects"),
        ({"count": 101, "results": [{}] * 101}, "101 rows where 100 were asked for"),
        ({"count": 5, "results": []}, "counts 5 rows and gives none"),
        ({"detail": "x"}, "count is None"),
        ([{"id": 1}], "JSON that is no object"),
        ("text", "JSON that is no object"),
    ],
)
def test_a_list_that_contradicts_the_contract_is_refused(
    source: Make, upstream: Upstream, body: Any, said: str
) -> None:
    upstream.behave(u.answers(body))
    assert said in fault_of(source())
    assert len(upstream.calls) == 1


# The answer.


def test_the_date_is_the_sources(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.headed(Date="Sun, 01 Nov 2026 10:00:05 GMT"))
    assert source().get("agencies/1/", {}).date == datetime(2026, 11, 1, 10, 0, 5, tzinfo=UTC)


def test_without_a_date_that_can_be_read_the_clock_counts(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.headed(Date="yesterday"))
    assert source().get("agencies/1/", {}).date == START


def test_an_etag_is_sent_back(source: Make, upstream: Upstream) -> None:
    upstream.etags = True
    asked = source()
    first = asked.page("agencies", 0)
    asked.page("agencies", 0, etag=first.etag)
    assert upstream.calls[1].headers["if-none-match"] == first.etag


def test_304_is_a_page_that_has_not_changed(source: Make, upstream: Upstream) -> None:
    upstream.etags = True
    asked = source()
    page = asked.page("agencies", 0, etag=asked.page("agencies", 0).etag)
    assert (page.not_modified, page.results) == (True, [])


def test_an_etag_is_not_sent_for_a_smaller_page(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.fails(500))
    source().page("agencies", 0, etag='"tag"')
    assert "if-none-match" not in upstream.calls[1].headers


def test_an_etag_that_can_not_be_kept_is_none(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.headed(ETag="x" * 201))
    assert source().page("agencies", 0).etag is None


# Retries.


def test_what_may_pass_is_tried_4_times(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.fails(502), times=None)
    with pytest.raises(Struggling):
        source().get("agencies/", {})
    assert len(upstream.calls) == 4


def test_pauses_grow(source: Make, upstream: Upstream, clock: Clock) -> None:
    upstream.behave(u.fails(502), times=None)
    with pytest.raises(Struggling):
        source().get("agencies/", {})
    assert [int(pause) for pause in clock.slept] in ([1, 2, 4], [1, 2, 5], [1, 3, 4], [1, 3, 5])


def test_every_try_is_a_call_of_the_budget(source: Make, upstream: Upstream) -> None:
    ledger = Calls()
    upstream.behave(u.fails(502), times=2)
    source(ledger=ledger).get("agencies/", {})
    assert len(ledger) == len(upstream.calls) == 3


def test_nothing_is_tried_again_without_a_call_left(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.fails(502), times=None)
    with pytest.raises(Spent):
        source(limit=2).get("agencies/", {})
    assert len(upstream.calls) == 2


def test_a_source_that_can_not_be_reached_is_named(source: Make) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        asked = source(f"http://127.0.0.1:{taken.getsockname()[1]}/2.3.0/")
        assert "can't be reached" in fault_of(asked)


def test_a_silent_source_is_named(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.late(60), times=None)
    assert "was silent for 0.1 s" in fault_of(source(timeout=0.1))


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Refused), (403, Refused), (404, NotServed), (410, SourceError)]
)
def test_what_will_not_pass_is_not_tried_again(
    source: Make, upstream: Upstream, status: int, kind: type[SourceError]
) -> None:
    upstream.behave(u.fails(status))
    with pytest.raises(kind):
        source().get("agencies/", {})
    assert len(upstream.calls) == 1


# The source's own throttle.


def test_retry_after_is_obeyed(source: Make, upstream: Upstream, clock: Clock) -> None:
    upstream.behave(u.throttles("30"))
    source().page("agencies", 0)
    assert 31 <= clock.slept[0] <= 33


def test_retry_after_may_be_a_date(source: Make, upstream: Upstream, clock: Clock) -> None:
    upstream.behave(u.throttles("Sun, 01 Nov 2026 12:00:30 GMT"))
    source().page("agencies", 0)
    assert 31 <= clock.slept[0] <= 33


def test_retry_after_of_a_503_is_obeyed(source: Make, upstream: Upstream, clock: Clock) -> None:
    upstream.behave(u.fails(503, Retry_After="30"))
    source().page("agencies", 0)
    assert 31 <= clock.slept[0] <= 33


def test_a_429_without_retry_after_asks_api_throttle(
    source: Make, upstream: Upstream, clock: Clock
) -> None:
    upstream.throttle["next_use_secs"] = 40
    upstream.behave(u.throttles())
    source().page("agencies", 0)
    assert 41 <= clock.slept[0] <= 43


def test_api_throttle_is_not_counted(source: Make, upstream: Upstream) -> None:
    ledger = Calls()
    upstream.behave(u.throttles())
    source(ledger=ledger).page("agencies", 0)
    assert (len(upstream.requests), len(ledger)) == (3, 2)


def test_a_429_without_any_word_is_tried_again_with_growing_pauses(
    source: Make, upstream: Upstream, clock: Clock
) -> None:
    upstream.behave(u.throttles(), times=None)
    upstream.behave(u.throttles(), path=u.THROTTLE, times=None)
    with pytest.raises(Throttled):
        source().page("agencies", 0)
    assert (len(upstream.calls), clock.slept == sorted(clock.slept)) == (4, True)


@pytest.mark.parametrize("told", ["-1", "soon", "9" * 5000, "1e9", "Sun, 99 Nov 9999 99:99:99 GMT"])
def test_a_retry_after_that_says_nothing_is_as_good_as_none(
    source: Make, upstream: Upstream, clock: Clock, told: str
) -> None:
    upstream.behave(u.throttles(told))
    source().page("agencies", 0)
    assert clock.slept[0] < 3


def test_a_long_pause_ends_the_run(source: Make, upstream: Upstream, clock: Clock) -> None:
    upstream.behave(u.throttles("1800"))
    with pytest.raises(Spent) as caught:
        source().page("agencies", 0)
    assert (caught.value.until, clock.slept) == (START + HOUR / 2, [])


def test_a_long_pause_is_slept_by_a_budget_that_waits(
    source: Make, upstream: Upstream, clock: Clock
) -> None:
    upstream.behave(u.throttles("1800"))
    source(wait=True).page("agencies", 0)
    assert 1801 <= clock.slept[0] <= 1803


def test_no_pause_is_longer_than_a_day(source: Make, upstream: Upstream, clock: Clock) -> None:
    upstream.behave(u.throttles("999999999"))
    source(wait=True).page("agencies", 0)
    assert clock.slept[0] < 86_405
