"""An answer's objects → rows, by the shapes that print them: what a shape writes, it also reads.

An object nests others, and the same row comes in many of them: an agency alone, in each of its
configurations, in each launch. The most detailed shape that a row came in says what it is, and a
part that came before with the same bytes is not looked at again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from spacedevs.api.plans import accessor
from spacedevs.api.quotes import fields_of, part_of
from spacedevs.api.shapes import Quoted

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


@dataclass
class Told:
    """How well a row is known in this load: by which detail, as of when, which of its parts."""

    detail: int
    date: datetime
    names: set[str] = field(default_factory=set)

    def yields_to(self, detail: int, date: datetime) -> bool:
        if detail == self.detail:
            return date >= self.date
        return detail > self.detail and date >= self.date - AT_ONCE


class Named(NamedTuple):
    """A reference by the name alone: `model` and `pk` have it in `column`."""

    model: type[Model]
    pk: Any
    column: str
    target: type[Model]
    name: str


class Part(NamedTuple):
    """A field that holds more than a value; `read` is the Reader's method for its kind."""

    name: str
    attname: str
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
        nested, attname = part_of(child), getattr(column, "attname", "")
        if nested is None and not isinstance(child, serializers.SlugRelatedField):
            scalars.append((name, attname, parser_of(child, column), column.null))
        else:
            parts.append(Part(name, attname, nested, column, _reader_of(child, nested)))
    parse_pk = parser_of(fields["id"], model._meta.pk)
    return Plan(model, parse_pk, frozenset(fields), tuple(scalars), tuple(parts))


def _reader_of(child: serializers.Field, nested: Any) -> str:
    if nested is None:
        return "_read_name"
    if issubclass(nested, Quoted):
        return "_read_opaque"
    return "_read_many" if isinstance(child, serializers.ListSerializer) else "_read_one"


class Reader:
    """Reads objects into `rows`, by model and key, until somebody takes them.

    `refused`: rows that are left as they are here. `notes`: a sentence for each part that could
    not be read. `unknown`: keys that no shape knows. `named`: what is still to be looked up.
    """

    def __init__(self, known: Callable[[type[Model]], set[str]]) -> None:
        """`known`: the keys of a model's rows that are here."""
        self._known = known
        self.rows: dict[type[Model], dict[Any, Row]] = {}
        self.told: dict[Key, Told] = {}
        self.refused: set[Key] = set()
        self.notes: list[str] = []
        self.unknown: set[str] = set()
        self.named: dict[tuple[type[Model], Any, str], Named] = {}
        self._seen: dict[tuple[Any, Any], int] = {}
        self._path: list[str] = []

    def of(self, model: type[Model]) -> dict[Any, Row]:
        return self.rows.setdefault(model, {})

    def take(self) -> dict[type[Model], dict[Any, Row]]:
        rows, self.rows = self.rows, {}
        return rows

    def read_object(self, resource: str, shape: Any, body: Any, date: datetime) -> bool:
        """Whether the object could be read. What of it could not is in `notes`."""
        with self._at(f"{resource} {body.get('id')!r}: "):
            try:
                self._read(shape, body, date)
            except Unreadable as error:
                self._note(str(error))
                self.refuse(shape, body)
                return False
        return True

    def refuse(self, shape: Any, body: Any) -> None:
        plan = plan_of(shape)
        try:
            key = (plan.model, plan.parse_pk(body.get("id")))
        except Unreadable:
            return
        self.refused.add(key)
        self.of(plan.model).pop(key[1], None)

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
                if not nullable and str(row.pk) not in self._known(row.model):
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
        self.named.pop((row.model, row.pk, part.attname), None)
        if value is None and part.read != "_read_many":
            row.values[part.attname] = None
            return
        try:
            getattr(self, part.read)(part, row, value)
        except Unreadable as error:
            self._note(f"{part.name}: {error}")

    def _read_name(self, part: Part, row: Row, value: Any) -> None:
        key = (row.model, row.pk, part.attname)
        self.named[key] = Named(*key, part.column.related_model, str(value))

    def _read_opaque(self, part: Part, row: Row, value: Any) -> None:
        problems: list[str] = []
        read = arrange_many if part.column.many else arrange
        kept = read(part.shape, value, problems, self.unknown, part.name)
        if problems:
            self._note(problems[0])
        else:
            row.values[part.attname] = kept

    def _read_one(self, part: Part, row: Row, value: Any) -> None:
        with self._at(f"{part.name}."):
            row.values[part.attname] = self._read(part.shape, value, row.date)

    def _read_many(self, part: Part, row: Row, value: Any) -> None:
        items, before, relation = value or [], len(self.notes), part.column
        if type(items) is not list:
            raise expect(items, "a list")
        keys = list(dict.fromkeys(self._read_items(part, items, row.date)))
        if relation.one_to_many:
            for key in keys:
                child = Row(part.shape.Meta.model, key, row.date)
                child.values[relation.field.attname] = row.pk
                self._merge(child, ONLY_OWNER)
            if len(self.notes) == before:
                row.children[accessor(relation)] = keys
        elif relation.concrete:
            row.links[relation.name] = keys

    def _read_items(self, part: Part, items: list[Any], date: datetime) -> Iterator[Any]:
        for number, item in enumerate(items):
            try:
                with self._at(f"{part.name}[{number}]."):
                    yield self._read(part.shape, item, date)
            except Unreadable as error:
                self._note(f"{part.name}[{number}]: {error}")

    def _merge(self, row: Row, detail: int) -> None:
        """A row's values into those that are told of it already."""
        key = (row.model, row.pk)
        told = self.told.setdefault(key, Told(detail, row.date))
        known: set[str] = set()
        if told.yields_to(detail, row.date):
            told.detail, told.date = detail, row.date
        else:
            known = told.names
        for part in ("values", "links", "children"):
            new = {name: value for name, value in getattr(row, part).items() if name not in known}
            if new:
                target = self.of(row.model).setdefault(row.pk, Row(*key, row.date))
                target.date = told.date
                getattr(target, part).update(new)
                told.names |= new.keys()

    @contextmanager
    def _at(self, step: str) -> Iterator[None]:
        self._path.append(step)
        try:
            yield
        finally:
            self._path.pop()

    def _note(self, sentence: str) -> None:
        self.notes.append("".join(self._path) + sentence)


def models_within(shape: Any) -> set[type[Model]]:
    """The models of the rows that an object of a shape holds, itself included."""
    found = {shape.Meta.model}
    for child in fields_of(shape).values():
        part = part_of(child)
        if part is not None and not issubclass(part, Quoted):
            found |= models_within(part)
    return found
