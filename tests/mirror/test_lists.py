"""Each list is a unit: it fails, is disordered or unchanged by itself."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from spacecraft import models
from spacedevs.mirror.models import Mirrored, MirrorList, MirrorPage
from spacedevs.mirror.run import Exit
from tests.mirror import upstream as does
from tests.mirror.running import CATALOGUE, Site, mirrored, site, tables
from tests.mirror.upstream import Reply, Request

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

__all__ = ["mirrored", "site"]  # fixtures

OTHERS = (
    "config/agency_types",
    "config/image_licenses",
    "config/image_variant_types",
    "config/spacecraft_configuration_types",
    "config/spacecraft_statuses",
    "spacecraft_flights",
)


# Faults


def test_a_fault_of_the_countries_does_not_stop_the_rest(site: Site) -> None:
    site.fail("config/countries")
    result = site.mirror()
    assert (result.code, result.run.outcome) == (Exit.PARTLY, "partly")
    assert result.says("config/countries/?")
    assert result.run.as_of is not None
    loaded = MirrorList.objects.exclude(loaded_at=None).values_list("resource", flat=True)
    assert {*loaded} == {*CATALOGUE, *OTHERS}


def test_a_fault_of_a_list_of_the_catalogue_does_not_stop_flights_and_lookups(site: Site) -> None:
    site.fail("spacecraft_configurations")
    result = site.mirror()
    assert (result.code, result.run.as_of) == (Exit.PARTLY, None)
    loaded = MirrorList.objects.exclude(loaded_at=None).values_list("resource", flat=True)
    assert {*loaded} == {*OTHERS, "config/countries"}


def test_the_next_run_asks_for_what_failed_first_and_once(mirrored: Site) -> None:
    mirrored.fail("config/countries", times=5)
    assert mirrored.mirror().asked.count("config/countries") == 4
    assert mirrored.state("config/countries").fault
    result = mirrored.mirror()
    assert (result.asked[0], result.asked.count("config/countries")) == ("config/countries", 1)
    assert mirrored.mirror().code == Exit.DONE
    assert not mirrored.state("config/countries").fault


def test_what_was_read_beside_a_list_that_failed_is_loaded_with_it_later(site: Site) -> None:
    site.fail("agencies", times=4)
    assert site.mirror().code == Exit.PARTLY
    result = site.mirror(only=CATALOGUE)
    assert result.code == Exit.DONE
    assert result.asked == ["agencies", "space_stations"]


def always(behaviour: Any) -> Callable[[Site], None]:
    return lambda site: site.upstream.behave(behaviour, path="agencies/", times=None)


def body_with(**values: Any) -> Any:
    return always(does.edited(lambda body: body.update(values)))


FAULTS: dict[str, tuple[Callable[[Site], None], str]] = {
    "520": (always(does.fails(520)), "answered 520"),
    "403": (always(does.fails(403)), "answered 403"),
    "404": (always(does.fails(404)), "answered 404"),
    "HTML": (always(does.html()), "HTML and not JSON"),
    "other JSON": (always(does.answers([1])), "no object"),
    "an end that is missing": (always(does.cuts()), "broke off"),
    "silence": (always(does.late(0.5)), "was silent"),
    "a redirect": (always(does.redirects("https://other.example/")), "has moved to"),
    "a count of text": (body_with(count="x"), "count is 'x'"),
    "results that are no list": (body_with(results={}), "no list of objects"),
    "results of text": (body_with(results=["5"]), "no list of objects"),
    "rows that were not asked for": (body_with(results=[{"id": 1}] * 101), "gave 101 rows"),
    "a count that is too high": (body_with(count=26), "gives none from row 25 on"),
    "a count that is too low": (body_with(count=24), "moved while it was read"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_list_that_fails_keeps_its_rows_and_says_why(mirrored: Site, kind: str) -> None:
    mirrored.catalogue.edition(1)
    before = tables()
    break_list, sentence = FAULTS[kind]
    break_list(mirrored)
    result = mirrored.mirror(only=CATALOGUE, timeout=0.2)
    assert (result.code, tables() == before) == (Exit.FAILED, True)
    assert result.says(sentence), result.notes
    assert sentence in mirrored.state("agencies").fault


def test_a_list_that_the_source_does_not_serve_is_noted_and_asked_once_a_day(site: Site) -> None:
    site.fail("config/countries", 404)
    result = site.mirror()
    assert (result.code, result.says("answered 404, not found")) == (Exit.DONE, True)
    again = [site.mirror().asked for _ in range(2)]
    assert again[0].count("config/countries") <= 1
    assert not site.state("config/countries").fault


def test_three_lists_that_newly_fail_one_after_the_other_end_the_run(site: Site) -> None:
    site.upstream.behave(does.fails(500), times=None)
    result = site.mirror()
    assert (result.code, {*result.asked}) == (Exit.FAILED, {*CATALOGUE[:3]})
    assert "The rest was not asked." in result.run.message


def test_lists_that_had_failed_before_do_not_end_the_run(mirrored: Site) -> None:
    for resource in OTHERS[:3]:
        mirrored.fail(resource)
        assert mirrored.mirror().code == Exit.PARTLY
    result = mirrored.mirror()
    assert {*CATALOGUE, *OTHERS} <= {*result.asked}


@pytest.mark.parametrize("status", [401])
def test_what_no_other_list_would_answer_differently_ends_the_run(site: Site, status: int) -> None:
    site.upstream.behave(does.fails(status), times=None)
    result = site.mirror()
    assert (result.code, len(result.calls)) == (Exit.FAILED, 1)


# ResourcePagination that time out


def test_the_size_that_works_is_kept_and_twice_that_is_tried_once_a_day(site: Site) -> None:
    site.upstream.largest = 20

    def sizes() -> list[str]:
        calls = site.mirror(only=("spacecraft",)).calls
        return [call.params["limit"] for call in calls]

    assert sizes() == ["100", "50", "25", "12", "12", "12"]
    assert site.state("spacecraft").page_size == 12
    assert sizes() == ["12", "12", "12"]
    site.pass_(days=1)
    assert sizes() == ["24", "12", "12", "12"]
    site.upstream.largest = 120
    assert sizes() == ["12", "12", "12"]
    site.pass_(days=1)
    assert sizes() == ["24", "24"]
    assert models.Spacecraft.objects.count() == 30


# Order


def shuffled(site: Site, resource: str) -> None:
    """Rows of one name come in another order with each request, as a database may give them."""
    chance = random.Random(1)

    def shuffle(request: Request, reply: Reply) -> Reply:
        offset, limit = (int(request.params.get(name, 0)) for name in ("offset", "limit"))
        rows = site.catalogue.page(resource, 0, 100, mode=request.params["mode"])["results"]
        chance.shuffle(rows)
        rows.sort(key=lambda row: row["name"])
        body = {**reply.json, "count": len(rows), "results": rows[offset : offset + limit]}
        return replace(reply, body=does.as_json(body).body)

    site.upstream.behave(shuffle, path=f"{resource}/", times=None)


def test_a_list_that_failed_for_its_size_is_asked_for_in_smaller_pages_until_it_works(
    site: Site,
) -> None:
    site.upstream.largest = 11  # four attempts try 100, 50, 25 and 12
    only = ("agencies",)
    assert site.mirror(only=only).code == Exit.FAILED
    assert site.mirror(only=only).code == Exit.DONE
    assert site.state("agencies").page_size == 10


def test_rows_of_one_name_are_neither_repeated_nor_lost_between_pages(site: Site) -> None:
    for index in range(8, 18):
        pk = site.id_of("config/image_licenses", index)
        site.catalogue.edit("config/image_licenses", pk, name="Editorial")
    site.upstream.largest = 12
    shuffled(site, "config/image_licenses")
    for _ in range(3):
        result = site.mirror(only=("config/image_licenses",))
        assert result.code == Exit.DONE, result.notes
        assert models.ImageLicense.objects.count() == 27


def test_only_the_pages_that_repeat_a_row_are_read_again(site: Site) -> None:
    """The second page begins with the last row of the first, once; a row is lost by it."""
    site.upstream.largest = 12
    site.mirror(only=("spacecraft",))

    def repeat(request: Request, reply: Reply) -> Reply:
        body = reply.json
        body["results"][0] = site.catalogue.body("spacecraft", 11)
        return replace(reply, body=does.as_json(body).body)

    site.catalogue.edition(1)
    site.upstream.behave(repeat, path="spacecraft/", after=1)
    result = site.mirror(only=("spacecraft",))
    offsets = [call.params["offset"] for call in result.calls]
    assert (result.code, offsets) == (Exit.DONE, ["0", "12", "24", "0", "12"])


def test_a_count_that_changes_has_the_pages_before_it_read_again(site: Site) -> None:
    site.upstream.largest = 12
    site.mirror(only=("spacecraft",))
    add = does.then(lambda: site.catalogue.add("spacecraft", name="New"))
    site.upstream.behave(add, path="spacecraft/", after=1)
    result = site.mirror(only=("spacecraft",))
    offsets = [call.params["offset"] for call in result.calls]
    assert (result.code, offsets) == (Exit.DONE, ["0", "12", "24", "0", "12"])
    assert models.Spacecraft.objects.filter(name="New").count() == 1


def test_a_list_that_moves_each_time_fails_and_the_rest_is_loaded(site: Site) -> None:
    add = does.then(lambda: site.catalogue.add("config/image_licenses", name="New"))
    site.upstream.largest = 12
    site.upstream.behave(add, path="config/image_licenses/", times=None)
    result = site.mirror(budget=200)
    assert (result.code, result.says("moved while it was read")) == (Exit.PARTLY, True)
    assert {*OTHERS} - {"config/image_licenses"} <= {*result.asked}


# What is unchanged


def test_a_page_that_did_not_change_is_not_sent_again(mirrored: Site) -> None:
    lists = ("agencies", "config/countries")
    mirrored.upstream.etags = True
    mirrored.mirror(only=lists)
    result = mirrored.mirror(only=lists)
    assert all(call.headers["if-none-match"] for call in result.calls)
    assert (result.run.outcome, result.run.unchanged) == ("unchanged", 37)


def test_after_a_load_no_body_is_kept_and_what_tells_that_it_is_unchanged_is(
    site: Site,
) -> None:
    site.upstream.etags = True
    site.mirror()
    pages = MirrorPage.objects.all()
    assert {(bytes(page.changed), page.staged) for page in pages} == {(b"", False)}
    assert all(page.etag and page.digest for page in pages)


def test_an_object_that_did_not_change_is_compared_again_after_a_day(mirrored: Site) -> None:
    pk = mirrored.id_of("agencies")
    name = mirrored.catalogue.body("agencies", 0)["name"]
    agency = models.Agency.objects.filter(pk=pk)
    agency.update(name="By a hand at the SQL prompt")
    mirrored.mirror(only=("agencies",))
    assert agency.get().name == "By a hand at the SQL prompt"
    mirrored.pass_(days=1)
    mirrored.mirror(only=("agencies",))
    assert agency.get().name == name


def test_what_was_deleted_here_comes_back_with_the_next_run(mirrored: Site) -> None:
    flights = models.SpacecraftFlight.objects.all()
    count = flights.count()
    flights._raw_delete(flights.db)
    mirrored.mirror()
    assert models.SpacecraftFlight.objects.count() == count


def test_what_is_staged_when_a_row_is_deleted_here_is_not_read_again(mirrored: Site) -> None:
    mirrored.catalogue.edition(2)
    assert mirrored.mirror(budget=1, only=("agencies", "spacecraft")).code == Exit.UNFINISHED
    gone = mirrored.id_of("config/countries")
    models.Agency.country.through.objects.all().delete()
    models.Country.objects.filter(pk=gone).delete()
    result = mirrored.mirror(only=("agencies", "spacecraft"))
    assert (result.code, len(result.calls)) == (Exit.DONE, 1)
    mirrored.mirror()
    assert models.Country.objects.filter(pk=gone).exists()
    assert models.Agency.country.through.objects.exists()


def test_what_was_refused_is_looked_at_again_though_it_did_not_change(mirrored: Site) -> None:
    pk = mirrored.id_of("agencies")
    mirrored.upstream.etags = True
    mirrored.say("agencies", pk, founding_year="1958")
    refused = [mirrored.mirror().run.refused for _ in range(2)]
    assert refused == [1, 1]


def test_what_was_staged_more_than_a_day_ago_is_read_anew(site: Site) -> None:
    site.mirror(budget=1)
    site.pass_(days=1)
    result = site.mirror(budget=3)
    assert result.asked.count("spacecraft") == 1


def test_a_row_that_is_known_of_two_lists_is_remembered_once(mirrored: Site) -> None:
    keys = list(Mirrored.objects.values_list("model", "key"))
    assert len(keys) == len(set(keys)) > 300


def test_a_catalogue_that_is_read_an_hour_apart_is_as_old_as_its_first_page(site: Site) -> None:
    first = site.clock.time
    site.mirror(budget=3)
    result = site.mirror()
    assert (result.run.as_of, result.run.started - first) == (first, timedelta(hours=1))
