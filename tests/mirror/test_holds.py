"""What an editor changed by hand, and what lets go of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from spacecraft import models
from spacedevs.mirror import holds
from spacedevs.mirror.models import Hold
from tests.administration import confirm, save
from tests.mirror.running import CATALOGUE, Site, mirrored, site

__all__ = ["mirrored", "site"]  # fixtures


@pytest.fixture
def ship(mirrored: Site) -> models.Spacecraft:
    """A craft of the source's."""
    mirrored.catalogue.edit("spacecraft", mirrored.id_of("spacecraft"), serial_number="first")
    mirrored.mirror(only=CATALOGUE)
    return models.Spacecraft.objects.get(pk=mirrored.id_of("spacecraft"))


def other_status(ship: models.Spacecraft) -> int:
    others = models.SpacecraftStatus.objects.exclude(pk=ship.status_id)
    return others.values_list("pk", flat=True)[0]


def a_craft_in_space() -> Any:
    return models.Spacecraft.objects.exclude(in_space_since=None).order_by("pk")[0]


def edit(client: Client, row: Any, **values: Any) -> None:
    """A record's page, fetched, edited and sent."""
    answer = save(client, row, **values)
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def held_of(row: Any) -> dict[str, str | None]:
    return dict(holds.holds_on(row).values_list("field", "upstream"))


# Holding


def test_what_an_editor_changes_is_held_field_by_field_with_what_stood_there(
    ship: models.Spacecraft, admin_client: Client
) -> None:
    before = str(ship.status_id)
    edit(admin_client, ship, serial_number="ours", status=other_status(ship))
    assert held_of(ship) == {"serial_number": '"first"', "status_id": before}


def test_a_held_field_stays_what_the_source_says_is_noted_and_the_rest_follows(
    mirrored: Site, ship: models.Spacecraft, admin_client: Client
) -> None:
    edit(admin_client, ship, serial_number="ours")
    mirrored.catalogue.edit("spacecraft", ship.pk, serial_number="theirs", description="New.")
    run = mirrored.mirror(only=CATALOGUE).run
    ship.refresh_from_db()
    assert (ship.serial_number, ship.description, run.held) == ("ours", "New.", 1)
    assert held_of(ship) == {"serial_number": '"theirs"'}


def test_what_is_edited_before_the_first_run_is_held_too(site: Site, admin_client: Client) -> None:
    """A row of the fixtures: the source will have it, and nobody has asked it yet."""
    pk = site.id_of("agencies")
    agency = models.Agency.objects.create(pk=pk, name="Of the fixtures", abbrev="F")
    edit(admin_client, agency, abbrev="O")
    site.mirror(only=CATALOGUE)
    agency.refresh_from_db()
    assert (agency.abbrev, agency.name) == ("O", site.catalogue.body("agencies", 0)["name"])


def test_what_was_made_here_needs_no_hold(site: Site, admin_client: Client) -> None:
    ours = models.Agency.objects.create(name="Ours")
    edit(admin_client, ours, abbrev="O")
    assert held_of(ours) == {}


def test_what_another_instance_made_and_came_over_is_held(
    mirrored: Site, admin_client: Client
) -> None:
    mirrored.say("agencies", mirrored.catalogue.add("agencies", name="Theirs"), id=1_000_000)
    mirrored.mirror(only=("agencies",))
    agency = models.Agency.objects.get(pk=1_000_000)
    edit(admin_client, agency, administrator="Ours")
    assert set(held_of(agency)) == {"administrator"}


def test_a_running_duration_is_held_with_the_time_since_when_it_runs(
    mirrored: Site, admin_client: Client
) -> None:
    up = a_craft_in_space()
    since = up.in_space_since
    edit(admin_client, up, time_in_space="P400D")
    assert set(held_of(up)) == {"time_in_space", "in_space_since"}
    mirrored.mirror(only=CATALOGUE)
    up.refresh_from_db()
    assert (up.time_in_space.days, up.in_space_since) == (400, since)


def test_letting_go_of_one_half_of_a_running_duration_lets_go_of_both(
    mirrored: Site, admin_client: Client
) -> None:
    up = a_craft_in_space()
    before = up.time_in_space
    edit(admin_client, up, time_in_space="P40000D")
    mirrored.mirror(only=CATALOGUE)
    holds.let_go(Hold.objects.get(field="in_space_since"))
    up.refresh_from_db()
    assert up.time_in_space - before <= timedelta(hours=1)
    assert held_of(up) == {}


def test_countries_that_an_editor_changed_are_held(mirrored: Site, admin_client: Client) -> None:
    agency = models.Agency.objects.get(pk=mirrored.id_of("agencies"))
    theirs = [*agency.country.values_list("pk", flat=True)]
    ours = [mirrored.id_of("config/countries", index) for index in (3, 1)]
    edit(admin_client, agency, country=ours)
    mirrored.catalogue.edit("agencies", agency.pk, administrator="New")
    mirrored.mirror(only=CATALOGUE)
    assert {*agency.country.values_list("pk", flat=True)} == {*ours}
    assert held_of(agency) == {"country": str(theirs).replace(" ", "")}


