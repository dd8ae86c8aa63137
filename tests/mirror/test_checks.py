"""What a source says, against the contract and what is here, before anything is written."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection, transaction
from spacedevs.mirror.checks import CATALOGUE, Read, Refusal, check

from spacecraft import models
from spacedevs import clock
from spacedevs.mirror.load import load
from spacedevs.mirror.models import Mirrored
from tests.mirror.test_load import changed, docked, flights_with, mirror, mirrored, source

__all__ = ["mirrored", "source"]  # fixtures


def refusals(sets: dict[str, Read]) -> list[str]:
    return list(check(sets, set(), force=False).refused.values())


@pytest.mark.parametrize(
    ("resource", "pk", "values", "sentence"),
    [
        ("spacecraft", 630, {"name": None}, "spacecraft 630: name: null where a value is required"),
        ("spacecraft", 630, {"status": {"id": 1}}, "spacecraft 630: status.name: is missing"),
        (
            "agencies",
            44,
            {"founding_year": "1958"},
            "agencies 44: founding_year: '1958' where a whole number is expected",
        ),
        ("agencies", 44, {"parent": "Nobody"}, "agency 44: parent: 'Nobody' is the name of none"),
        (
            "spacecraft",
            630,
            {"time_in_space": "soon"},
            "spacecraft 630: time_in_space: 'soon' where a duration is expected",
        ),
    ],
)
def test_a_refused_object_is_named_with_its_id_field_and_value(
    source: dict[str, Read], resource: str, pk: int, values: Any, sentence: str
) -> None:
    assert sentence in refusals(changed(source, resource, pk, **values))


def test_a_refused_object_keeps_its_old_row(mirrored: dict[str, Read]) -> None:
    checked = check(changed(mirrored, "spacecraft", 630, name=None), set(), force=False)
    load(checked)
    assert models.Spacecraft.objects.get(pk=630).name == "Ship 40"


def test_a_set_that_is_much_smaller_is_refused(mirrored: dict[str, Read]) -> None:
    few = Read(mirrored["spacecraft"].objects[:120], 120)
    with pytest.raises(Refusal, match="spacecraft: the source has 120 where 140 are here"):
        check({**mirrored, "spacecraft": few}, set(), force=False)


def test_a_set_of_which_too_much_is_refused_is_refused(mirrored: dict[str, Read]) -> None:
    bad = tuple(({**body, "name": 3}, date) for body, date in mirrored["spacecraft"].objects)
    with pytest.raises(Refusal, match="name: 3 where a text is expected"):
        check({**mirrored, "spacecraft": Read(bad, len(bad))}, set(), force=False)


def test_force_believes_a_smaller_set(mirrored: dict[str, Read]) -> None:
    few = Read(mirrored["spacecraft"].objects[:120], 120)
    checked = check({**mirrored, "spacecraft": few}, set(), force=True)
    assert 120 <= len(checked.rows.of(models.Spacecraft)) < 140


def test_what_nests_in_a_refused_object_stays_too(mirrored: dict[str, Read]) -> None:
    catalogue = {name: mirrored[name] for name in CATALOGUE}
    flights = models.SpacecraftFlight.objects.count()
    load(check(changed(catalogue, "spacecraft", 616, name=None), docked(), force=False))
    assert models.SpacecraftFlight.objects.count() == flights


def test_a_refused_object_keeps_its_old_row_though_others_nest_it(
    mirrored: dict[str, Read],
) -> None:
    sets = changed(mirrored, "agencies", 121, founding_year="2002")
    for body, _ in sets["spacecraft_configurations"].objects:
        if body["agency"]["id"] == 121:
            sets = changed(
                sets,
                "spacecraft_configurations",
                body["id"],
                agency={**body["agency"], "name": "Another"},
            )
    load(check(sets, docked(), force=False))
    assert models.Agency.objects.get(pk=121).name == "SpaceX"


def test_a_landing_of_two_flights_is_refused_and_named(mirrored: dict[str, Read]) -> None:
    bodies = {body["id"]: body for body, _ in mirrored["spacecraft_flights"].objects}
    landing = bodies[887]["landing"]
    flights = flights_with(mirrored, **{"602": landing})
    checked = check(flights, docked(), force=True)
    assert sorted(checked.refused.values()) == [
        f"spacecraft flight 602: landing: {landing['id']} is that of 887 too",
        f"spacecraft flight 887: landing: {landing['id']} is that of 602 too",
    ]
    load(checked)
    flights_here = models.SpacecraftFlight.objects.in_bulk([602, 887])
    assert [flights_here[pk].landing_id for pk in (602, 887)] == [None, landing["id"]]


def test_a_parent_that_is_not_among_what_was_read_is_found_here(mirrored: dict[str, Read]) -> None:
    parent = models.Agency.objects.exclude(parent=None).values_list("pk", "parent")
    one = {"spacecraft_configurations": mirrored["spacecraft_configurations"]}
    mirror(one, docked())
    assert list(models.Agency.objects.exclude(parent=None).values_list("pk", "parent")) == list(
        parent
    )


def test_a_record_made_by_hand_is_not_taken_over(mirrored: dict[str, Read]) -> None:
    models.Agency.objects.create(name="Ours", type_id=1)
    body = next(body for body, _ in mirrored["agencies"].objects if body["id"] == 44)
    agencies = ({**body, "id": 1_000_000, "name": "Theirs"}, clock.now())
    sets = {"agencies": Read((agencies,), 1)}
    checked = check(sets, docked(), force=True)
    said = "agency 1000000: id: a record that was made by hand has it here"
    assert list(checked.refused.values()) == [said]
    load(checked)
    assert models.Agency.objects.get(pk=1_000_000).name == "Ours"


def test_a_record_of_another_instance_keeps_its_id(mirrored: dict[str, Read]) -> None:
    Mirrored.objects.create(model="spacecraft.agency", key="1000000")
    models.Agency.objects.create(name="Theirs", type_id=1)
    body = next(body for body, _ in mirrored["agencies"].objects if body["id"] == 44)
    renamed = ({**body, "id": 1_000_000, "name": "Renamed"}, clock.now())
    mirror({"agencies": Read((renamed,), 1)}, docked(), force=True)
    assert models.Agency.objects.get(pk=1_000_000).name == "Renamed"


# Any field of any object

MISSING = object()
VALUES = (
    *(None, MISSING, True, 0, -1, 1, 2**31, 2**63, 1.5, 1e308),
    *("", "x", "x" * 3000, "a\0b", "\u202e", [], {}, [None], [{}], [1], {"id": 1}, {"id": 0}),
    *("P1Y", "P99999999999D", "-P3D", "P0D", "2026-01-01", "2026-01-01T00:00:00", "0000-00-00"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
)
TRIES = 100  # a resource


def paths(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Each place in an object, down to the first item of each of its lists."""
    items = part.items() if isinstance(part, dict) else enumerate(part[:1])
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*path, key))


def with_value(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = part = deepcopy(body)
    for key in path[:-1]:
        part = part[key]
    if value is MISSING:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return changed


@pytest.mark.parametrize("resource", [*CATALOGUE, "spacecraft_flights"])
def test_whatever_stands_in_a_field_it_is_refused_by_name_or_can_be_kept(
    mirrored: dict[str, Read], resource: str
) -> None:
    chance = random.Random(resource)
    richest = max(
        (body for body, _ in mirrored[resource].objects), key=lambda b: len(json.dumps(b))
    )
    places = list(paths(richest))
    for _ in range(TRIES):
        path, value = chance.choice(places), chance.choice(VALUES)
        read = Read(((with_value(richest, path, value), clock.now()),), 1)
        checked = check({resource: read}, set(), force=True)
        for sentence in checked.refused.values():
            assert any(str(key) in sentence for key in path), (path, value, sentence)
        with transaction.atomic():
            load(checked)
            connection.check_constraints()
            transaction.set_rollback(True)
