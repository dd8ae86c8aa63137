"""Runs of the mirror against a source on a socket: within its calls, and never half a set."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client
from isodate import duration_isoformat, parse_duration

from spacecraft import models
from spacecraft.mirror import as_of
from spacecraft.mirror.budget import Budget
from spacecraft.mirror.client import Source
from spacecraft.mirror.models import MirrorCall, Mirrored, MirrorRun
from spacecraft.mirror.run import Calls, Exit, Mirror, Options
from tests import pages
from tests import upstream as does
from tests.catalogue import as_large_as_upstreams, catalogue, station
from tests.upstream import Upstream

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
REAL_AS_OF = as_of.as_of


@pytest.fixture
def upstream(api: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """A source with the fixtures' catalogue, whose clock is the tests'."""
    monkeypatch.setattr(
        does.Handler, "date_time_string", lambda *_: "Sun, 01 Nov 2026 12:00:00 GMT"
    )
    with Upstream(catalogue(api)) as running:
        yield running


class Result:
    def __init__(self, run: MirrorRun, code: Exit, notes: list[str]) -> None:
        self.run, self.code, self.notes = run, code, notes

    def figures(self) -> tuple[int, ...]:
        return (self.run.added, self.run.changed, self.run.removed)


def mirror(
    upstream: Upstream,
    *,
    budget: int = 15,
    now: Callable[[], datetime] = lambda: NOW,
    options: Options | None = None,
    token: str = "",
) -> Result:
    limit = Budget(budget, Calls(upstream.url), now=now)
    with Source(
        upstream.url,
        limit,
        user_agent="spacedevs/test",
        allow_private=True,
        timeout=0.5,
        token=token,
        now=now,
        sleep=lambda seconds: None,
    ) as source:
        run = Mirror(
            source, limit, options or Options(), now, lambda *seen: None, lambda seconds: None
        )
        made, code = run.run()
        return Result(made, code, run.notes)


def tables() -> dict[str, list[Any]]:
    """Every row of the vocabulary."""
    found = apps.get_app_config("spacecraft").get_models(include_auto_created=True)
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in found}


def an_hour_passes() -> None:
    for call in MirrorCall.objects.all():
        MirrorCall.objects.filter(pk=call.pk).update(moment=call.moment - HOUR)


# Calls


def test_a_catalogue_as_large_as_upstreams_comes_over_in_14_calls(upstream: Upstream) -> None:
    upstream.rows = as_large_as_upstreams(upstream.rows)
    result = mirror(upstream, budget=14)
    assert (result.code, len(upstream.calls), result.run.calls) == (Exit.DONE, 14, 14)
    counts = (models.Spacecraft, models.SpacecraftConfiguration, models.Agency)
    assert [model.objects.count() for model in counts] == [603, 46, 350]


def test_out_of_calls_a_run_says_what_is_left_and_when_it_goes_on(upstream: Upstream) -> None:
    result = mirror(upstream, budget=3)
    assert (result.code, result.run.outcome) == (Exit.OUT_OF_CALLS, "unfinished")
    assert "left: spacecraft_configuration_families, agencies" in result.run.message
    assert "2026-11-01 13:00:00 UTC" in result.run.message


def test_the_next_run_goes_on_where_the_last_one_stopped(upstream: Upstream) -> None:
    first = mirror(upstream, budget=6)
    before = len(upstream.calls)
    an_hour_passes()
    second = mirror(upstream, budget=6)
    assert (first.code, second.code) == (Exit.OUT_OF_CALLS, Exit.DONE)
    # Two pages of agencies and the stations are left of nine; then flights are tried.
    assert [call.path for call in upstream.calls[before:]][:3] == [
        "agencies/",
        "agencies/",
        "space_stations/",
    ]


def test_ten_runs_within_two_hours_never_make_more_than_15_calls_an_hour(
    upstream: Upstream,
) -> None:
    chance = random.Random(4)
    starts = sorted(NOW + timedelta(seconds=chance.uniform(0, 7200)) for _ in range(10))
    clock = {"now": NOW}

    def tick() -> datetime:
        clock["now"] += timedelta(milliseconds=200)
        return clock["now"]

    for start in starts:
        clock["now"] = max(start, clock["now"])
        mirror(upstream, now=tick)
    moments = list(MirrorCall.objects.values_list("moment", flat=True))
    assert len(moments) == len(upstream.calls) > 15
    for moment in moments:
        assert sum(moment <= other < moment + HOUR for other in moments) <= 15


def test_a_page_that_did_not_change_is_not_sent_again(upstream: Upstream) -> None:
    upstream.etags = True
    mirror(upstream)
    before = len(upstream.calls)
    an_hour_passes()
    assert mirror(upstream).run.outcome == "unchanged"
    assert all(call.headers.get("if-none-match") for call in upstream.calls[before : before + 6])


def test_what_the_calls_left_allow_gathers_over_the_hours(upstream: Upstream, api: Client) -> None:
    flight = api.get("/2.3.0/spacecraft_flights/887/").json()
    upstream.rows["spacecraft_flights"] = [
        {**flight, "id": n, "landing": {**flight["landing"], "id": n}} for n in range(5000, 5150)
    ]
    first = mirror(upstream, budget=10)
    assert first.notes[0].startswith("spacecraft_flights and what follows wait for calls")
    an_hour_passes()
    assert mirror(upstream, budget=10).code == Exit.DONE
    assert models.SpacecraftFlight.objects.filter(pk__gte=5000).count() == 150


def test_a_run_counts_its_own_calls(upstream: Upstream) -> None:
    mirror(upstream)
    an_hour_passes()
    before = len(upstream.calls)
    assert mirror(upstream).run.calls == len(upstream.calls) - before


# What comes over


def test_a_second_run_changes_nothing_and_says_so(upstream: Upstream) -> None:
    assert mirror(upstream, budget=30).figures() == (0, 0, 0)  # the fixtures are the same
    result = mirror(upstream, budget=30)
    assert (result.run.outcome, result.run.unchanged > 800) == ("unchanged", True)


def test_who_is_docked_comes_from_the_stations(upstream: Upstream) -> None:
    upstream.rows["space_stations"] = [station([616])]
    mirror(upstream)
    docked = models.Spacecraft.objects.exclude(docked_since=None)
    assert list(docked.values_list("pk", flat=True)) == [616]


def test_without_stations_who_is_docked_shows_in_what_grows(upstream: Upstream) -> None:
    del upstream.rows["space_stations"]

    def a_second_passes(request: does.Request, reply: does.Reply) -> does.Reply:
        again = request.params["mode"] == "normal"
        if again:
            soyuz = next(row for row in upstream.rows["spacecraft"] if row["id"] == 616)
            shown = parse_duration(soyuz["time_docked"]) + timedelta(seconds=1)
            grown = {**soyuz, "time_docked": duration_isoformat(shown)}
            reply = does.as_json({"count": 1, "next": None, "previous": None, "results": [grown]})
        return does.headed(Date=f"Sun, 01 Nov 2026 12:00:0{int(again)} GMT")(request, reply)

    upstream.behave(a_second_passes, path="spacecraft/", times=None)
    mirror(upstream)
    docked = models.Spacecraft.objects.exclude(docked_since=None)
    assert list(docked.values_list("pk", flat=True)) == [616]


def test_a_run_that_does_not_ask_who_is_docked_leaves_that_as_it_was(
    upstream: Upstream, api: Client
) -> None:
    flights = api.get("/2.3.0/spacecraft_flights/?mode=detailed&limit=100").json()["results"]
    upstream.rows["spacecraft_flights"] = flights
    docked = models.Spacecraft.objects.exclude(docked_since=None)
    before = set(docked.values_list("pk", flat=True))
    mirror(upstream, options=Options(only=("spacecraft_flights",)))
    assert set(docked.values_list("pk", flat=True)) == before


def test_a_rehearsal_changes_nothing(upstream: Upstream) -> None:
    upstream.rows["spacecraft"][0]["name"] = "Changed"
    before = tables()
    result = mirror(upstream, options=Options(dry_run=True))
    assert (result.run.changed, tables()) == (1, before)


def test_one_resource_alone_removes_nothing(upstream: Upstream) -> None:
    mirror(upstream)
    an_hour_passes()
    upstream.rows["spacecraft"].pop()
    result = mirror(upstream, options=Options(only=("spacecraft",)))
    assert (result.code, result.run.removed, result.run.complete) == (Exit.DONE, 0, False)


def test_a_list_that_moved_once_while_it_was_read_is_read_again(upstream: Upstream) -> None:
    def add() -> None:
        first = upstream.rows["spacecraft"][0]
        upstream.rows["spacecraft"].insert(0, {**first, "id": 20_000, "name": "New"})

    upstream.behave(does.then(add), path="spacecraft/")
    assert (mirror(upstream).code, models.Spacecraft.objects.filter(name="New").count()) == (0, 1)


def test_a_part_that_upstream_gives_as_null_comes_in_where_no_column_needs_it(
    upstream: Upstream,
) -> None:
    craft = next(row for row in upstream.rows["spacecraft"] if row["id"] == 616)
    craft["flights"][0]["landing"]["landing_location"] = None
    craft["flights"][0]["launch"]["mission"]["orbit"] = None
    assert mirror(upstream).run.refused == 0


def test_an_unknown_key_is_kept_out_and_named_once(upstream: Upstream) -> None:
    for row in upstream.rows["spacecraft"]:
        row["colour"] = "red"
    notes = mirror(upstream).notes
    assert notes.count("spacecraft.colour is no key of the contract; kept out.") == 1


def test_the_token_is_sent_and_never_kept(upstream: Upstream) -> None:
    upstream.behave(does.fails(401), times=None)
    result = mirror(upstream, token="s3cret-key")  # noqa: S106
    assert upstream.calls[0].headers["authorization"] == "Token s3cret-key"
    for row in (*MirrorRun.objects.values(), *MirrorCall.objects.values()):
        assert "s3cret-key" not in str(row)
    assert "s3cret-key" not in result.run.message


def test_a_run_that_was_killed_is_told_by_the_next(upstream: Upstream) -> None:
    MirrorRun.objects.create(source=upstream.url, started=NOW)
    mirror(upstream)
    assert list(MirrorRun.objects.order_by("pk").values_list("outcome", "message")[:1]) == [
        ("failed", "It was killed.")
    ]


def test_a_header_and_the_root_page_say_as_of_when_the_data_are(
    upstream: Upstream, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_of, "as_of", REAL_AS_OF)
    monkeypatch.setattr(as_of, "FRESH", 0)
    assert "Data-As-Of" not in api.get("/2.3.0/spacecraft/")
    mirror(upstream)
    assert api.get("/2.3.0/spacecraft/")["Data-As-Of"] == "2026-11-01T12:00:00Z"
    said = pages.description(api.get("/2.3.0/", headers={"accept": "text/html"}).text)
    assert said[:2] == ["Data", "As of - 2026-11-01 12:00:00 UTC"]


# Sources that are broken


def broken(field: str, value: Any, resource: str = "spacecraft") -> Callable[[Upstream], None]:
    """Every object of a resource has that value in a field."""

    def change(upstream: Upstream) -> None:
        for row in upstream.rows[resource]:
            *path, last = field.split(".")
            for key in path:
                row = row[key]
            if value is KeyError:
                del row[last]
            else:
                row[last] = value

    return change


def always(behaviour: Any, path: str | None = None) -> Callable[[Upstream], None]:
    return lambda upstream: upstream.behave(behaviour, path=path, times=None)


def body_with(**values: Any) -> Any:
    return does.edited(lambda body: body.update(values))


def half(upstream: Upstream) -> None:
    upstream.rows["spacecraft"] = upstream.rows["spacecraft"][:70]


def moving(upstream: Upstream) -> None:
    """A row is added before each page, so that the pages shift."""
    new = {"n": 0}

    def add() -> None:
        new["n"] += 1
        row = {**upstream.rows["spacecraft"][0], "id": 20_000 + new["n"]}
        upstream.rows["spacecraft"].insert(0, row)

    upstream.behave(does.then(add), path="spacecraft/", times=None)


def twice(upstream: Upstream) -> None:
    upstream.rows["spacecraft"][5] = upstream.rows["spacecraft"][6]


BROKEN: dict[str, tuple[Callable[[Upstream], None], str]] = {
    "a name of no text": (broken("name", 3), ": name: 3 where a text is expected"),
    "a name that is null": (broken("name", None), "name: null where a value is required"),
    "no name": (broken("name", KeyError), "name: is missing"),
    "no id": (broken("id", KeyError), "id"),
    "an id of text": (broken("id", "x"), "id"),
    "a long name": (broken("name", "x" * 256), "a text of at most 255 characters"),
    "a count of text": (broken("flights_count", "1"), "flights_count: '1' where a whole number"),
    "a flag of text": (broken("in_space", "yes"), "in_space: 'yes' where true or false"),
    "a status of text": (broken("status", "x"), "status: 'x' where an object is expected"),
    "a status without a name": (broken("status.name", KeyError), "status.name: is missing"),
    "no status": (broken("status", None), "status: null where a value is required"),
    "a duration that is none": (broken("time_in_space", "soon"), "where a duration is expected"),
    "flights that are no list": (broken("flights", {}), "flights: {} where a list is expected"),
    "a configuration that is null": (
        broken("spacecraft_config", None),
        "spacecraft_config: null where a value is required",
    ),
    "a date that is none": (
        broken("maiden_flight", "1966-13-40", "spacecraft_configurations"),
        "maiden_flight: '1966-13-40' where a date is expected",
    ),
    "a height of text": (
        broken("height", "7 m", "spacecraft_configurations"),
        "height: '7 m' where a number is expected",
    ),
    "a manufacturer that is null": (
        broken("manufacturer", None, "spacecraft_configuration_families"),
        "manufacturer: null where a value is required",
    ),
    "a country of text": (broken("country", ["USA"], "agencies"), "country[0]: 'USA' where an obj"),
    "a link of no text": (broken("wiki_url", 5, "agencies"), "wiki_url: 5 where a text"),
    "half the set": (half, "spacecraft: the source has 70 where 140 are here"),
    "a list that moves": (moving, "spacecraft moved while it was read"),
    "an id that comes twice": (twice, "came twice"),
    "a count that is too high": (
        always(body_with(count=141), "spacecraft/"),
        "spacecraft",
    ),
    "a count of text in a list": (always(body_with(count="x"), "spacecraft/"), "count is 'x'"),
    "results that are no list": (
        always(body_with(results={}), "spacecraft/"),
        "no list of objects",
    ),
    "HTML": (always(does.html()), "text/html and not JSON"),
    "other JSON": (always(does.answers([1])), "no object"),
    "JSON that is cut off": (always(does.cuts(), "agencies/"), "broke off"),
    "500": (always(does.fails(500)), "answered 500"),
    "401": (always(does.fails(401)), "check the token"),
    "403": (always(does.fails(403), "agencies/"), "answered 403"),
    "404 of a list": (always(does.fails(404), "agencies/"), "answered 404"),
    "silence": (always(does.late(0.8), "agencies/"), "was silent"),
    "a redirect to another host": (
        always(does.redirects("https://other.example/"), "agencies/"),
        "redirects elsewhere",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_source_changes_no_row_and_is_named(upstream: Upstream, kind: str) -> None:
    Mirrored.objects.bulk_create(
        Mirrored(model="spacecraft.spacecraft", key=str(row["id"]))
        for row in upstream.rows["spacecraft"]
    )
    before = tables()
    change, sentence = BROKEN[kind]
    change(upstream)
    result = mirror(upstream, budget=100)
    assert (result.code, sentence in result.run.message) == (Exit.FAULT, True), result.run.message
    assert tables() == before


def test_what_the_database_can_not_hold_changes_nothing(upstream: Upstream) -> None:
    for craft in upstream.rows["spacecraft"]:
        for flight in craft["flights"]:  # one landing for all of them
            flight["landing"]["id"] = 7
    before = tables()
    result = mirror(upstream)
    assert (result.code, result.run.outcome) == (Exit.FAULT, "refused")
    assert "nothing was changed" in result.run.message
    assert tables() == before


# The command


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
    assert command(upstream, "--budget", "2") == Exit.OUT_OF_CALLS


def test_the_command_ends_with_1_at_a_fault(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.behave(does.fails(403), times=None)
    assert command(upstream) == Exit.FAULT
    assert "answered 403" in capsys.readouterr().err
