"""A part as an editor leaves it → one that clients can read: every key of its shape is there.

A client's types are made of the contract, and one key that is missing is an answer that it can't
read. What an editor leaves out is what a column of an own record would hold: null where the
contract allows it, else what is empty of its kind. Null that is there is upstream's, and stays.
"""

from typing import Any

from rest_framework import serializers

from spacedevs.api.incoming import parse_text, parser_of, within
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.opaque_shapes import ShapeClass, fields_of, nested_shape_of
from spacedevs.ids import is_own, own_number
from spacedevs.parts.kinds import has_name, is_needed, is_row, kind_of, title_of


def complete(shape: ShapeClass, value: Any, problems: list[str], path: str = "") -> Any:
    """`value`, as arrange() or arrange_many() gives it, with the keys that are missing.

    A new object gets an id of our own; one of a row has to have its row's. Each key of an own
    object that must be there, and has no empty value, is added to `problems`, a sentence each.
    """
    if isinstance(value, list):
        items = enumerate(value)
        return [complete(shape, item, problems, f"{path}[{number}]") for number, item in items]
    whole: dict[str, Any] = {}
    fields, title = fields_of(shape), title_of(shape)
    is_new = "id" in fields and "id" not in value
    made_here = not is_row(shape) and (is_new or is_own(value.get("id")))
    for name, field in fields.items():
        part, below = nested_shape_of(field), within(path, name)
        if name == "id" and is_new:
            whole[name] = own_number(kind_of(shape), value.get(title))
        else:
            whole[name] = value[name] if name in value else empty(field)
        if part and whole[name] is not None:
            whole[name] = complete(part, whole[name], problems, below)
        if made_here and is_needed(shape, name) and whole[name] is None:
            problems.append(f"{below}: is missing")
    if made_here and has_name(shape) and not whole[title]:
        problems.append(f"{within(path, title)}: is missing")
    if is_new and is_row(shape):
        problems.append(f"{within(path, 'id')}: is missing; search for a record that is here")
    return whole


def empty(field: serializers.Field) -> Any:
    """What stands where nothing is said."""
    if isinstance(field, ResponseModeField):
        return field.mode
    if isinstance(field, serializers.ListSerializer):
        return []
    if field.allow_null or nested_shape_of(field):
        return None
    if isinstance(field, serializers.BooleanField) and not field.required:
        return False
    if isinstance(field, serializers.IntegerField | serializers.FloatField) and not field.required:
        return 0
    return "" if parser_of(field) is parse_text else None
