""" "P60DT9M" ↔ timedelta: ISO 8601 as isodate, and so upstream, writes it."""

from datetime import timedelta
from typing import Any

import isodate
from rest_framework import serializers

from spacedevs import clock

LONGEST = timedelta(microseconds=2**63 - 1)  # what SQLite's column holds


def parse_duration(text: str) -> timedelta:
    """Raises ValueError, also for years and months: they have no fixed length."""
    try:
        duration = isodate.parse_duration(text)
    except OverflowError as error:
        raise ValueError(f"{text!r} is too long") from error
    if not isinstance(duration, timedelta) or abs(duration) > LONGEST:
        raise ValueError(f"{text!r} is no length of time, or too long")
    return duration


class DurationField(serializers.CharField):
    """A timedelta as ISO 8601: `P60DT9M`, `PT16M`, `P0D`; never Django's `P60DT00H09M00S`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: timedelta) -> str:  # type: ignore[override]
        text: str = isodate.duration_isoformat(value)
        return text


class RunningDurationField(DurationField):
    """A duration that may still run (spacedevs.running), as of the request's second."""

    def get_attribute(self, instance: Any) -> Any:
        column = instance._meta.get_field(self.source)
        request = self.context.get("request")
        runs = getattr(instance, column.since) is not None
        return column.at(instance, (clock.lives if runs else clock.of_request)(request))
