"""What is made here: ids that upstream will not come to, and figures that count from the start."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from isodate import parse_duration

from spacecraft.models import Launch, Spacecraft, SpacecraftFlight
from spacedevs import clock
from spacedevs.ids import FIRST_OWN, is_own, own_uuid
from tests.administration import MODELS, admin_url, sent

UPSTREAMS_LAUNCH = UUID("1c2b383b-0ac0-458a-9b03-9723c64dd392")


@pytest.mark.parametrize("pk", [FIRST_OWN, FIRST_OWN + 1, own_uuid()])
def test_a_row_that_was_made_here_is_our_own(pk: Any) -> None:
    assert is_own(pk)


@pytest.mark.parametrize("pk", [1, FIRST_OWN - 1, UPSTREAMS_LAUNCH, uuid4(), None])
def test_a_row_of_upstreams_is_not_our_own(pk: Any) -> None:
    assert not is_own(pk)


def test_no_two_of_our_uuids_are_the_same() -> None:
    assert len({own_uuid() for _ in range(100)}) == 100


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_fixture_is_our_own(db: None, model: Any) -> None:
    assert not [pk for pk in model.objects.values_list("pk", flat=True) if is_own(pk)]


def test_a_launch_that_is_made_here_is_our_own(db: None) -> None:
    assert is_own(Launch.objects.create(name="x").pk)


def add(client: Client, model: Any, **values: Any) -> Any:
    """The add page, fetched, filled in and sent; the row that it makes."""
    url = admin_url(model, "add")
    answer = client.post(url, {**sent(client.get(url)), **values})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return model.objects.latest("pk")


@pytest.fixture
def up(admin_client: Client) -> Spacecraft:
    """A craft, a launch and a flight that is up now, as an editor adds them."""
    craft = add(admin_client, Spacecraft, name="Ship 41", status=1, spacecraft_config=1)
    moment = {"net_0": "2026-11-01", "net_1": "10:00:00"}
    add(admin_client, Launch, name="Ship 41", launch_service_provider=121, **moment)
    launch = Launch.objects.get(name="Ship 41")
    add(admin_client, SpacecraftFlight, spacecraft=craft.pk, launch=str(launch.pk))
    return craft


def test_the_flights_of_a_new_craft_count(api: Client, up: Spacecraft) -> None:
    shown = api.get(f"/2.3.0/spacecraft/{up.pk}/").json()
    figures = {key: shown[key] for key in ("in_space", "flights_count", "mission_ends_count")}
    assert figures == {"in_space": True, "flights_count": 1, "mission_ends_count": 0}
    assert (shown["time_in_space"], shown["time_docked"]) == ("PT2H", "P0D")


def test_the_time_in_space_of_a_new_craft_grows(
    api: Client, up: Spacecraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = datetime(2026, 11, 2, 12, tzinfo=UTC)  # a day after the frozen clock
    monkeypatch.setattr(clock, "now", lambda: later)
    shown = api.get(f"/2.3.0/spacecraft/{up.pk}/").json()
    assert parse_duration(shown["time_in_space"]) == timedelta(days=1, hours=2)


def test_a_new_craft_has_the_figures_that_its_editor_enters(admin_client: Client) -> None:
    given = {"flights_count": 3, "time_in_space": "P2D"}
    craft = add(admin_client, Spacecraft, name="x", status=1, spacecraft_config=1, **given)
    known = (craft.flights_count, craft.mission_ends_count, craft.time_in_space, craft.time_docked)
    assert known == (3, 0, timedelta(2), timedelta())


def test_the_unknown_figures_of_upstreams_craft_stay_unknown(db: None) -> None:
    craft = Spacecraft.objects.create(pk=999, name="x")
    assert (craft.flights_count, craft.time_in_space) == (None, None)
