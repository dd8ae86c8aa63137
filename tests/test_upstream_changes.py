"""A catalogue at a later second, its changes, and its pages."""

import json
import random
from collections import defaultdict
from datetime import timedelta

import pytest

from tests.upstream_bodies import NOW, Catalogue, Ref
from tests.upstream_bodies.tables import FIELDS, KIND_OF, RESOURCES, SHAPES
from tests.upstream_bodies.walks import SMALL, all_objects, craft_in


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(**SMALL)


# Later


def test_at_a_later_second_only_durations_that_live_have_grown(catalogue: Catalogue) -> None:
    later = catalogue.at(NOW + timedelta(days=1))
    pairs = zip(all_objects(catalogue), all_objects(later), strict=True)
    changed = {
        name
        for (_, _, old), (_, _, new) in pairs
        for name, value in old.items()
        if not isinstance(value, dict | list) and new[name] != value
    }
    assert changed == {"time_in_space", "time_docked", "duration"}


def test_a_duration_that_lives_grows_by_what_has_passed() -> None:
    large = Catalogue()
    up = large.page("spacecraft", 0, 100, in_space="true")["results"]
    soon = large.at(NOW + timedelta(days=1)).page("spacecraft", 0, 100, in_space="true")["results"]
    for old, new in zip(up, soon, strict=True):
        days = [int(craft["time_in_space"].split("D")[0][1:]) for craft in (old, new)]
        assert days[1] == days[0] + 1
        assert old["time_in_space"].split("D")[1] == new["time_in_space"].split("D")[1]


def test_a_clock_with_microseconds_shows_in_durations_that_live() -> None:
    exact = Catalogue(now=NOW + timedelta(microseconds=250_000), craft=100)
    up = exact.page("spacecraft", 0, 1, in_space="true")["results"]
    assert up[0]["time_in_space"].endswith(".250000S")


# Changes


def test_an_edit_is_seen_everywhere(catalogue: Catalogue) -> None:
    id = catalogue.id_of(Ref("agencies", 0))
    catalogue.edit("agencies", id, name="Renamed")
    names = {
        body["name"]
        for shape, _, body in all_objects(catalogue)
        if KIND_OF[shape] == "agencies" and body["id"] == id
    }
    assert names == {"Renamed"}


def test_an_agency_of_another_name_is_a_parent_by_that(catalogue: Catalogue) -> None:
    parent, child = (catalogue.id_of(Ref("agencies", number)) for number in (3, 4))
    catalogue.edit("agencies", child, parent=parent)
    catalogue.edit("agencies", parent, name="Renamed")
    assert catalogue.body("agencies", 4)["parent"] == "Renamed"


def test_an_edit_may_lead_to_another_row(catalogue: Catalogue) -> None:
    moved, to = catalogue.body("spacecraft_flights", 0), catalogue.body("spacecraft", 5)
    catalogue.edit("spacecraft_flights", moved["id"], spacecraft=to["id"])
    holders = [
        craft["id"]
        for craft in craft_in(catalogue)
        if moved["id"] in [flight["id"] for flight in craft["flights"]]
    ]
    assert holders == [to["id"]]


def test_an_edit_of_no_field_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="nmae"):
        catalogue.edit("agencies", catalogue.id_of(Ref("agencies", 0)), nmae="Renamed")


def test_a_craft_that_is_removed_is_gone_with_its_flights(catalogue: Catalogue) -> None:
    craft = next(craft for craft in craft_in(catalogue) if len(craft["flights"]) > 1)
    catalogue.remove("spacecraft", craft["id"])
    rows = catalogue.rows()
    assert craft["id"] not in [row["id"] for row in rows["spacecraft"]]
    assert craft["id"] not in [row["spacecraft"]["id"] for row in rows["spacecraft_flights"]]
    assert catalogue.page("spacecraft")["count"] == 39


def test_a_craft_that_lands_or_is_removed_is_in_space_no_more(catalogue: Catalogue) -> None:
    catalogue.edit("spacecraft", catalogue.body("spacecraft", 0)["id"], in_space=True)
    up = [craft["id"] for craft in catalogue.page("spacecraft", in_space="true")["results"]]
    catalogue.edit("spacecraft", up[0], in_space=False)
    catalogue.remove("spacecraft", up[1])
    left = catalogue.page("spacecraft", in_space="true")["results"]
    assert [craft["id"] for craft in left] == up[2:]


def test_a_country_that_is_removed_is_gone_from_its_agencies(catalogue: Catalogue) -> None:
    country = catalogue.body("agencies", 0)["country"][0]["id"]
    catalogue.remove("config/countries", country)
    left = [[of["id"] for of in agency["country"]] for agency in catalogue.rows()["agencies"]]
    assert all(country not in ids for ids in left)


