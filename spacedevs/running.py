"""Running durations: what is settled is kept in one column, since when it runs in another.

All that run grow by the same second, so that their order among themselves stays, and so does that
of those that don't: each of the two is an index's (spacedevs/indexes), and the clock says how
they lie together.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Case, F, Func, QuerySet, Value, When

# The settled part and what runs, as of a moment that is always the same. SQLite keeps microseconds,
# and times as texts: "2026-11-01 12:00:00", with ".000000" where they have microseconds.
ORDER = {
    "sqlite": "{settled} - (strftime('%s', {since}) * 1000000 + substr({since}, 21))",
    "postgresql": "{settled} - ({since} - '2000-01-01 00:00:00+00'::timestamptz)",
}


class RunningOrder(Func):
    """The order of what runs, as its index has it."""

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **kwargs: Any) -> Any:
        settled, since = (compiler.compile(each)[0] for each in self.get_source_expressions())
        sql = ORDER[connection.vendor].format(settled=settled, since=since)
        return sql.replace("%", "%%"), []


class RunningValue(Case):
    """A running duration of each row as of a time."""

    column: "RunningDurationField"
    now: datetime


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

    def expression(self, now: datetime) -> RunningValue:
        """The same for every row, in the database."""
        running = Value(now, models.DateTimeField()) - F(self.since)
        value = RunningValue(
            When(**{f"{self.since}__lte": now}, then=F(self.name) + running),
            default=F(self.name),
            output_field=models.DurationField(),
        )
        value.column, value.now = self, now
        return value

    def parts(self, queryset: QuerySet, now: datetime) -> list[tuple[QuerySet, Any]]:
        """What doesn't run, what does, and what will: each with what its rows are ordered by."""
        since, settled = self.since, F(self.name)
        will = {f"{since}__gt": now}
        started = queryset.filter(**{f"{since}__isnull": False}).exclude(**will)
        running = RunningOrder(settled, F(since), output_field=models.DurationField())
        return [
            (queryset.filter(**{f"{since}__isnull": True}), settled),
            (started, running),
            (queryset.filter(**will), settled),
        ]
