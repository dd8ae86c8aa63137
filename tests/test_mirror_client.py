"""The client of the mirror: its budget, its pages, its retries, and what it refuses."""

import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from spacecraft.mirror import client
from spacecraft.mirror.budget import Budget, Spent
from spacecraft.mirror.client import (
    NotServed,
    Refused,
    Source,
    SourceFault,
    Struggling,
    Throttled,
    is_public,
)
from tests import upstream as u
from tests.upstream import Upstream

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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream({"agencies": [{"id": n} for n in range(1, 351)]}) as running:
        yield running


Make = Callable[..., Source]


@pytest.fixture
def source(upstream: Upstream, clock: Clock) -> Iterator[Make]:
    """Makes a source, of `upstream` unless another root is given."""
    made: list[Source] = []

    def make(root: str = "", *, limit: int = 15, wait: bool = False, **kwargs: Any) -> Source:
        ledger = kwargs.pop("ledger", Calls())
        budget = Budget(limit, ledger, now=clock.now, sleep=clock.sleep, wait=wait)
        given = {"allow_private": True, "timeout": 5.0, "user_agent": "spacedevs/0.1.0", **kwargs}
        given = {"sleep": clock.sleep, "now": clock.now, **given}
        made.append(Source(root or upstream.url, budget, **given))
        return made[-1]

    yield make
    for each in made:
        each.close()


def limits(upstream: Upstream) -> list[int]:
    return [int(request.params["limit"]) for request in upstream.calls]


def fault_of(source: Source) -> str:
    with pytest.raises(SourceFault) as caught:
        source.page("agencies", 0)
    return str(caught.value)


# The budget.


def test_a_call_is_recorded_before_it_is_made(clock: Clock) -> None:
    ledger = Calls()
    Budget(15, ledger, now=clock.now).spend()
    assert ledger == [START]


def test_the_call_after_the_last_says_when_the_next_is_allowed(clock: Clock) -> None:
    budget = Budget(1, Calls([START]), now=clock.now)
    with pytest.raises(Spent) as caught:
        budget.spend()
    assert caught.value.until == START + HOUR


def test_a_spent_call_is_not_recorded(clock: Clock) -> None:
    ledger = Calls([START])
    with pytest.raises(Spent):
        Budget(1, ledger, now=clock.now).spend()
    assert ledger == [START]


def test_a_budget_that_waits_sleeps_until_a_call_is_allowed(clock: Clock) -> None:
    budget = Budget(1, Calls([START]), now=clock.now, sleep=clock.sleep, wait=True)
    budget.spend()
    assert clock.slept == [3600]


def test_a_lowered_budget_waits_until_enough_calls_have_passed(clock: Clock) -> None:
    calls = Calls(START - timedelta(minutes=n) for n in (30, 20, 10))
    with pytest.raises(Spent) as caught:
        Budget(2, calls, now=clock.now).spend()
    assert caught.value.until == calls[1] + HOUR


def test_calls_of_earlier_runs_count(clock: Clock) -> None:
    budget = Budget(15, Calls([START - HOUR / 2, START]), now=clock.now)
    assert (budget.used, budget.left) == (2, 13)


def test_a_call_of_an_hour_ago_counts_no_more(clock: Clock) -> None:
    assert Budget(15, Calls([START - HOUR]), now=clock.now).used == 0


def test_a_call_of_a_clock_that_was_years_ahead_does_not_lock_the_budget(clock: Clock) -> None:
    assert Budget(1, Calls([START + timedelta(days=999)]), now=clock.now).left == 1


def test_a_call_just_ahead_of_the_clock_counts(clock: Clock) -> None:
    assert Budget(1, Calls([START + timedelta(minutes=5)]), now=clock.now).left == 0


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="one call at least"):
        Budget(0, Calls())


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("wait", [False, True])
def test_15_calls_in_any_sliding_hour_over_ten_random_runs(seed: int, wait: bool) -> None:
    chance, ledger, clock = random.Random(seed), Calls(), Clock()
    for start in sorted(chance.uniform(0, 7200) for _ in range(10)):
        clock.time = max(clock.time, START + timedelta(seconds=start))
        budget = Budget(15, ledger, now=clock.now, sleep=clock.sleep, wait=wait)
        try:
            for _ in range(chance.randrange(30)):
                budget.spend()
                clock.time += timedelta(seconds=chance.uniform(0, 5))
        except Spent:
            continue
    for first in ledger:
        assert sum(first <= call < first + HOUR for call in ledger) <= 15


# Pages.


def test_a_page_asks_for_100_rows_in_detailed_mode(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 100)
    asked = {"limit": "100", "offset": "100", "mode": "detailed"}
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
    [u.fails(500), u.fails(503), u.cuts(), u.late(5), u.sends(b'{"count": 1, "resu')],
    ids=["500", "503", "cut off", "late", "cut off with a length"],
)
def test_a_page_that_fails_is_asked_for_at_half_the_size(
    source: Make, upstream: Upstream, behaviour: u.Behaviour
) -> None:
    upstream.behave(behaviour)
    source(timeout=0.3).page("agencies", 0)
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


