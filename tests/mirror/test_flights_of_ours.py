"""What an editor's own flights, and own ends of upstream's flights, make of a craft's figures."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from spacecraft import models
from spacedevs import clock
from spacedevs.mirror.models import Hold
from tests.administration import save
from tests.mirror.running import Site, mirrored, site

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

__all__ = ["mirrored", "site"]  # fixtures


@pytest.fixture(autouse=True)
def one_clock(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", site.clock)


def craft(site: Site, **figures: Any) -> dict[str, Any]:
    """The first craft of the source with these figures."""
    rows = site.catalogue.rows()["spacecraft"]
    return next(row for row in rows if all(row[name] == value for name, value in figures.items()))


def shown(api: Client, pk: int) -> dict[str, Any]:
    body: dict[str, Any] = api.get(f"/2.3.0/spacecraft/{pk}/").json()
    return body


def fly(site: Site, pk: int, **values: Any) -> models.SpacecraftFlight:
    """A flight of our own that was launched an hour ago."""
    net = site.clock() - timedelta(hours=1)
    launch = models.Launch.objects.create(name="Ours", net=net)
    return models.SpacecraftFlight.objects.create(spacecraft_id=pk, launch=launch, **values)


def test_a_flight_of_ours_still_flies_after_the_next_runs(mirrored: Site, api: Client) -> None:
    theirs = craft(mirrored, in_space=False)
    flight = fly(mirrored, theirs["id"])
    for text in ("Changed", "Changed again"):
        mirrored.catalogue.edit("spacecraft", theirs["id"], description=text)
        mirrored.mirror()
        ours = shown(api, theirs["id"])
        assert (ours["description"], ours["in_space"]) == (text, True)
        assert ours["flights_count"] == theirs["flights_count"] + 1
        assert ours["mission_ends_count"] == theirs["mission_ends_count"]
    assert models.SpacecraftFlight.objects.filter(pk=flight.pk).exists()


def test_the_time_of_a_flight_of_ours_is_part_of_the_crafts(mirrored: Site, api: Client) -> None:
    theirs = craft(mirrored, in_space=False, flights_count=0)
    fly(mirrored, theirs["id"], mission_end=mirrored.clock() - timedelta(minutes=30))
    mirrored.catalogue.edit("spacecraft", theirs["id"], description="Changed")
    mirrored.mirror()
    ours = shown(api, theirs["id"])
    assert (ours["in_space"], ours["flights_count"], ours["mission_ends_count"]) == (False, 1, 1)
    assert ours["time_in_space"] == "PT30M"


def test_a_run_that_finds_nothing_changed_leaves_them(mirrored: Site, api: Client) -> None:
    theirs = craft(mirrored, in_space=False)
    fly(mirrored, theirs["id"])
    result = mirrored.mirror()
    assert result.run.changed == 0
    assert shown(api, theirs["id"])["in_space"] is True


def test_a_flight_that_upstream_says_is_up_and_an_editor_ended_is_over(
    mirrored: Site, api: Client, admin_client: Client
) -> None:
    theirs = craft(mirrored, in_space=True)
    flight = models.SpacecraftFlight.objects.exclude(running_since=None).get(
        spacecraft=theirs["id"]
    )
    end = mirrored.clock().replace(microsecond=0)
    answer = save(admin_client, flight, mission_end_0=f"{end:%Y-%m-%d}", mission_end_1=f"{end:%X}")
    assert answer.status_code == 302, answer.text
    assert set(Hold.objects.values_list("field", flat=True)) == {"mission_end"}
    before = shown(api, theirs["id"])
    assert before["in_space"] is False
    assert flight.launch
    for _ in range(2):
        mirrored.mirror()
        after = shown(api, theirs["id"])
        assert after["in_space"] is False
        assert after["mission_ends_count"] == theirs["mission_ends_count"] + 1
        assert after["time_in_space"] == before["time_in_space"]
        flight.refresh_from_db()
        assert (flight.duration, flight.running_since) == (end - flight.launch.net, None)


def test_a_flight_whose_launch_is_held_has_the_duration_that_follows(
    mirrored: Site, admin_client: Client
) -> None:
    flight = models.SpacecraftFlight.objects.exclude(mission_end=None)[0]
    assert flight.launch
    assert flight.mission_end
    other = models.Launch.objects.create(name="Ours", net=flight.launch.net - timedelta(days=1))
    save(admin_client, flight, launch=str(other.pk))
    mirrored.say("spacecraft_flights", flight.pk, destination="Elsewhere")
    mirrored.mirror()
    flight.refresh_from_db()
    assert (flight.destination, flight.launch_id) == ("Elsewhere", other.pk)
    assert flight.duration == flight.mission_end - other.net


def test_what_was_edited_before_the_first_mirror_is_held(
    site: Site, admin_client: Client, api: Client
) -> None:
    theirs = site.catalogue.body("config/countries", 0)
    models.Country.objects.create(pk=theirs["id"], name="As in the fixtures")
    save(admin_client, models.Country.objects.get(pk=theirs["id"]), name="Ours")
    site.mirror()
    country = api.get(f"/2.3.0/config/countries/{theirs['id']}/").json()
    assert country["name"] == "Ours"
    assert country["alpha_2_code"] == theirs["alpha_2_code"]
