"""`mirror --follow`: a second instance is as the first, within seconds of each edit."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from spacedevs.mirror.run import Exit
from tests.conftest import fresh_database, longer_shell, run, shell
from tests.mirror.processes import MANAGE, ask
from tests.mirror.processes import migrated as migrated
from tests.mirror.sources import small_catalogue
from tests.mirror.upstream import Upstream
from tests.servers import free_port, running_server

Env = dict[str, str]
WHOLE = "from tests.copies import print_whole; print_whole()"
EDITS = "from tests.copies import edit_at_random; edit_at_random({seed}, {edits})"
EDIT = "from spacecraft.models import Spacecraft as S; S.objects.filter(pk=35).update({})"
HOLD = (
    "from spacedevs.mirror.models import Hold; Hold.objects.create("
    "model='spacecraft.spacecraft', key='35', field='name', upstream='x')"
)
FORGET = "DELETE FROM {0} WHERE number < (SELECT max(number) FROM {0})"
CRAFT = "SELECT name, serial_number FROM spacecraft_spacecraft WHERE id = 35"
# The first change that comes is more than the program can take.
ODD_ONCE = """
import sys
import django
django.setup()
from django.core.management import execute_from_command_line
from spacedevs.mirror import follow
apply, odd = follow.apply, [RuntimeError("odd")]
def once(*arguments):
    if odd:
        raise odd.pop()
    return apply(*arguments)