def test_what_an_editor_changes_of_a_variant_on_its_images_page_is_held(
    mirrored: Site, admin_client: Client
) -> None:
    variant = models.ImageVariant.objects.create(
        pk=70_000, image=models.Image.objects.all()[0], image_url="https://theirs.test/"
    )
    edit(admin_client, variant.image, **{"variants-0-image_url": "https://ours.test/"})
    assert held_of(variant) == {"image_url": '"https://theirs.test/"'}


# Letting go


def test_letting_go_takes_what_the_source_says(
    mirrored: Site, ship: models.Spacecraft, admin_client: Client
) -> None:
    status = ship.status_id
    edit(admin_client, ship, serial_number="ours", status=other_status(ship))
    mirrored.catalogue.edit("spacecraft", ship.pk, serial_number="theirs")
    mirrored.mirror(only=CATALOGUE)
    chosen = [*Hold.objects.values_list("pk", flat=True)]
    data = {"action": "let_go", "_selected_action": chosen}
    confirm(admin_client, "/admin/mirror/hold/", data)
    ship.refresh_from_db()
    assert (ship.serial_number, ship.status_id, held_of(ship)) == ("theirs", status, {})


def test_letting_go_before_the_next_run_brings_back_what_stood_there(
    ship: models.Spacecraft, admin_client: Client
) -> None:
    edit(admin_client, ship, serial_number="ours")
    holds.let_go(Hold.objects.get())
    ship.refresh_from_db()
    assert ship.serial_number == "first"


def test_letting_go_of_what_refers_to_nothing_here_leaves_it_to_the_next_run(
    ship: models.Spacecraft,
) -> None:
    given = {"model": "spacecraft.spacecraft", "key": str(ship.pk)}
    holds.let_go(Hold.objects.create(**given, field="status_id", upstream="7777"))
    status = ship.status_id
    ship.refresh_from_db()
    assert (ship.status_id, held_of(ship)) == (status, {})


def let_go_links(page: str) -> list[str]:
    return re.findall(r'<a href="(/admin/mirror/hold/\d+/let-go/)">Let go', page)


def test_a_records_page_shows_what_is_held_and_lets_go_of_what_is_ticked(
    ship: models.Spacecraft, admin_client: Client
) -> None:
    url = f"/admin/spacecraft/spacecraft/{ship.pk}/change/"
    assert "let-go" not in admin_client.get(url).text
    was = str(ship.status)
    other = models.SpacecraftStatus.objects.get(pk=other_status(ship))
    edit(admin_client, ship, serial_number="ours", status=other.pk)
    page = admin_client.get(url).text
    assert "Serial number: first → ours" in page
    assert f"Status: {was} → {other}" in page
    edit(admin_client, ship, **{"let-go": [hold.pk for hold in holds.holds_on(ship)]})
    assert "let-go" not in admin_client.get(url).text
    ship.refresh_from_db()
    assert (ship.serial_number, str(ship.status)) == ("first", was)


def test_the_list_of_holds_says_in_words_of_which_record_what_upstream_says_and_what_is_here(
    mirrored: Site, ship: models.Spacecraft, admin_client: Client
) -> None:
    was = str(ship.status)
    edit(admin_client, ship, status=other_status(ship))
    page = admin_client.get("/admin/mirror/hold/").text
    ship.refresh_from_db()
    for words in (str(ship), "Status", was, str(ship.status)):
        assert f">{words}<" in page
    assert "status_id" not in page.partition('id="result_list"')[2].partition("</table>")[0]
    assert "delete_selected" not in page
    theirs = models.SpacecraftStatus.objects.exclude(name__in=[was, str(ship.status)])[0]
    mirrored.catalogue.edit("spacecraft", ship.pk, status=theirs.pk)
    mirrored.mirror(only=CATALOGUE)
    assert f">{theirs}<" in admin_client.get("/admin/mirror/hold/").text


def test_a_page_says_what_letting_go_of_a_field_does(
    ship: models.Spacecraft, admin_client: Client
) -> None:
    edit(admin_client, ship, serial_number="ours")
    (link,) = let_go_links(admin_client.get("/admin/mirror/hold/").text)
    page = admin_client.get(link).text
    assert "<td>ours</td><td>first</td>" in page
    confirm(admin_client, link)
    assert models.Spacecraft.objects.get(pk=ship.pk).serial_number == "first"
    assert not Hold.objects.exists()


def test_who_may_not_change_a_record_may_not_let_go_of_it(
    ship: models.Spacecraft, admin_client: Client, django_user_model: Any
) -> None:
    edit(admin_client, ship, serial_number="ours")
    (link,) = let_go_links(admin_client.get("/admin/mirror/hold/").text)
    reader = Client(headers={"host": "localhost"})
    reader.force_login(django_user_model.objects.create_user("reader", is_staff=True))
    assert reader.get(link).status_code == 403
    assert reader.post(link).status_code == 403
    assert Hold.objects.exists()
