"""Who is docked: upstream's stations say it, and of a server like this one what grows."""

from typing import Any

import pytest

from spacecraft import models
from spacedevs.mirror.run import Exit
from tests.mirror import upstream as does
from tests.mirror.running import CATALOGUE, Site, mirrored, site

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

__all__ = ["mirrored", "site"]  # fixtures

STATIONS = "space_stations/"


def docked_here() -> set[int]:
    found = models.Spacecraft.objects.exclude(docked_since=None)
    return set(found.values_list("pk", flat=True))


def docked_there(site: Site) -> set[int]:
    """By what the generator's stations say."""
    found = set()
    for index in range(site.catalogue.count("space_stations")):
        ports = site.catalogue.body("space_stations", index).get("docking_location", ())
        for event in filter(None, (port["currently_docked"] for port in ports)):
            found.add(event["flight_vehicle_chaser"]["spacecraft"]["id"])
    return found


def test_who_is_docked_comes_from_the_stations(mirrored: Site) -> None:
    assert docked_here() == docked_there(mirrored) != set()


def test_upstream_is_asked_for_its_stations_once(site: Site) -> None:
    result = site.mirror(only=CATALOGUE)
    assert result.asked == [*CATALOGUE, "space_stations"]


def test_of_a_server_like_this_one_what_grows_within_a_second_is_docked(site: Site) -> None:
    """Of an older release, which has no dump."""
    site.upstream.is_own = True
    result = site.mirror(only=CATALOGUE)
    first, *rest = CATALOGUE
    assert result.code == Exit.DONE
    assert result.asked == [first, "dump/catalogue.ndjson", *rest, "spacecraft"]
    assert docked_here() == docked_there(site) != set()


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (does.fails(520), "answered 520"),
        (does.fails(404), "answered 404"),
        (does.html(), "HTML and not JSON"),
        (
            does.answers({"count": 1, "results": [{"id": 4}]}),
            "docking_location of 1 stations names no craft",
        ),
    ],
)
def test_without_an_answer_who_is_docked_stays_as_it_was(
    mirrored: Site, behaviour: Any, sentence: str
) -> None:
    pk = mirrored.id_of("agencies")
    mirrored.catalogue.edit("agencies", pk, administrator="New")
    mirrored.upstream.behave(behaviour, path=STATIONS, times=None)
    before = docked_here()
    result = mirrored.mirror(only=CATALOGUE)
    assert (result.code, result.says(sentence)) == (Exit.PARTLY, True)
    assert docked_here() == before
    assert models.Agency.objects.get(pk=pk).administrator == "New"


def test_no_station_where_any_is_docked_is_nobody_docked(mirrored: Site) -> None:
    no_station = does.answers({"count": 0, "next": None, "previous": None, "results": []})
    mirrored.upstream.behave(no_station, path=STATIONS, times=None)
    assert mirrored.mirror(only=CATALOGUE).code == Exit.DONE
    assert docked_here() == set()


def test_a_run_that_does_not_ask_leaves_who_is_docked(mirrored: Site) -> None:
    before = docked_here()
    mirrored.catalogue.edition(1)
    mirrored.pass_(days=1)
    mirrored.mirror(only=("spacecraft", "spacecraft_flights"))
    assert docked_here() == before
