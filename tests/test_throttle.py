"""The throttle as a client sees it, and the tokens that lift it."""

import logging
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from spacedevs import environment
from spacedevs.clients import ip_of, network_of
from spacedevs.environment import Rate
from spacedevs.throttle import decisions
from spacedevs.throttle.guard import Guard
from spacedevs.throttle.middleware import RateLimitHeaders
from spacedevs.throttle.models import Token, digest_of
from tests.administration import admin_url, confirm
from tests.pages import response as shown_response
from tests.throttles import ROWS

STATE = "/2.3.0/api-throttle/"
KEYS = ["your_request_limit", "limit_frequency_secs", "current_use", "next_use_secs", "ident"]
THROTTLED = "Request was throttled. Expected available in 3600 seconds."


@pytest.fixture
def throttle(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Three calls for an IP, five for a token, counted in the database that the suite runs on."""
    settings.THROTTLE, settings.THROTTLE_TOKEN = Rate(3, 3600), Rate(5, 3600)
    settings.DATA_DIR = tmp_path
    decisions.guard.cache_clear()
    yield
    if connection.vendor == "sqlite":
        decisions.guard().store.close()
    decisions.guard.cache_clear()


@pytest.fixture
def token(db: None) -> Token:
    return Token.objects.create(name="A client")


def statuses(api: Client, times: int, **meta: Any) -> list[int]:
    return [api.get(ROWS, **meta).status_code for _ in range(times)]


def bearer(key: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Token {key}"}


# With the throttle off


def test_off_no_answer_has_a_header_of_the_throttle(api: Client) -> None:
    answer = api.get(ROWS)
    assert not [name for name in answer.headers if name.lower().startswith("ratelimit")]
    assert answer["Vary"] == "Accept"


@pytest.mark.parametrize("header", ["Token upstreams-key", "Token", "Token a b", "Bearer x"])
def test_off_no_key_is_read(api: Client, header: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert api.get(ROWS, HTTP_AUTHORIZATION=header).status_code == 200
    assert not [query for query in queries if "throttle" in query["sql"]]


def test_off_the_state_is_that_of_upstreams_server_without_a_limit(api: Client) -> None:
    answer = api.get(STATE, **bearer("upstreams-key"))
    assert answer.status_code == 200
    assert list(answer.json()) == KEYS
    assert [*answer.json().values()] == [15, 3600, 0, 0, "127.0.0.1"]


# With the throttle on


def test_calls_past_the_rate_are_429_in_upstreams_words(api: Client, throttle: None) -> None:
    assert statuses(api, 4) == [200, 200, 200, 429]
    answer = api.get(ROWS)
    assert answer.json() == {"detail": THROTTLED}
    assert answer["Content-Type"] == "application/json"
    assert answer["Retry-After"] == "3600"
    assert (answer["Allow"], answer["Vary"]) == ("GET", "Accept")


def test_the_page_says_that_it_is_throttled(api: Client, throttle: None) -> None:
    statuses(api, 3)
    page = api.get(ROWS, headers={"accept": "text/html"})
    assert page.status_code == 429
    head, body = shown_response(page.text)
    assert head[0] == "HTTP 429 Too Many Requests"
    assert THROTTLED in body


def test_a_refused_call_asks_the_database_for_no_record(api: Client, throttle: None) -> None:
    statuses(api, 3)
    with CaptureQueriesContext(connection) as queries:
        assert api.get(ROWS).status_code == 429
    assert not [query for query in queries if "spacecraft_" in query["sql"]]


def test_every_counted_answer_says_how_its_client_stands(api: Client, throttle: None) -> None:
    names = [f"RateLimit-{name}" for name in ("Limit", "Remaining", "Reset")]
    found = [[answer[name] for name in names] for answer in (api.get(ROWS), api.get(ROWS))]
    assert found == [["3", "2", "3600"], ["3", "1", "3600"]]


def test_the_state_has_upstreams_five_keys(api: Client, throttle: None) -> None:
    statuses(api, 2)
    assert [*api.get(STATE).json().items()] == [
        *zip(KEYS, (3, 3600, 2, 0, "127.0.0.1"), strict=True)
    ]


def test_the_state_is_free_and_says_when_the_next_call_is(api: Client, throttle: None) -> None:
    statuses(api, 4)
    for _ in range(3):
        answer = api.get(STATE)
        assert [answer.json()[key] for key in KEYS[2:4]] == [3, 3600]
    assert answer["Cache-Control"] == "no-store"
    assert "RateLimit-Limit" not in answer


@pytest.mark.parametrize("path", ["/2.3.0/api-throttle.json", f"{STATE}?format=json"])
def test_the_state_has_a_format(api: Client, path: str) -> None:
    assert list(api.get(path).json()) == KEYS


def test_the_state_is_a_page_in_a_browser(api: Client) -> None:
    page = api.get(STATE, headers={"accept": "text/html"})
    assert "your_request_limit" in page.text
    assert "Switch to JSON output" in page.text


def test_a_304_does_not_count(throttle: None, db: None) -> None:
    request = RequestFactory().get(ROWS)
    request.META[decisions.IN_ENVIRON] = decisions.decide("192.0.2.1", None)
    answer = RateLimitHeaders(lambda _: HttpResponse(status=304))(request)
    assert answer["RateLimit-Remaining"] == "3"
    assert decisions.look("192.0.2.1", None).used == 0


def test_a_redirect_does_not_count(api: Client, throttle: None) -> None:
    assert api.get(ROWS.rstrip("/")).status_code == 301
    assert api.get(STATE).json()["current_use"] == 0


def test_a_preflight_does_not_count(api: Client, throttle: None) -> None:
    asked = {"origin": "https://a.example", "access-control-request-method": "GET"}
    assert api.options(ROWS, headers=asked).status_code == 200
    assert api.get(STATE).json()["current_use"] == 0


def test_a_decision_made_in_front_of_django_is_not_made_again(api: Client, throttle: None) -> None:
    made = decisions.decide("192.0.2.1", None)
    assert api.get(ROWS, **{decisions.IN_ENVIRON: made}).status_code == 200
    assert api.get(STATE).json()["current_use"] == 0


@pytest.mark.parametrize("rate", [Rate(1, 1), Rate(2, 1)])
def test_the_window_slides(throttle: None, db: None, settings: Any, rate: Rate) -> None:
    settings.THROTTLE = rate
    made = [decisions.decide("192.0.2.1", None) for _ in range(rate.calls + 1)]
    assert [one.admitted for one in made] == [True] * rate.calls + [False]
    assert 0 < made[-1].wait <= 1
    time.sleep(made[-1].wait)
    assert decisions.decide("192.0.2.1", None).admitted


def test_a_rate_that_was_lowered_holds_at_once(throttle: None, db: None, settings: Any) -> None:
    settings.THROTTLE = Rate(3, 86400)
    for _ in range(3):
        decisions.decide("192.0.2.1", None)
    settings.THROTTLE = Rate(3, 60)
    assert decisions.decide("192.0.2.1", None).wait <= 60


def test_what_has_left_the_window_is_forgotten(throttle: None, db: None, settings: Any) -> None:
    settings.THROTTLE = Rate(1, 1)
    decisions.decide("192.0.2.1", None)
    time.sleep(1.01)
    store = decisions.guard().store
    store.purge()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM throttle_calls")
            assert cursor.fetchone() == (0,)
    else:
        (count,) = store.connection().execute("SELECT count(*) FROM calls").fetchone()
        assert count == 0


class AwayStore:
    faults = (DatabaseError,)
    is_back = False

    def take(self, *args: Any) -> None:
        if not self.is_back:
            raise DatabaseError("gone")

    def close(self) -> None:
        pass


def is_found_back(guard: Guard) -> bool:
    until = time.monotonic() + 30
    while guard.away and time.monotonic() < until:
        time.sleep(0.05)
    return not guard.away


def test_with_its_store_away_calls_pass_and_the_log_has_one_line(
    api: Client, throttle: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    guard = decisions.guard()
    monkeypatch.setattr(guard, "store", store := AwayStore())
    with caplog.at_level(logging.ERROR):
        assert statuses(api, 9) == [200] * 9
    assert [line.message for line in caplog.records if line.name.endswith("guard")] == [
        "The throttle counts no calls, and all pass: Away is away. gone"
    ]
    assert api.get(STATE).json()["current_use"] == 0
    store.is_back = True
    assert is_found_back(guard)


def test_what_nobody_expected_of_a_store_leaves_the_throttle_off_no_longer_than_it_lasts() -> None:
    class Odd(AwayStore):
        said = [DatabaseError("gone"), RuntimeError("no fault of a database")]

        def take(self, *args: Any) -> None:
            if self.said:
                raise self.said.pop(0)

    guard = Guard(Odd())
    assert guard.take("a", Rate(1, 1)) is None
    assert is_found_back(guard)


# Tokens


def test_a_token_has_a_rate_of_its_own(api: Client, throttle: None, token: Token) -> None:
    assert statuses(api, 4) == [200, 200, 200, 429]
    assert statuses(api, 6, **bearer(token.key)) == [200] * 5 + [429]
    assert api.get(STATE, **bearer(token.key)).json() == dict(
        zip(KEYS, (5, 3600, 5, 3600, token.key), strict=True)
    )


@pytest.mark.parametrize("scheme", ["Token", "token", "TOKEN"])
def test_the_schemes_case_does_not_count(
    api: Client, throttle: None, token: Token, scheme: str
) -> None:
    answer = api.get(ROWS, HTTP_AUTHORIZATION=f"{scheme} {token.key}")
    assert answer["RateLimit-Limit"] == "5"
    assert answer["Vary"] == "Accept"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Token wrong", "Invalid token."),
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
        ("Token \xff", "Invalid token header. Token string should not contain invalid characters."),
        ("Token \x00", "Invalid token."),
    ],
)
@pytest.mark.parametrize("path", [ROWS, STATE])
def test_a_wrong_token_is_401_in_drfs_words(
    api: Client, throttle: None, header: str, words: str, path: str
) -> None:
    answer = api.get(path, HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()) == (401, {"detail": words})
    assert answer["WWW-Authenticate"] == "Token"


def test_another_scheme_is_no_token(api: Client, throttle: None) -> None:
    assert api.get(ROWS, HTTP_AUTHORIZATION="Bearer x")["RateLimit-Limit"] == "3"


@pytest.mark.parametrize(
    "change", [{"revoked": True}, {"expires": timezone.now() - timedelta(seconds=1)}]
)
def test_a_token_that_is_revoked_or_expired_is_wrong(
    api: Client, throttle: None, token: Token, change: dict[str, Any]
) -> None:
    Token.objects.filter(pk=token.pk).update(**change)
    answer = api.get(ROWS, **bearer(token.key))
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid token."})


def test_the_database_has_no_key(token: Token) -> None:
    (row,) = Token.objects.filter(pk=token.pk).values_list()
    assert token.key not in map(str, row)
    assert digest_of(token.key) in row


def test_the_last_use_is_noted_once_a_minute(api: Client, throttle: None, token: Token) -> None:
    def last_used() -> Any:
        return Token.objects.get(pk=token.pk).last_used

    assert last_used() is None
    api.get(ROWS, **bearer(token.key))
    first = last_used()
    assert timezone.now() - first < timedelta(minutes=1)
    api.get(ROWS, **bearer(token.key))
    assert last_used() == first
    Token.objects.filter(pk=token.pk).update(last_used=first - timedelta(minutes=2))
    api.get(ROWS, **bearer(token.key))
    assert last_used() > first


def test_a_last_use_that_can_not_be_noted_fails_no_request(
    api: Client, throttle: None, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("database is locked")

    monkeypatch.setattr(transaction, "atomic", locked)
    assert api.get(ROWS, **bearer(token.key)).status_code == 200


# Tokens in the admin


def make(admin_client: Client, **values: Any) -> Any:
    return admin_client.post(admin_url(Token, "add"), {"name": "New", **values}, follow=True)


def test_the_admin_makes_a_token_and_shows_its_key_once(
    admin_client: Client, api: Client, throttle: None
) -> None:
    page = make(admin_client)
    (key,) = re.findall(r"<code>([0-9a-f]{40})</code>", page.text)
    assert api.get(ROWS, **bearer(key)).status_code == 200
    made = Token.objects.get(name="New")
    for url in (admin_url(Token, "changelist"), admin_url(Token, "change", made.pk)):
        assert key not in admin_client.get(url).text
    assert digest_of(key) not in admin_client.get(admin_url(Token, "change", made.pk)).text


def test_the_admin_revokes_tokens(admin_client: Client, token: Token) -> None:
    sent = {"action": "revoke", "_selected_action": [token.pk]}
    confirm(admin_client, admin_url(Token, "changelist"), sent)
    token.refresh_from_db()
    assert token.revoked


def test_a_token_that_is_saved_again_keeps_its_key(admin_client: Client, token: Token) -> None:
    before = token.digest
    admin_client.post(admin_url(Token, "change", token.pk), {"name": "Renamed"})
    token.refresh_from_db()
    assert (token.name, token.digest) == ("Renamed", before)


# Who asks


@pytest.mark.parametrize(
    ("proxies", "forwarded", "ip"),
    [
        (0, "198.51.100.7", "192.0.2.9"),
        (1, "", "192.0.2.9"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.66, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.66, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (2, "10.0.0.1", "10.0.0.1"),
        (1, "unknown", "192.0.2.9"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_forwarded_for_counts_from_as_many_proxies_as_there_are(
    settings: Any, proxies: int, forwarded: str, ip: str
) -> None:
    settings.PROXIES = proxies
    environ = {"REMOTE_ADDR": "192.0.2.9"}
    if forwarded:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    assert ip_of(environ) == ip


def test_no_ip_is_none() -> None:
    assert ip_of({"REMOTE_ADDR": ""}) is None
    assert network_of(None) is None


def test_an_ipv6_client_is_its_network(api: Client, throttle: None) -> None:
    found = [
        api.get(ROWS, REMOTE_ADDR=f"2001:db8:0:{network}::{host}").status_code
        for network, host in [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1)]
    ]
    assert found == [200, 200, 200, 429, 200]


# Settings


@pytest.mark.parametrize(
    "value", ["15", "15/", "/hour", "0/hour", "x/hour", "15/year", "99999/day"]
)
def test_a_wrong_rate_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("THROTTLE", value)
    with pytest.raises(ImproperlyConfigured, match=rf"THROTTLE is '{value}': write a number"):
        environment.rates()


def test_a_token_is_not_slower_than_an_ip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROTTLE", "2/second")
    with pytest.raises(ImproperlyConfigured, match="THROTTLE_TOKEN is '100/hour', which is less"):
        environment.rates()


def test_a_wrong_redis_url_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "localhost:6379")
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL is 'localhost:6379': write redis://"):
        environment.redis_url()