# Bodies.


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (u.html(), "sent text/html and not JSON: “<html><h1>Down"),
        (u.html("\x1b[31m\x07\u202ered"), "“[31m red”"),
        (u.sends(b"\x89PNG", "image/png"), "sent image/png"),
        (u.sends(b'{"a": "\xff"}'), "broken JSON"),
        (u.sends(b'{"a": NaN}'), "broken JSON"),
        (u.sends(b'{"a": "\\ud800"}'), "broken JSON"),
        (u.sends(b'{"a":' * 5000 + b"1" + b"}" * 5000), "broken JSON"),
        (u.sends(b"{}", Content_Encoding="br"), "packed as br"),
        (u.answers({}, 400), "answered 400 “{}”"),
        (u.answers({}, 204), "answered 204"),
        (u.fails(304), "answered 304"),
    ],
)
def test_what_is_not_the_json_that_was_asked_for_is_named(
    source: Make, upstream: Upstream, behaviour: u.Behaviour, said: str
) -> None:
    upstream.behave(behaviour)
    assert said in fault_of(source())


def test_a_fault_names_what_was_asked_and_what_to_do(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.html())
    fault = fault_of(source())
    assert fault.startswith(f"{upstream.url}agencies/?mode=detailed&offset=0&limit=100 sent ")
    assert fault.endswith("; check that the address is that of a server of Launch Library 2.3.0.")


def test_no_more_than_80_characters_of_what_came_are_quoted(
    source: Make, upstream: Upstream
) -> None:
    upstream.behave(u.html("x" * 1000))
    fault = fault_of(source())
    assert "x" * 80 in fault
    assert "x" * 81 not in fault


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_that_is_too_large_is_not_read_to_its_end(
    source: Make, upstream: Upstream, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LARGEST", 2**20)
    upstream.gzip = packed
    upstream.behave(u.answers({"text": "x" * 2**21}))
    assert "sent more than 1 MiB" in fault_of(source())


def test_a_packed_body_is_unpacked(source: Make, upstream: Upstream) -> None:
    upstream.gzip = True
    assert source().page("agencies", 0).results == upstream.rows["agencies"][:100]


def test_a_packed_body_that_is_cut_off_is_asked_for_again(source: Make, upstream: Upstream) -> None:
    upstream.gzip = True
    upstream.behave(
        lambda request, reply: replace(
            reply, headers={**reply.headers, "Connection": "close"}, cut=60
        )
    )
    source().page("agencies", 0)
    assert limits(upstream) == [100, 50]


def test_a_body_that_drips_in_for_too_long_is_given_up(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.drips(0.02), times=None)
    with pytest.raises(Struggling, match="sends too slowly"):
        source(limit=15, timeout=0.1).get("agencies/", {"limit": 100})


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
    upstream.behave(u.late(5), times=None)
    assert "was silent for 0.1 s" in fault_of(source(timeout=0.1))


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Refused), (403, Refused), (404, NotServed), (410, SourceFault)]
)
def test_what_will_not_pass_is_not_tried_again(
    source: Make, upstream: Upstream, status: int, kind: type[SourceFault]
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


# Headers, and the token.


def test_the_headers_are_polite(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 0)
    headers = upstream.calls[0].headers
    named = [headers[name] for name in ("user-agent", "accept", "accept-encoding")]
    assert named == ["spacedevs/0.1.0", "application/json", "gzip"]


def test_the_token_is_sent(source: Make, upstream: Upstream) -> None:
    source(token=TOKEN).page("agencies", 0)
    assert upstream.calls[0].headers["authorization"] == f"Token {TOKEN}"


def test_without_a_token_none_is_sent(source: Make, upstream: Upstream) -> None:
    source().page("agencies", 0)
    assert "authorization" not in upstream.calls[0].headers


@pytest.mark.parametrize(
    "behaviour",
    [
        u.fails(401),
        u.html(f"your token {TOKEN}"),
        u.answers({"detail": TOKEN}, 400),
        u.redirects(f"http://localhost/{TOKEN}"),
        u.sends(b"{}", TOKEN),
        u.answers({"count": TOKEN}),
    ],
    ids=["401", "html", "400", "redirect", "content type", "count"],
)
def test_the_token_is_in_no_fault(source: Make, upstream: Upstream, behaviour: u.Behaviour) -> None:
    upstream.behave(behaviour)
    assert TOKEN not in fault_of(source(token=TOKEN))


def test_the_token_is_in_no_repr(source: Make) -> None:
    assert TOKEN not in repr(vars(source(token=TOKEN)).get("_client")) + repr(source(token=TOKEN))


@pytest.mark.parametrize("token", ["a b", "a\nb", "ключ"])
def test_a_token_that_can_be_no_header_is_refused_without_being_printed(
    source: Make, token: str
) -> None:
    with pytest.raises(SourceFault) as caught:
        source(token=token)
    assert token not in str(caught.value)


# Where the source is.


@pytest.mark.parametrize(
    "root",
    [
        *(
            "ftp://host/",
            "file:///etc/passwd",
            "host/2.3.0",
            "",
            "http://",
            "http://h:x/",
            "//host/",
        ),
        *(
            "https://host/?a=b",
            "https://host/#a",
            "https://me:pass@host/",
            "http://[::1/",
            "http://h:99999/",
        ),
    ],
)
def test_a_root_that_is_no_http_address_is_refused(source: Make, root: str) -> None:
    with pytest.raises(SourceFault) as caught:
        source(root or " ")
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize("end", ["/2.3.0", "/2.3.0/", "/2.3.0//"])
def test_the_root_ends_with_a_slash(source: Make, end: str) -> None:
    assert str(source(f"https://host{end}").root) == "https://host/2.3.0/"


@pytest.mark.parametrize("path", ["../admin/", "//host/", "http://host/", "a/../", "agencies", "/"])
def test_a_path_that_leaves_the_root_is_a_mistake(source: Make, path: str) -> None:
    with pytest.raises(ValueError, match="no path under the root"):
        source().get(path, {})


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *(
            "0.0.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
        ),
        *("ff02::1", "fec0::1", "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1"),
        *("64:ff9b:1::1", "2001:db8::1", "2001:0:0:0:0:0:80ff:fffe"),
    ],
)
def test_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_that_is_public(address: str) -> None:
    assert is_public(address)


