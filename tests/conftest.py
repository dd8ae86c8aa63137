"""What the tests share: the fixtures' records in the test database, and a server in a process.

The records are loaded once and stay. A test that writes does so in its own transaction; none may
be transactional, or it would leave an empty database to the next.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

from spacedevs import clock
from spacedevs.mirror import as_of
from tests.both_ways import asked_in_all_ways
from tests.servers import free_port, manage, running_server

# What a browser shows does not depend on the database: these run on SQLite alone.
IN_A_BROWSER = ("in_a_browser", "test_accessibility", "test_browser")
# The fixtures that bring a database; pytest-django's own, and those that make a fresh one.
DATABASES = {"copy", "db", "empty", "env", "fresh", "prepared", "server"}

FAULT = "fault"  # a line of the table of faults, among a test's properties


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--count-queries", action="store_true", help="write query_counts.json anew")
    parser.addoption(
        "--both-ways", action="store_true", help="each answer without fragments, and as a known one"
    )
    parser.addoption("--long", action="store_true", help="series of 20,000 requests")


def pytest_sessionstart() -> None:
    """The pages of the admin are read with the URLs; tests are made of both as they are read."""
    import_module(settings.ROOT_URLCONF)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what runs on the other database: what only that does, and what needs none.

    A test that asks for no database runs once, on SQLite, and so does one that looks at pages in a
    browser.
    """
    elsewhere = {item for item in items if connection.vendor not in databases_of(item)}
    items[:] = [item for item in items if item not in elsewhere]
    config.hook.pytest_deselected(items=list(elsewhere))
    if config.getoption("--long"):
        for item in items:
            item.add_marker(pytest.mark.timeout(0))  # a series takes as long as it takes


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table of faults."""
    done = [
        each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)
    ]
    lines = [text for each in done for name, text in each.user_properties if name == FAULT]
    if lines:
        terminalreporter.section("faults")
        for line in dict.fromkeys(lines):
            terminalreporter.write_line(line)


def databases_of(item: Any) -> tuple[str, ...]:
    if mark := item.get_closest_marker("only_on"):
        return tuple(mark.args)
    if item.module.__name__.endswith(IN_A_BROWSER):
        return ("sqlite",)
    needs_one = item.get_closest_marker("django_db") or DATABASES & set(item.fixturenames)
    return ("sqlite", "postgresql") if needs_one else ("sqlite",)


@pytest.fixture(scope="session")
def django_db_modify_db_settings_tox_suffix() -> None:
    """SQLite in memory also where pytest-xdist runs: pytest-django looks for Django's backend."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = ":memory:"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        names = [path.stem for path in sorted(settings.FIXTURES.glob("*.json"))]
        call_command("loaddata", *names, verbosity=0)


@pytest.fixture(autouse=True)
def no_query_while_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    """A query that a serializer makes is a plan that has forgotten something: an error."""

    def refuse(execute: Any, sql: str, *args: Any) -> None:
        raise AssertionError(f"a query while rendering: {sql}")

    def guarded(cls: type[BaseSerializer]) -> Any:
        render = cls.to_representation

        def to_representation(self: BaseSerializer, instance: Any) -> Any:
            with connection.execute_wrapper(refuse):
                return render(self, instance)

        return to_representation

    for cls in (Serializer, ListSerializer):
        monkeypatch.setattr(cls, "to_representation", guarded(cls))


@pytest.fixture(autouse=True)
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --both-ways: whatever a test asks of the API is the same in each way to answer it."""
    has_database = "db" in request.fixturenames or request.node.get_closest_marker("django_db")
    is_once = request.node.get_closest_marker("asks_once")
    if request.config.getoption("both_ways") and has_database and not is_once:
        monkeypatch.setattr(Client, "request", asked_in_all_ways(Client.request))


@pytest.fixture(autouse=True)
def frozen_clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The second in which every test happens, so that only what a test changes changes."""
    now = datetime(2026, 11, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    return now


@pytest.fixture(scope="session", autouse=True)
def nothing_mirrored() -> Iterator[None]:
    """No query each second for the last run of the mirror, which would be counted by chance."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(as_of, "as_of", lambda: None)
        yield


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """The usual hash of a superuser's password takes longer than the rest of a test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def many(request: pytest.FixtureRequest) -> int:
    """The requests of a long series; fewer where nobody asked for all of it."""
    return 20_000 if request.config.getoption("--long") else 400


@pytest.fixture
def api(db: None) -> Client:
    """A client of the API on the fixtures' records."""
    return Client(headers={"host": "localhost"}, raise_request_exception=False)


@contextmanager
def fresh_database(
    tmp_path: Path, template: str = "", options: str = ""
) -> Iterator[dict[str, str]]:
    """The environment of a database of the kind that the suite runs on, which is thrown away.

    It is empty, or a copy of the one in `template`: the path of an SQLite file, the name of a
    PostgreSQL database that nobody is connected to. `options` are PostgreSQL's, of CREATE DATABASE.
    """
    # No pictures: a browser that looks at it asks nobody else.
    env = {"DATA_DIR": str(tmp_path), "DATABASE_URL": "", "PICTURE_HOSTS": ""}
    if connection.vendor != "postgresql":
        if template:
            shutil.copy(template, tmp_path / "db.sqlite3")
        yield env
        return
    import psycopg

    name = f"spacedevs_{uuid4().hex}"
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as admin:
        copied = f'TEMPLATE "{template}"' if template else ""
        admin.execute(f'CREATE DATABASE "{name}" {copied} {options}')
        try:
            yield {**env, "DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of an empty database, on a port that nothing listens on."""
    with fresh_database(tmp_path) as env:
        yield {**os.environ, "HOST": "127.0.0.1", "PORT": str(free_port()), **env}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that is prepared once, to be copied: see fresh_database()."""
    with fresh_database(folder := tmp_path_factory.mktemp("prepared")) as env:
        assert run({**os.environ, **env}, "prepare").returncode == 0
        url = env["DATABASE_URL"]
        yield url.rpartition("/")[2] if url else str(folder / "db.sqlite3")


@pytest.fixture
def prepared(tmp_path: Path, template: str) -> Iterator[dict[str, str]]:
    """As `empty`, after `manage.py prepare`."""
    with fresh_database(tmp_path, template) as env:
        yield {**os.environ, "HOST": "127.0.0.1", "PORT": str(free_port()), **env}


def run(
    env: dict[str, str], *command: str, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    """`typed`: what comes over a pipe."""
    options: Any = {"capture_output": True, "text": True, "timeout": 120}
    return subprocess.run(manage(*command), env=env, input=typed, **options)


def shell(env: dict[str, str], code: str) -> str:
    done = run(env, "shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout


def longer_shell(env: dict[str, str], code: str) -> str:
    """As shell(), for a series."""
    done = subprocess.run(
        manage("shell", "--no-imports", "-c", code), env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def server(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server of its own, on a database of its own with the fixtures' records."""
    with (
        fresh_database(tmp_path_factory.mktemp("server"), template) as env,
        running_server(env, prepare=False) as url,
    ):
        yield url
