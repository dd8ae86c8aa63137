"""What the database refuses, and what the site says then: on real locks and broken files."""

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from django.db import Error, OperationalError, connection
from django.test import Client

from spacecraft.models import Agency
from spacedevs.api.registry import resources
from spacedevs.errors import explain
from tests.conftest import fresh_database, run, shell
from tests.forms import Controls, controls
from tests.mirror.processes import prompt
from tests.servers import running_server

Env = dict[str, str]
EDITOR = {"username": "editor", "password": "a password"}
LOCKED = "Another writer holds the database. Try again once it has ended."
IN_THE_WAY = "Another writer got in the way. Try again."
DAMAGED = "The database's file is damaged. Restore a backup of it."
FULL = "The disk is full. Free some space, and try again."
NOT_WRITTEN = "The database can't be written. Name one in DATABASE_URL that can."
TOO_LONG = "The database took too long. Ask for less, or try again later."
LONGEST = 3.5  # seconds for a wait of 2, on a machine that is busy
LIST = "/2.3.0/agencies/?limit=1"
MAKE_EDITOR = f"""
from spacecraft.models import Country
Country.objects.create(pk=1000001, name="Nowhere")
from django.contrib.auth.models import User
User.objects.create_superuser({EDITOR["username"]!r}, password={EDITOR["password"]!r})
"""

on_sqlite = pytest.mark.only_on("sqlite")
on_postgresql = pytest.mark.only_on("postgresql")


@contextmanager
def site(env: Env) -> Iterator[httpx2.Client]:
    with (
        running_server(env, prepare=False) as url,
        httpx2.Client(base_url=url, timeout=30) as http,
    ):
        yield http


def send(http: httpx2.Client, path: str, **changes: str) -> tuple[Controls, httpx2.Response]:
    """What is sent as the page is saved with these changes, and the answer."""
    form = controls(http.get(path).text) | {name: [text] for name, text in changes.items()}
    form.pop("q", None)
    token = {"csrfmiddlewaretoken": http.cookies["csrftoken"]}
    return form, http.post(path, data={**form, **token})


def log_in(http: httpx2.Client) -> httpx2.Response:
    return send(http, "/admin/login/", **EDITOR)[1]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the fixtures' records and an editor, to be copied: see fresh_database()."""
    with fresh_database(folder := tmp_path_factory.mktemp("template")) as database:
        env = {**os.environ, **database}
        assert run(env, "prepare").returncode == 0
        shell(env, MAKE_EDITOR)
        url = database["DATABASE_URL"]
        yield url.rpartition("/")[2] if url else str(folder / "db.sqlite3")


@contextmanager
def copied(folder: Path, template: str) -> Iterator[Env]:
    with fresh_database(folder, template) as database:
        yield {**os.environ, **database}


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory, template: str) -> Iterator[Env]:
    with copied(tmp_path_factory.mktemp("site"), template) as env:
        yield env


@pytest.fixture
def own(tmp_path: Path, template: str) -> Iterator[Env]:
    """For a test that breaks it."""
    with copied(tmp_path, template) as env:
        yield env


@pytest.fixture(scope="module")
def editor(env: Env) -> Iterator[httpx2.Client]:
    """Logged in to a site on it."""
    with site(env) as http:
        assert log_in(http).status_code == 302
        yield http


@contextmanager
def locked(env: Env, *statements: str) -> Iterator[Any]:
    """Within it, another session is in a transaction that has done these."""
    begin = "BEGIN" if env["DATABASE_URL"] else "BEGIN IMMEDIATE"
    with prompt(env) as other:
        for statement in (begin, *statements):
            other.execute(statement)
        yield other
        other.execute("ROLLBACK")


@contextmanager
def held(env: Env, table: str) -> Iterator[Any]:
    """A writer that holds the table's rows; on SQLite, the database."""
    rows = f"SELECT 1 FROM {table} FOR UPDATE"  # noqa: S608  # a name of this file
    with locked(env, *([rows] if env["DATABASE_URL"] else [])) as other:
        yield other


@contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < seconds


def is_refused(answer: httpx2.Response, sentence: str) -> bool:
    return (
        answer.status_code == 503
        and answer.headers["Retry-After"] == "5"
        and sentence in answer.text.replace("&#x27;", "'")
    )


# A writer that waits


@pytest.fixture(scope="module")
def image(env: Env) -> str:
    """The path of an image's page that has a variant."""
    code = "from spacecraft.models import ImageVariant as V; print(V.objects.first().image_id)"
    number = shell(env, code).strip()
    return f"/admin/spacecraft/image/{number}/change/"


TYPED = {
    "name": "Typed “here”",
    "credit": "<b> & “c”",
    "variants-0-image_url": "https://example.org/b",
}


