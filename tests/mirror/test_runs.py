"""Whole runs: within their calls, with an exit code and a sentence, and all that comes over."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from spacecraft import models
from spacedevs.mirror import as_of, load
from spacedevs.mirror.budget import Budget
from spacedevs.mirror.models import MirrorCall, MirrorRun
from spacedevs.mirror.run import Exit
from spacedevs.mirror.source import parse_root
from tests import pages
from tests.mirror import upstream as does
from tests.mirror.running import CATALOGUE, HOUR, NOW, Site, mirrored, site, tables

__all__ = ["mirrored", "site"]  # fixtures
REAL_AS_OF = as_of.as_of


# Calls


def test_out_of_calls_a_run_says_what_is_left_and_when_it_goes_on(site: Site) -> None:
    result = site.mirror(budget=2)
    assert (result.code, result.run.outcome) == (Exit.UNFINISHED, "unfinished")
    assert "the next call is allowed at 2026-11-01 13:00:00 UTC" in result.run.message
    begun, _, left = result.run.message.partition("left: ")
    assert "Begun or read: spacecraft, spacecraft_configurations;" in begun
    assert left.startswith("spacecraft_configuration_families, agencies, ")


def test_a_run_that_is_unfinished_changes_no_record(site: Site) -> None:
    site.mirror(budget=4)
    assert not any(tables().values())


def test_the_next_run_goes_on_where_the_last_one_stopped(site: Site) -> None:
    assert site.mirror(budget=3).code == Exit.UNFINISHED
    result = site.mirror(budget=3)
    assert result.asked[:2] == ["agencies", "space_stations"]
    assert (result.code, models.Agency.objects.count()) == (Exit.DONE, 25)


def test_out_of_calls_after_the_catalogue_a_run_is_done(site: Site) -> None:
    result = site.mirror(budget=5)
    assert result.code == Exit.DONE
    assert result.says("and what follows wait for calls: The budget of 5 calls")


def test_out_of_calls_before_what_only_names_a_run_is_unfinished(mirrored: Site) -> None:
    lists = ("config/countries", "spacecraft_flights")
    assert mirrored.mirror(budget=1, only=lists).code == Exit.UNFINISHED


def test_what_the_calls_left_allow_is_read_over_the_hours(site: Site) -> None:
    asked = {name for _ in range(3) for name in site.mirror(budget=6).asked}
    assert asked == {*site.catalogue.resources}


def test_ten_runs_within_two_hours_never_make_more_than_15_calls_an_hour(site: Site) -> None:
    chance = random.Random(4)
    starts = sorted(NOW + timedelta(seconds=chance.uniform(0, 7200)) for _ in range(10))
    for start in starts:
        site.clock.time = start
        site.mirror(budget=15)
    moments = list(MirrorCall.objects.values_list("moment", flat=True))
    assert len(moments) == len(site.upstream.calls) > 15
    for moment in moments:
        assert sum(moment <= other < moment + HOUR for other in moments) <= 15


def test_calls_of_another_version_of_the_source_count(site: Site) -> None:
    site.mirror(budget=10)
    elsewhere = parse_root(site.upstream.url.replace("2.3.0", "2.2.0"))
    assert Budget(elsewhere.netloc.decode(), 10, now=lambda: NOW).used() == 10


def test_a_run_counts_its_own_calls(mirrored: Site) -> None:
    result = mirrored.mirror()
    assert result.run.calls == len(result.calls) > 0


# What comes over


def test_a_first_run_brings_every_row_of_every_list(site: Site) -> None:
    result = site.mirror()
    assert (result.code, result.run.refused, result.notes) == (Exit.DONE, 0, [])
    for resource in site.catalogue.resources:
        if resource != "space_stations":
            model = load.model_of(resource)
            assert model._base_manager.count() == site.catalogue.count(resource), resource


def test_a_second_run_changes_nothing_and_says_so(mirrored: Site) -> None:
    result = mirrored.mirror()
    assert (result.run.outcome, result.figures) == ("unchanged", (0, 0, 0))
    assert result.run.unchanged > 150


def test_rows_of_this_server_that_the_source_has_too_become_the_sources(
    site: Site,
) -> None:
    pk = site.id_of("agencies")
    models.Agency.objects.create(pk=pk, name="Of the fixtures")
    site.mirror()
    assert models.Agency.objects.get(pk=pk).name == site.catalogue.body("agencies", 0)["name"]


def test_a_change_at_the_source_is_one_change_here(mirrored: Site) -> None:
    pk = mirrored.id_of("spacecraft")
    mirrored.catalogue.edit("spacecraft", pk, serial_number="S40b")
    result = mirrored.mirror()
    assert models.Spacecraft.objects.get(pk=pk).serial_number == "S40b"
    assert result.figures == (0, 1, 0)


def test_a_new_name_moves_the_sort_key(mirrored: Site) -> None:
    pk = mirrored.id_of("spacecraft")
    mirrored.catalogue.edit("spacecraft", pk, name="Ärger 1")
    mirrored.mirror()
    assert models.Spacecraft.objects.get(pk=pk).sort_name == "arger1"


def test_a_row_that_is_new_at_the_source_comes_over(mirrored: Site) -> None:
    pk = mirrored.catalogue.add("agencies", name="New")
    mirrored.mirror()
    assert models.Agency.objects.get(pk=pk).name == "New"


def test_a_rehearsal_changes_nothing(mirrored: Site) -> None:
    mirrored.catalogue.edit("spacecraft", mirrored.id_of("spacecraft"), name="Changed")
    before = tables()
    result = mirrored.mirror(dry_run=True, only=CATALOGUE)
    assert (result.run.changed, tables()) == (1, before)


def test_a_run_after_a_rehearsal_reads_the_catalogue_from_what_is_staged(site: Site) -> None:
    site.mirror(dry_run=True)
    result = site.mirror()
    assert (result.code, models.Spacecraft.objects.count()) == (Exit.DONE, 30)
    assert not {*result.asked}.intersection(CATALOGUE)


def test_flights_that_are_older_than_the_crafts_list_do_not_change_craft(site: Site) -> None:
    """The flights wait for calls an hour long, half of them read; the craft are read again."""
    site.mirror(budget=5)
    site.upstream.largest = 20
    lists = ("spacecraft_flights",)
    assert site.mirror(only=lists, budget=2).code == Exit.UNFINISHED
    flight = site.catalogue.body("spacecraft_flights", 0)
    pk = flight["spacecraft"]["id"]
    site.upstream.largest = 100
    site.catalogue.edit("spacecraft", pk, serial_number="newer")
    site.mirror(only=("spacecraft",))
    assert site.mirror(only=lists).code == Exit.DONE
    assert models.SpacecraftFlight.objects.get(pk=flight["id"]).launch_crew is not None
    assert models.Spacecraft.objects.get(pk=pk).serial_number == "newer"


# What a run says


@pytest.mark.parametrize("error", [IntegrityError("of a row"), KeyError("of the code")])
def test_a_load_that_fails_changes_nothing_and_is_named(
    mirrored: Site, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(load, "prepare_rows", fail)
    mirrored.catalogue.edition(1)
    before = tables()
    result = mirrored.mirror(only=CATALOGUE)
    assert (result.code, tables()) == (Exit.FAILED, before)
    assert result.says("spacecraft: nothing was changed")
    assert result.says("of a row") or result.says("of the code")


def test_the_token_is_sent_and_never_kept(site: Site) -> None:
    site.upstream.behave(does.fails(401), times=None)
    result = site.mirror(token="s3cret-key")  # noqa: S106
    assert result.calls[0].headers["authorization"] == "Token s3cret-key"
    for row in (*MirrorRun.objects.values(), *MirrorCall.objects.values()):
        assert "s3cret-key" not in str(row)


def test_a_run_that_was_killed_is_told_by_the_next(site: Site) -> None:
    MirrorRun.objects.create(source=site.upstream.url, started=NOW)
    site.mirror(budget=1)
    assert list(MirrorRun.objects.order_by("pk").values_list("outcome", "message")[:1]) == [
        ("failed", "It was killed.")
    ]


# As of when


def test_a_header_and_the_root_page_say_as_of_when_the_data_are(
    site: Site, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_of, "as_of", REAL_AS_OF)
    monkeypatch.setattr(as_of, "FRESH", 0)
    assert "Data-As-Of" not in api.get("/2.3.0/spacecraft/")
    site.mirror(budget=5)
    assert api.get("/2.3.0/spacecraft/")["Data-As-Of"] == "2026-11-01T12:00:00Z"
    words = pages.description(api.get("/2.3.0/", headers={"accept": "text/html"}).text)
    assert words[:2] == ["Data", "As of - 2026-11-01 12:00:00 UTC"]


def test_a_list_that_was_never_loaded_leaves_as_of_unsaid(site: Site) -> None:
    assert site.mirror(only=("spacecraft",)).run.as_of is None


def test_as_of_is_that_of_the_oldest_list_of_the_catalogue(mirrored: Site) -> None:
    mirrored.catalogue.edition(1)
    assert mirrored.mirror().run.as_of == NOW + HOUR
    mirrored.fail("agencies")
    assert mirrored.mirror().run.as_of is None
