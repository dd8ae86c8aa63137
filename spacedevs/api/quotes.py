"""Quoted parts: what belongs to other parts of upstream, kept as the JSON that it gave.

A quoted part has a shape, as everything in the contract has, and no table. It is checked against
its shape when it comes in (`faults`), kept with its keys in the contract's order (`arranged`), and
printed unchanged but for the addresses in it (`quote`). Where nothing is known of a part that the
contract does not let be null, `blank` stands for it: empty, and nothing invented.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import isodate
from rest_framework import serializers

from spacedevs.api.addresses import Addresses
from spacedevs.api.durations import DurationField
from spacedevs.api.fields import QuotedUrlField, UrlField
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.plans import relation_of

Shape = Any  # a serializer class; the stubs' has no hash


@cache
def fields_of(shape: Any) -> dict[str, serializers.Field]:
    """A shape's fields, in the order of the JSON keys."""
    return dict(shape().fields)


def part_of(field: serializers.Field) -> Shape | None:
    """The shape of a field's value, or of each of its values; None for a plain value."""
    inner: Any = field.child if isinstance(field, serializers.ListSerializer) else field
    return type(inner) if isinstance(inner, serializers.BaseSerializer) else None


# What comes in


def faults(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """What in `value` is not as the contract says: the key, and what stands there."""
    if not isinstance(value, dict):
        yield f"{path or 'the whole'}: {_shown(value)} where an object is expected"
        return
    for name, field in fields_of(shape).items():
        where = f"{path}.{name}" if path else name
        if name in value:
            if value[name] is not None:
                yield from _faults_at(field, value[name], where)
            elif not may_be_null(shape, field):
                yield f"{where}: null where a value is required"
        elif field.required or field.read_only:
            yield f"{where}: is missing"


def may_be_null(shape: Shape, field: Any) -> bool:
    """Upstream gives parts as null that its own document says are none: a docking has one of three
    targets, a flight that is to come no landing. A part is refused as null where a column needs it.
    """
    if part_of(field) is None:
        return bool(field.allow_null)
    model = getattr(getattr(shape, "Meta", None), "model", None)
    column = relation_of(model, str(field.source)) if model else None
    needed = column is not None and column.concrete and column.many_to_one and not column.null
    return not needed


def strangers(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """The keys in `value`, at any depth, that the contract does not know."""
    fields = fields_of(shape)
    for name in value:
        where = f"{path}.{name}" if path else name
        part = part_of(fields[name]) if name in fields else None
        if name not in fields:
            yield where
        elif part:
            items = value[name] if isinstance(value[name], list) else [value[name]]
            for item in filter(None, items):
                yield from strangers(part, item, where)


def _faults_at(field: serializers.Field, value: Any, where: str) -> Iterator[str]:
    part = part_of(field)
    if part is None:
        if expected := _unlike(field, value):
            yield f"{where}: {_shown(value)} where {expected} is expected"
    elif isinstance(field, serializers.ListSerializer):
        if not isinstance(value, list):
            yield f"{where}: {_shown(value)} where a list is expected"
            return
        for number, item in enumerate(value):
            yield from faults(part, item, f"{where}[{number}]")
    else:
        yield from faults(part, value, where)


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


KINDS: tuple[tuple[type[serializers.Field], Any, str], ...] = (
    (serializers.BooleanField, bool, "true or false"),
    (serializers.IntegerField, int, "a whole number"),
    (serializers.FloatField, (int, float), "a number"),
    (serializers.Field, str, "a text"),
)
FORMATS: tuple[tuple[type[serializers.Field], Any, str], ...] = (
    (serializers.DateTimeField, datetime.fromisoformat, "a date and time"),
    (serializers.DateField, date.fromisoformat, "a date"),
    (serializers.UUIDField, UUID, "a UUID"),
    (DurationField, isodate.parse_duration, "a duration"),
)


def _unlike(field: serializers.Field, value: Any) -> str:
    """What a field expects, if `value` is not that."""
    kind, expected = next((k, words) for cls, k, words in KINDS if isinstance(field, cls))
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return expected
    for cls, parse, words in FORMATS:
        if isinstance(field, cls):
            try:
                parse(value)
            except ValueError:
                return words
    if isinstance(value, str) and "\0" in value:
        return "a text without NUL"  # PostgreSQL keeps none
    longest = getattr(field, "max_length", None)
    return f"a text of at most {longest} characters" if longest and len(value) > longest else ""


def arranged(shape: Shape, value: dict[str, Any]) -> dict[str, Any]:
    """`value` with the shape's keys in the shape's order, and no others."""
    return {
        name: _each(part_of(field), value[name], arranged)
        for name, field in fields_of(shape).items()
        if name in value
    }


def _each(part: Shape | None, value: Any, change: Any) -> Any:
    if part is None or value is None:
        return value
    if isinstance(value, list):
        return [change(part, item) for item in value]
    return change(part, value)


def blank(shape: Shape) -> dict[str, Any]:
    """An object of the shape of which nothing is known."""
    return {name: _blank_of(field) for name, field in fields_of(shape).items()}


BLANKS: tuple[tuple[type[serializers.Field], Any], ...] = (
    (serializers.BooleanField, False),
    (serializers.IntegerField, 0),
    (serializers.FloatField, 0.0),
    (serializers.Field, ""),
)


def _blank_of(field: serializers.Field) -> Any:
    if field.allow_null:
        return None
    if isinstance(field, serializers.ListSerializer):
        return []
    if isinstance(field, ResponseModeField):
        return field.mode
    if part := part_of(field):
        return blank(part)
    return next(value for cls, value in BLANKS if isinstance(field, cls))


def completed(shape: Shape, known: dict[str, Any]) -> dict[str, Any]:
    """What is known of an object, with blanks for the rest."""
    whole = blank(shape)
    for name, field in fields_of(shape).items():
        if name in known:
            whole[name] = _each(part_of(field), known[name], completed)
    return whole


# What goes out


@cache
def _addresses_in(shape: Any) -> dict[str, Any]:
    """Where addresses stand in a shape: None at an address, the same again at a part."""
    found: dict[str, Any] = {}
    for name, field in fields_of(shape).items():
        part = part_of(field)
        if isinstance(field, (UrlField, QuotedUrlField)):
            found[name] = None
        elif part and (below := _addresses_in(part)):
            found[name] = below
    return found


def quote(shape: Shape, value: dict[str, Any], addresses: Addresses) -> dict[str, Any]:
    """`value` unchanged, but for the addresses in it."""
    moved: dict[str, Any] = _readdressed(value, _addresses_in(shape), addresses)
    return moved


def _readdressed(value: dict[str, Any], where: dict[str, Any], addresses: Addresses) -> Any:
    changed = dict(value)
    for name, below in where.items():
        there = value.get(name)
        if not there:
            continue
        if below is None:
            changed[name] = addresses.moved(there)
        elif isinstance(there, list):
            changed[name] = [_readdressed(item, below, addresses) for item in there]
        else:
            changed[name] = _readdressed(there, below, addresses)
    return changed
