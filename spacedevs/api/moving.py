"""From a version to the main one, field by field: a table that follows from the declarations.

Each shape of the older version is laid beside that of the main one which shows the same. A field
shows what the field of the same source shows there, or a part of that.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from rest_framework import serializers

from spacedevs.api.modes import PRINTED
from spacedevs.api.opaque_shapes import fields_of, nested_shape_of
from spacedevs.api.retold import RetoldField, RetoldShape
from spacedevs.api.versions import Version, main

NUMBERS = (serializers.IntegerField, serializers.FloatField)


class Path(NamedTuple):
    """A list and its records: what they are called in either version, from the root on.

    `now` is empty where the main version has none. `filters`: old name → that in the main version.
    `note`: what is not upstream's of it.
    """

    old: str
    now: str
    filters: dict[str, str]
    note: str


class Move(NamedTuple):
    """A field of an old shape. `now`: where the main version has it, from that object on, `[]`
    after a list; empty where it has not. `how`: what else is different. `follows`: whether its
    value does in each case. An `old` that is empty is a field that the old shape had not."""

    shape: str
    old: str
    now: str
    how: str = ""
    follows: bool = True


def paths(version: Version) -> Iterator[Path]:
    here = main().resources()
    for old, viewset in version.resources().items():
        now = version.mains(old)
        there = here.get(now)
        filters = _filters(viewset, there) if there else {}
        yield Path(f"{old}/", f"{now}/" if there else "", filters, viewset.unlike_upstream)


def moves(version: Version) -> Iterator[Move]:
    """Of all fields of all shapes, each shape once, the richest of each resource first.

    What the old shapes had not is said of the richest, and of what they nest.
    """
    here, rich, poor = main().resources(), [], []
    for old, viewset in version.resources().items():
        if there := here.get(version.mains(old)):
            *others, richest = viewset.modes
            rich.append((richest, there.get_modes().richest()))
            poor += [(mode, there.get_modes().richest()) for mode in others]
    seen: set[Any] = set()
    for pairs in (rich, poor):
        while pairs:
            pair = old, new = pairs.pop(0)
            if old in seen or old is new:
                continue
            seen.add(old)
            yield from (move for move in _moves(*pair) if move.old or pairs is rich)
            pairs += _nested(*pair)


def unknown(version: Version) -> Iterator[Move]:
    """Those whose value does not follow from what the main version says, or not always."""
    return (move for move in moves(version) if not move.follows)


def _moves(old: Any, new: Any) -> Iterator[Move]:
    name = old.__name__.removesuffix("Serializer")
    left = dict(fields_of(new))
    left.pop(PRINTED, None)
    for key, field in fields_of(old).items():
        found = _found(field, new)
        if found:
            left.pop(found, None)
        how = _how(field, found and fields_of(new)[found])
        yield Move(name, key, _path(field, found), how, getattr(field, "follows", True))
    for key in left:
        yield Move(name, "", key)


def _found(field: Any, new: Any) -> str:
    """The name of the field of `new` that has the same source; empty where none has."""
    if isinstance(field, RetoldField) and not field.reads:
        return ""
    first = field.source.split(".")[0]
    names = fields_of(new)
    if first == "*":
        return field.field_name if field.field_name in names else ""
    return next((name for name, each in names.items() if each.source == first), "")


def _path(field: Any, found: str) -> str:
    if not found:
        return ""
    rest = field.source.split(".")[1:]
    of = [f"[].{field.of}"] if isinstance(field, RetoldField) and field.of else []
    return ".".join([found, *rest]) + "".join(of)


def _how(field: Any, new: Any) -> str:
    words = [field.words] if isinstance(field, RetoldField) else []
    shape: Any = nested_shape_of(field)
    if shape and issubclass(shape, RetoldShape):
        words += shape.words()
    if new and "." not in field.source and isinstance(new, NUMBERS) and not words:
        if not isinstance(field, NUMBERS):
            words.append("a text")
        elif isinstance(new, serializers.FloatField) and type(field) is not type(new):
            words.append("a whole number")
    return "; ".join(words)


def _nested(old: Any, new: Any) -> Iterator[tuple[Any, Any]]:
    for field in fields_of(old).values():
        below, found = nested_shape_of(field), _found(field, new)
        beside = nested_shape_of(fields_of(new)[found]) if found else None
        if below and beside:
            yield below, beside


def _filters(old: Any, new: Any) -> dict[str, str]:
    """Those that are called otherwise: by the column that they ask for and how."""
    if not (old.filterset_class and new.filterset_class):
        return {}
    theirs = new.filterset_class.base_filters
    by_column = {_column(each): name for name, each in theirs.items() if not each.method}
    asked = old.filterset_class.base_filters.items()
    return {name: by_column.get(_column(each), "") for name, each in asked if name not in theirs}


def _column(filter: Any) -> str:
    name = filter.field_name.removesuffix("__id")
    return name if filter.lookup_expr == "exact" else f"{name}__{filter.lookup_expr}"
