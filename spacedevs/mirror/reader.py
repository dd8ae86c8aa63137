"""An answer's objects → rows, by the shapes that print them: what a shape writes, it also reads.

An object nests others, and the same row comes in many of them: an agency alone, in each of its
configurations, in each launch. The most detailed shape that a row came in says what it is, and a
part that came before with the same bytes is not looked at again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import orjson
from django.db.models import Model
from rest_framework import serializers

from spacedevs.api.fields import UrlField
from spacedevs.api.incoming import Parse, Unreadable, arrange, arrange_many, expect, parser_of
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.opaque_shapes import fields_of, nested_shape_of
from spacedevs.api.plans import accessor
from spacedevs.api.shapes import OpaqueShape

AT_ONCE = timedelta(minutes=10)  # answers of one run; a page that waited for calls is older
ONLY_OWNER = -1  # the detail of a child of which its parent's list says whose it is

Key = tuple[type[Model], Any]


@dataclass
class Row:
    """What the source says of a row: `values` by column, `links` by many-to-many.

    `children`: by one-to-many, the keys of all rows that are this row's.
    """

    model: type[Model]
    pk: Any
    date: datetime  # as of when
    values: dict[str, Any] = field(default_factory=dict)
    links: dict[str, list[Any]] = field(default_factory=dict)
    children: dict[str, list[Any]] = field(default_factory=dict)


Rows = dict[type[Model], dict[Any, Row]]


@dataclass
class Incoming:
    """How well a row is known in this load: by which detail, as of when, which of its parts."""

    detail: int
    date: datetime
    names: set[str] = field(default_factory=set)

    def yields_to(self, detail: int, date: datetime) -> bool:
        if detail == self.detail:
            return date >= self.date
        return detail > self.detail and date >= self.date - AT_ONCE


class Part(NamedTuple):
    """A field that holds more than a value; `read` is the Reader's method for its kind."""

    name: str
    shape: Any
    column: Any
    read: str


class Plan(NamedTuple):
    """How an object of a shape is read."""

    model: type[Model]
    parse_pk: Parse
    keys: frozenset[str]
    scalars: tuple[tuple[str, str, Parse, bool], ...]  # and whether null can be kept
    parts: tuple[Part, ...]


@cache
def plan_of(shape: Any) -> Plan:
    model, fields = shape.Meta.model, fields_of(shape)
    columns = {accessor(column): column for column in model._meta.get_fields()}
    scalars, parts = [], []
    for name, child in fields.items():
        column = columns.get(str(child.source))
        if name == "id" or isinstance(child, (UrlField, ResponseModeField)) or column is None:
            continue
        nested, attname = nested_shape_of(child), getattr(column, "attname", "")
        if nested is None and not isinstance(child, serializers.SlugRelatedField):
            scalars.append((name, attname, parser_of(child, column), column.null))
        else:
            parts.append(Part(name, nested, column, _reader_of(child, nested)))
    parse_pk = parser_of(fields["id"], model._meta.pk)
    return Plan(model, parse_pk, frozenset(fields), tuple(scalars), tuple(parts))


def _reader_of(child: serializers.Field, nested: Any) -> str:
    if nested is None:
        return "_read_name"
    if issubclass(nested, OpaqueShape):
        return "_read_opaque"
    return "_read_many" if isinstance(child, serializers.ListSerializer) else "_read_one"


