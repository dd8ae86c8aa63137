"""From a shape and ids to objects as JSON: each row of a relation is read and printed once.

A shape's own serializer prints its object; where it nests another's, that one's bytes are put in
place. So a configuration that a hundred craft share is printed once, and a page is a join.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

import orjson
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.base import ModelState
from rest_framework import serializers
from rest_framework.relations import PKOnlyObject

from spacedevs import clock
from spacedevs.api.object_urls import ObjectUrls
from spacedevs.api.plans import accessor, heavy, relation_of, through_of, unread
from spacedevs.api.renderers import exact, to_json
from spacedevs.api.rows import Statement
from spacedevs.relations import OrderedManyToManyField

Rows = dict[Any, Model]
NULL = orjson.Fragment(b"null")


class Key(NamedTuple):
    """`kind`: a shape; or a model, where a row is not printed and only read."""

    kind: Any
    pk: Any
    urls: tuple[str, str]


class Fragment:
    """An object of a shape as JSON, or a row that is read for one of its columns.

    `parts`: what it was made of, by the name of the field that shows it: a fragment, a list of
    them, or None. `printed`: the second that it shows, None where it shows none, and the JSON.
    `holders`: the kept fragments that were made of it. `is_used`: since it was last looked at
    whether it may leave.
    """

    __slots__ = ("holders", "is_used", "key", "parts", "printed", "row", "size")

    def __init__(self, key: Key, row: Any, parts: dict[str, Any]) -> None:
        self.key, self.row, self.parts = key, row, parts
        self.printed: tuple[datetime | None, orjson.Fragment] = (None, NULL)
        self.size = 0
        self.holders: set[Fragment] = set()
        self.is_used = False

    @property
    def lives(self) -> bool:
        return self.printed[0] is not None

    def below(self) -> Iterator["Fragment"]:
        for part in self.parts.values():
            if isinstance(part, Fragment):
                yield part
            elif part:
                yield from part


class Known(Protocol):
    """What was made before, of the same state of the database."""

    def find(self, keys: list[Key]) -> list[Fragment]: ...


class Moment:
    """Stands for a request where a duration asks for the second, and says that it runs."""

    def __init__(self, second: datetime) -> None:
        self.clock = second
        self.META: dict[str, Any] = {}


class Printing(threading.local):
    """What a serializer's fields ask for while it prints, for each thread its own.

    `embedded`: what the nested serializers have printed, by the name of the field.
    """

    embedded: dict[str, Any]
    context: dict[str, Any]


printing = Printing()


class Context(Mapping[str, Any]):
    """A serializer's context: that of the request which its thread prints for."""

    def __getitem__(self, name: str) -> Any:
        return printing.context[name]

    def __iter__(self) -> Iterator[str]:
        return iter(printing.context)

    def __len__(self) -> int:
        return len(printing.context)


class Embedded(serializers.Field):
    """In the place of a nested serializer: what it has printed."""

    def get_attribute(self, instance: Any) -> Any:
        return printing.embedded[self.field_name]  # type: ignore[index]

    def to_representation(self, value: Any) -> Any:
        return value


