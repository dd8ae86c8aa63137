"""Durations that live, as of the request's second, and what flights make of a craft's figures."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from isodate import parse_duration

from spacecraft import counting
from spacecraft.models import Agency, Launch, Spacecraft, SpacecraftFlight
from spacedevs import clock
from tests.administration import confirm

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)  # of the frozen clock
DAY = timedelta(days=1)
RUNNING = ("time_in_space", "time_docked")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the clock."""

    def set_clock(now: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)

    set_clock(NOON)
    return set_clock


def get(api: Client, path: str, **query: Any) -> Any:
    return json.loads(api.get(f"/2.3.0/{path}", query).content)


def craft(api: Client, pk: int) -> Any:
    return get(api, f"spacecraft/{pk}/")


# What a reader sees


@pytest.mark.parametrize("seconds", [0, 1, 7, 86_400])
def test_between_two_requests_a_craft_in_space_grows_by_the_seconds_and_nothing_else_changes(
    api: Client, at: Any, seconds: int
) -> None:
    before = craft(api, 616)
    at(NOON + timedelta(seconds=seconds))
    after = craft(api, 616)
    grown = [(after, before, key) for key in RUNNING]
    grown += [(after["flights"][0], before["flights"][0], "duration")]
    grown += [
        (after["flights"][0]["spacecraft"], before["flights"][0]["spacecraft"], key)
        for key in RUNNING
    ]
    for new, old, key in grown:
        assert parse_duration(new[key]) - parse_duration(old[key]) == timedelta(seconds=seconds)
        new[key] = old[key]
    assert after == before


