"""Opaque JSON: what belongs to other parts of upstream, kept as the JSON that it gave.

It has a shape, as everything in the contract has, and no table. It is checked against
its shape when it comes in, kept with its keys in the contract's order (incoming.py), and printed
unchanged but for the URLs in it (`quote`).
"""

from functools import cache
from typing import Any

from rest_framework import serializers

from spacedevs.api.fields import OpaqueUrlField, UrlField
from spacedevs.api.object_urls import ObjectUrls

ShapeClass = Any  # a serializer class; the stubs' has no hash


@cache
def fields_of(shape: Any) -> dict[str, serializers.Field]:
    """A shape's fields, in the order of the JSON keys."""
    return dict(shape().fields)


def nested_shape_of(field: serializers.Field) -> ShapeClass | None:
    """The shape of a field's value, or of each of its values; None for a plain value."""
    inner: Any = field.child if isinstance(field, serializers.ListSerializer) else field
    return type(inner) if isinstance(inner, serializers.BaseSerializer) else None


@cache
def _urls_in(shape: Any) -> dict[str, Any]:
    """Where URLs stand in a shape: None at a URL, the same again at a part."""
    found: dict[str, Any] = {}
    for name, field in fields_of(shape).items():
        part = nested_shape_of(field)
        if isinstance(field, (UrlField, OpaqueUrlField)):
            found[name] = None
        elif part and (below := _urls_in(part)):
            found[name] = below
    return found


def quote(shape: ShapeClass, value: dict[str, Any], urls: ObjectUrls) -> dict[str, Any]:
    """`value` unchanged, but for the URLs in it."""
    moved: dict[str, Any] = _rewritten(value, _urls_in(shape), urls)
    return moved


def _rewritten(value: Any, where: dict[str, Any], urls: ObjectUrls) -> Any:
    if not isinstance(value, dict):
        return value  # null, in a list of parts
    changed = dict(value)
    for name, below in where.items():
        upstreams = value.get(name)
        if not upstreams:
            continue
        if below is None:
            changed[name] = urls.moved(upstreams)
        elif isinstance(upstreams, list):
            changed[name] = [_rewritten(item, below, urls) for item in upstreams]
        else:
            changed[name] = _rewritten(upstreams, below, urls)
    return changed
