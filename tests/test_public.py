"""What a site that others can reach must not be started with, and what follows from TLS."""

import secrets

import pytest

from tests.conftest import run
from tests.servers import refusal
from tests.test_serve import ask, serving

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

EVERYWHERE = {"HOST": "0.0.0.0"}  # noqa: S104
KEY = secrets.token_urlsafe(50)
TLS = {"HTTPS": "true", "BEHIND_PROXY": "true", "SECRET_KEY": KEY}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"DEBUG": "true"}, "Set DEBUG=false"),
        ({"ALLOWED_HOSTS": "localhost,*"}, "Name the site's hosts in ALLOWED_HOSTS, and not *."),
        ({"SECRET_KEY": "change-me"}, "SECRET_KEY can be guessed"),
    ],
)
def test_a_site_that_others_can_reach_is_refused_with_what_to_set(
    empty: dict[str, str], given: dict[str, str], sentence: str
) -> None:
    output = refusal(run({**empty, **EVERYWHERE, **given}, "serve"))
    assert "Others can reach 0.0.0.0." in output
    assert sentence in output
    assert "Or set HOST=127.0.0.1." in output


def test_a_loopback_is_served_with_all_of_these(empty: dict[str, str]) -> None:
    given = {"DEBUG": "true", "ALLOWED_HOSTS": "*", "SECRET_KEY": "change-me"}
    with serving({**empty, **given}) as (_, url):
        assert ask(url, "GET", "/health/live")[0] == 200


def test_a_key_that_was_made_here_is_good_enough_for_others(prepared: dict[str, str]) -> None:
    with serving({**prepared, **EVERYWHERE, "SECRET_KEY": ""}) as (_, url):
        assert ask(url, "GET", "/health/live")[0] == 200


# Behind TLS


def test_https_without_a_proxy_that_says_so_is_refused(empty: dict[str, str]) -> None:
    done = run({**empty, "HTTPS": "true"}, "check")
    assert done.returncode == 1
    assert "HTTPS=true needs BEHIND_PROXY=true" in done.stderr


def test_djangos_own_check_of_a_deployment_finds_nothing(empty: dict[str, str]) -> None:
    done = run({**empty, **TLS}, "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stderr) == (0, "")


def test_behind_tls_cookies_are_secure_and_hsts_is_sent(prepared: dict[str, str]) -> None:
    with serving({**prepared, **TLS}) as (_, url):
        _, headers, _ = ask(url, "GET", "/admin/login/", **{"X-Forwarded-Proto": "https"})
    assert headers["strict-transport-security"] == "max-age=31536000"
    cookie = {part.strip() for part in headers["set-cookie"].split(";")}
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= cookie


def test_plain_http_is_sent_to_https_but_for_health(prepared: dict[str, str]) -> None:
    with serving({**prepared, **TLS}) as (_, url):
        status, headers, _ = ask(url, "GET", "/2.3.0/", Host="localhost")
        assert (status, headers["location"]) == (301, "https://localhost/2.3.0/")
        for path in ("/health/live", "/health/ready"):
            assert ask(url, "GET", path, Host="10.0.0.7:8000")[0] == 200


def test_without_tls_cookies_are_not_secure_and_no_hsts_is_sent(server: str) -> None:
    _, headers, _ = ask(server, "GET", "/admin/login/")
    assert "Secure" not in headers["set-cookie"]
    assert "strict-transport-security" not in headers
