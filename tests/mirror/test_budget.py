"""The calls that may be made in an hour."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from spacedevs.mirror.budget import Budget, Spent
from spacedevs.mirror.models import MirrorCall
from tests.mirror.sources import HOST, HOUR, START, Clock

# Which database makes no difference.
pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


@pytest.fixture
def budget(clock: Clock) -> Any:
    """Makes a budget of `limit` calls."""

    def make(limit: int = 15, **kwargs: Any) -> Budget:
        return Budget(HOST, limit, now=clock.now, sleep=clock.sleep, **kwargs)

    return make


def called(*moments: datetime, host: str = HOST) -> None:
    MirrorCall.objects.bulk_create(MirrorCall(host=host, moment=each) for each in moments)


def moments() -> list[datetime]:
    return list(MirrorCall.objects.values_list("moment", flat=True))


def test_a_call_is_recorded_with_its_moment(budget: Any) -> None:
    budget().record()
    assert moments() == [START]


def test_a_call_that_is_allowed_costs_nothing_until_it_is_sent(budget: Any) -> None:
    budget().allow()
    assert moments() == []


def test_the_call_after_the_last_says_when_the_next_is_allowed(budget: Any) -> None:
    called(START)
    with pytest.raises(Spent) as caught:
        budget(1).allow()
    assert str(caught.value) == (
        "The budget of 1 calls in 1:00:00 is spent; "
        "the next call is allowed at 2026-11-01 13:00:00 UTC."
    )


def test_a_budget_that_waits_sleeps_until_a_call_is_allowed(budget: Any, clock: Clock) -> None:
    called(START - HOUR / 4)
    budget(1, wait=True).allow()
    assert clock.slept == [2700]


def test_a_pause_of_seconds_is_waited_for_whatever_was_said(budget: Any, clock: Clock) -> None:
    called(START - HOUR + timedelta(seconds=60))
    budget(1).allow()
    assert clock.slept == [60]


def test_a_lowered_budget_waits_until_enough_calls_have_passed(budget: Any) -> None:
    called(*(START - timedelta(minutes=n) for n in (30, 20, 10)))
    with pytest.raises(Spent, match="allowed at 2026-11-01 12:40:00 UTC"):
        budget(2).allow()


def test_calls_of_earlier_runs_count(budget: Any) -> None:
    called(START - HOUR / 2, START)
    assert budget().used() == 2


def test_calls_of_another_host_do_not_count(budget: Any) -> None:
    called(START, host="other.example.org")
    assert budget().used() == 0


def test_a_call_of_an_hour_ago_counts_no_more(budget: Any) -> None:
    called(START - HOUR)
    assert budget().used() == 0


def test_a_call_of_a_clock_that_was_years_ahead_does_not_lock_the_budget(budget: Any) -> None:
    called(START + timedelta(days=999))
    budget(1).allow()


def test_a_call_just_ahead_of_the_clock_counts(budget: Any) -> None:
    called(START + timedelta(minutes=5))
    assert budget().used() == 1


def test_calls_are_forgotten_after_a_week(budget: Any) -> None:
    called(START - timedelta(days=7, seconds=1), START - timedelta(days=6))
    budget().record()
    assert moments() == [START - timedelta(days=6), START]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("wait", [False, True])
def test_15_calls_in_any_sliding_hour_over_ten_random_runs(
    budget: Any, clock: Clock, seed: int, wait: bool
) -> None:
    chance = random.Random(seed)
    for start in sorted(chance.uniform(0, 7200) for _ in range(10)):
        clock.time = max(clock.time, START + timedelta(seconds=start))
        of_run = budget(wait=wait)
        try:
            for _ in range(chance.randrange(30)):
                of_run.allow()
                of_run.record()
                clock.time += timedelta(seconds=chance.uniform(0, 5))
        except Spent:
            continue
    made = moments()
    assert len(made) > 15
    for first in made:
        assert sum(first <= call < first + HOUR for call in made) <= 15
