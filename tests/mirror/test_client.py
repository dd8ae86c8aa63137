"""A source's pages: their sizes, what is asked again, and what is refused."""

import socket
from datetime import UTC, datetime
from typing import Any

import pytest

from spacedevs.mirror.budget import Spent
from spacedevs.mirror.errors import (
    Everywhere,
    NotServed,
    ServerError,
    SourceError,
    Throttled,
    TooLarge,
    Unreachable,
)
from spacedevs.mirror.pages import Known
from spacedevs.mirror.source import TIMEOUT
from tests.mirror import upstream as u
from tests.mirror.sources import START, Clock, Make, counted, error_of
from tests.mirror.upstream import Upstream

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference


def limits(upstream: Upstream) -> list[int]:
    return [int(request.params["limit"]) for request in upstream.requests]


# ResourcePagination


def test_a_page_asks_for_100_rows_in_detailed_mode_by_id(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 100)
    asked = {"ordering": "id", "limit": "100", "offset": "100", "mode": "detailed"}
    assert upstream.requests[0].params == asked


def test_a_page_says_what_the_source_counts(source: Make) -> None:
    page = source().page("agencies", 300)
    assert (page.count, len(page.results), page.offset, page.limit) == (350, 50, 300, 100)


def test_350_agencies_come_in_4_calls(source: Make, upstream: Upstream) -> None:
    asked, rows = source(), list[dict[str, Any]]()
    while len(rows) < 350:
        rows += asked.page("agencies", len(rows)).results
    assert (len(upstream.requests), rows) == (4, upstream.rows["agencies"])


def test_a_mode_and_filters_are_sent(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 0, mode="normal", filters={"featured": "true"})
    params = upstream.requests[0].params
    assert (params["mode"], params["featured"]) == ("normal", "true")


def test_a_page_may_be_silent_for_two_minutes() -> None:
    assert TIMEOUT == 120


@pytest.mark.parametrize(
    "behaviour",
    [u.fails(504), u.fails(524), u.cuts(), u.late(60), u.sends(b'{"count": 1, "resu')],
    ids=["504", "524", "cut off", "silent", "cut off with a length"],
)
def test_a_page_that_is_too_large_is_asked_for_at_half_the_size(
    source: Make, upstream: Upstream, behaviour: u.Behaviour
) -> None:
    upstream.behave(behaviour)
    page = source(timeout=2).page("agencies", 0)
    assert (limits(upstream), page.limit, len(page.results)) == ([100, 50], 50, 50)


@pytest.mark.parametrize(
    "behaviour", [u.fails(500), u.fails(503), u.html()], ids=["500", "503", "HTML"]
)
def test_an_error_of_the_moment_is_asked_again_at_the_same_size(
    source: Make, upstream: Upstream, behaviour: u.Behaviour
) -> None:
    upstream.behave(behaviour)
    assert source().page("agencies", 0).limit == 100
    assert limits(upstream) == [100, 100]


def test_a_second_error_of_the_moment_may_be_of_the_size(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.fails(500), times=3)
    source().page("agencies", 0)
    assert limits(upstream) == [100, 100, 50, 25]


def test_a_page_is_never_asked_for_under_10_rows(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.fails(504), times=None)
    with pytest.raises(TooLarge):
        source().page("agencies", 0, limit=30)
    assert limits(upstream) == [30, 15, 10, 10]


def test_a_throttled_page_keeps_its_size(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.throttles("1"), times=2)
    source().page("agencies", 0)
    assert limits(upstream) == [100, 100, 100]


@pytest.mark.parametrize(
    ("body", "message"),
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
    source: Make, upstream: Upstream, body: Any, message: str
) -> None:
    upstream.behave(u.answers(body))
    assert message in str(error_of(source()))
    assert len(upstream.requests) == 1


# The answer


def test_the_date_is_the_sources(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.headed(Date="Sun, 01 Nov 2026 10:00:05 GMT"))
    assert source().page("agencies", 0).date == datetime(2026, 11, 1, 10, 0, 5, tzinfo=UTC)


def test_without_a_date_that_can_be_read_the_clock_counts(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.headed(Date="yesterday"))
    assert source().page("agencies", 0).date == START


def test_an_etag_is_sent_back(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.headed(ETag='"tag"'), times=2)
    asked = source()
    asked.page("agencies", 0, known=Known(asked.page("agencies", 0).etag))
    assert upstream.requests[1].headers["if-none-match"] == '"tag"'


def test_304_is_a_page_that_is_unchanged(source: Make, upstream: Upstream) -> None:
    upstream.etags = True
    asked = source()
    first = asked.page("agencies", 0)
    page = asked.page("agencies", 0, known=Known(first.etag, first.digest))
    assert (page.unchanged, page.results, page.count) == (True, [], 0)
    assert (page.etag, page.digest) == (first.etag, first.digest)


def test_the_same_bytes_are_a_page_that_is_unchanged(source: Make) -> None:
    asked = source()
    known = Known(digest=asked.page("agencies", 0).digest)
    page = asked.page("agencies", 0, known=known)
    assert (page.unchanged, page.results, page.digest) == (True, [], known.digest)


