"""What is read from a source becomes the same catalogue here: this server mirrors itself."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from spacecraft import models
from spacecraft.mirror.checks import CATALOGUE, RESOURCES, Read, Refusal, check, whole
from spacecraft.mirror.holds import name_of
from spacecraft.mirror.load import REMOVAL, Tally, load
from spacecraft.mirror.models import Hold, Mirrored
from spacedevs import clock
from spacedevs.api.viewsets import resources
from tests.test_admin import save


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
    assert checked.refused == []
    return load(checked.rows, whole=whole(sets))


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


def test_a_mirror_answers_everything_byte_for_byte_as_its_source(
    api: Client, source: dict[str, Read]
) -> None:
    theirs, craft = answers(api), docked()
    empty()
    mirror(source, craft)
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


def test_a_mirror_of_a_mirror_answers_as_the_first(api: Client, source: dict[str, Read]) -> None:
    theirs, craft = answers(api), docked()
    for sets in (source, None):
        sets = sets or read(api)
        empty()
        mirror(sets, craft)
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
    load(checked.rows)
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


def test_what_is_gone_there_and_in_use_here_stays_and_is_named(mirrored: dict[str, Read]) -> None:
    models.Launch.objects.create(name="Ours", net=clock.now(), launch_service_provider_id=1)
    tally = mirror(without(mirrored, "agencies", 1), docked())
    assert models.Agency.objects.filter(pk=1).exists()
    assert tally.kept == ["agency 1"]


def test_a_record_made_by_hand_gets_an_id_past_the_mirrors(mirrored: dict[str, Read]) -> None:
    newest = models.Agency.objects.order_by("-pk").values_list("pk", flat=True)[0]
    assert models.Agency.objects.create(name="Ours", type_id=1).pk > newest


def test_what_an_editor_changed_is_held_and_what_the_source_says_is_noted(
    mirrored: dict[str, Read],
) -> None:
    models.Spacecraft.objects.filter(pk=630).update(serial_number="ours")
    hold = Hold.objects.create(model="spacecraft.spacecraft", key="630", field="serial_number")
    tally = mirror(changed(mirrored, "spacecraft", 630, serial_number="theirs"), docked())
    assert models.Spacecraft.objects.get(pk=630).serial_number == "ours"
    hold.refresh_from_db()
    assert (hold.upstream, sum(tally.held.values())) == ('"theirs"', 1)


def edit(admin_client: Client, **values: Any) -> None:
    """A record's page, fetched, edited and sent."""
    answer = save(admin_client, models.Spacecraft.objects.get(pk=630), **values)
    assert answer.status_code == 302


def test_what_an_editor_changes_is_held_field_by_field(
    mirrored: dict[str, Read], admin_client: Client
) -> None:
    edit(admin_client, serial_number="ours", status=2)
    assert sorted(Hold.objects.values_list("key", "field")) == [
        ("630", "serial_number"),
        ("630", "status_id"),
    ]
    mirror(changed(mirrored, "spacecraft", 630, description="New."), docked())
    ship = models.Spacecraft.objects.get(pk=630)
    assert (ship.serial_number, ship.status_id, ship.description) == ("ours", 2, "New.")


def test_what_was_made_by_hand_needs_no_hold(api: Client, admin_client: Client) -> None:
    edit(admin_client, serial_number="ours")
    assert not Hold.objects.exists()


def test_letting_go_takes_what_the_source_says(
    mirrored: dict[str, Read], admin_client: Client
) -> None:
    edit(admin_client, serial_number="ours", status=2)
    mirror(changed(mirrored, "spacecraft", 630, serial_number="theirs"), docked())
    chosen = list(Hold.objects.values_list("pk", flat=True))
    data = {"action": "let_go", "_selected_action": chosen}
    admin_client.post("/admin/mirror/hold/", data)
    ship = models.Spacecraft.objects.get(pk=630)
    assert (ship.serial_number, ship.status_id) == ("theirs", 1)
    assert not Hold.objects.exists()


def test_one_click_lets_go_of_a_field(mirrored: dict[str, Read], admin_client: Client) -> None:
    edit(admin_client, serial_number="ours")
    mirror(changed(mirrored, "spacecraft", 630, serial_number="theirs"), docked())
    page = admin_client.get("/admin/mirror/hold/").text
    (button,) = re.findall(r'<button formaction="([^"]+)">Let go</button>', page)
    assert "&quot;theirs&quot;" in page
    assert admin_client.get(button).status_code == 405
    admin_client.post(button)
    assert models.Spacecraft.objects.get(pk=630).serial_number == "theirs"
    assert not Hold.objects.exists()


def test_countries_that_an_editor_changed_are_held(
    mirrored: dict[str, Read], admin_client: Client
) -> None:
    save(admin_client, models.Agency.objects.get(pk=44), country=[1, 2])
    mirror(mirrored, docked())
    assert sorted(models.Agency.objects.get(pk=44).country.values_list("pk", flat=True)) == [1, 2]
    hold = Hold.objects.get()
    assert (hold.field, hold.upstream) == ("country", "[2]")


# Checks


def refusals(sets: dict[str, Read]) -> list[str]:
    return check(sets, set(), force=False).refused


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
    load(checked.rows, whole=whole(mirrored), spared=checked.spared)
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
