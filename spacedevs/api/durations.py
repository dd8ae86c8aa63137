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
    """A timedelta as ISO 8601: `P60DT9M`, `PT16M`, `P0D`; never Django's `P60DT00H09M00S`.

    One that is not known is null, or `P0D` where the contract has no null.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        value = self.value_of(instance)
        return timedelta() if value is None and not self.allow_null else value

    def value_of(self, instance: Any) -> timedelta | None:
        value: timedelta | None = getattr(instance, str(self.source))
        return value

    def to_representation(self, value: timedelta) -> str:  # type: ignore[override]
        text: str = isodate.duration_isoformat(value)
        return text


class LivingDurationField(DurationField):
    """A duration that may still run (spacedevs.living), as of the request's second."""

    def value_of(self, instance: Any) -> timedelta | None:
        column = instance._meta.get_field(self.source)
        value: timedelta | None = column.at(instance, clock.of(self.context.get("request")))
        return value
