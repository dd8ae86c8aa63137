"""What is done to many records at once: seen first, done as it was shown, and noted for each."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from spacecraft.models import Country, Spacecraft, SpacecraftFlight, SpacecraftStatus
from spacedevs.history.models import Change, Step
from spacedevs.mirror.holds import hold, holds_on
from spacedevs.mirror.models import Hold
from spacedevs.throttle.models import Token
from spacedevs.values import snapshots
from tests.administration import admin_url, confirm

CRAFT = "/admin/spacecraft/spacecraft/"

pytestmark = pytest.mark.django_db


def act(action: str, *rows: Any, **data: Any) -> dict[str, Any]:
    return {"action": action, "_selected_action": [row.pk for row in rows], **data}


@pytest.fixture
def crafts() -> list[Spacecraft]:
    return list(Spacecraft.objects.all()[:3])


# One value for many


def test_set_fields_asks_shows_and_then_sets_and_holds_them(
    admin_client: Client, crafts: list[Spacecraft]
) -> None:
    status = SpacecraftStatus.objects.create(name="Lost & <found>")
    Change.objects.all().delete()
    asked = admin_client.post(CRAFT, act("set_fields", *crafts))
    assert 'name="set_status"' in asked.text
    assert 'name="confirmed"' not in asked.text
    data = act("set_fields", *crafts, set_status="on", status=status.pk, show="yes")
    shown = admin_client.post(CRAFT, data)
    assert "3 records will change" in shown.text
    assert "Lost &amp; &lt;found&gt;" in shown.text
    assert not Spacecraft.objects.filter(status=status).exists()
    confirm(admin_client, CRAFT, data)
    assert Spacecraft.objects.filter(status=status).count() == 3
    step = Step.objects.all()[0]
    assert (step.kind, step.by, step.about) == ("action", "admin", "Set fields of 3 records")
    assert step.changes.count() == 3
    for craft in crafts:
        assert [one.field for one in holds_on(craft)] == ["status_id"]


def test_what_is_not_ticked_is_left(admin_client: Client, crafts: list[Spacecraft]) -> None:
    before = Spacecraft.objects.values().get(pk=crafts[0].pk)
    data = act("set_fields", *crafts, set_is_placeholder="on", is_placeholder="true", show="yes")
    confirm(admin_client, CRAFT, data)
    after = Spacecraft.objects.values().get(pk=crafts[0].pk)
    assert {name for name in after if after[name] != before[name]} == {"is_placeholder"}


def test_nothing_ticked_is_an_error(admin_client: Client, crafts: list[Spacecraft]) -> None:
    page = admin_client.post(CRAFT, act("set_fields", *crafts, show="yes"))
    assert "Tick what is to be set." in page.text


def test_what_was_not_shown_is_not_done(admin_client: Client, crafts: list[Spacecraft]) -> None:
    """Somebody else saves between the page and its button."""
    status, other = SpacecraftStatus.objects.all()[:2]
    data = act("set_fields", *crafts, set_status="on", status=status.pk, show="yes")
    page = admin_client.post(CRAFT, data)
    digest = page.context["digest"]
    for craft in crafts:
        craft.status = other
        craft.save()
    again = admin_client.post(CRAFT, {**data, "confirmed": digest})
    assert "not what was shown before" in again.text
    assert Spacecraft.objects.filter(pk__in=[c.pk for c in crafts], status=other).count() == 3


def test_all_rows_of_a_list_are_one_word_and_not_their_ids(admin_client: Client) -> None:
    status = SpacecraftStatus.objects.create(name="S")
    data = act("set_fields", Spacecraft.objects.all()[0], select_across="1")
    page = admin_client.post(f"{CRAFT}?in_space__exact=1", data)
    assert page.text.count('name="_selected_action"') == 1
    data |= {"set_status": "on", "status": status.pk, "show": "yes"}
    confirm(admin_client, f"{CRAFT}?in_space__exact=1", data)
    up = Spacecraft.objects.filter(in_space=True)
    assert set(up.values_list("status", flat=True)) == {status.pk}
    assert Spacecraft.objects.filter(status=status).count() == up.count()


# Counting anew


def test_counting_anew_shows_what_it_will_do_and_leaves_what_is_held(
    admin_client: Client,
) -> None:
    craft = SpacecraftFlight.objects.exclude(mission_end=None)[0].spacecraft
    assert craft is not None
    Spacecraft.objects.filter(pk=craft.pk).update(flights_count=77, time_docked=timedelta(9))
    craft.refresh_from_db()
    hold(craft, ["flights_count"], snapshots(Spacecraft, [craft.pk])[craft.pk])
    page = admin_client.post(CRAFT, act("count_anew", craft))
    assert "P9D" in page.text
    craft.refresh_from_db()
    assert craft.time_docked == timedelta(9)
    confirm(admin_client, CRAFT, act("count_anew", craft))
    craft.refresh_from_db()
    assert craft.flights_count == 77
    assert craft.time_docked != timedelta(9)
    assert Step.objects.all()[0].about == "Count the figures of 1 record anew"


def test_who_may_only_look_counts_nothing_anew(client: Client) -> None:
    craft = Spacecraft.objects.all()[0]
    Spacecraft.objects.filter(pk=craft.pk).update(flights_count=77)
    reader = User.objects.create_user("r", is_staff=True)
    reader.groups.add(Group.objects.get(name="reader"))
    client.force_login(reader)
    page = client.get(CRAFT)
    assert "count_anew" not in page.text
    confirm(client, CRAFT, act("count_anew", craft))
    craft.refresh_from_db()
    assert craft.flights_count == 77


# Deleting


def test_a_thousand_selected_rows_are_deleted_and_each_is_noted(admin_client: Client) -> None:
    rows = Country.objects.bulk_create(
        [Country(pk=2_000_000 + number, name=f"C{number}") for number in range(1_000)]
    )
    data = act("delete_selected", *rows)
    url = admin_url(Country, "changelist")
    assert admin_client.post(url, data).status_code == 200
    assert admin_client.post(url, {**data, "post": "yes"}).status_code == 302
    assert not Country.objects.filter(pk__gte=2_000_000).exists()
    assert Change.objects.filter(kind="deleted").count() == 1_000
    assert Step.objects.count() == 1


# Tokens


def test_tokens_are_revoked_after_a_look(admin_client: Client) -> None:
    token = Token.objects.create(name="app")
    url = "/admin/throttle/token/"
    data = act("revoke", token)
    assert "app" in admin_client.post(url, data).text
    assert Token.objects.get().is_valid
    confirm(admin_client, url, data)
    assert not Token.objects.get().is_valid
    history = admin_client.get(admin_url(Token, "history", token.pk))
    assert "Revoked." in history.text


def test_a_hold_is_not_deleted_but_let_go_of(admin_client: Client) -> None:
    hold = Hold.objects.create(model="spacecraft.spacecraft", key="1", field="name", label="X")
    assert admin_client.post(f"/admin/mirror/hold/{hold.pk}/delete/").status_code == 403
