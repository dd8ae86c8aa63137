"""What an editor changed by hand, and what lets go of it."""

import re
from typing import Any

from django.test import Client
from spacedevs.mirror.checks import Read

from spacecraft import models
from spacedevs.mirror import holds
from spacedevs.mirror.models import Hold
from tests.administration import save
from tests.mirror.test_load import changed, docked, mirror, mirrored, source

__all__ = ["mirrored", "source"]  # fixtures


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


def test_a_living_duration_is_held_with_the_time_since_when_it_runs(
    mirrored: dict[str, Read], api: Client, admin_client: Client
) -> None:
    soyuz = models.Spacecraft.objects.get(pk=616)
    assert soyuz.in_space_since
    answer = save(admin_client, soyuz, time_in_space="P400D")
    assert answer.status_code == 302
    held = {"time_in_space", "in_space_since"}
    assert set(Hold.objects.values_list("field", flat=True)) == held
    shown = api.get("/2.3.0/spacecraft/616/").json()["time_in_space"]
    mirror(mirrored, docked())
    assert api.get("/2.3.0/spacecraft/616/").json()["time_in_space"] == shown
    holds.let_go(Hold.objects.get(field="in_space_since"))
    soyuz_there = next(body for body, _ in mirrored["spacecraft"].objects if body["id"] == 616)
    ours = api.get("/2.3.0/spacecraft/616/").json()["time_in_space"]
    assert ours == soyuz_there["time_in_space"]
    assert not Hold.objects.exists()


def test_what_an_editor_changes_of_a_variant_on_its_images_page_is_held(
    mirrored: dict[str, Read], admin_client: Client
) -> None:
    variant = models.ImageVariant.objects.order_by("pk")[:1].get()
    values = {"variants-0-image_url": "https://ours.test/"}
    answer = save(admin_client, variant.image, **values)
    assert answer.status_code == 302, answer.text
    hold = Hold.objects.get()
    held = (hold.model, hold.key, hold.field)
    assert held == ("spacecraft.imagevariant", str(variant.pk), "image_url")


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


def buttons(page: str) -> list[str]:
    return re.findall(r'<button form="[\w-]+" formaction="([^"]+)">Let go</button>', page)


def test_a_records_page_shows_what_is_held_and_lets_go_of_it(
    mirrored: dict[str, Read], admin_client: Client
) -> None:
    address = "/admin/spacecraft/spacecraft/630/change/"
    assert buttons(admin_client.get(address).text) == []
    edit(admin_client, serial_number="ours", status=2)
    mirror(changed(mirrored, "spacecraft", 630, serial_number="theirs"), docked())
    page = admin_client.get(address).text
    assert "serial_number: upstream says &quot;theirs&quot;" in page
    assert len(buttons(page)) == 2
    for button in buttons(page):
        answer = admin_client.post(button, headers={"referer": f"http://testserver{address}"})
        assert answer["Location"] == f"http://testserver{address}"
    ship = models.Spacecraft.objects.get(pk=630)
    assert (ship.serial_number, ship.status_id) == ("theirs", 1)
    assert buttons(admin_client.get(address).text) == []


def test_letting_go_of_what_refers_to_nothing_here_leaves_it_to_the_next_run(
    mirrored: dict[str, Read],
) -> None:
    given = {"model": "spacecraft.spacecraft", "key": "630"}
    holds.let_go(Hold.objects.create(**given, field="status_id", upstream="77"))
    assert models.Spacecraft.objects.get(pk=630).status_id == 1
    assert not Hold.objects.exists()


def test_who_may_not_change_a_record_may_not_let_go_of_it(
    mirrored: dict[str, Read], admin_client: Client, django_user_model: Any
) -> None:
    edit(admin_client, serial_number="ours")
    (button,) = buttons(admin_client.get("/admin/mirror/hold/").text)
    reader = Client(headers={"host": "localhost"})
    reader.force_login(django_user_model.objects.create_user("reader", is_staff=True))
    assert reader.post(button).status_code == 403
    assert Hold.objects.exists()


def test_one_click_lets_go_of_a_field(mirrored: dict[str, Read], admin_client: Client) -> None:
    edit(admin_client, serial_number="ours")
    mirror(changed(mirrored, "spacecraft", 630, serial_number="theirs"), docked())
    page = admin_client.get("/admin/mirror/hold/").text
    (button,) = buttons(page)
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
