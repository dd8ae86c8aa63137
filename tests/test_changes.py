"""The log of changed rows: whoever writes, and in the order of the commits."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from spacecraft.models import Agency, Country
from spacedevs.changes import log
from tests.conftest import run, shell
from tests.mirror.processes import ask, prompt
from tests.servers import manage

Env = dict[str, str]
on_postgresql = pytest.mark.only_on("postgresql")
on_sqlite = pytest.mark.only_on("sqlite")
LICENSE = "UPDATE spacecraft_image SET license_id = 9000001 WHERE id = "
NUMBER = "UPDATE spacecraft_country SET id = 9000001 WHERE id = "
MOVE = "UPDATE spacecraft_country SET name = 'moved' WHERE id = "


def vendor() -> Any:
    return log.VENDORS[connection.vendor]


def head(env: Env) -> Any:
    """The version, by the log's own query."""
    (version,) = ask(env, vendor().HEAD)
    return list(version)


def changes(env: Env, since: int) -> list[Any]:
    """What was committed after `since`."""
    return [list(row) for row in ask(env, vendor().SINCE % (since, 2**31))]


def written(env: Env, since: int) -> list[tuple[str, str | None, str]]:
    return [
        (table.removeprefix("spacecraft_"), key, kind)
        for _, table, key, kind in changes(env, since)
    ]


def unlogged(env: Env) -> Any:
    """The tables without their triggers."""
    code = "import json; from spacedevs.changes import log; print(json.dumps(log.unlogged()))"
    return json.loads(shell(env, code))


# Every door


@pytest.mark.django_db
def test_every_table_of_records_has_its_triggers() -> None:
    assert log.unlogged() == []
    assert "spacecraft_agency_country" in log.tables()  # of a many-to-many
    assert len(log.tables()) > 10


