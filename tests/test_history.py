"""What is changed is in the history: by whom, when, from what to what; and can be taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse

from spacecraft.models import (
    Agency,
    Country,
    Image,
    Landing,
    Launch,
    Spacecraft,
    SpacecraftFlight,
    SpacecraftStatus,
)
from spacedevs import clock
from spacedevs.history import steps
from spacedevs.history.models import Change, Step
from spacedevs.mirror.holds import holds_on
from spacedevs.values import snapshots
from tests.administration import MODELS, admin_url, confirm, of_every_model, save, sent

CHANGES = "/admin/history/change/"

pytestmark = pytest.mark.django_db


def lines(change: Change) -> list[tuple[str, str, str]]:
    return [(line.name, line.was, line.became) for line in change.lines()]


def take_back(client: Client, change: Change, **query: str) -> Any:
    return confirm(client, reverse("admin:history_back", args=(change.pk,), query=query))


@pytest.fixture
def craft() -> Spacecraft:
    return Spacecraft.objects.exclude(status=None).exclude(description="")[0]


# What is noted


def test_an_edit_is_noted_with_who_and_from_what_to_what(
    admin_client: Client, craft: Spacecraft
) -> None:
    status = SpacecraftStatus.objects.exclude(pk=craft.status_id)[0]
    was, serial_number = str(craft.status), craft.serial_number
    save(admin_client, craft, status=status.pk, serial_number="X1")
    change = Change.objects.get()
    craft.refresh_from_db()
    assert (change.step.by, change.step.kind, change.label) == ("admin", "edit", str(craft))
    assert set(lines(change)) == {
        ("Serial number", serial_number or "–", "X1"),
        ("Status", was, status.name),
    }


def test_a_form_that_changes_nothing_leaves_no_step(
    admin_client: Client, craft: Spacecraft
) -> None:
    save(admin_client, craft)
    assert not Step.objects.exists()


def test_what_follows_from_an_edit_is_in_its_step(admin_client: Client) -> None:
    flight = SpacecraftFlight.objects.up(clock.now())[0]
    now = clock.now()
    save(
        admin_client,
        flight,
        mission_end_0=now.date().isoformat(),
        mission_end_1=now.time().isoformat(),
    )
    models_changed = set(Step.objects.get().changes.values_list("model", flat=True))
    assert models_changed == {"spacecraft.spacecraftflight", "spacecraft.spacecraft"}


def test_countries_are_noted_in_their_order_by_name(admin_client: Client) -> None:
    agency = Agency.objects.create(name="A")
    Change.objects.all().delete()
    first, second = Country.objects.all()[:2]
    save(admin_client, agency, country=[second.pk, first.pk])
    assert lines(Change.objects.get()) == [("Country", "–", f"{second}, {first}")]


def test_a_difference_in_json_is_noted_by_its_place() -> None:
    flight = SpacecraftFlight.objects.all()[0]
    for role in ("Pilot", "Commander"):
        flight.launch_crew = [{"id": 1, "role": {"id": 2, "role": role}}]
        flight.save()
    change = Change.objects.filter(model="spacecraft.spacecraftflight")[0]
    assert lines(change) == [("Launch crew [0].role.role", "Pilot", "Commander")]


def test_what_a_program_saves_is_noted_as_a_programs(craft: Spacecraft) -> None:
    craft.description = "Anew."
    craft.save()
    assert Change.objects.get().step.by == "a program"


def test_what_is_saved_twice_in_a_step_is_one_change(craft: Spacecraft) -> None:
    with steps.step(Step.Kind.EDIT):
        for text in ("one", "two"):
            craft.description = text
            craft.save()
    assert [after for _, _, after in lines(Change.objects.get())] == ["two"]


def test_what_is_rolled_back_is_not_noted(craft: Spacecraft) -> None:
    def fail() -> None:
        with steps.step(Step.Kind.EDIT):
            craft.description = "Anew."
            craft.save()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not Change.objects.exists()
    assert steps.current() is None


def test_a_rehearsal_changes_nothing_and_says_what_it_would() -> None:
    status = SpacecraftStatus.objects.create(name="S")
    Change.objects.all().delete()
    (change,) = steps.rehearse(SpacecraftStatus.objects.filter(pk=status.pk).delete)
    assert (change.kind, change.label) == ("deleted", "S")
    assert SpacecraftStatus.objects.filter(pk=status.pk).exists()
    assert not Change.objects.exists()


def test_what_the_mirror_did_is_forgotten_after_a_year_and_what_people_did_is_not() -> None:
    long_ago = clock.now() - timedelta(days=401)
    for kind in Step.Kind:
        Step.objects.create(kind=kind, moment=long_ago, by="x")
    steps.prune()
    assert set(Step.objects.values_list("kind", flat=True)) == {*Step.Kind} - {Step.Kind.MIRROR}


# The way back


def test_one_field_is_taken_back_and_held(admin_client: Client, craft: Spacecraft) -> None:
    before = Spacecraft.objects.values().get(pk=craft.pk)
    save(admin_client, craft, serial_number="X1", description="Mine.")
    holds_on(craft).delete()
    take_back(admin_client, Change.objects.get(), field="description")
    craft.refresh_from_db()
    assert (craft.serial_number, craft.description) == ("X1", before["description"])
    assert list(holds_on(craft).values_list("field", flat=True)) == ["description"]
    newest = Step.objects.all()[0]
    assert (newest.kind, newest.by) == ("back", "admin")


def test_going_back_can_be_taken_back(admin_client: Client, craft: Spacecraft) -> None:
    save(admin_client, craft, description="Mine.")
    for _ in range(2):
        take_back(admin_client, Change.objects.all()[0])
    craft.refresh_from_db()
    assert craft.description == "Mine."


def test_a_record_goes_back_to_how_it_was(admin_client: Client, craft: Spacecraft) -> None:
    for number in range(1, 4):
        save(admin_client, craft, serial_number=f"X{number}", description=f"{number}")
    first = Change.objects.last()
    assert first is not None
    confirm(admin_client, reverse("admin:history_until", args=(first.pk,)))
    craft.refresh_from_db()
    assert (craft.serial_number, craft.description) == ("X1", "1")


@of_every_model
def test_a_deletion_is_taken_back_to_the_letter(
    admin_client: Client, model: type[models.Model]
) -> None:
    """A row that nothing refers to: a copy of one, under a key of its own."""
    row = model._default_manager.first()
    assert row is not None
    links = {field.name: [*getattr(row, field.name).all()] for field in model._meta.many_to_many}
    row.pk, row._state.adding = model().pk, True
    row.save()
    for name, rows in links.items():
        getattr(row, name).set(rows)
    before = snapshots(model, [row.pk])[row.pk]
    admin_client.post(admin_url(model, "delete", row.pk), {"post": "yes"})
    assert not model._default_manager.filter(pk=row.pk).exists()
    change = Change.objects.filter(key=str(row.pk), kind="deleted").get()
    page = admin_client.get(admin_url(model, "history", row.pk))
    assert "Bring it back" in page.text
    take_back(admin_client, change)
    assert snapshots(model, [row.pk])[row.pk] == before


def test_an_image_comes_back_with_its_variants(admin_client: Client) -> None:
    image = Image.objects.create(name="A", image_url="https://a.test/1.png")
    variant = image.variants.create(image_url="https://a.test/2.png")
    admin_client.post(admin_url(Image, "delete", image.pk), {"post": "yes"})
    url = reverse("admin:history_step_back", args=(Step.objects.all()[0].pk,))
    assert "2 records will change" in admin_client.get(url).text
    confirm(admin_client, url)
    assert [row.pk for row in Image.objects.get(pk=image.pk).variants.all()] == [variant.pk]


def test_a_new_record_is_taken_away_again(admin_client: Client) -> None:
    url = admin_url(Country, "add")
    admin_client.post(url, {**sent(admin_client.get(url)), "name": "Atlantis"})
    take_back(admin_client, Change.objects.get())
    assert not Country.objects.filter(name="Atlantis").exists()


def test_a_way_back_that_is_barred_says_by_what(admin_client: Client) -> None:
    country = Country.objects.create(name="Atlantis")
    made = Change.objects.get()
    Agency.objects.create(name="Users").country.add(country)
    page = take_back(admin_client, made)
    assert page.status_code == 400
    assert "Atlantis is in use by" in page.text
    assert Country.objects.filter(pk=country.pk).exists()


def test_what_referred_to_a_row_that_is_gone_says_to_bring_that_back_first(
    admin_client: Client,
) -> None:
    landing = Landing.objects.create()
    flight = SpacecraftFlight.objects.create(landing=landing)
    flight.landing = None
    flight.save()
    change = Change.objects.filter(model="spacecraft.spacecraftflight")[0]
    key = landing.pk
    landing.delete()
    page = take_back(admin_client, change)
    assert f"landing {key}, is not there any more. Bring that back first." in page.text


def test_a_flight_that_comes_back_moves_its_crafts_figures(admin_client: Client) -> None:
    craft = Spacecraft.objects.create(name="C")
    launch = Launch.objects.create(name="L", net=datetime(2020, 1, 1, tzinfo=UTC))
    flight = SpacecraftFlight.objects.create(
        spacecraft=craft, launch=launch, mission_end=datetime(2020, 1, 3, tzinfo=UTC)
    )
    flight.delete()
    craft.refresh_from_db()
    assert craft.flights_count == 0
    take_back(admin_client, Change.objects.filter(kind="deleted").get())
    craft.refresh_from_db()
    assert (craft.flights_count, craft.time_in_space) == (1, timedelta(days=2))


# The pages


def test_all_changes_are_on_one_page_by_who_what_and_when(
    admin_client: Client, craft: Spacecraft
) -> None:
    save(admin_client, craft, description="Mine.")
    Country.objects.create(name="Atlantis")
    query = {"step__by": "admin", "model__exact": "spacecraft.spacecraft", "step__kind": "edit"}
    page = admin_client.get(CHANGES, query)
    assert [change.label for change in page.context["cl"].result_list] == [str(craft)]
    assert "Mine." in page.text
    assert admin_client.get(CHANGES, {"q": "Atlantis"}).context["cl"].result_count == 1


def test_who_may_only_look_takes_nothing_back(
    admin_client: Client, craft: Spacecraft, client: Client
) -> None:
    save(admin_client, craft, description="Mine.")
    change = Change.objects.get()
    reader = User.objects.create_user("reader", is_staff=True)
    client.force_login(reader)
    url = reverse("admin:history_back", args=(change.pk,))
    assert client.get(url).status_code == 403
    assert client.post(url, {"confirmed": "yes"}).status_code == 403
    craft.refresh_from_db()
    assert craft.description == "Mine."


def test_every_model_is_in_the_filter(admin_client: Client) -> None:
    page = admin_client.get(CHANGES).text
    assert not [m for m in MODELS if f"model__exact={m._meta.label_lower}" not in page]
