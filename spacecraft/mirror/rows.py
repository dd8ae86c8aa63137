"""An answer's objects → rows, by the shapes that print them: what a shape writes, it also reads.

An object nests others, and the same row comes in many of them: an agency alone, in each of its
configurations, in each launch. The richest shape that a row came in says what it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model
from rest_framework import serializers

from spacecraft.models import Spacecraft, SpacecraftFlight
from spacedevs.api.conformance import FORMATS
from spacedevs.api.durations import DurationField, parse_duration
from spacedevs.api.fields import UrlField
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.plans import relation_of
from spacedevs.api.quotes import arranged, blank, fields_of, part_of
from spacedevs.api.shapes import Quoted

NOBODY = (0, "")  # the id of a blank part
AT_ONCE = timedelta(minutes=10)  # answers of one run; a page that waited for calls is older


@dataclass(frozen=True)
class Name:
    """Stands for the id of a row that an answer gives by its name alone."""

    model: type[Model]
    name: str


@dataclass
class Row:
    """What the source says of a row: `values` by column, `links` by relation to many."""

    model: type[Model]
    pk: Any
    date: datetime  # as of when
    values: dict[str, Any] = field(default_factory=dict)
    links: dict[str, list[Any]] = field(default_factory=dict)
    richness: int = -1

    def learn(self, told: "Row") -> None:
        """A richer shape overrules, unless it was told long before; else it fills in the rest."""
        if told.richness > self.richness and told.date >= self.date - AT_ONCE:
            self.date, self.richness = told.date, told.richness
            self.values |= told.values
            self.links |= told.links
        else:
            self.values = {**told.values, **self.values}
            self.links = {**told.links, **self.links}


class Rows:
    """All that a set of answers says."""

    def __init__(self) -> None:
        self.by_model: dict[type[Model], dict[Any, Row]] = {}

    def of(self, model: type[Model]) -> dict[Any, Row]:
        return self.by_model.setdefault(model, {})

    def all(self) -> Iterator[Row]:
        return (row for of in self.by_model.values() for row in of.values())

    def read(self, shape: Any, body: dict[str, Any], date: datetime) -> Row:
        """The row of an object, and those of all that it nests."""
        model = shape.Meta.model
        pk = model._meta.pk.to_python(body["id"])
        row = self.of(model).setdefault(pk, Row(model, pk, date))
        fields = fields_of(shape)
        told = Row(model, pk, date, richness=len(fields))
        for name, child in fields.items():
            skipped = name == "id" or isinstance(child, (UrlField, ResponseModeField))
            if name in body and not skipped:
                self._read_field(told, child, body[name])
        row.learn(told)
        return row

    def _read_field(self, told: Row, child: Any, value: Any) -> None:
        part, source = part_of(child), str(child.source)
        if isinstance(child, serializers.SlugRelatedField):
            named = relation_of(told.model, source).related_model
            told.values[f"{source}_id"] = None if value is None else Name(named, value)
        elif part is None:
            told.values[source] = parsed(child, value)
        elif issubclass(part, Quoted):
            told.values[source] = kept(part, value)
        elif isinstance(child, serializers.ListSerializer):
            self._read_many(told, source, part, value or [])
        else:
            known = value is not None and value["id"] not in NOBODY
            told.values[f"{source}_id"] = self.read(part, value, told.date).pk if known else None

    def _read_many(self, told: Row, source: str, part: Any, items: list[Any]) -> None:
        children = [self.read(part, item, told.date) for item in items]
        relation = relation_of(told.model, source)
        if relation.concrete:
            told.links[source] = list(dict.fromkeys(child.pk for child in children))
        if relation.one_to_many:
            for child in children:
                child.values[relation.field.attname] = told.pk


def unique_columns(model: type[Model]) -> list[Any]:
    """The columns, but for the key, of which no two rows have the same value."""
    return [c for c in model._meta.concrete_fields if c.unique and not c.primary_key]


def parsed(child: serializers.Field, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(child, DurationField) and not child.allow_null:
        return parse_duration(value) or None  # `P0D` is one that is not known
    return next((parse(value) for cls, parse, _ in FORMATS if isinstance(child, cls)), value)


def kept(part: Any, value: Any) -> Any:
    """A quoted part as it is kept: null for one that says nothing."""
    if isinstance(value, list):
        return [arranged(part, item) for item in value]
    if value is None or value == blank(part):
        return None
    return arranged(part, value)


def set_running(rows: Rows, docked: set[int]) -> None:
    """Since when durations run: since the answer that gave them, where they do.

    A duration that the source says at a second, and that runs, is that much and what has passed
    since: when it began need not be known. `docked`: the ids of the craft that are docked.
    """
    crafts = rows.of(Spacecraft)
    for craft in crafts.values():
        up = craft.values.get("in_space") and craft.values.get("time_in_space") is not None
        craft.values["in_space_since"] = craft.date if up else None
        craft.values["docked_since"] = craft.date if craft.pk in docked else None
    for flight in rows.of(SpacecraftFlight).values():
        craft = crafts[flight.values["spacecraft_id"]]
        goes_on = craft.values.get("in_space") and flight.values.get("mission_end") is None
        last = goes_on and flight is last_flight(rows, craft.pk)
        flight.values["running_since"] = flight.date if last else None


def last_flight(rows: Rows, craft_id: int) -> Row | None:
    """The flight of a craft that was launched last, of those that have been."""
    from spacecraft.models import Launch

    launches = rows.of(Launch)

    def net(flight: Row) -> datetime:
        launched: datetime = launches[flight.values["launch_id"]].values["net"]
        return launched

    flown = [
        flight
        for flight in rows.of(SpacecraftFlight).values()
        if flight.values["spacecraft_id"] == craft_id and net(flight) <= flight.date
    ]
    return max(flown, key=net, default=None)