@dataclass
class Reader:
    """Reads objects into `rows` until somebody takes them."""

    known: Callable[[type[Model]], set[str]]  # the keys of a model's rows that are here
    rows: Rows = field(default_factory=lambda: defaultdict(dict))
    incoming: dict[Key, Incoming] = field(default_factory=dict)
    refused: set[Key] = field(default_factory=set)  # rows that are left as they are here
    notes: list[str] = field(default_factory=list)  # a sentence for what could not be read
    unknown: set[str] = field(default_factory=set)  # keys that no shape knows
    # Names that stand for rows, by model, key and column of the row that refers.
    names: dict[tuple[type[Model], Any, Any], str] = field(default_factory=dict)
    _seen: dict[tuple[Any, Any], int] = field(default_factory=dict)  # digests, by shape and key
    _path: list[str] = field(default_factory=list)

    def read_object(self, resource: str, shape: Any, key: str, body: Any, date: datetime) -> bool:
        """Whether the object could be read. What of it could not is in `notes`.

        `body`: a text says why it could not be kept; then `key` has its id.
        """
        pk: Any = int(key) if key.isdigit() else key
        if isinstance(body, dict):
            pk = body.get("id")
        with self._at(f"{resource} {pk!r}"):
            if isinstance(body, str):
                raise Unreadable(body)
            self._read(shape, body, date)
            return True
        plan = plan_of(shape)
        with suppress(Unreadable):
            refused = plan.parse_pk(pk)
            self.refused.add((plan.model, refused))
            self.rows[plan.model].pop(refused, None)
        return False

    def _read(self, shape: Any, body: Any, date: datetime) -> Any:
        """The key of an object's row. Raises `Unreadable` where no row can be made of it."""
        if type(body) is not dict:
            raise expect(body, "an object")
        plan = plan_of(shape)
        pk = self._key(plan, body)
        digest = hash(orjson.dumps(body))
        if self._seen.get((shape, pk)) == digest:
            return pk
        row = Row(plan.model, pk, date)
        self._read_scalars(plan, row, body)
        for part in plan.parts:
            if part.name in body:
                self._read_part(part, row, body[part.name])
        if not plan.keys.issuperset(body):
            kind = plan.model._meta.verbose_name
            self.unknown |= {f"{kind}.{key}" for key in body if key not in plan.keys}
        self._merge(row, len(plan.keys))
        self._seen[shape, pk] = digest
        return pk

    def _key(self, plan: Plan, body: dict[str, Any]) -> Any:
        try:
            pk = plan.parse_pk(body.get("id"))
        except Unreadable as error:
            raise Unreadable(f"id: {error}") from None
        if isinstance(pk, int) and pk < 1:
            raise Unreadable(f"id: {expect(pk, 'the id of one')}")
        if (plan.model, pk) in self.refused:
            raise Unreadable(f"{plan.model._meta.verbose_name} {pk} is refused")
        return pk

    def _read_scalars(self, plan: Plan, row: Row, body: dict[str, Any]) -> None:
        for name, attname, parse, nullable in plan.scalars:
            if name not in body:
                if not nullable and str(row.pk) not in self.known(row.model):
                    raise Unreadable(f"{name}: is missing")
                continue
            value = body[name]
            if value is None and nullable:
                row.values[attname] = None
                continue
            try:
                row.values[attname] = parse(value)
            except Unreadable as error:
                raise Unreadable(f"{name}: {error}") from None

    def _read_part(self, part: Part, row: Row, value: Any) -> None:
        """A part that can't be read is not told: it stays as it is here, or null."""
        self.names.pop((row.model, row.pk, part.column), None)
        if value is None and part.read != "_read_many":
            row.values[part.column.attname] = None
            return
        with self._at("" if part.read == "_read_opaque" else f".{part.name}"):
            getattr(self, part.read)(part, row, value)

    def _read_name(self, part: Part, row: Row, value: Any) -> None:
        self.names[row.model, row.pk, part.column] = str(value)

    def _read_opaque(self, part: Part, row: Row, value: Any) -> None:
        problems: list[str] = []  # which say where they are
        read = arrange_many if part.column.many else arrange
        arranged = read(part.shape, value, problems, self.unknown, part.name)
        if problems:
            raise Unreadable(problems[0])
        row.values[part.column.attname] = arranged

    def _read_one(self, part: Part, row: Row, value: Any) -> None:
        row.values[part.column.attname] = self._read(part.shape, value, row.date)

    def _read_many(self, part: Part, row: Row, value: Any) -> None:
        items, before, relation = value or [], len(self.notes), part.column
        if type(items) is not list:
            raise expect(items, "a list")
        found: dict[Any, None] = {}
        for number, item in enumerate(items):
            with self._at(f"[{number}]"):
                found[self._read(part.shape, item, row.date)] = None
        keys = list(found)
        if relation.one_to_many:
            for key in keys:
                child = Row(part.shape.Meta.model, key, row.date)
                child.values[relation.field.attname] = row.pk
                self._merge(child, ONLY_OWNER)
            if len(self.notes) == before:
                row.children[accessor(relation)] = keys
        elif relation.concrete:
            row.links[relation.name] = keys

    def _merge(self, row: Row, detail: int) -> None:
        """A row's values into those that are told of it already."""
        key = (row.model, row.pk)
        incoming = self.incoming.setdefault(key, Incoming(detail, row.date))
        known: set[str] = set()
        if incoming.yields_to(detail, row.date):
            incoming.detail, incoming.date = detail, row.date
        else:
            known = incoming.names
        for part in ("values", "links", "children"):
            new = {name: value for name, value in getattr(row, part).items() if name not in known}
            if new:
                target = self.rows[row.model].setdefault(row.pk, Row(*key, row.date))
                target.date = incoming.date
                getattr(target, part).update(new)
                incoming.names |= new.keys()

    @contextmanager
    def _at(self, step: str) -> Iterator[None]:
        """What can't be read within is noted, with the steps that lead to it."""
        self._path.append(step)
        try:
            yield
        except Unreadable as error:
            head, *steps = self._path
            place = "".join(steps).removeprefix(".")
            self.notes.append(": ".join(filter(None, (head, place, str(error)))))
        finally:
            self._path.pop()


def models_within(shape: Any) -> set[type[Model]]:
    """The models of the rows that an object of a shape holds, itself included."""
    rows = (part for part in plan_of(shape).parts if part.read in ("_read_one", "_read_many"))
    return {shape.Meta.model}.union(*(models_within(part.shape) for part in rows))
