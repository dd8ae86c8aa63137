"""A shape → what its form is made of, as JSON."""

from functools import cache
from typing import Any

from rest_framework import serializers

from spacedevs.api.durations import DurationField
from spacedevs.api.fields import OpaqueUrlField, UrlField
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.opaque_shapes import ShapeClass, fields_of, nested_shape_of
from spacedevs.parts.kinds import (
    has_name,
    is_needed,
    is_pickable,
    is_row,
    kind_of,
    shapes_within,
    title_of,
)
from spacedevs.parts.whole import empty

LONG = 512  # characters; a text that may be longer has several lines
INPUTS: tuple[tuple[type[serializers.Field], str], ...] = (
    (ResponseModeField, "given"),
    (UrlField, "given"),
    (OpaqueUrlField, "given"),
    (serializers.ChoiceField, "choice"),
    (serializers.BooleanField, "boolean"),
    (serializers.IntegerField, "integer"),
    (serializers.FloatField, "number"),
    (serializers.DateTimeField, "time"),
    (serializers.DateField, "date"),
    (DurationField, "duration"),
    (serializers.URLField, "url"),
    (serializers.Field, "text"),
)
CAPITALS = {"Url": "URL", "Id": "ID", "Eva": "EVA", "url": "URL", "urls": "URLs"}


@cache
def describe(shape: Any, many: bool) -> dict[str, Any]:
    """`shapes`: by name, the shape and all that it nests; `shape`: the name of the part's own.

    Of a shape: `kind`, which its modes share; `title`, the key of its name, or ""; `row`, whether
    it is of a table; `pick`, whether one that is here can be searched for; `keys`, in the order
    of the JSON. Of a key: `key`, `label`, `help`, `input` (INPUTS, or "long", "object", "list"),
    `needed`, and `shape` or `choices` where its input has them.
    """
    shapes = {each.__name__: _describe(each) for each in shapes_within(shape)}
    return {"shape": shape.__name__, "many": many, "shapes": shapes}


def _describe(shape: ShapeClass) -> dict[str, Any]:
    return {
        "kind": kind_of(shape),
        "title": title_of(shape),
        "row": is_row(shape),
        "pick": is_pickable(shape),
        "keys": [_key(shape, name, field) for name, field in fields_of(shape).items()],
    }


def _key(shape: ShapeClass, name: str, field: serializers.Field) -> dict[str, Any]:
    words = str(field.label or name.replace("_", " ").capitalize()).split(" ")
    described = {
        "key": name,
        "label": " ".join(CAPITALS.get(word, word) for word in words),
        "help": str(field.help_text or ""),
        "input": _input(field),
        "needed": _is_asked_for(shape, name, field),
    }
    if part := nested_shape_of(field):
        described["shape"] = part.__name__
    if isinstance(field, serializers.ChoiceField):
        described["choices"] = [[value, str(label)] for value, label in field.choices.items()]
    return described


def _is_asked_for(shape: ShapeClass, name: str, field: serializers.Field) -> bool:
    """Whether an own object is refused without it (parts/whole.py)."""
    if name == "id":
        return False
    is_name = name == title_of(shape) and has_name(shape)
    return is_name or (is_needed(shape, name) and empty(field) is None)


def _input(field: serializers.Field) -> str:
    if isinstance(field, serializers.ListSerializer):
        return "list"
    if nested_shape_of(field):
        return "object"
    found = next(name for cls, name in INPUTS if isinstance(field, cls))
    return "long" if found == "text" and _is_long(field) else found


def _is_long(field: Any) -> bool:
    if type(field) is not serializers.CharField:
        return False
    limit = field.max_length or (0 if field.read_only else LONG + 1)
    return limit > LONG or field.style.get("base_template") == "textarea.html"
