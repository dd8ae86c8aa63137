""" "P60DT9M" ↔ timedelta: ISO 8601 as isodate, and so upstream, writes it."""

from datetime import timedelta

import isodate
from rest_framework import serializers


class DurationField(serializers.CharField):
    """A timedelta as ISO 8601: `P60DT9M`, `PT16M`, `P0D`; never Django's `P60DT00H09M00S`."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(read_only=True, **kwargs)  # type: ignore[arg-type]

    def to_representation(self, value: timedelta) -> str:  # type: ignore[override]
        text: str = isodate.duration_isoformat(value)
        return text
