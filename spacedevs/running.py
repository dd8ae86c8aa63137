"""Running durations: what is settled is kept in one column, since when it runs in another."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Case, F, Value, When


class RunningDurationField(models.DurationField):
    """The settled part of a duration. While the column `since` holds a time, the rest runs.

    Null is an unknown duration, and stays so however long it runs.
    """

    def __init__(self, since: str, **kwargs: Any) -> None:
        self.since = since
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "since": self.since}

    def at(self, instance: models.Model, now: datetime) -> timedelta | None:
        settled: timedelta | None = getattr(instance, self.attname)
        since: datetime | None = getattr(instance, self.since)
        if settled is None or since is None or since > now:
            return settled
        return settled + (now - since)

    def expression(self, now: datetime) -> Case:
        """The same for every row, in the database."""
        running = Value(now, models.DateTimeField()) - F(self.since)
        return Case(
            When(**{f"{self.since}__lte": now}, then=F(self.name) + running),
            default=F(self.name),
            output_field=models.DurationField(),
        )