def test_other_bytes_are_a_page_that_has_changed(source: Make, upstream: Upstream) -> None:
    asked = source()
    known = Known(digest=asked.page("agencies", 0).digest)
    upstream.rows["agencies"][0]["name"] = "New"
    page = asked.page("agencies", 0, known=known)
    assert (page.unchanged, len(page.results)) == (False, 100)


def test_what_is_known_of_a_page_is_not_said_of_a_smaller_one(
    source: Make, upstream: Upstream
) -> None:
    upstream.behave(u.fails(504))
    source().page("agencies", 0, known=Known('"tag"'))
    assert "if-none-match" not in upstream.requests[1].headers


def test_an_etag_that_can_not_be_kept_is_none(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.headed(ETag="x" * 201))
    assert source().page("agencies", 0).etag is None


def test_another_server_of_this_project_says_so(source: Make, upstream: Upstream) -> None:
    asked = source()
    asked.page("agencies", 0)
    assert not asked.is_own
    upstream.behave(u.headed(Spacedevs_Version="0.1.0"))
    asked.page("agencies", 0)
    assert asked.is_own


# Retries


@pytest.mark.parametrize("attempts", [1, 4])
def test_what_may_pass_is_tried_as_often_as_is_said(
    source: Make, upstream: Upstream, attempts: int
) -> None:
    upstream.behave(u.fails(502), times=None)
    with pytest.raises(ServerError):
        source().page("agencies", 0, attempts=attempts)
    assert len(upstream.requests) == attempts


def test_pauses_grow(source: Make, upstream: Upstream, clock: Clock) -> None:
    upstream.behave(u.fails(502), times=None)
    error_of(source())
    first, second, third = clock.slept
    assert 5 <= first <= 7 < 10 <= second <= 12 < 20 <= third <= 22


def test_every_try_is_a_call_of_the_budget(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.fails(502), times=2)
    source().page("agencies", 0)
    assert counted() == len(upstream.requests) == 3


def test_nothing_is_tried_again_without_a_call_left(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.fails(502), times=None)
    with pytest.raises(Spent):
        source(limit=2).page("agencies", 0)
    assert len(upstream.requests) == 2


def test_a_silent_source_is_named(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.late(60), times=None)
    assert "was silent for 0.1 s" in str(error_of(source(timeout=0.1)))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, Everywhere), (403, SourceError), (404, NotServed), (410, SourceError)],
)
def test_what_will_not_pass_is_not_tried_again(
    source: Make, upstream: Upstream, status: int, kind: type[SourceError]
) -> None:
    upstream.behave(u.fails(status))
    assert type(error_of(source())) is kind
    assert len(upstream.requests) == 1


# Nobody is there


@pytest.fixture
def refused() -> Any:
    """A root at a port that refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/2.3.0/"


def test_a_source_that_can_not_be_reached_is_named(source: Make, refused: str) -> None:
    error = error_of(source(refused))
    assert (type(error), str(error).startswith(f"{refused}agencies/")) == (Unreachable, True)
    assert "can't be reached" in str(error)


def test_four_refused_connections_cost_no_call(source: Make, refused: str, clock: Clock) -> None:
    error_of(source(refused))
    assert (len(clock.slept), counted()) == (3, 0)


def test_a_host_that_is_not_known_costs_no_call(
    source: Make, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = error_of(source("https://nobody.example/2.3.0/"))
    assert (type(error), len(clock.slept), counted()) == (Unreachable, 3, 0)


# The source's own throttle


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("message", ["30", "Sun, 01 Nov 2026 12:00:30 GMT"])
def test_retry_after_is_obeyed(
    source: Make, upstream: Upstream, clock: Clock, status: int, message: str
) -> None:
    upstream.behave(u.fails(status, Retry_After=message))
    source().page("agencies", 0)
    assert 35 <= clock.slept[0] <= 37


def test_a_429_without_any_word_is_tried_again_with_growing_pauses(
    source: Make, upstream: Upstream, clock: Clock
) -> None:
    upstream.behave(u.throttles(), times=None)
    assert type(error_of(source())) is Throttled
    assert (len(upstream.requests), clock.slept == sorted(clock.slept)) == (4, True)


@pytest.mark.parametrize(
    "message", ["-1", "soon", "9" * 5000, "1e9", "Sun, 99 Nov 9999 99:99:99 GMT"]
)
def test_a_retry_after_that_says_nothing_is_as_good_as_none(
    source: Make, upstream: Upstream, clock: Clock, message: str
) -> None:
    upstream.behave(u.throttles(message))
    source().page("agencies", 0)
    assert clock.slept[0] <= 7


def test_a_long_pause_ends_the_run(source: Make, upstream: Upstream, clock: Clock) -> None:
    upstream.behave(u.throttles("1800"))
    with pytest.raises(Spent, match=r"answered 429; .* allowed at 2026-11-01 12:30:00 UTC"):
        source().page("agencies", 0)
    assert clock.slept == []


def test_a_long_pause_is_slept_by_a_budget_that_waits(
    source: Make, upstream: Upstream, clock: Clock
) -> None:
    upstream.behave(u.throttles("1800"))
    source(wait=True).page("agencies", 0)
    assert 1805 <= clock.slept[0] <= 1807


def test_no_pause_is_longer_than_a_day(source: Make, upstream: Upstream, clock: Clock) -> None:
    upstream.behave(u.throttles("999999999"))
    source(wait=True).page("agencies", 0)
    assert clock.slept[0] < 86_410
