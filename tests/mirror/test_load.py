"""What is read from a source becomes the same catalogue here: this server mirrors itself."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from spacedevs.mirror.checks import CATALOGUE, RESOURCES, Read, check

from spacecraft import models
from spacedevs import clock
from spacedevs.api.viewsets import resources
from spacedevs.mirror.holds import name_of
from spacedevs.mirror.load import REMOVAL, Tally, load
from spacedevs.mirror.models import Hold, Mirrored


def pages(api: Client, address: str | None) -> Iterator[bytes]:
    while address:
        content = api.get(address).content
        yield content
        address = json.loads(content)["next"]


def answers(api: Client) -> dict[str, bytes]:
    """Every list in every mode, page by page, and every record of every resource."""
    found: dict[str, bytes] = {}
    for resource, viewset in resources().items():
        for mode in viewset.get_modes().names or ("",):
            address = f"/2.3.0/{resource}/?limit=100&mode={mode}"
            for number, content in enumerate(pages(api, address)):
                found[f"{address} {number}"] = content
        for pk in viewset.queryset.values_list("pk", flat=True):
            found[f"{resource}/{pk}"] = api.get(f"/2.3.0/{resource}/{pk}/").content
    return found


def read(api: Client) -> dict[str, Read]:
    """What the source answers, as it is staged."""
    sets = {}
    for resource in RESOURCES:
        rows: list[Any] = []
        for content in pages(api, f"/2.3.0/{resource}/?limit=100&mode=detailed"):
            rows += json.loads(content)["results"]
        sets[resource] = Read(tuple((row, clock.now()) for row in rows), len(rows))
    return sets


def docked() -> set[int]:
    return set(models.Spacecraft.objects.exclude(docked_since=None).values_list("pk", flat=True))


def mirror(sets: dict[str, Read], craft_docked: set[int], *, force: bool = False) -> Tally:
    checked = check(sets, craft_docked, force=force)
    assert checked.refused == {}
    return load(checked)


def empty() -> None:
    models.SpacecraftConfigFamily.objects.update(parent=None)
    models.Agency.objects.update(parent=None)
    for model in REMOVAL:
        model._base_manager.all().delete()


def changed(sets: dict[str, Read], resource: str, pk: int, **values: Any) -> dict[str, Read]:
    """The same, but for one object."""
    objects = tuple(
        ({**body, **values}, date) if body["id"] == pk else (body, date)
        for body, date in sets[resource].objects
    )
    return {**sets, resource: Read(objects, sets[resource].count)}


def without(sets: dict[str, Read], resource: str, pk: int) -> dict[str, Read]:
    objects = tuple(item for item in sets[resource].objects if item[0]["id"] != pk)
    return {**sets, resource: Read(objects, len(objects))}


SOURCE: dict[str, Read] = {}  # the fixtures' catalogue, which is the same for every test


@pytest.fixture
def source(api: Client) -> dict[str, Read]:
    if not SOURCE:
        SOURCE.update(read(api))
    return SOURCE


@pytest.fixture
def mirrored(source: dict[str, Read]) -> dict[str, Read]:
    """The catalogue of the source, which is here already, and came from there."""
    rows = ((model, pk) for model in REMOVAL for pk in model._base_manager.values_list("pk"))
    Mirrored.objects.bulk_create(
        Mirrored(model=name_of(model), key=str(pk)) for model, (pk,) in rows
    )
    return source


def test_a_mirror_and_a_mirror_of_it_answer_everything_byte_for_byte_as_their_source(
    api: Client, source: dict[str, Read]
) -> None:
    theirs, craft = answers(api), docked()
    for sets in (source, None):
        sets = sets or read(api)
        empty()
        mirror(sets, craft)
        ours = answers(api)
        assert ours.keys() == theirs.keys()
        for address, content in theirs.items():
            assert ours[address] == content, address


def test_a_mirror_lives_on_as_its_source_does(
    api: Client, source: dict[str, Read], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock.now() + timedelta(days=3, seconds=7)
    craft = docked()
    monkeypatch.setattr(clock, "now", lambda: later)
    theirs = answers(api)
    empty()
    mirror(source, craft)
    assert answers(api) == theirs


def test_a_second_mirror_changes_nothing(api: Client, mirrored: dict[str, Read]) -> None:
    assert mirror(mirrored, docked()).changes() == 0


def test_a_mirror_of_a_later_second_changes_nothing(
    api: Client, mirrored: dict[str, Read], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert mirror(read(api), docked()).changes() == 0


def test_a_mirror_over_the_fixtures_changes_nothing_and_adopts_them(
    api: Client, source: dict[str, Read]
) -> None:
    assert mirror(source, docked()).changes() == 0
    assert Mirrored.objects.filter(model="spacecraft.spacecraft").count() == 140


def test_a_change_at_the_source_comes_over(mirrored: dict[str, Read]) -> None:
    tally = mirror(changed(mirrored, "spacecraft", 630, serial_number="S40b"), docked())
    assert models.Spacecraft.objects.get(pk=630).serial_number == "S40b"
    assert tally.changed == {**tally.changed, "spacecraft.spacecraft": 1}


def test_a_new_name_moves_the_sort_key(mirrored: dict[str, Read]) -> None:
    mirror(changed(mirrored, "spacecraft", 630, name="Ärger 1"), docked())
    assert models.Spacecraft.objects.get(pk=630).sort_name == "arger1"


def test_what_is_gone_at_the_source_goes_here(mirrored: dict[str, Read]) -> None:
    tally = mirror(without(mirrored, "spacecraft", 630), docked())
    assert not models.Spacecraft.objects.filter(pk=630).exists()
    assert tally.removed == {**tally.removed, "spacecraft.spacecraft": 1}


def test_a_run_that_is_not_complete_removes_nothing(mirrored: dict[str, Read]) -> None:
    checked = check(without(mirrored, "spacecraft", 630), docked(), force=False)
    checked.whole = set()
    load(checked)
    assert models.Spacecraft.objects.filter(pk=630).exists()


def test_a_run_that_read_no_lookups_leaves_those_that_nothing_refers_to(
    mirrored: dict[str, Read],
) -> None:
    before = models.Country.objects.count()
    mirror({name: mirrored[name] for name in CATALOGUE}, docked())
    assert models.Country.objects.count() == before


def test_what_was_made_by_hand_is_never_removed(mirrored: dict[str, Read]) -> None:
    ours = models.Agency.objects.create(name="Ours", type_id=1)
    mirror(mirrored, docked())
    assert models.Agency.objects.filter(pk=ours.pk).exists()


def test_a_variant_that_was_made_by_hand_stays_with_its_image(mirrored: dict[str, Read]) -> None:
    image = models.Image.objects.order_by("pk")[:1].get()
    kind = models.ImageVariantType.objects.order_by("pk")[:1].get()
    ours = models.ImageVariant.objects.create(image=image, type=kind, image_url="https://x.test/")
    mirror(mirrored, docked())
    assert models.ImageVariant.objects.filter(pk=ours.pk).exists()


def test_what_is_held_of_a_record_goes_with_it(mirrored: dict[str, Read]) -> None:
    Hold.objects.create(model="spacecraft.spacecraft", key="630", field="serial_number")
    mirror(without(mirrored, "spacecraft", 630), docked())
    assert not Hold.objects.exists()


def flights_with(sets: dict[str, Read], **landings: Any) -> dict[str, Read]:
    """The flights alone, with other landings; a parameter for each flight, by its id."""
    flights = {"spacecraft_flights": sets["spacecraft_flights"]}
    for pk, landing in landings.items():
        flights = changed(flights, "spacecraft_flights", int(pk), landing=landing)
    return flights


def test_landings_may_change_hands(mirrored: dict[str, Read]) -> None:
    bodies = {body["id"]: body for body, _ in mirrored["spacecraft_flights"].objects}
    one, other = ({**bodies[887]["landing"], "id": pk} for pk in (1, 2))
    for landings in ({"887": one, "602": other}, {"887": other, "602": one}):
        mirror(flights_with(mirrored, **landings), docked())
        flights = models.SpacecraftFlight.objects.in_bulk([887, 602])
        assert flights[887].landing_id == landings["887"]["id"]
        assert flights[602].landing_id == landings["602"]["id"]


def test_what_is_gone_there_and_in_use_here_stays_and_is_named(mirrored: dict[str, Read]) -> None:
    models.Launch.objects.create(name="Ours", net=clock.now(), launch_service_provider_id=1)
    tally = mirror(without(mirrored, "agencies", 1), docked())
    assert models.Agency.objects.filter(pk=1).exists()
    assert tally.kept == ["agency 1"]


def test_records_made_by_hand_get_ids_that_upstream_will_not_come_to(
    mirrored: dict[str, Read],
) -> None:
    made = [models.Agency.objects.create(name=name, type_id=1) for name in ("Ours", "And ours")]
    assert [agency.pk for agency in made] == [1_000_000, 1_000_001]
