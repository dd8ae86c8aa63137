"""A catalogue as large as upstream's, with the nulls, lengths and orders of its real bodies."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from spacecraft import models
from spacedevs import clock
from spacedevs.mirror.run import Exit
from tests.mirror.running import CATALOGUE, Clock, Site, empty
from tests.mirror.upstream import Row, Upstream
from tests.tables import IN_CONTRACT
from tests.upstream_bodies import Catalogue

HERE = "http://localhost"
WHOLE: list[Catalogue] = []  # made once: it is the same for each test


@pytest.fixture
def site(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    if not WHOLE:
        WHOLE.append(Catalogue(seed=9, craft=603, configurations=46, families=8, agencies=350))
    empty()
    time = Clock()
    monkeypatch.setattr(clock, "now", time)
    with Upstream(catalogue=WHOLE[0], now=time) as upstream:
        yield Site(WHOLE[0], upstream, time)


def answered(api: Client, resource: str) -> dict[str, bytes]:
    """Every record of a list in its richest mode, by id, to the byte."""
    found: dict[str, bytes] = {}
    url: str | None = f"/2.3.0/{resource}/?limit=100&mode=detailed&ordering=id"
    while url:
        content = api.get(url).content
        url = json.loads(content)["next"]
        for row in json.loads(content)["results"]:
            found[str(row["id"])] = as_bytes(row)
            assert found[str(row["id"])] in content
    return found


def as_bytes(row: Row) -> bytes:
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode()


def sent(catalogue: Catalogue, resource: str) -> dict[str, bytes]:
    """The same as the source sends it, with this server's host in the URLs that it serves."""
    found = {}
    for index in range(catalogue.count(resource)):
        row = catalogue.body(resource, index)
        found[str(row["id"])] = as_served(as_bytes(row))
    return found


def as_served(body: bytes) -> bytes:
    for resource in IN_CONTRACT:
        theirs = f"https://ll.thespacedevs.com/2.3.0/{resource}/".encode()
        body = body.replace(theirs, f"{HERE}/2.3.0/{resource}/".encode())
    return body


def assert_equal(api: Client, source: Catalogue) -> None:
    for resource in IN_CONTRACT:
        theirs, ours = sent(source, resource), answered(api, resource)
        assert ours.keys() == theirs.keys(), resource
        for pk, body in theirs.items():
            assert ours[pk] == body, f"{resource} {pk}"


def test_603_craft_come_over_in_14_calls_with_none_refused(site: Site) -> None:
    result = site.mirror(budget=14)
    assert (result.code, len(result.calls), result.run.refused) == (Exit.DONE, 14, 0)
    counted = (models.Spacecraft, models.SpacecraftConfiguration, models.SpacecraftConfigFamily)
    assert [model.objects.count() for model in counted] == [603, 46, 8]
    assert models.Agency.objects.count() == 350
    without = models.SpacecraftFlight.objects.filter
    assert without(turn_around_time=None).count() > 400  # each first flight
    assert without(duration=None).exists()  # each flight to come


@pytest.mark.only_on("sqlite")  # on both, of a smaller catalogue: test_upstream_served
def test_every_record_is_answered_byte_for_byte_as_it_was_sent_and_by_a_mirror_of_it_too(
    site: Site, api: Client
) -> None:
    assert site.mirror().code == Exit.DONE
    site.clock.time = site.catalogue.now
    assert_equal(api, site.catalogue)

    rows: dict[str, list[Any]] = {
        resource: [json.loads(body) for body in answered(api, resource).values()]
        for resource in IN_CONTRACT
    }
    rows["space_stations"] = site.catalogue.rows()["space_stations"]
    empty()
    with Upstream(rows, now=site.clock) as second:
        again = Site(site.catalogue, second, site.clock)
        assert again.mirror().code == Exit.DONE
    site.clock.time = site.catalogue.now
    assert_equal(api, site.catalogue)


@pytest.mark.only_on("sqlite")  # on both, of a smaller catalogue: test_upstream_served
def test_what_lives_is_as_the_source_says_it_three_days_later(site: Site, api: Client) -> None:
    site.mirror(only=CATALOGUE)
    site.pass_(days=3, seconds=7)
    later = site.catalogue.at(site.clock())
    up = [row for row in later.rows()["spacecraft"] if row["in_space"]]
    assert len(up) > 5
    for row in up:
        ours = api.get(f"/2.3.0/spacecraft/{row['id']}/").json()
        durations = [(each["time_in_space"], each["time_docked"]) for each in (ours, row)]
        assert durations[0] == durations[1]
