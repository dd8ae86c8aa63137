"""`manage.py mirror`, as the person at the prompt sees it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from spacedevs.mirror.models import MirrorCall
from spacedevs.mirror.run import Exit
from tests.mirror import upstream as does
from tests.mirror.running import HOUR, upstream
from tests.mirror.upstream import Upstream

__all__ = ["upstream"]  # a fixture


def command(upstream: Upstream, *arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        call_command("mirror", "--from", upstream.url, *arguments)
    return int(ended.value.code or 0)


def test_the_command_ends_with_0_when_all_is_done(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(upstream, "--budget", "30") == Exit.DONE
    assert "0 added, 0 changed" in capsys.readouterr().out


def test_the_command_ends_with_3_when_it_is_out_of_calls(upstream: Upstream) -> None:
    assert command(upstream, "--budget", "2") == Exit.UNFINISHED


def test_the_command_waits_for_the_next_call_where_it_is_told_to_and_says_so(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    an_hour_ago = datetime.now(UTC) - HOUR
    spent = [an_hour_ago + timedelta(seconds=3)] * 20
    MirrorCall.objects.bulk_create(
        MirrorCall(host=f"127.0.0.1:{upstream.port}", moment=each) for each in spent
    )
    assert command(upstream, "--budget", "20") == Exit.UNFINISHED
    assert command(upstream, "--budget", "20", "--wait") == Exit.DONE
    assert datetime.now(UTC) > spent[0] + HOUR
    said = f"Waiting until {spent[0] + HOUR:%Y-%m-%d %H:%M}"
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--budget", "0"), "--budget: '0' is no number of calls from 1 to 100000"),
        (("--budget", "many"), "--budget: 'many' is no number of calls"),
        (("--every", "1w"), "--every: '1w': write a number and s, m, h or d"),
        (("--every", "999d"), "--every: '999d'"),
        (("--only", "rockets"), "--only: invalid choice: 'rockets'"),
    ],
)
def test_an_option_that_makes_no_sense_is_named_with_its_value(
    upstream: Upstream, arguments: tuple[str, ...], fault: str
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("mirror", "--from", upstream.url, *arguments)
    assert fault in str(refused.value)
    assert upstream.requests == []


def test_a_setting_that_makes_no_sense_is_named_with_its_value(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRROR_BUDGET", "fifteen")
    with pytest.raises(CommandError, match="MIRROR_BUDGET is 'fifteen': write a whole number"):
        call_command("mirror", "--from", upstream.url)


def test_the_command_ends_with_1_at_a_fault(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.behave(does.fails(403), times=None)
    assert command(upstream) == Exit.FAILED
    assert "answered 403" in capsys.readouterr().err