class Part:
    """A relation of a row that is shown by the field `name`.

    `table`: whose rows say what belongs to which; None where that is a column of the row itself.
    """

    def __init__(self, name: str, relation: Any, child: serializers.Field) -> None:
        inner: Any = child.child if isinstance(child, serializers.ListSerializer) else child
        self.name, self.relation = name, relation
        self.is_printed = isinstance(inner, serializers.BaseSerializer)
        self.kind: Any = type(inner) if self.is_printed else relation.related_model
        self.is_many = relation.many_to_many or relation.one_to_many
        self.table: str | None = None
        if relation.many_to_many:
            self._read_through_table()
        elif not relation.concrete:
            self._read_other_table()

    def _read_through_table(self) -> None:
        through, own, other = through_of(self.relation)
        by = self.relation.related_model._meta.ordering
        order = [f"{'-' * name.startswith('-')}{other}__{name.lstrip('-')}" for name in by]
        if isinstance(self.relation, OrderedManyToManyField):
            order = ["pk"]
        pairs = through._default_manager.order_by(*order).values_list(f"{own}_id", f"{other}_id")
        self._pairs = Statement(pairs, through._meta.get_field(own))
        self.table = through._meta.db_table

    def _read_other_table(self) -> None:
        back = self.relation.field
        rows = self.relation.related_model._default_manager
        self._pairs = Statement(rows.values_list(back.attname, "pk"), back)
        self._owners = Statement(rows.order_by().values_list(back.attname), rows.model._meta.pk)
        self.table = rows.model._meta.db_table

    def links(self, rows: Rows) -> dict[Any, Any]:
        """Of each row the id that the relation leads to, or None; a list of ids of a to-many.

        They come in the order in which Django's own prefetch gives the rows.
        """
        if self.table is None:
            return {pk: getattr(row, self.relation.attname) for pk, row in rows.items()}
        found: dict[Any, Any] = {pk: [] for pk in rows}
        for pk, related in self._pairs.rows(rows):
            found[pk].append(related)
        return found if self.is_many else {pk: next(iter(ids), None) for pk, ids in found.items()}

    def shown_by(self, changed: Iterable[Any]) -> list[Any]:
        """The ids of the rows that may now show a row of `table`; None for any.

        Those that have shown it know it. The row in between that is gone tells nothing.
        """
        if self.relation.many_to_many or None in changed:
            return [None]
        return [pk for (pk,) in self._owners.rows(changed) if pk is not None]

    def put(self, row: Any, value: Any) -> None:
        """Where the row itself is asked for what it refers to."""
        if not self.is_many:
            self.relation.set_cached_value(row, value and value.row)
            return
        kept = row.__dict__.setdefault("_prefetched_objects_cache", {})
        kept[accessor(self.relation)] = [each.row for each in value]


class Recipe:
    """How the objects of a kind are read and printed: made once, and used by all threads."""

    def __init__(self, kind: Any) -> None:
        is_shape = issubclass(kind, serializers.BaseSerializer)
        self.model: type[Model] = kind.Meta.model if is_shape else kind
        self.serializer: Any = None
        if is_shape:
            self.serializer = kind(context=Context())
        left_out = unread(self.serializer) if is_shape else heavy(self.model)
        self.parts = list(self._parts()) if is_shape else []
        for part in self.parts:
            if part.is_printed:
                self.serializer.fields[part.name] = Embedded()
        columns = [
            field for field in self.model._meta.concrete_fields if field.name not in left_out
        ]
        self._names = [column.attname for column in columns]
        rows = self.model._default_manager.order_by()
        self._statement = Statement(rows.values_list("pk", *self._names), self.model._meta.pk)
        if is_shape:
            self._fields = [
                (field.field_name, self._getter(field), field.to_representation)
                for field in self.serializer.fields.values()
                if not field.write_only
            ]
            own = type(self.serializer).to_representation
            is_drfs = own is serializers.Serializer.to_representation
            self._represent = self._as_drf if is_drfs else self.serializer.to_representation

    def _parts(self) -> Iterator[Part]:
        for name, child in self.serializer.fields.items():
            if child.write_only or child.source == "*":
                continue
            relation = relation_of(self.model, child.source.split(".")[0])
            if relation is not None:
                yield Part(name, relation, child)

    def rows(self, ids: list[Any]) -> Rows:
        return {pk: self._row(values) for pk, *values in self._statement.rows(ids)}

    def _row(self, values: list[Any]) -> Model:
        """As Model.from_db() makes it, without the signals, which take as long as all the rest."""
        row = self.model.__new__(self.model)
        row._state = ModelState()
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
        row.__dict__.update(zip(self._names, values, strict=True))
        return row

    def print(self, row: Model, embedded: dict[str, Any], context: dict[str, Any]) -> bytes:
        printing.embedded, printing.context = embedded, context
        return exact(to_json(self._represent(row)))

    def _as_drf(self, row: Model) -> dict[str, Any]:
        """As Serializer.to_representation(); what is the same for each row is known before."""
        data = {}
        for name, get, represent in self._fields:
            try:
                value = get(row)
            except serializers.SkipField:
                continue
            data[name] = None if value is None else represent(value)
        return data

    def _getter(self, field: Any) -> Callable[[Any], Any]:
        is_plain = type(field).get_attribute is serializers.Field.get_attribute
        if is_plain and field.source in self._names:
            return attrgetter(field.source)  # a column
        if not isinstance(field, serializers.RelatedField):
            return field.get_attribute  # type: ignore[no-any-return]

        def get(row: Any) -> Any:
            value = field.get_attribute(row)
            return None if isinstance(value, PKOnlyObject) and value.pk is None else value

        return get


