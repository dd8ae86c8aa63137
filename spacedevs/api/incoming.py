"""What came from elsewhere → what a column holds, by the shapes that print it.

Upstream's bodies break its own schema: null in any field, keys that are missing, texts longer than
it says (contract, observed.json). All of that is taken. Refused is what a column can't hold, and
the same on every database: SQLite would take what PostgreSQL refuses.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.backends.base.operations import BaseDatabaseOperations
from rest_framework import serializers

from spacedevs.api.durations import DurationField, parse_duration
from spacedevs.api.opaque_shapes import ShapeClass, fields_of, nested_shape_of

INTEGERS = BaseDatabaseOperations.integer_field_ranges
WIDEST = INTEGERS["BigIntegerField"]
SHOWN = 80  # characters of a value
INDEX = re.compile(r"\[\d+\]")
WEB_URL = re.compile(r"https?://[^\s/]", re.IGNORECASE)

Parse = Callable[[Any], Any]


class Unreadable(ValueError):
    """What stands there, and what is expected in its place."""


def expect(value: Any, expected: str) -> Unreadable:
    shown = repr(value)
    shown = shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 3]}..."
    return Unreadable(f"{shown} where {expected} is expected")


def within(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


# One value


def parse_time(text: str) -> datetime:
    """Raises ValueError, also for one without a zone: upstream's have `Z`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return moment.astimezone(UTC)


def parse_text(value: Any) -> str:
    if type(value) is not str:
        raise expect(value, "a text")
    if "\0" in value:
        raise expect(value, "a text without NUL")  # PostgreSQL keeps none
    return value


def parse_boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise expect(value, "true or false")
    return value


def parse_number(value: Any) -> float:
    if type(value) not in (int, float):
        raise expect(value, "a number")
    return float(value)


def integer_parser(least: int, most: int) -> Parse:
    def parse(value: Any) -> int:
        if type(value) is not int:
            raise expect(value, "a whole number")
        if not least <= value <= most:
            raise expect(value, f"a whole number from {least} to {most}")
        return value

    return parse


def format_parser(parse: Callable[[str], Any], expected: str) -> Parse:
    def parse_format(value: Any) -> Any:
        try:
            return parse(parse_text(value))
        except (ValueError, OverflowError):
            raise expect(value, expected) from None

    return parse_format


PARSERS: tuple[tuple[type[serializers.Field], Parse], ...] = (
    (serializers.BooleanField, parse_boolean),
    (serializers.FloatField, parse_number),
    (serializers.DateTimeField, format_parser(parse_time, "a date and time")),
    (serializers.DateField, format_parser(date.fromisoformat, "a date")),
    (serializers.UUIDField, format_parser(UUID, "a UUID")),
    (DurationField, format_parser(parse_duration, "a duration")),
    (serializers.Field, parse_text),
)


def parser_of(field: serializers.Field, column: Any = None) -> Parse:
    """What turns a field's JSON into its column's value. What it returns raises Unreadable."""
    if isinstance(field, serializers.IntegerField):
        kind = column.get_internal_type() if column is not None else ""
        return integer_parser(*INTEGERS.get(kind, WIDEST))
    return next(parse for cls, parse in PARSERS if isinstance(field, cls))


# Opaque JSON: an object that has a shape and no table


class Key(NamedTuple):
    name: str
    parse: Parse
    shape: ShapeClass | None
    many: bool


@cache
def _keys(shape: Any) -> tuple[Key, ...]:
    return tuple(
        Key(
            name,
            parser_of(field),
            nested_shape_of(field),
            isinstance(field, serializers.ListSerializer),
        )
        for name, field in fields_of(shape).items()
    )


def arrange(
    shape: ShapeClass, value: Any, problems: list[str], unknown: set[str], path: str = ""
) -> dict[str, Any]:
    """`value` as the JSON that is kept: the shape's keys in its order, and no others.

    Each value that is of another kind than the shape says is added to `problems`, a sentence
    each; each key that the shape does not know to `unknown`.
    """
    if type(value) is not dict:
        problems.append(f"{path or 'the whole'}: {expect(value, 'an object')}")
        return {}
    arranged: dict[str, Any] = {}
    for key in _keys(shape):
        if key.name not in value:
            continue
        item = arranged[key.name] = value[key.name]
        if item is None:
            continue
        if key.shape is not None:
            below = within(path, key.name)
            do = arrange_many if key.many else arrange
            arranged[key.name] = do(key.shape, item, problems, unknown, below)
            continue
        try:
            key.parse(item)
        except Unreadable as error:
            problems.append(f"{within(path, key.name)}: {error}")
    if len(arranged) < len(value):
        place = INDEX.sub("", path).lstrip(".")  # one name for a key, in however many objects
        unknown.update(within(place, name) for name in value if name not in arranged)
    return arranged


def arrange_many(
    shape: ShapeClass, value: Any, problems: list[str], unknown: set[str], path: str = ""
) -> list[dict[str, Any]]:
    """As arrange(), for a list of such objects."""
    if type(value) is not list:
        problems.append(f"{path or 'the whole'}: {expect(value, 'a list')}")
        return []
    return [
        arrange(shape, item, problems, unknown, f"{path}[{number}]")
        for number, item in enumerate(value)
    ]


def unsafe_urls(shape: ShapeClass, value: Any, path: str = "") -> Iterator[str]:
    """A sentence for each URL in `value`, as arrange() gives it, that is not of the web.

    For editors alone: `javascript:` would run in the browser of whoever shows the answer as a
    link. Upstream's are kept as they come; no page here makes a link of one.
    """
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from unsafe_urls(shape, item, f"{path}[{number}]")
        return
    for name, field in fields_of(shape).items():
        item, below = (value or {}).get(name), within(path, name)
        if part := nested_shape_of(field):
            yield from unsafe_urls(part, item, below)
        elif isinstance(field, serializers.URLField) and item and not WEB_URL.match(item):
            yield f"{below}: {expect(item, 'a URL that begins with http:// or https://')}"
