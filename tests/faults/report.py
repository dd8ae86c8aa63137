"""The table of faults that `make test-faults` prints: tests/conftest.py shows it at the end."""

import time
from collections.abc import Callable

import pytest

from tests.conftest import FAULT
from tests.faults.traffic import FOUND, Seen, Traffic

Report = Callable[..., None]


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Report:
    """Adds lines to the table: statuses, times, and lost edits, of which there may be none."""

    def add(fault: str, traffic: Traffic, attack: Seen | None = None) -> None:
        record_property(FAULT, f"{fault:44} reads  {traffic.reads}")
        if attack:
            record_property(FAULT, f"{'':44} attack {attack}")
        if traffic.env:
            lost = traffic.lost()
            kept = f"lost edits {len(lost)} of {len(traffic.saved)}"
            record_property(FAULT, f"{'':44} writes {traffic.writes}, {kept}")
            assert not lost, f"{fault}: these were said to be saved, and are gone: {lost}"

    return add


def until_it_answers(traffic: Traffic, seconds: float = 30) -> None:
    """Waits for a 200 from the database."""
    end = time.monotonic() + seconds
    while traffic.ask(FOUND + "x") != 200:
        assert time.monotonic() < end, f"no answer after {seconds} s"
        time.sleep(0.1)
