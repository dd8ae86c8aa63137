"""`manage.py prepare`, as the person at the prompt sees it."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import run, shell
from tests.servers import NOWHERE, manage, refusal

COUNTS = """
from django.apps import apps
print({m._meta.label: m.objects.count() for m in apps.get_app_config("spacecraft").get_models()})
"""
EDIT = """
from spacecraft.models import Spacecraft
Spacecraft.objects.order_by("-pk")[:1].get().delete()
row = Spacecraft.objects.order_by("pk")[:1].get()
row.name = "Edited"
row.save()
"""
NAME = """
from spacecraft.models import Spacecraft
print(Spacecraft.objects.order_by("pk")[:1].get().name)
"""


def test_prepare_loads_the_fixtures_into_an_empty_database_and_says_so(
    empty: dict[str, str],
) -> None:
    done = run(empty, "prepare")
    assert done.returncode == 0, done.stderr
    assert "The database is up to date." in done.stdout
    assert "The database was empty: loaded " in done.stdout
    assert "Spacecraft': 0" not in shell(empty, COUNTS)


def test_a_second_prepare_changes_nothing(prepared: dict[str, str]) -> None:
    shell(prepared, EDIT)
    before = shell(prepared, COUNTS)
    again = run(prepared, "prepare")
    assert again.returncode == 0, again.stderr
    assert again.stdout == "The database is up to date.\n"
    assert shell(prepared, COUNTS) == before
    assert shell(prepared, NAME) == "Edited\n"


@pytest.mark.parametrize("is_used", [False, True])
def test_three_who_prepare_at_once_succeed_and_one_of_them_does_the_work(
    empty: dict[str, str], is_used: bool
) -> None:
    if is_used:
        run(empty, "migrate", "spacecraft", "0003", "-v0")
    started = [
        subprocess.Popen(
            manage("prepare"),
            env=empty,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    assert all("The database is up to date." in each for each in said)
    assert sum("loaded " in each for each in said) == 1


def test_one_who_waits_for_another_prepare_says_so(prepared: dict[str, str]) -> None:
    code = """
import sys, time
from spacedevs.locks import alone
with alone("prepare"):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        manage("shell", "--no-imports", "-c", code),
        env=prepared,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with subprocess.Popen(
            manage("prepare"), env=prepared, stdout=subprocess.PIPE, text=True
        ) as waiting:
            assert waiting.stdout
            assert waiting.stdout.readline().startswith("Waiting: another `prepare`")
            holder.stdin.close()
            assert waiting.stdout.read() == "The database is up to date.\n"
    assert waiting.returncode == 0


def test_prepare_says_in_a_sentence_that_the_database_is_away(empty: dict[str, str]) -> None:
    output = refusal(run({**empty, "DATABASE_URL": NOWHERE}, "prepare"))
    assert "The database can't be used. The database does not answer." in output
    assert "check DATABASE_URL" in output


def test_prepare_names_a_data_dir_that_can_not_be_made(
    empty: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    env = {**empty, "DATABASE_URL": "", "SECRET_KEY": "x", "DATA_DIR": str(tmp_path / "file" / "x")}
    output = refusal(run(env, "prepare"))
    assert f"DATA_DIR can't be {tmp_path / 'file' / 'x'}" in output


def test_prepare_makes_a_data_dir_and_keeps_one_secret_key_that_no_other_may_read(
    empty: dict[str, str], tmp_path: Path
) -> None:
    env = {**empty, "DATA_DIR": str(tmp_path / "a" / "b")}
    assert run(env, "prepare").returncode == 0
    key = tmp_path / "a" / "b" / "secret-key"
    assert key.stat().st_mode & 0o777 == 0o600
    first = key.read_text()
    assert len(first) >= 50
    assert run(env, "prepare").returncode == 0
    assert key.read_text() == first
    assert [path.name for path in key.parent.iterdir() if "db.sqlite3" not in path.name] == [
        key.name
    ]


def test_processes_that_start_together_share_one_secret_key(
    empty: dict[str, str], tmp_path: Path
) -> None:
    env = {**empty, "DATA_DIR": str(tmp_path / "new")}
    code = "from django.conf import settings; print(settings.SECRET_KEY)"
    words = manage("shell", "--no-imports", "-c", code)
    started = [
        subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1
