"""Two days of runs on the hour, with 15 calls an hour, against a source that is slow."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from spacedevs.mirror.models import MirrorCall, MirrorList
from spacedevs.mirror.run import Exit
from tests.mirror.running import CATALOGUE, HOUR, Clock, Site, empty
from tests.mirror.upstream import Upstream
from tests.tables import IN_CONTRACT
from tests.upstream_bodies import Catalogue

HOURS = 48
FEW_ROWS = 40  # on a page: more, and the source times out
SETTLED = 8  # hours: all has been read once


@pytest.fixture
def site(db: None) -> Iterator[Site]:
    """At 25 rows a page the catalogue alone takes 26 calls: two hours' and more."""
    empty()
    catalogue = Catalogue(craft=400, agencies=140, configurations=46, flights=200, countries=70)
    clock = Clock()
    with Upstream(catalogue=catalogue, now=clock) as upstream:
        upstream.largest = FEW_ROWS
        yield Site(catalogue, upstream, clock)


def ages(site: Site) -> dict[str, timedelta]:
    """How long ago what each list holds was read."""
    return {state.resource: site.clock() - state.read_at for state in MirrorList.objects.all()}


@pytest.mark.only_on("sqlite")  # the calls are the same
def test_with_504_above_40_rows_everything_comes_over_and_stays_fresh(
    site: Site, api: Client
) -> None:
    edited: dict[str, int] = {}  # when each list's first row was renamed
    for hour in range(HOURS):
        site.clock.time = site.catalogue.now + hour * HOUR
        if hour == HOURS // 2:
            assert all(state.loaded_at for state in MirrorList.objects.all())
            assert site.state("spacecraft").page_size <= FEW_ROWS
            for resource in (*CATALOGUE, "config/countries"):
                edited[resource] = site.id_of(resource)
                site.catalogue.edit(resource, edited[resource], name=f"Renamed {resource}")
        assert site.mirror(budget=15).code in (Exit.DONE, Exit.UNFINISHED)
        if hour >= SETTLED:
            assert max(ages(site)[resource] for resource in CATALOGUE) <= timedelta(hours=5)
    for resource, pk in edited.items():
        name = api.get(f"/2.3.0/{resource}/{pk}/").json()["name"]
        assert name == f"Renamed {resource}"
    for resource in IN_CONTRACT:
        assert api.get(f"/2.3.0/{resource}/").json()["count"] == site.catalogue.count(resource)
    assert max(ages(site).values()) <= timedelta(hours=36), ages(site)
    moments = list(MirrorCall.objects.values_list("moment", flat=True))
    for moment in moments:
        assert sum(moment <= other < moment + HOUR for other in moments) <= 15