follow.apply = once
execute_from_command_line(sys.argv)
"""
# A row that nothing refers to.
MARK = (
    "INSERT INTO spacecraft_imagelicense (id, name, sort_name, priority, link) "
    "VALUES ({}, 'Mark', 'mark', 0, '')"
)
MARKED = "SELECT 1 FROM spacecraft_imagelicense WHERE id = {}"
NUMBERS = count(900_000)
SOON = 60.0  # seconds, on a machine that is busy; the command looks each second


@pytest.fixture
def follower(tmp_path: Path, migrated: str) -> Iterator[Env]:
    """The environment of another database, which is migrated and empty."""
    (folder := tmp_path / "follower").mkdir()
    with fresh_database(folder, migrated) as env:
        yield {**os.environ, "DJANGO_SETTINGS_MODULE": "spacedevs.settings", **env}


def follow(url: str, *arguments: str, program: Sequence[str] = MANAGE) -> list[str]:
    return [*program, *("mirror", "--follow", "--from", url, "--budget", "1000"), *arguments]


@contextmanager
def following(
    env: Env, url: str, program: Sequence[str] = MANAGE
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        follow(url, program=program), env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert any("Following" in line for line in process.stdout)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
    assert process.returncode == Exit.DONE


@contextmanager
def both(source: Env, follower: Env) -> Iterator[subprocess.Popen[str]]:
    with (
        running_server(source, prepare=False) as url,
        following(follower, f"{url}/2.3.0/") as process,
    ):
        yield process


def eventually(env: Env, rows: list[Any]) -> None:
    """The craft of the tests is as it should be, soon."""
    until = time.monotonic() + SOON
    while (found := ask(env, CRAFT)) != rows and time.monotonic() < until:
        time.sleep(0.5)
    assert found == rows


def whole(env: Env) -> Any:
    return json.loads(longer_shell(env, WHOLE))


def difference(one: Env, other: Env) -> list[str]:
    theirs, ours = whole(one), whole(other)
    return sorted(key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key))


def differences_once_caught_up(source: Env, follower: Env) -> list[str]:
    """The feed is in the order of the commits: once the last is here, all are."""
    number = next(NUMBERS)
    ask(source, MARK.format(number))
    until = time.monotonic() + SOON
    while not ask(follower, MARKED.format(number)) and time.monotonic() < until:
        time.sleep(0.5)
    return difference(source, follower)


def test_a_follower_stays_equal_in_every_list_and_mode_through_random_edits(
    prepared: Env, follower: Env, pytestconfig: pytest.Config
) -> None:
    rounds, edits = (20, 50) if pytestconfig.getoption("--long") else (1, 40)
    with both(prepared, follower):
        for seed in range(rounds):
            longer_shell(prepared, EDITS.format(seed=seed, edits=edits))
            assert differences_once_caught_up(prepared, follower) == []


def test_it_takes_over_what_a_mirror_run_of_its_source_changes(
    prepared: Env, follower: Env
) -> None:
    catalogue = small_catalogue()
    with Upstream(catalogue=catalogue) as upstream, both(prepared, follower):
        for name in ("Once", "Twice"):
            catalogue.edit("spacecraft", catalogue.rows()["spacecraft"][0]["id"], name=name)
            done = run(prepared, "mirror", "--from", upstream.url, "--budget", "1000")
            assert done.returncode == Exit.DONE, done.stderr
            assert differences_once_caught_up(prepared, follower) == []


def test_one_that_slept_past_the_log_begins_anew(prepared: Env, follower: Env) -> None:
    """What changed back meanwhile is right as well: a run knew its bytes, and they are not here."""
    craft = ask(prepared, CRAFT)
    with both(prepared, follower) as process:
        shell(prepared, EDIT.format("name='Once'"))
        eventually(follower, [("Once", craft[0][1])])
        process.send_signal(signal.SIGSTOP)
        shell(prepared, EDIT.format(f"name={craft[0][0]!r}"))
        log = "spacedevs_change_commit" if prepared["DATABASE_URL"] else "spacedevs_change"
        ask(prepared, FORGET.format(log))
        process.send_signal(signal.SIGCONT)
        eventually(follower, craft)
        assert differences_once_caught_up(prepared, follower) == []


def test_a_source_that_was_away_is_followed_on(prepared: Env, follower: Env) -> None:
    port, craft = free_port(), ask(prepared, CRAFT)[0][1]
    with ExitStack() as stack:
        with running_server(prepared, prepare=False, port=port) as url:
            stack.enter_context(following(follower, f"{url}/2.3.0/"))
        time.sleep(2)  # in which it asks in vain
        shell(prepared, EDIT.format("name='Meanwhile'"))
        with running_server(prepared, prepare=False, port=port):
            eventually(follower, [("Meanwhile", craft)])
            stack.close()


def test_an_unforeseen_error_begins_a_full_run(prepared: Env, follower: Env) -> None:
    craft = ask(prepared, CRAFT)[0][1]
    with (
        running_server(prepared, prepare=False) as url,
        following(follower, f"{url}/2.3.0/", [sys.executable, "-c", ODD_ONCE]) as process,
    ):
        shell(prepared, EDIT.format("name='Odd'"))
        eventually(follower, [("Odd", craft)])
        assert process.poll() is None


def test_what_is_held_here_stays(prepared: Env, follower: Env) -> None:
    with both(prepared, follower):
        shell(follower, EDIT.format("name='Ours'"))
        shell(follower, HOLD)
        shell(prepared, EDIT.format("name='Theirs', serial_number='Theirs'"))
        eventually(follower, [("Ours", "Theirs")])


def test_upstream_can_not_be_followed(follower: Env) -> None:
    with Upstream(catalogue=small_catalogue()) as upstream:
        done = subprocess.run(
            follow(upstream.url), env=follower, capture_output=True, text=True, timeout=120
        )
    assert done.returncode == Exit.FAILED
    assert "no server of this project; use --every" in done.stderr


@pytest.mark.parametrize("option", [{"every": 60}, {"dry_run": True}, {"only": ["agencies"]}])
def test_what_makes_no_sense_beside_it_is_refused(option: dict[str, Any]) -> None:
    (name,) = option
    with pytest.raises(CommandError, match=f"--{name.replace('_', '-')} makes no sense beside it"):
        call_command("mirror", follow=True, **option)
