"""Runs of the mirror against a source on a socket: within its calls, and all that comes over."""

import random
from datetime import datetime, timedelta

import pytest
from django.test import Client
from isodate import duration_isoformat, parse_duration

from spacecraft import models
from spacedevs.mirror import as_of
from spacedevs.mirror.budget import Budget
from spacedevs.mirror.hosts import parse_root
from spacedevs.mirror.models import MirrorCall, MirrorRun
from spacedevs.mirror.run import Exit, Options
from tests import pages
from tests.mirror import upstream as does
from tests.mirror.catalogue import as_large_as_upstreams, station
from tests.mirror.running import (
    HOUR,
    NOW,
    REAL_AS_OF,
    an_hour_passes,
    mirror,
    tables,
    upstream,
)
from tests.mirror.upstream import Row, Upstream

__all__ = ["upstream"]  # a fixture


# Calls


def test_a_catalogue_as_large_as_upstreams_comes_over_in_14_calls(upstream: Upstream) -> None:
    upstream.rows = as_large_as_upstreams(upstream.rows)
    result = mirror(upstream, budget=14)
    assert (result.code, len(upstream.calls), result.run.calls) == (Exit.DONE, 14, 14)
    counts = (models.Spacecraft, models.SpacecraftConfiguration, models.Agency)
    assert [model.objects.count() for model in counts] == [603, 46, 350]


def test_out_of_calls_a_run_says_what_is_left_and_when_it_goes_on(upstream: Upstream) -> None:
    result = mirror(upstream, budget=3)
    assert (result.code, result.run.outcome) == (Exit.UNFINISHED, "unfinished")
    assert "left: spacecraft_configuration_families, agencies" in result.run.message
    assert "2026-11-01 13:00:00 UTC" in result.run.message


def test_the_next_run_goes_on_where_the_last_one_stopped(upstream: Upstream) -> None:
    first = mirror(upstream, budget=6)
    before = len(upstream.calls)
    an_hour_passes()
    second = mirror(upstream, budget=6)
    assert (first.code, second.code) == (Exit.UNFINISHED, Exit.DONE)
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


def test_calls_of_another_version_of_the_source_count(upstream: Upstream) -> None:
    mirror(upstream, budget=10)
    elsewhere = parse_root(upstream.url.replace("2.3.0", "2.2.0"))
    assert Budget(elsewhere.netloc.decode(), 10, now=lambda: NOW).used() == 10


def halved(upstream: Upstream) -> list[Row]:
    """A run that has brought all, and then one that half of the craft are missing from."""
    mirror(upstream)
    whole = upstream.rows["spacecraft"]
    upstream.rows["spacecraft"] = whole[: len(whole) // 2]
    an_hour_passes()
    assert mirror(upstream).run.outcome == "partly"
    return whole


def test_what_was_not_believed_is_read_again_by_the_next_run(upstream: Upstream) -> None:
    upstream.rows["spacecraft"] = halved(upstream)
    an_hour_passes()
    assert mirror(upstream).code == Exit.DONE


def test_what_was_not_believed_is_there_for_force_without_another_call(upstream: Upstream) -> None:
    whole = halved(upstream)
    before = len(upstream.calls)
    assert mirror(upstream, options=Options(force=("spacecraft",))).code == Exit.DONE
    assert models.Spacecraft.objects.count() == len(whole) // 2
    assert "spacecraft/" not in [call.path for call in upstream.calls[before:]]


def test_a_run_after_a_rehearsal_reads_nothing_again(upstream: Upstream) -> None:
    mirror(upstream, options=Options(dry_run=True))
    before = len(upstream.calls)
    mirror(upstream)
    assert len(upstream.calls) == before


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


def test_a_page_that_fails_is_not_made_so_small_that_the_rest_no_longer_fits(
    upstream: Upstream,
) -> None:
    upstream.rows = as_large_as_upstreams(upstream.rows)
    mirror(upstream, budget=14)
    an_hour_passes()
    before = len(upstream.calls)
    upstream.behave(does.fails(500), path="spacecraft/")
    assert mirror(upstream, budget=15).code == Exit.DONE
    asked = [call.params["limit"] for call in upstream.calls[before:]]
    assert asked == ["100"] * 15


def test_a_list_that_moved_is_not_read_to_its_end(upstream: Upstream) -> None:
    upstream.rows = as_large_as_upstreams(upstream.rows)

    def add() -> None:
        new = {**upstream.rows["spacecraft"][0], "id": 20_000}
        upstream.rows["spacecraft"].append(new)

    upstream.behave(does.then(add), path="spacecraft/")
    assert mirror(upstream, budget=100).code == Exit.DONE
    pages = [call for call in upstream.calls if call.path == "spacecraft/"]
    assert len(pages) == 2 + 7


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


def test_rows_of_one_name_are_neither_repeated_nor_lost_between_pages(upstream: Upstream) -> None:
    for craft in upstream.rows["spacecraft"]:
        craft["name"] = "Progress"
    assert mirror(upstream, budget=14).code == Exit.DONE


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


def test_a_refused_object_is_named_in_the_runs_row(upstream: Upstream) -> None:
    upstream.rows["spacecraft"][0]["name"] = None
    pk = upstream.rows["spacecraft"][0]["id"]
    run = mirror(upstream).run
    assert f"spacecraft {pk}: name: null where a value is required" in run.notes.splitlines()
    assert (run.outcome, run.refused) == ("unchanged", 1)


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