@pytest.mark.asks_once
def test_the_date_is_the_second_of_which_the_durations_are(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    passing = (NOON + timedelta(seconds=n) for n in count())  # a second with each look at the clock
    monkeypatch.setattr(clock, "now", lambda: next(passing))
    begun = {
        parsedate_to_datetime(answer["Date"]) - parse_duration(answer.json()["time_in_space"])
        for answer in (api.get("/2.3.0/spacecraft/616/") for _ in range(3))
    }
    assert len(begun) == 1


def test_a_craft_on_the_ground_shows_no_change(api: Client, at: Any) -> None:
    before = craft(api, 464)
    at(NOON + DAY)
    assert craft(api, 464) == before


def test_every_craft_in_space_among_the_fixtures_lives(api: Client, at: Any) -> None:
    def in_space() -> dict[int, Any]:
        rows = get(api, "spacecraft/", in_space=True, limit=100)["results"]
        return {row["id"]: [parse_duration(row[key]) for key in RUNNING] for row in rows}

    before = in_space()
    at(NOON + DAY)
    assert in_space() == {pk: [value + DAY for value in values] for pk, values in before.items()}
    assert len(before) == 12


def test_a_running_duration_starts_at_the_launch(api: Client, at: Any) -> None:
    launch = datetime(2026, 7, 14, 14, 47, 43, tzinfo=UTC)  # Soyuz MS-29
    assert parse_duration(craft(api, 616)["time_in_space"]) == NOON - launch


def test_earlier_flights_are_settled_and_the_present_one_runs(api: Client, at: Any) -> None:
    endeavour = Spacecraft.objects.get(pk=289)
    shown = parse_duration(craft(api, 289)["time_in_space"])
    assert shown == endeavour.time_in_space + (NOON - endeavour.in_space_since)


@pytest.mark.asks_once
def test_one_answer_reads_the_clock_once(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter(NOON + number * DAY for number in range(1000))
    monkeypatch.setattr(clock, "now", lambda: next(readings))
    rows = get(api, "spacecraft/", in_space=True, limit=100, ordering="time_in_space")["results"]
    since = {
        NOON - (parse_duration(row["time_in_space"]) - craft.time_in_space) - craft.in_space_since
        for row in rows
        for craft in Spacecraft.objects.filter(pk=row["id"])
    }
    assert since == {timedelta()}


@pytest.mark.parametrize("field", RUNNING)
def test_ordering_by_a_running_duration_follows_a_craft_that_overtakes_another(
    api: Client, at: Any, field: str
) -> None:
    since = {"time_in_space": "in_space_since", "time_docked": "docked_since"}[field]
    slow = Spacecraft.objects.get(pk=464)  # on the ground
    Spacecraft.objects.exclude(pk__in=(464, 616)).update(**{field: None, since: None})
    known = getattr(slow, field)
    Spacecraft.objects.filter(pk=616).update(**{field: known - DAY, since: NOON})

    def order(ordering: str) -> list[int]:
        return [r["id"] for r in get(api, "spacecraft/", ordering=ordering)["results"]][:2]

    assert order(field) == [616, 464]
    at(NOON + DAY - timedelta(seconds=1))
    assert order(field) == [616, 464]
    at(NOON + DAY + timedelta(seconds=1))
    assert order(field) == [464, 616]
    last = Spacecraft.objects.count() - 2
    rows = get(api, "spacecraft/", ordering=f"-{field}", offset=last)["results"]
    assert [row["id"] for row in rows] == [616, 464]


# What an editor does


@pytest.fixture
def ship(db: None, at: Any) -> Spacecraft:
    """A craft that has never flown."""
    like = Spacecraft.objects.get(pk=630)
    return Spacecraft.objects.create(
        name="Ship 41",
        status=like.status,
        spacecraft_config=like.spacecraft_config,
        time_in_space=timedelta(),
        time_docked=timedelta(),
        flights_count=0,
        mission_ends_count=0,
    )


def launch(net: datetime) -> Launch:
    provider = Agency.objects.get(pk=121)
    return Launch.objects.create(
        name=f"Starship {uuid4()}", net=net, launch_service_provider=provider
    )


def fly(ship: Spacecraft, net: datetime, end: datetime | None = None) -> SpacecraftFlight:
    return SpacecraftFlight.objects.create(spacecraft=ship, launch=launch(net), mission_end=end)


def figures(ship: Spacecraft) -> tuple[Any, ...]:
    ship.refresh_from_db()
    return (
        ship.flights_count,
        ship.mission_ends_count,
        ship.time_in_space,
        ship.in_space_since,
        ship.in_space,
        ship.fastest_turnaround,
    )


def test_a_flight_that_is_over_settles_its_time(ship: Spacecraft) -> None:
    flight = fly(ship, NOON - 3 * DAY, NOON - DAY)
    assert flight.duration == 2 * DAY
    assert figures(ship) == (1, 1, 2 * DAY, None, False, None)


def test_a_flight_that_goes_on_puts_the_craft_in_space(ship: Spacecraft) -> None:
    fly(ship, NOON - 3 * DAY)
    assert figures(ship) == (1, 0, timedelta(), NOON - 3 * DAY, True, None)


def test_a_flight_that_is_to_come_moves_nothing(ship: Spacecraft) -> None:
    fly(ship, NOON + DAY)
    assert figures(ship) == (0, 0, timedelta(), None, False, None)


def test_ending_a_flight_settles_what_ran(ship: Spacecraft) -> None:
    flight = fly(ship, NOON - 3 * DAY)
    flight.mission_end = NOON - DAY
    flight.save()
    assert figures(ship) == (1, 1, 2 * DAY, None, False, None)


def test_taking_the_end_away_lets_the_flight_go_on(ship: Spacecraft) -> None:
    flight = fly(ship, NOON - 3 * DAY, NOON - DAY)
    flight.mission_end = None
    flight.save()
    assert figures(ship) == (1, 0, timedelta(), NOON - 3 * DAY, True, None)


@pytest.mark.parametrize("how", ["row", "queryset"])
def test_removing_a_flight_takes_back_what_it_brought(ship: Spacecraft, how: str) -> None:
    flight = fly(ship, NOON - 3 * DAY)
    flight.delete() if how == "row" else SpacecraftFlight.objects.filter(pk=flight.pk).delete()
    assert figures(ship) == (0, 0, timedelta(), None, False, None)


def test_a_launch_that_moves_takes_its_flights_along(ship: Spacecraft) -> None:
    flight = fly(ship, NOON - 3 * DAY)
    flight.launch.net = NOON - 2 * DAY
    flight.launch.save()
    assert figures(ship) == (1, 0, timedelta(), NOON - 2 * DAY, True, None)


def test_a_launch_that_slips_into_the_future_brings_the_craft_down(ship: Spacecraft) -> None:
    flight = fly(ship, NOON - DAY)
    flight.launch.net = NOON + DAY
    flight.launch.save()
    assert figures(ship) == (0, 0, timedelta(), None, False, None)


def test_a_flight_given_to_another_craft_moves_both(ship: Spacecraft) -> None:
    flight = fly(ship, NOON - 3 * DAY, NOON - DAY)
    other = Spacecraft.objects.get(pk=630)
    flight.spacecraft = other
    flight.save()
    assert figures(ship)[:3] == (0, 0, timedelta())
    assert figures(other)[:3] == (1, 1, 2 * DAY)


def test_turn_around_time_runs_from_the_end_of_the_flight_before(ship: Spacecraft) -> None:
    fly(ship, NOON - 9 * DAY, NOON - 8 * DAY)
    second = fly(ship, NOON - 5 * DAY, NOON - 4 * DAY)
    fly(ship, NOON - 3 * DAY)
    second.refresh_from_db()
    assert second.turn_around_time == 3 * DAY
    assert figures(ship) == (3, 2, 2 * DAY, NOON - 3 * DAY, True, DAY)


def test_the_fastest_turn_around_goes_with_its_flight(ship: Spacecraft) -> None:
    fly(ship, NOON - 9 * DAY, NOON - 8 * DAY)
    fly(ship, NOON - 5 * DAY, NOON - 4 * DAY)
    fly(ship, NOON - 3 * DAY).delete()
    assert figures(ship)[-1] == 3 * DAY


def test_where_a_flight_is_unknown_no_turn_around_is_worked_out(api: Client, at: Any) -> None:
    endeavour = Spacecraft.objects.get(pk=289)  # 6 flights, 3 of them here
    later = fly(endeavour, NOON - DAY)
    later.refresh_from_db()
    assert later.turn_around_time is None
    assert get(api, f"spacecraft_flights/{later.pk}/")["turn_around_time"] is None


def test_the_figures_that_upstream_gave_are_moved_and_not_counted(api: Client, at: Any) -> None:
    endurance = Spacecraft.objects.get(pk=542)
    before = figures(endurance)
    fly(endurance, NOON - 3 * DAY, NOON - DAY)
    after = figures(endurance)
    assert after[:3] == (before[0] + 1, before[1] + 1, before[2] + 2 * DAY)


def test_a_figure_that_nobody_knows_stays_unknown(api: Client, at: Any) -> None:
    apollo = Spacecraft.objects.get(pk=1)
    fly(apollo, NOON - 3 * DAY, NOON - DAY)
    assert figures(apollo)[:3] == (None, None, None)


DOCKED = {"docking": "2026-10-30T12:00:00Z", "departure": None}


def test_a_docking_runs_until_it_ends(ship: Spacecraft) -> None:
    flight = fly(ship, NOON - 3 * DAY)
    flight.docking_events = [DOCKED]
    flight.save()
    ship.refresh_from_db()
    assert (ship.time_docked, ship.docked_since) == (timedelta(), NOON - 2 * DAY)
    flight.docking_events = [{**DOCKED, "departure": "2026-10-31T12:00:00Z"}]
    flight.save()
    ship.refresh_from_db()
    assert (ship.time_docked, ship.docked_since) == (DAY, None)


def test_a_mission_that_ends_ends_its_docking(ship: Spacecraft) -> None:
    flight = fly(ship, NOON - 3 * DAY)
    flight.docking_events = [DOCKED]
    flight.save()
    flight.mission_end = NOON - DAY
    flight.save()
    ship.refresh_from_db()
    assert (ship.time_docked, ship.docked_since) == (DAY, None)


def test_the_admin_counts_a_crafts_figures_anew(admin_client: Client, ship: Spacecraft) -> None:
    fly(ship, NOON - 9 * DAY, NOON - 8 * DAY)
    fly(ship, NOON - 5 * DAY, NOON - 4 * DAY)
    right = figures(ship)
    Spacecraft.objects.filter(pk=ship.pk).update(flights_count=99, time_in_space=99 * DAY)
    data = {"action": "count_anew", "_selected_action": [ship.pk]}
    confirm(admin_client, "/admin/spacecraft/spacecraft/", data)
    assert figures(ship) == right


def test_counting_anew_knows_only_the_flights_that_are_here(api: Client, at: Any) -> None:
    soyuz = Spacecraft.objects.get(pk=499)  # it flew once, and that flight is not here
    counting.count_anew(soyuz)
    assert figures(soyuz) == (0, 0, timedelta(), None, False, None)


def test_a_fixtures_flight_is_loaded_without_moving_its_craft(db: None) -> None:
    soyuz = Spacecraft.objects.get(pk=616)
    assert (soyuz.flights_count, soyuz.mission_ends_count, soyuz.time_in_space) == (
        1,
        0,
        timedelta(),
    )


def test_saving_a_fixtures_flight_as_it_is_moves_nothing(api: Client, at: Any) -> None:
    for flight in SpacecraftFlight.objects.select_related("launch", "spacecraft"):
        before = figures(flight.spacecraft)
        flight.save()
        assert figures(flight.spacecraft) == before


# A flight of upstream's that goes on: it has no duration there, and counts in its craft's figures


@pytest.fixture
def upstreams_flight(db: None, at: Any) -> SpacecraftFlight:
    """One that is up since three days, of a craft that was read two days ago."""
    like = Spacecraft.objects.get(pk=630)
    craft = Spacecraft.objects.create(
        pk=999,
        name="Ship 42",
        status=like.status,
        spacecraft_config=like.spacecraft_config,
        in_space=True,
        in_space_since=NOON - 2 * DAY,
        time_in_space=5 * DAY,
        flights_count=2,
        mission_ends_count=1,
    )
    flight = SpacecraftFlight(pk=999, spacecraft=craft, launch=launch(NOON - 3 * DAY))
    SpacecraftFlight.objects.bulk_create([flight])
    return SpacecraftFlight.objects.get(pk=999)


def test_saving_what_else_is_said_of_it_moves_nothing(upstreams_flight: SpacecraftFlight) -> None:
    before = figures(upstreams_flight.spacecraft)
    upstreams_flight.destination = "Moon"
    upstreams_flight.save()
    assert upstreams_flight.duration is None
    assert figures(upstreams_flight.spacecraft) == before


def test_renaming_its_launch_moves_nothing(upstreams_flight: SpacecraftFlight) -> None:
    before = figures(upstreams_flight.spacecraft)
    upstreams_flight.launch.name = "Another"
    upstreams_flight.launch.save()
    upstreams_flight.refresh_from_db()
    assert upstreams_flight.duration is None
    assert figures(upstreams_flight.spacecraft) == before


def test_ending_it_settles_what_ran_since_the_craft_was_read(
    upstreams_flight: SpacecraftFlight,
) -> None:
    upstreams_flight.mission_end = NOON - DAY
    upstreams_flight.save()
    assert upstreams_flight.duration == 2 * DAY
    assert figures(upstreams_flight.spacecraft) == (2, 2, 6 * DAY, None, False, None)


def test_counting_anew_counts_it(upstreams_flight: SpacecraftFlight) -> None:
    counting.count_anew(upstreams_flight.spacecraft)
    expected = (1, 0, timedelta(), NOON - 3 * DAY, True, None)
    assert figures(upstreams_flight.spacecraft) == expected