def resolves(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
def test_a_private_address_is_refused(source: Make, upstream: Upstream, host: str) -> None:
    asked = source(f"http://{host}:{upstream.port}/2.3.0/", allow_private=False)
    assert "no public address" in fault_of(asked) or "not known" in fault_of(asked)
    assert upstream.requests == []


def test_a_refused_address_costs_no_call(source: Make, upstream: Upstream) -> None:
    ledger = Calls()
    fault_of(source(allow_private=False, ledger=ledger))
    assert ledger == []


def test_one_private_address_among_public_ones_is_refused(
    source: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolves(monkeypatch, "8.8.8.8", "10.0.0.1")
    assert "10.0.0.1" in fault_of(source("https://host/", allow_private=False))


def test_only_the_address_that_was_looked_at_is_connected_to(
    source: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers=JSON, content=iter([b"{}"]))

    resolves(monkeypatch, "8.8.8.8")
    transport = httpx.MockTransport(answer)
    source("https://host/", allow_private=False, transport=transport).get("agencies/", {})
    named = (seen[0].url.host, seen[0].headers["Host"], seen[0].extensions["sni_hostname"])
    assert named == ("8.8.8.8", "host", "host")


def test_the_next_address_is_tried_where_one_does_not_answer(
    source: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "8.8.8.8":
            raise httpx.ConnectError("refused")
        return httpx.Response(200, headers=JSON, content=iter([b"{}"]))

    resolves(monkeypatch, "8.8.8.8", "8.8.4.4")
    asked = source("https://host/", allow_private=False, transport=httpx.MockTransport(answer))
    assert asked.get("agencies/", {}).body == {}


# Redirects.


@pytest.mark.parametrize(
    "location",
    [
        *("http://localhost:{port}/2.3.0/agencies/", "http://127.0.0.1:1/", "ftp://127.0.0.1/", ""),
        *("http://me:pass@127.0.0.1:{port}/", "//example.org/"),
    ],
)
def test_a_redirect_elsewhere_is_refused(source: Make, upstream: Upstream, location: str) -> None:
    upstream.behave(u.redirects(location.format(port=upstream.port)))
    assert "redirects elsewhere" in fault_of(source())
    assert len(upstream.requests) == 1


def test_a_redirect_to_no_address_is_refused(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.redirects("http://[::1/"), times=None)
    assert "Invalid URL in location header" in fault_of(source())


def test_a_redirect_on_the_same_host_is_followed(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.redirects("/2.3.0/agencies/7/"))
    assert source().get("agencies/", {}).body == {"id": 7}


def test_a_redirect_is_a_call_of_the_budget(source: Make, upstream: Upstream) -> None:
    ledger = Calls()
    upstream.behave(u.redirects("/2.3.0/agencies/7/"))
    source(ledger=ledger).get("agencies/", {})
    assert len(ledger) == 2


def test_a_fourth_redirect_is_refused(source: Make, upstream: Upstream) -> None:
    upstream.behave(u.redirects("/2.3.0/agencies/"), times=None)
    assert "redirect after 3 others" in fault_of(source())
    assert len(upstream.calls) == 4


def test_a_redirect_from_https_to_http_is_refused(source: Make) -> None:
    moved = httpx.Response(301, headers={"Location": "http://host/agencies/"})
    transport = httpx.MockTransport(lambda request: moved)
    assert "redirects elsewhere" in fault_of(source("https://host/", transport=transport))
