"""The calls that may be made in an hour."""

import random
from datetime import timedelta

import pytest

from spacedevs.mirror.budget import Budget, Spent
from tests.mirror.sources import HOUR, START, Calls, Clock


def test_a_call_is_recorded_before_it_is_made(clock: Clock) -> None:
    ledger = Calls()
    Budget(15, ledger, now=clock.now).spend()
    assert ledger == [START]


def test_the_call_after_the_last_says_when_the_next_is_allowed(clock: Clock) -> None:
    budget = Budget(1, Calls([START]), now=clock.now)
    with pytest.raises(Spent) as caught:
        budget.spend()
    assert caught.value.until == START + HOUR


def test_a_spent_call_is_not_recorded(clock: Clock) -> None:
    ledger = Calls([START])
    with pytest.raises(Spent):
        Budget(1, ledger, now=clock.now).spend()
    assert ledger == [START]


def test_a_budget_that_waits_sleeps_until_a_call_is_allowed(clock: Clock) -> None:
    budget = Budget(1, Calls([START]), now=clock.now, sleep=clock.sleep, wait=True)
    budget.spend()
    assert clock.slept == [3600]


def test_a_lowered_budget_waits_until_enough_calls_have_passed(clock: Clock) -> None:
    calls = Calls(START - timedelta(minutes=n) for n in (30, 20, 10))
    with pytest.raises(Spent) as caught:
        Budget(2, calls, now=clock.now).spend()
    assert caught.value.until == calls[1] + HOUR


def test_calls_of_earlier_runs_count(clock: Clock) -> None:
    budget = Budget(15, Calls([START - HOUR / 2, START]), now=clock.now)
    assert (budget.used, budget.left) == (2, 13)


def test_a_call_of_an_hour_ago_counts_no_more(clock: Clock) -> None:
    assert Budget(15, Calls([START - HOUR]), now=clock.now).used == 0


def test_a_call_of_a_clock_that_was_years_ahead_does_not_lock_the_budget(clock: Clock) -> None:
    assert Budget(1, Calls([START + timedelta(days=999)]), now=clock.now).left == 1


def test_a_call_just_ahead_of_the_clock_counts(clock: Clock) -> None:
    assert Budget(1, Calls([START + timedelta(minutes=5)]), now=clock.now).left == 0


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="one call at least"):
        Budget(0, Calls())


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("wait", [False, True])
def test_15_calls_in_any_sliding_hour_over_ten_random_runs(seed: int, wait: bool) -> None:
    chance, ledger, clock = random.Random(seed), Calls(), Clock()
    for start in sorted(chance.uniform(0, 7200) for _ in range(10)):
        clock.time = max(clock.time, START + timedelta(seconds=start))
        budget = Budget(15, ledger, now=clock.now, sleep=clock.sleep, wait=wait)
        try:
            for _ in range(chance.randrange(30)):
                budget.spend()
                clock.time += timedelta(seconds=chance.uniform(0, 5))
        except Spent:
            continue
    for first in ledger:
        assert sum(first <= call < first + HOUR for call in ledger) <= 15
