"""The table of faults that `make test-faults` prints."""

from tests.faults.traffic import Seen, Traffic

LINES: list[str] = []


def report(fault: str, traffic: Traffic, attack: Seen | None = None) -> None:
    """A line of the table for each kind of client. Raises AssertionError where an edit is lost."""
    lost = len(traffic.lost()) if traffic.env else 0
    LINES.append(f"{fault:44} reads  {traffic.reads}")
    if attack:
        LINES.append(f"{'':44} attack {attack}")
    if traffic.env:
        LINES.append(f"{'':44} writes {traffic.writes}, lost edits {lost} of {len(traffic.saved)}")
    assert not lost, f"{fault}: {lost} edits were said to be saved, and are gone"
