"""Opaque JSON as upstream's bodies have it, for each column that holds some."""

import json
from functools import cache
from typing import Any

from django.db import models
from django.utils.module_loading import import_string

from spacedevs.opaque_json import OpaqueJSONField
from tests.administration import MODELS
from tests.upstream_bodies import Catalogue
from tests.upstream_bodies.walks import SMALL, all_objects

COLUMNS = [
    (model, column)
    for model in MODELS
    for column in model._meta.fields
    if isinstance(column, OpaqueJSONField)
]


def shape_of(column: Any) -> Any:
    return import_string(column.shape)


@cache
def _largest() -> dict[str, str]:
    """Of each shape the longest object, as JSON."""
    largest: dict[str, str] = {}
    for shape, _, body in all_objects(Catalogue(**SMALL)):
        largest[shape] = max(largest.get(shape, ""), json.dumps(body), key=len)
    return largest


def value_of(column: Any) -> Any:
    """What upstream might send: an object, or a list of two."""
    one = json.loads(_largest()[shape_of(column).__name__])
    return [one, {**one, "id": one["id"] + 1}] if column.many else one


def values_of(model: type[models.Model]) -> dict[str, Any]:
    return {column.name: value_of(column) for owner, column in COLUMNS if owner is model}
