"""Log-ins that are refused after five wrong ones."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client

from tests.administration import admin_url

URL = "/admin/login/"
IP = "192.0.2.1"


@pytest.fixture
def editor(db: None) -> User:
    return User.objects.create_superuser("editor", password="right")  # noqa: S106


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were hashed."""
    made: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        made.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return made


def log_in(client: Client, password: str, name: str = "editor", ip: str = IP, **meta: Any) -> Any:
    sent = {"username": name, "password": password, "next": "/admin/"}
    return client.post(URL, sent, REMOTE_ADDR=ip, **meta)


def fail(client: Client, times: int, **given: Any) -> list[int]:
    return [log_in(client, "wrong", **given).status_code for _ in range(times)]


def test_after_five_wrong_tries_the_right_password_is_429_too(client: Client, editor: User) -> None:
    assert fail(client, 5) == [200, 200, 200, 200, 429]
    assert log_in(client, "right").status_code == 429


def test_a_refused_try_makes_no_hash(client: Client, editor: User, hashes: list[str]) -> None:
    fail(client, 5)
    assert len(hashes) == 5
    log_in(client, "right")
    assert len(hashes) == 5


def test_a_name_that_nobody_has_is_refused_alike(
    client: Client, editor: User, hashes: list[str]
) -> None:
    assert fail(client, 6, name="nobody") == [200, 200, 200, 200, 429, 429]
    assert len(hashes) == 5


def test_the_page_says_how_long(client: Client, editor: User) -> None:
    fail(client, 5)
    page = log_in(client, "right")
    assert "Try again in 15 minutes." in page.text
    assert 14 * 60 < int(page["Retry-After"]) <= 15 * 60
    assert page["Content-Type"].startswith("text/html")


def test_a_refused_try_makes_it_no_longer(client: Client, editor: User) -> None:
    fail(client, 5)
    AccessAttempt.objects.update(attempt_time=last_try() - timedelta(minutes=14))
    fail(client, 3)
    assert "Try again in 1 minute." in log_in(client, "right").text


def last_try() -> Any:
    return AccessAttempt.objects.latest("attempt_time").attempt_time


def test_after_15_minutes_the_right_password_is_let_in(client: Client, editor: User) -> None:
    fail(client, 5)
    AccessAttempt.objects.update(attempt_time=last_try() - timedelta(minutes=15, seconds=1))
    assert log_in(client, "right").status_code == 302


def test_a_right_log_in_sets_the_count_back(client: Client, editor: User) -> None:
    fail(client, 4)
    assert log_in(client, "right").status_code == 302
    assert not AccessAttempt.objects.exists()
    assert fail(client, 4) == [200] * 4


def test_another_browser_is_the_same_client(client: Client, editor: User) -> None:
    for number in range(5):
        fail(client, 1, HTTP_USER_AGENT=str(number))
    assert log_in(client, "right", HTTP_USER_AGENT="6").status_code == 429


@pytest.mark.parametrize("given", [{"name": "other"}, {"ip": "192.0.2.2"}])
def test_another_name_or_ip_is_not_refused(client: Client, editor: User, given: Any) -> None:
    fail(client, 5)
    assert log_in(client, "wrong", **given).status_code == 200


def test_an_ipv6_network_is_one_client(client: Client, editor: User) -> None:
    for number in range(5):
        fail(client, 1, ip=f"2001:db8::{number}")
    assert log_in(client, "right", ip="2001:db8::9").status_code == 429


def test_a_proxys_clients_are_told_apart(client: Client, editor: User, settings: Any) -> None:
    settings.PROXIES = 1
    fail(client, 5, HTTP_X_FORWARDED_FOR="198.51.100.1")
    found = [
        log_in(client, "right", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}").status_code
        for number in (1, 2)
    ]
    assert found == [429, 302]


def test_old_tries_are_removed_by_the_next(client: Client, editor: User) -> None:
    for number in range(9):
        fail(client, 1, name=f"name {number}")
    AccessAttempt.objects.update(attempt_time=last_try() - timedelta(minutes=16))
    fail(client, 1)
    assert AccessAttempt.objects.count() == 1


def test_no_password_is_kept(client: Client, editor: User) -> None:
    fail(client, 2)
    assert "wrong" not in AccessAttempt.objects.get().post_data


def test_an_admin_lets_somebody_in_earlier(admin_client: Client, editor: User) -> None:
    visitor = Client()
    fail(visitor, 5)
    url = admin_url(AccessAttempt, "delete", AccessAttempt.objects.get().pk)
    assert admin_client.post(url, {"post": "yes"}).status_code == 302
    assert log_in(visitor, "right").status_code == 302


def test_with_the_database_away_a_log_in_is_the_usual_503(
    client: Client, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(AccessAttempt.objects, "filter", away)
    answer = log_in(client, "right")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