def test_a_change_that_waits_for_a_writer_comes_back_with_all_that_was_typed(
    env: Env, editor: httpx2.Client, image: str
) -> None:
    with held(env, "spacecraft_image"), no_longer_than(LONGEST):
        form, answer = send(editor, image, **TYPED)
        assert is_refused(answer, LOCKED)
    shown = controls(answer.text)
    assert {name: shown.get(name) for name in TYPED} == {k: [v] for k, v in TYPED.items()}
    assert {**shown, "csrfmiddlewaretoken": []} == {**form, "csrfmiddlewaretoken": []}


def test_what_came_back_is_saved_once_the_writer_has_ended(
    env: Env, editor: httpx2.Client, image: str
) -> None:
    with held(env, "spacecraft_image"):
        _, answer = send(editor, image, name="Saved at last")
    assert editor.post(image, data=controls(answer.text)).status_code == 302
    assert controls(editor.get(image).text)["name"] == ["Saved at last"]


@on_sqlite
def test_a_new_record_that_waits_for_a_writer_comes_back_with_all_that_was_typed(
    env: Env, editor: httpx2.Client
) -> None:
    with held(env, ""), no_longer_than(LONGEST):
        _, answer = send(editor, "/admin/spacecraft/country/add/", name="Atlantis")
    assert is_refused(answer, LOCKED)
    assert controls(answer.text)["name"] == ["Atlantis"]


@on_postgresql
def test_a_deadlock_leaves_what_was_typed_in_the_form(
    env: Env, editor: httpx2.Client, image: str
) -> None:
    variants = "SELECT 1 FROM spacecraft_imagevariant FOR UPDATE"
    with locked(env, "SET LOCAL deadlock_timeout = '20s'", variants) as other:
        answers: list[httpx2.Response] = []
        saves = Thread(target=lambda: answers.append(send(editor, image, **TYPED)[1]))
        saves.start()
        wait_until_somebody_waits(env)
        other.execute("SELECT 1 FROM spacecraft_image FOR UPDATE")  # what the save has changed
        saves.join()
    assert is_refused(answers[0], IN_THE_WAY)
    assert controls(answers[0].text)["variants-0-image_url"] == ["https://example.org/b"]


def wait_until_somebody_waits(env: Env) -> None:
    end = time.monotonic() + 30
    with prompt(env) as watcher:
        while (
            time.monotonic() < end
            and not watcher.execute(
                "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) "
                "WHERE NOT granted AND datname = current_database()"
            ).fetchone()
        ):
            time.sleep(0.02)


def test_a_deletion_that_waits_for_a_writer_says_why(env: Env, editor: httpx2.Client) -> None:
    path = "/admin/spacecraft/country/1000001/delete/"
    with held(env, "spacecraft_country"), no_longer_than(LONGEST):
        assert is_refused(send(editor, path, post="yes")[1], LOCKED)


def test_a_login_that_waits_for_a_writer_says_why(env: Env, editor: httpx2.Client) -> None:
    with (
        httpx2.Client(base_url=editor.base_url, timeout=30) as other,
        held(env, "auth_user"),
        no_longer_than(LONGEST),
    ):
        assert is_refused(log_in(other), LOCKED)


def test_readers_do_not_wait_for_a_writer(env: Env, editor: httpx2.Client) -> None:
    with held(env, "spacecraft_agency"), no_longer_than(1):
        assert editor.get(LIST).status_code == 200


# The limits


SLOW = {
    "postgresql": "SELECT pg_sleep(60)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT count(*) FROM n",
}
ASK = """
{imports}
from django.db import Error, connection
from spacedevs.errors import explain
try:
    with connection.cursor() as cursor:
        cursor.execute({sql!r})
        print(cursor.fetchone())
except Error as error:
    print(explain(error))
"""


def test_a_statement_of_the_site_has_three_seconds(env: Env) -> None:
    code = ASK.format(imports="import spacedevs.wsgi", sql=SLOW[connection.vendor])
    assert shell(env, code).strip() == TOO_LONG


@on_sqlite
def test_a_statement_of_a_command_has_as_long_as_it_takes(env: Env) -> None:
    sql = SLOW["sqlite"].replace("FROM n)", "FROM n WHERE i < 25000000)")
    assert shell(env, ASK.format(imports="", sql=sql)).strip() == "(25000000,)"


@on_postgresql
def test_a_command_has_no_limits(env: Env) -> None:
    sql = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
    assert shell(env, ASK.format(imports="", sql=sql)).strip() == "('0', '0')"


# What else is wrong


