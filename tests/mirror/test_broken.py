"""Sources that are broken: no row is changed, and one sentence says why."""

from collections.abc import Callable
from typing import Any

import pytest

from spacedevs.mirror import checks
from spacedevs.mirror.models import Mirrored
from spacedevs.mirror.run import Exit
from tests.mirror import upstream as does
from tests.mirror.catalogue import station
from tests.mirror.running import mirror, tables, upstream
from tests.mirror.upstream import Upstream

__all__ = ["upstream"]  # a fixture


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
    result = mirror(upstream, budget=100, timeout=0.5)
    assert (result.code, sentence in result.run.message) == (Exit.FAILED, True), result.run.message
    assert tables() == before


def test_stations_that_name_no_craft_change_nothing(upstream: Upstream) -> None:
    upstream.rows["space_stations"] = [station([])]
    before = tables()
    result = mirror(upstream)
    assert (result.code, result.run.outcome) == (Exit.FAILED, "refused")
    assert "space_stations 4: docking_location: names no craft" in result.run.message
    assert tables() == before


def test_what_the_database_can_not_hold_changes_nothing(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All that is known to be too much is refused before: what is not known has to be said too.
    monkeypatch.setattr(checks, "shared", lambda rows: ())
    for craft in upstream.rows["spacecraft"]:
        for flight in craft["flights"]:  # one landing for all of them
            flight["landing"]["id"] = 7
    before = tables()
    result = mirror(upstream)
    assert (result.code, result.run.outcome) == (Exit.FAILED, "refused")
    assert "nothing was changed" in result.run.message
    assert tables() == before