DOORS = {
    "save": ("Country(pk=9000001, name='n').save()", ("country", "9000001", "insert")),
    "update": ("Country.objects.filter(pk={pk}).update(name='n')", ("country", "{pk}", "update")),
    "bulk_create": ("Country.objects.bulk_create([Country(pk=9000001, name='n')])",
                    ("country", "9000001", "insert")),
    "bulk_update": ("Country.objects.bulk_update([Country(pk={pk}, name='n')], ['name'])",
                    ("country", "{pk}", "update")),
    "delete": ("Country(pk=9000001, name='n').save(); Country.objects.filter(pk=9000001).delete()",
               ("country", "9000001", "delete")),
    "many to many": ("Country(pk=9000001, name='n').save(); "
                     "Agency.objects.get(pk={agency}).country.add(9000001)",
                     ("country", "9000001", "insert")),
    "loaddata": ("call_command('loaddata', '-', format='json', verbosity=0)",
                 ("country", "9000001", "insert")),
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_a_write_through_any_door_is_in_the_log(prepared: Env, door: str) -> None:
    ((pk,),) = ask(prepared, "SELECT min(id) FROM spacecraft_country")
    ((agency,),) = ask(prepared, "SELECT min(id) FROM spacecraft_agency")
    before = head(prepared)
    code, (table, key, kind) = DOORS[door]
    code = code.format(pk=pk, agency=agency)
    row = [{"model": "spacecraft.country", "pk": 9000001, "fields": {"name": "n"}}]
    done = subprocess.run(
        manage("shell", "--no-imports", "-c", f"{IMPORTS}\n{code}"),
        env=prepared, input=json.dumps(row), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = written(prepared, before[0])
    assert (table, key.format(pk=pk), kind) in found
    if door == "many to many":
        assert "agency_country" in {name for name, _, _ in found}
    after = head(prepared)
    assert after[0] > before[0]
    assert after[1] != before[1]


IMPORTS = """
import sys, io
from django.core.management import call_command
from spacecraft.models import Agency, Country
"""


def test_a_hand_at_the_prompt_is_in_the_log(prepared: Env) -> None:
    ask(prepared, "INSERT INTO spacecraft_country (id, name, sort_name) VALUES (9000000, '', '')")
    number, *_ = head(prepared)
    ask(prepared, f"{MOVE}9000000")
    assert written(prepared, number) == [("country", "9000000", "update")]
    ask(prepared, f"{NUMBER}9000000")
    assert {key for _, key, _ in written(prepared, number)} == {"9000000", "9000001"}


@on_postgresql
def test_a_table_that_is_emptied_at_once_is_in_the_log(prepared: Env) -> None:
    number, *_ = head(prepared)
    ask(prepared, "TRUNCATE spacecraft_imagelicense CASCADE")
    assert ("imagelicense", None, "delete") in written(prepared, number)


def test_a_transaction_that_is_rolled_back_leaves_nothing(prepared: Env) -> None:
    before = head(prepared)
    with prompt(prepared) as other:
        other.execute("BEGIN")
        other.execute(f"{MOVE}1")
        other.execute("UPDATE spacecraft_agency SET name = 'x'")
        other.execute("ROLLBACK")
    assert head(prepared) == before


def test_a_savepoint_that_is_rolled_back_leaves_nothing(prepared: Env) -> None:
    ((pk,),) = ask(prepared, "SELECT min(id) FROM spacecraft_country")
    number, *_ = head(prepared)
    with prompt(prepared) as other:
        for statement in ("BEGIN", "SAVEPOINT a", "UPDATE spacecraft_agency SET name = 'x'",
                          "ROLLBACK TO a", f"{MOVE}{pk}", "COMMIT"):  # fmt: skip
            other.execute(statement)
    assert written(prepared, number) == [("country", str(pk), "update")]


# The order of the commits


@pytest.fixture
def two(prepared: Env) -> Iterator[tuple[Any, Any]]:
    """Two who write, and never wait for longer than a second."""
    with ExitStack() as stack:
        both = tuple(stack.enter_context(prompt(prepared)) for _ in range(2))
        for each in both:
            each.execute("SET lock_timeout = '1s'")
        yield both


@on_postgresql
def test_who_commits_later_has_the_greater_number_and_neither_waits(
    prepared: Env, two: tuple[Any, Any]
) -> None:
    ids = [pk for (pk,) in ask(prepared, "SELECT id FROM spacecraft_country ORDER BY id LIMIT 2")]
    number, *_ = head(prepared)
    for each, pk in zip(two, ids, strict=True):
        each.execute("BEGIN")
        each.execute(f"{MOVE}{pk}")
    two[1].execute("COMMIT")
    first = head(prepared)
    # Not what is not committed.
    assert [key for _, key, _ in written(prepared, number)] == [str(ids[1])]
    two[0].execute("COMMIT")
    assert [key for _, key, _ in written(prepared, first[0])] == [str(ids[0])]


@on_postgresql
def test_a_commit_that_waits_for_a_foreign_key_holds_no_number(
    prepared: Env, two: tuple[Any, Any]
) -> None:
    """One refers to a row that the other is about to delete: the number comes after the check."""
    one, other = two
    one.execute("SET lock_timeout = '20s'")
    other.execute("INSERT INTO spacecraft_imagelicense (id, name, sort_name, priority, link) "
                  "VALUES (9000001, 'n', 'n', 0, '')")  # fmt: skip
    ((image,),) = ask(prepared, "SELECT min(id) FROM spacecraft_image")
    one.execute("BEGIN")
    one.execute(f"{LICENSE}{image}")
    other.execute("BEGIN")
    other.execute("DELETE FROM spacecraft_imagelicense WHERE id = 9000001")
    faults: list[Exception] = []

    def commit() -> None:
        try:
            one.execute("COMMIT")
        except psycopg.Error as error:
            faults.append(error)

    waits = Thread(target=commit)
    waits.start()
    waits.join(0.5)
    assert waits.is_alive()
    other.execute("COMMIT")  # no deadlock: it needs the number, which nobody holds
    waits.join(10)
    assert [type(fault) for fault in faults] == [psycopg.errors.ForeignKeyViolation]


# The version


def test_a_database_that_goes_back_and_on_has_other_tokens(prepared: Env, tmp_path: Path) -> None:
    ((pk,),) = ask(prepared, "SELECT min(id) FROM spacecraft_country")
    copy = str(tmp_path / "backup")
    assert run(prepared, "backup", copy).returncode == 0
    before = head(prepared)
    ask(prepared, f"{MOVE}{pk}")
    one = head(prepared)
    assert run(prepared, "restore", copy).returncode == 0
    assert head(prepared) == before  # the same rows again
    ask(prepared, f"{MOVE}{pk + 1}")
    other = head(prepared)
    assert other[0] == one[0]
    assert other[1] != one[1]


def test_a_new_database_has_a_token_of_its_own(prepared: Env, empty: Env, tmp_path: Path) -> None:
    (folder := tmp_path / "new").mkdir()
    empty = {**empty, "DATA_DIR": str(folder)}
    assert run(empty, "migrate", "-v0").returncode == 0
    assert head(empty)[1] != head(prepared)[1]


def test_a_migration_that_makes_a_table_anew_leaves_it_with_its_triggers(prepared: Env) -> None:
    if not prepared["DATABASE_URL"]:
        ask(prepared, "DROP TRIGGER spacedevs_update_spacecraft_agency")
    else:
        ask(prepared, "DROP TRIGGER spacedevs_update ON spacecraft_agency")
    assert unlogged(prepared) == ["spacecraft_agency"]
    done = run(prepared, "serve")
    assert done.returncode == 1
    assert done.stderr == (
        "CommandError: Changes of these tables are not logged: spacecraft_agency. "
        "Run `manage.py prepare`, which makes their triggers.\n"
    )
    assert run(prepared, "prepare").returncode == 0
    assert unlogged(prepared) == []


# How far it goes back


@pytest.mark.django_db
def test_what_is_older_than_30_days_is_forgotten_and_asked_for_in_vain() -> None:
    Country.objects.create(pk=9000001, name="n")
    Agency.objects.filter(pk__lt=200).update(description="x")
    number = log.version().number
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("UPDATE spacedevs_change SET at = at - 31 * 24 * 3600")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            number = log.version().number
            cursor.execute("UPDATE spacedevs_change_commit SET at = at - interval '31 days'")
    log.prune()
    assert log.since(1) is None
    assert log.version().number == number
    assert log.since(number) == []


@pytest.mark.django_db
def test_asking_costs_one_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        log.version()


@on_sqlite
@pytest.mark.django_db
def test_within_a_transaction_one_reads_ones_own_version() -> None:
    before = log.version()
    with transaction.atomic():
        Country.objects.create(pk=9000001, name="n")
        assert log.version().number == before.number + 1