def damage(env: Env, offset: int) -> None:
    """Overwrites the database's file from here on."""
    with prompt(env) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = Path(env["DATA_DIR"], "db.sqlite3")
    for log in path.parent.glob("db.sqlite3-*"):
        log.unlink()
    data = path.read_bytes()
    path.write_bytes(data[:offset] + b"?" * (len(data) - offset))


@on_sqlite
@pytest.mark.parametrize("offset", [0, 4096], ids=["no database", "malformed"])
def test_a_damaged_file_is_503_and_named(own: Env, offset: int) -> None:
    damage(own, offset)
    with site(own) as http:
        answer = http.get(LIST)
        assert (answer.status_code, answer.json()) == (503, {"detail": DAMAGED})


@on_sqlite
@pytest.mark.parametrize("offset", [0, 4096], ids=["no database", "malformed"])
def test_prepare_names_a_damaged_file(own: Env, offset: int) -> None:
    damage(own, offset)
    done = run(own, "prepare")
    assert done.returncode == 1
    assert f"CommandError: The database can't be used. {DAMAGED}" in done.stderr
    assert "Traceback" not in done.stderr


@on_sqlite
def test_a_full_disk_is_named_and_leaves_what_was_typed_in_the_form(own: Env) -> None:
    with site(own) as http:
        log_in(http)
        cookies = http.cookies
    with prompt(own) as database:
        database.execute("VACUUM")
        ((pages,),) = database.execute("PRAGMA page_count")
    command = f"PRAGMA journal_mode=WAL; PRAGMA max_page_count={pages}"
    url = f"sqlite:///{own['DATA_DIR']}/db.sqlite3?{urlencode({'init_command': command})}"
    long = "x" * 2000
    with site({**own, "DATABASE_URL": url}) as http:
        http.cookies = cookies
        number = http.get(LIST).json()["results"][0]["id"]
        page = f"/admin/spacecraft/agency/{number}/change/"
        _, answer = send(http, page, description=long)
        assert is_refused(answer, FULL)
        assert controls(answer.text)["description"] == [long]


@on_postgresql
def test_a_database_that_may_only_be_read_answers_and_names_what_it_can_not(own: Env) -> None:
    read_only(own)
    with site(own) as http:
        assert http.get(LIST).status_code == 200
        assert is_refused(log_in(http), NOT_WRITTEN)


@on_postgresql
def test_prepare_names_a_database_that_may_only_be_read(empty: Env) -> None:
    read_only(empty)
    done = run(empty, "prepare")
    assert done.returncode == 1
    assert f"CommandError: The database can't be used. {NOT_WRITTEN}" in done.stderr
    assert "Traceback" not in done.stderr


def read_only(env: Env) -> None:
    """As a standby is."""
    name = env["DATABASE_URL"].rpartition("/")[2]
    with prompt(env) as database:
        database.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')


def test_a_database_that_was_not_migrated_is_503_and_named(empty: Env) -> None:
    if not empty["DATABASE_URL"]:
        sqlite3.connect(f"{empty['DATA_DIR']}/db.sqlite3").close()
    with site({name: empty[name] for name in ("DATA_DIR", "DATABASE_URL")}) as http:
        sentence = "The database has not been migrated. Run `manage.py migrate`."
        assert http.get(LIST).json() == {"detail": sentence}


@on_postgresql
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("25006", NOT_WRITTEN),
        ("40P01", IN_THE_WAY),
        ("53100", FULL),
        ("53300", "The database has no connection to spare. Try again later."),
        ("55P03", LOCKED),
        ("57014", TOO_LONG),
        ("XX001", DAMAGED),
        ("57P01", "The database does not answer. Start it, and check DATABASE_URL."),
        ("42601", None),
        ("54001", None),
        ("XX000", None),
    ],
)
def test_what_postgresql_says_is_told_by_its_code(state: str, sentence: str | None) -> None:
    """Its words may be in any language."""
    with pytest.raises(Error) as caught, connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE 'mots' USING ERRCODE = '{state}'; END $$")
    assert explain(caught.value) == sentence


def test_a_mistake_in_sql_is_500(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(view: Any) -> Any:
        return Agency.objects.extra(where=["readonly = 1"])

    monkeypatch.setattr(resources()["agencies"], "get_queryset", mistaken)
    answer = api.get(LIST)
    assert (answer.status_code, answer.json()) == (500, {"detail": "A server error occurred."})


def test_clients_read_neither_paths_nor_statements() -> None:
    fault = OperationalError("unable to open database file: /srv/secret.sqlite3")
    assert not re.search("/srv|secret", str(explain(fault)))
    fault = OperationalError("connection failed: password=secret")
    assert explain(fault) == "The database does not answer. Start it, and check DATABASE_URL."