def test_a_row_that_is_added_is_the_last(catalogue: Catalogue) -> None:
    id = catalogue.add("spacecraft", name="New")
    last = catalogue.body("spacecraft", 40)
    assert (last["id"], last["name"], last["flights"]) == (id, "New", [])


def test_a_flight_that_is_added_is_its_crafts(catalogue: Catalogue) -> None:
    craft = catalogue.body("spacecraft", 0)["id"]
    flight = catalogue.add("spacecraft_flights", spacecraft=craft)
    assert catalogue.body("spacecraft", 0)["flights"][-1]["id"] == flight


def test_an_edition_changes_a_few_rows(catalogue: Catalogue) -> None:
    before = craft_in(catalogue)
    catalogue.edition(1)
    changed = [old != new for old, new in zip(before, craft_in(catalogue), strict=True)]
    assert 0 < sum(changed) < 15


def test_a_rough_catalogue_has_null_in_every_field() -> None:
    never: dict[str, set[str]] = defaultdict(set)
    rough = Catalogue(rough=0.9, craft=300, weight="real")
    rows = [(KIND_OF[shape], shape, body) for shape, _, body in all_objects(rough)]
    for kind, shape, body in rows:
        for field in SHAPES[shape]["fields"]:
            if field["name"] in body:
                (never[kind] if body[field["name"]] is None else set()).add(field["name"])
    for kind in RESOURCES:
        plain = {
            name
            for name, field in FIELDS[kind].items()
            if name not in ("id", "name", "url", "response_mode")
            and (field["nullable"] or not field.get("many"))
        }
        assert plain - never[kind] <= {"spacecraft"}, kind


def test_a_rough_catalogue_keeps_ids_and_names() -> None:
    for shape, at, body in all_objects(Catalogue(rough=1.0, **SMALL)):
        for name in {"id", "name", "response_mode"} & body.keys():
            assert body[name] is not None, (shape, at)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 13])
def test_a_catalogue_may_be_small(count: int) -> None:
    few = max(count, 1)
    sizes = {"agencies": few, "configurations": few, "families": few, "countries": few}
    tiny = Catalogue(craft=count, stations=few, **sizes)
    assert len(tiny.rows()["spacecraft"]) == tiny.count("spacecraft") == count


# ResourcePagination


def test_a_walk_over_the_pages_gives_each_row_once(catalogue: Catalogue) -> None:
    pages = [catalogue.page("spacecraft", offset, 7) for offset in range(0, 40, 7)]
    ids = [craft["id"] for page in pages for craft in page["results"]]
    assert ids == sorted(set(ids))
    assert len(ids) == pages[0]["count"] == 40


def test_links_lead_on_and_back(catalogue: Catalogue) -> None:
    page = catalogue.page("agencies", 10, 10, mode="detailed", ordering="id")
    root = "https://ll.thespacedevs.com/2.3.0/agencies/?limit=10&mode=detailed"
    assert page["next"] == f"{root}&offset=20&ordering=id"
    assert page["previous"] == f"{root}&ordering=id"


def test_a_page_has_at_most_100_rows() -> None:
    assert len(Catalogue(craft=120).page("spacecraft", 0, 610)["results"]) == 100


def test_a_page_is_in_its_mode(catalogue: Catalogue) -> None:
    modes = {
        mode: {row["response_mode"] for row in catalogue.page("agencies", mode=mode)["results"]}
        for mode in ("list", "normal", "detailed")
    }
    assert modes == {"list": {"list"}, "normal": {"normal"}, "detailed": {"detailed"}}


def test_urls_lead_to_the_host() -> None:
    local = Catalogue(host="http://127.0.0.1:8000", **SMALL)
    flight = local.body("spacecraft_flights", 0)
    launch = flight["launch"]
    assert launch["url"] == f"http://127.0.0.1:8000/2.3.0/launches/{launch['id']}/"
    assert flight["url"] == f"http://127.0.0.1:8000/2.3.0/spacecraft_flights/{flight['id']}/"


def test_json_is_compact_and_not_escaped() -> None:
    page = Catalogue(weight="real").page_bytes("spacecraft", 0, 100)
    assert page == json.dumps(json.loads(page), separators=(",", ":"), ensure_ascii=False).encode()


def test_a_launch_is_found_by_its_uuid(catalogue: Catalogue) -> None:
    rng = random.Random(1)
    for number in rng.sample(range(60), 5):
        ref = Ref("launches", number)
        assert catalogue.ref_of("launches", catalogue.id_of(ref)) == ref