@cache
def recipe_of(kind: Any) -> Recipe:
    return Recipe(kind)


def compile_recipes(kinds: Iterable[Any]) -> None:
    """Those of these kinds, and of what they nest: else the first who asks waits for it."""
    for kind in kinds:
        compile_recipes(part.kind for part in recipe_of(kind).parts)


class Making:
    """The objects of one answer: of one state of the database, in one second, with one host's URLs.

    `known`: what need not be made.
    """

    def __init__(self, urls: ObjectUrls, second: datetime, known: Known | None = None) -> None:
        self._urls, self._known = urls.key, known
        self._moment = Moment(second)
        self._context = {"request": self._moment, "object_urls": urls}
        self._made: dict[Key, Fragment] = {}

    def fragments(self, kind: Any, ids: list[Any]) -> dict[Any, Fragment]:
        """By id; those that are not there are left out. The number of queries is a constant."""
        keys = [Key(kind, pk, self._urls) for pk in dict.fromkeys(ids)]
        made = self._made
        found = {key.pk: made[key] for key in keys if key in made} if made else {}
        if self._known and len(found) < len(keys):
            unseen = [key for key in keys if key.pk not in found]
            found |= {fragment.key.pk: fragment for fragment in self._known.find(unseen)}
        if missing := [key.pk for key in keys if key.pk not in found]:
            new = self._make(kind, missing)
            made.update((fragment.key, fragment) for fragment in new.values())
            found |= new
        return found

    def made(self) -> Iterable[Fragment]:
        """All that had to be made."""
        return self._made.values()

    def json(self, fragment: Fragment) -> orjson.Fragment:
        second, printed = fragment.printed
        return printed if second in (None, self._moment.clock) else self._print(fragment)

    def _make(self, kind: Any, ids: list[Any]) -> dict[Any, Fragment]:
        recipe = recipe_of(kind)
        rows = recipe.rows(ids)
        parts: dict[Any, dict[str, Any]] = {pk: {} for pk in rows}
        for part in recipe.parts if rows else ():
            links = part.links(rows)
            if part.is_many:
                below = self.fragments(part.kind, [pk for many in links.values() for pk in many])
                for pk, many in links.items():
                    parts[pk][part.name] = [below[one] for one in many]
            else:
                below = self.fragments(part.kind, [pk for pk in links.values() if pk is not None])
                for pk, one in links.items():
                    parts[pk][part.name] = below.get(one)
            if not part.is_printed:
                for pk, row in rows.items():
                    part.put(row, parts[pk][part.name])
        made = {pk: Fragment(Key(kind, pk, self._urls), row, parts[pk]) for pk, row in rows.items()}
        if recipe.serializer:
            for fragment in made.values():
                self._print(fragment)
                if not fragment.lives:
                    fragment.row = None  # it is printed once
        return made

    def _print(self, fragment: Fragment) -> orjson.Fragment:
        recipe = recipe_of(fragment.key.kind)
        embedded = {name: self._embedded(part) for name, part in fragment.parts.items()}
        self._moment.META.clear()
        printed = recipe.print(fragment.row, embedded, self._context)
        lives = clock.LIVES in self._moment.META or any(part.lives for part in fragment.below())
        fragment.size = len(printed)
        fragment.printed = (self._moment.clock if lives else None, orjson.Fragment(printed))
        return fragment.printed[1]

    def _embedded(self, part: Any) -> Any:
        if isinstance(part, list):
            return [self.json(each) for each in part]
        return part and self.json(part)
