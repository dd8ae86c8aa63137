"""What a shape says of its parts: what each is called, which are the same thing, what is needed."""

import re
from functools import cache
from typing import Any

from rest_framework import serializers

from spacedevs.api.modes import ResponseModeField
from spacedevs.api.opaque_shapes import ShapeClass, fields_of, nested_shape_of
from spacedevs.api.shapes import OpaqueShape

# Each mode of a thing is a shape of its own; upstream names them so.
_MODE = re.compile(r"(?<=[a-z])(Mini|List|Normal|Detailed|Serializer).*$")


def kind_of(shape: ShapeClass) -> str:
    """The thing that a shape is a mode of: "SpaceStation" of SpaceStationMini."""
    return _MODE.sub("", shape.__name__)


def is_row(shape: ShapeClass) -> bool:
    """Whether what has this shape is a row of a table."""
    return not issubclass(shape, OpaqueShape)


@cache
def title_of(shape: Any) -> str:
    """The key of what an object is called: its name, or its first text; "" where it has none."""
    fields = fields_of(shape)
    texts = [name for name, field in fields.items() if type(field) is serializers.CharField]
    return next((name for name in ("name", "title", *texts) if name in fields), "")


def is_pickable(shape: ShapeClass) -> bool:
    """Whether an object is known by its id, and can be told from others by its name."""
    return "id" in fields_of(shape) and (is_row(shape) or has_name(shape))


def has_name(shape: ShapeClass) -> bool:
    """Whether the title is a name, which no object is without."""
    title = title_of(shape)
    return bool(title) and not fields_of(shape)[title].allow_null


def is_needed(shape: ShapeClass, name: str) -> bool:
    """Whether the contract says that a key is there and never null, and upstream keeps to that."""
    field = fields_of(shape)[name]
    if isinstance(field, ResponseModeField) or name in getattr(shape, "null_upstream", ()):
        return False
    return not field.allow_null and (field.required or field.read_only)


@cache
def shapes_within(shape: Any) -> tuple[ShapeClass, ...]:
    """A shape and all that it nests, each once."""
    found = {shape: None}
    for field in fields_of(shape).values():
        if part := nested_shape_of(field):
            found |= dict.fromkeys(shapes_within(part))
    return tuple(found)
