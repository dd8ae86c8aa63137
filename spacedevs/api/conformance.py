"""What came from elsewhere, against the contract's shapes and what a column can hold.

The same on every database: SQLite would take what PostgreSQL refuses.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import NOT_PROVIDED
from rest_framework import serializers

from spacedevs.api.durations import DurationField, parse_duration
from spacedevs.api.plans import accessor
from spacedevs.api.quotes import Shape, fields_of, part_of
from spacedevs.api.shapes import Quoted

INTEGERS = BaseDatabaseOperations.integer_field_ranges
WIDEST = INTEGERS["BigIntegerField"]
SHOWN = 80  # characters of a value


def faults(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """What in `value` is not as the contract says: the key, and what stands there."""
    return _faults(shape, value, path, owned=True, may_be_nobody=False)


def _faults(
    shape: Shape, value: Any, path: str, *, owned: bool, may_be_nobody: bool
) -> Iterator[str]:
    """`owned`: it becomes a row, and is not quoted. `may_be_nobody`: an id of 0 is none."""
    if not isinstance(value, dict):
        yield f"{path or 'the whole'}: {_shown(value)} where an object is expected"
        return
    columns = columns_of(shape) if owned and not issubclass(shape, Quoted) else {}
    for name, field in fields_of(shape).items():
        where = f"{path}.{name}" if path else name
        column = columns.get(name)
        if name not in value:
            if field.required or field.read_only or (_needed(column) and not _has_default(column)):
                yield f"{where}: is missing"
        elif value[name] is None:
            if not _may_be_null(field, column):
                yield f"{where}: null where a value is required"
        elif value[name] == 0 and getattr(column, "primary_key", False) and not may_be_nobody:
            yield f"{where}: 0 where the id of one is expected"
        else:
            yield from _faults_at(field, column, value[name], where, owned=bool(columns))


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


@cache
def columns_of(shape: Any) -> dict[str, Any]:
    """The columns and relations that keep what the fields of a shape say; None where none does."""
    model = getattr(getattr(shape, "Meta", None), "model", None)
    columns = {accessor(column): column for column in (model._meta.get_fields() if model else ())}
    return {name: columns.get(str(field.source)) for name, field in fields_of(shape).items()}


def _needed(column: Any) -> bool:
    """Whether a row can't be without it."""
    return column is not None and column.concrete and not (column.null or column.many_to_many)


def _has_default(column: Any) -> bool:
    return column.default is not NOT_PROVIDED or column.empty_strings_allowed


def _may_be_null(field: Any, column: Any) -> bool:
    """Upstream gives parts as null that its own document says are none: a docking has one of three
    targets, a flight that is to come no landing. A part is refused as null where a column needs it.
    """
    return bool(field.allow_null) if part_of(field) is None else not _needed(column)


def _faults_at(
    field: serializers.Field, column: Any, value: Any, where: str, *, owned: bool
) -> Iterator[str]:
    part = part_of(field)
    if part is None:
        if expected := _unlike(field, column, value):
            yield f"{where}: {_shown(value)} where {expected} is expected"
    elif not isinstance(field, serializers.ListSerializer):
        yield from _faults(part, value, where, owned=owned, may_be_nobody=not _needed(column))
    elif not isinstance(value, list):
        yield f"{where}: {_shown(value)} where a list is expected"
    else:
        for number, item in enumerate(value):
            here = f"{where}[{number}]"
            yield from _faults(part, item, here, owned=owned, may_be_nobody=False)


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 3]}..."


def parse_time(text: str) -> datetime:
    """Raises ValueError, also for one without a zone: upstream's have `Z`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return moment.astimezone(UTC)


KINDS: tuple[tuple[type[serializers.Field], Any, str], ...] = (
    (serializers.BooleanField, bool, "true or false"),
    (serializers.IntegerField, int, "a whole number"),
    (serializers.FloatField, (int, float), "a number"),
    (serializers.Field, str, "a text"),
)
FORMATS: tuple[tuple[type[serializers.Field], Callable[[str], Any], str], ...] = (
    (serializers.DateTimeField, parse_time, "a date and time"),
    (serializers.DateField, date.fromisoformat, "a date"),
    (serializers.UUIDField, UUID, "a UUID"),
    (DurationField, parse_duration, "a duration"),
)


def _unlike(field: serializers.Field, column: Any, value: Any) -> str:
    """What a field expects, if `value` is not that."""
    kind, expected = next((k, words) for cls, k, words in KINDS if isinstance(field, cls))
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return expected
    if isinstance(value, int):
        least, most = INTEGERS.get(column.get_internal_type(), WIDEST) if column else WIDEST
        return "" if least <= value <= most else f"{expected} from {least} to {most}"
    return _unlike_text(field, column, value) if isinstance(value, str) else ""


def _unlike_text(field: serializers.Field, column: Any, value: str) -> str:
    for cls, parse, words in FORMATS:
        if isinstance(field, cls):
            try:
                parse(value)
            except (ValueError, OverflowError):
                return words
            return ""
    if "\0" in value:
        return "a text without NUL"  # PostgreSQL keeps none
    longest = getattr(field, "max_length", None) or getattr(column, "max_length", None)
    return f"a text of at most {longest} characters" if longest and len(value) > longest else ""
