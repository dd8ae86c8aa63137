"""`manage.py mirror`, as the person at the prompt sees it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from spacecraft.models import Agency, Country
from spacedevs.mirror.load import Load
from spacedevs.mirror.models import MirrorCall, Mirrored, MirrorRun
from spacedevs.mirror.run import Exit, Mirror
from spacedevs.mirror.source import Source
from tests.mirror import upstream as does
from tests.mirror.sources import HOUR, TOKEN, small_catalogue
from tests.mirror.upstream import Upstream

# Which database makes no difference.
pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]

Captured = pytest.CaptureFixture[str]
COUNTRIES = "config/countries/"
DEEP = b"[" * 900 + b"]" * 900


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(catalogue=small_catalogue()) as running:
        yield running


def command(upstream: Upstream, *arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        call_command("mirror", "--from", upstream.url, *arguments)
    return int(ended.value.code or 0)


def only(upstream: Upstream, *arguments: str) -> int:
    """A run of one short list."""
    return command(upstream, "--only", "config/countries", *arguments)


def last() -> MirrorRun:
    return MirrorRun.objects.latest("id")


# Codes


def test_it_ends_with_0_when_all_is_done(upstream: Upstream, capsys: Captured) -> None:
    assert command(upstream) == Exit.DONE
    assert "\ndone: " in capsys.readouterr().out


def test_it_says_that_nothing_changed(upstream: Upstream, capsys: Captured) -> None:
    only(upstream)
    capsys.readouterr()
    assert only(upstream) == Exit.DONE
    assert "\nunchanged: 0 added, 0 changed, 10 unchanged" in capsys.readouterr().out


def test_it_ends_with_1_at_an_error(upstream: Upstream, capsys: Captured) -> None:
    upstream.behave(does.fails(403), times=None)
    assert command(upstream) == Exit.FAILED
    assert "answered 403" in capsys.readouterr().err


def test_it_ends_with_3_when_it_is_out_of_calls(upstream: Upstream, capsys: Captured) -> None:
    assert command(upstream, "--budget", "2") == Exit.UNFINISHED
    assert "The budget of 2 calls in 1:00:00 is spent" in capsys.readouterr().err


def test_it_ends_with_5_when_a_list_failed_and_others_are_loaded(
    upstream: Upstream, capsys: Captured
) -> None:
    upstream.behave(does.fails(403), path=COUNTRIES)
    assert command(upstream) == Exit.PARTLY
    output = capsys.readouterr()
    assert "answered 403" in output.err
    assert "\npartly: " in output.out


# Options


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--budget", "0"), "--budget: '0' is no number of calls from 1 to 100000"),
        (("--budget", "many"), "--budget: 'many' is no number of calls"),
        (("--every", "1w"), "--every: '1w': write a number and s, m, h or d"),
        (("--every", "999d"), "--every: '999d'"),
        (("--only", "rockets"), "--only: invalid choice: 'rockets'"),
        (("--force", "rockets"), "--force: invalid choice: 'rockets'"),
        (("--force",), "--force: expected at least one argument"),
    ],
)
def test_an_option_that_makes_no_sense_is_named_with_its_value(
    upstream: Upstream, arguments: tuple[str, ...], error: str
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("mirror", "--from", upstream.url, *arguments)
    assert error in str(refused.value)
    assert upstream.requests == []


def test_a_setting_that_makes_no_sense_is_named_with_its_value(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRROR_BUDGET", "fifteen")
    with pytest.raises(CommandError, match="MIRROR_BUDGET is 'fifteen': write a whole number"):
        call_command("mirror", "--from", upstream.url)


def test_only_the_lists_that_are_named_are_read(upstream: Upstream) -> None:
    only(upstream)
    assert [request.path for request in upstream.requests] == [COUNTRIES]


def test_calls_are_counted_by_host_and_port(upstream: Upstream) -> None:
    only(upstream)
    assert MirrorCall.objects.get().host == f"127.0.0.1:{upstream.port}"
    assert last().calls == 1


def test_it_waits_for_the_next_call_where_it_is_told_to_and_says_so(
    upstream: Upstream, capsys: Captured
) -> None:
    host = f"127.0.0.1:{upstream.port}"
    passes = datetime.now(UTC) + timedelta(seconds=90)
    MirrorCall.objects.bulk_create([MirrorCall(host=host, moment=passes - HOUR)] * 5)
    assert only(upstream, "--budget", "5") == Exit.UNFINISHED
    passes = datetime.now(UTC) + timedelta(seconds=3)
    MirrorCall.objects.update(moment=passes - HOUR)
    assert only(upstream, "--budget", "5", "--wait") == Exit.DONE
    assert datetime.now(UTC) > passes
    assert f"Waiting until {passes:%Y-%m-%d %H:%M}" in capsys.readouterr().out


def test_a_dry_run_changes_nothing_and_says_so(upstream: Upstream, capsys: Captured) -> None:
    before = list(Agency.objects.order_by("pk").values())
    assert command(upstream, "--dry-run") == Exit.DONE
    assert list(Agency.objects.order_by("pk").values()) == before
    assert not Mirrored.objects.exists()
    assert "Nothing was kept: --dry-run changes no row." in capsys.readouterr().err
    assert (last().rehearsal, last().added > 0) == (True, True)


def test_a_list_that_is_much_smaller_is_believed_where_it_is_forced(
    upstream: Upstream, capsys: Captured
) -> None:
    assert upstream.catalogue
    only(upstream)
    for _ in range(6):
        body = upstream.catalogue.body("config/countries", 0)
        upstream.catalogue.remove("config/countries", body["id"])
    assert only(upstream) == Exit.FAILED
    output = (
        "the source has 4 where 10 are here. If that is right, run with --force config/countries"
    )
    assert output in capsys.readouterr().err
    assert only(upstream, "--force", "agencies") == Exit.FAILED
    assert only(upstream, "--force", "config/countries") == Exit.DONE


@pytest.mark.parametrize("by", ["--token", "MIRROR_TOKEN"])
def test_the_token_is_shown_to_the_source_and_to_nobody_else(
    upstream: Upstream, capsys: Captured, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    upstream.behave(does.answers({"detail": f"Invalid token {TOKEN}."}, 400))
    if by == "MIRROR_TOKEN":
        monkeypatch.setenv(by, TOKEN)
    assert only(upstream, *([by, TOKEN] if by == "--token" else [])) == Exit.FAILED
    assert upstream.requests[0].headers["authorization"] == f"Token {TOKEN}"
    output = capsys.readouterr()
    assert TOKEN not in output.out + output.err + last().message + last().notes


# What nobody foresaw


def odd(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("odd")


def test_an_unforeseen_error_closes_the_run_with_a_sentence(
    upstream: Upstream, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Source, "_rows", odd)
    assert command(upstream) == Exit.FAILED
    place = f"Unforeseen, at test_command.py:{odd.__code__.co_firstlineno + 1}"
    sentence = f"{place}: RuntimeError: odd. Please report this."
    assert (last().outcome, last().message) == (MirrorRun.Outcome.FAILED, sentence)
    assert last().finished
    output = capsys.readouterr()
    assert (sentence in output.err, "Traceback" in output.err + output.out) == (True, False)


def test_an_unforeseen_error_of_one_loading_leaves_its_lists_and_the_rest_goes_on(
    upstream: Upstream, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_list = Load._load_list

    def odd_for_countries(self: Load, reading: Any) -> None:
        load_list(self, reading)
        if reading.resource == "config/countries":
            odd()

    before = Country.objects.count()
    monkeypatch.setattr(Load, "_load_list", odd_for_countries)
    assert command(upstream, "--only", "config/countries", "config/image_licenses") == Exit.PARTLY
    assert "config/countries: nothing was changed: Unforeseen" in capsys.readouterr().err
    assert Country.objects.count() == before


def test_an_unforeseen_error_before_a_run_is_a_sentence(
    upstream: Upstream, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mirror, "run", odd)
    assert command(upstream) == Exit.FAILED
    assert "RuntimeError: odd. Please report this." in capsys.readouterr().err


def test_a_row_that_nests_too_deep_is_refused_by_name_and_the_rest_comes_in(
    upstream: Upstream, capsys: Captured
) -> None:
    begins = b'"results":[{'
    nested = begins + b'"deep":' + DEEP + b","
    upstream.behave(
        lambda request, reply: replace(reply, body=reply.body.replace(begins, nested, 1)),
        path=COUNTRIES,
    )
    assert upstream.catalogue
    by_name = upstream.catalogue.page("config/countries", by="name")["results"]
    pk = by_name[0]["id"]
    assert only(upstream) == Exit.DONE
    assert f"config/countries {pk}: nests deeper than can be read" in capsys.readouterr().out
    assert (last().refused, Mirrored.objects.count()) == (1, 9)
