"""What is here already of a part's kind, for an editor to pick: an astronaut, a port, an agency.

What has a table is searched as its page in the admin is. What has none stands in the opaque JSON
of records: those in which the text occurs are read, the newest first.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, Model, Q, TextField
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET

from spacedevs.api.opaque_shapes import ShapeClass, fields_of, nested_shape_of
from spacedevs.api.plans import plan_of
from spacedevs.api.registry import record_models
from spacedevs.opaque_json import OpaqueJSONField
from spacedevs.parts.kinds import is_pickable, is_row, kind_of, shapes_within, title_of

OFFERED = 12
READ = 600  # records of a model, at most
LONGEST = 100  # characters of what is searched for

Pick = dict[str, Any]
Where = dict[str, Any]


@require_GET
def pick(request: HttpRequest) -> HttpResponse:
    """`?shape=AstronautRole&q=comm` → `{"results": [{"title": …, "value": {…}}, …]}`.

    A value has at least the keys of the shape. 403 for who may look at no record that has one.
    """
    shape = _pickable().get(request.GET.get("shape", ""))
    if shape is None:
        raise Http404("no such shape")
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    found = (_rows if is_row(shape) else _quoted)(request, shape, text)
    return HttpResponse(orjson.dumps({"results": found}), content_type="application/json")


@cache
def _columns() -> tuple[tuple[type[Model], OpaqueJSONField, ShapeClass], ...]:
    return tuple(
        (model, column, import_string(column.shape))
        for model in record_models()
        for column in model._meta.fields
        if isinstance(column, OpaqueJSONField)
    )


@cache
def _pickable() -> dict[str, ShapeClass]:
    within = (each for *_, shape in _columns() for each in shapes_within(shape))
    return {each.__name__: each for each in within if is_pickable(each)}


def _may_view(request: HttpRequest, model: type[Model]) -> bool:
    return admin.site.get_model_admin(model).has_view_permission(request)


def _rows(request: HttpRequest, shape: ShapeClass, text: str) -> list[Pick]:
    model = shape.Meta.model
    if not _may_view(request, model):
        raise PermissionDenied
    options = admin.site.get_model_admin(model)
    rows = model._default_manager.order_by(*options.get_ordering(request))
    found, repeats = options.get_search_results(request, rows, text)
    if repeats:
        found = rows.filter(pk__in=found.order_by().values("pk"))
    shown = [*plan_of(shape).apply(found)[:OFFERED]]
    values = shape(shown, many=True, context={"request": request}).data
    return [{"title": str(row), "value": value} for row, value in zip(shown, values, strict=True)]


def _quoted(request: HttpRequest, shape: ShapeClass, text: str) -> list[Pick]:
    columns: dict[type[Model], dict[str, Where]] = defaultdict(dict)
    for model, column, whole in _columns():
        if where := _where(whole, shape):
            columns[model][column.name] = where
    allowed = {model: names for model, names in columns.items() if _may_view(request, model)}
    if not allowed:
        raise PermissionDenied
    title = title_of(shape)
    found: dict[Any, Pick] = {}
    for model, names in allowed.items():
        for value in _objects(model, names, text):
            name = value.get(title)
            if not isinstance(name, str) or not name or text.casefold() not in name.casefold():
                continue
            found.setdefault(value.get("id") or name, {"title": name, "value": value})
            if len(found) == OFFERED:
                return [*found.values()]
    return [*found.values()]


def _objects(model: type[Model], names: dict[str, Where], text: str) -> Iterator[Pick]:
    # As the column has it: a quotation mark has a backslash before it there.
    written = orjson.dumps(text).decode()[1:-1]
    texts = {f"{name}_text": Cast(F(name), TextField()) for name in names}
    wanted = Q()
    for name in texts:
        wanted |= Q(**{f"{name}__contains": "{"}) & Q(**{f"{name}__icontains": written})
    rows = model._default_manager.alias(**texts).filter(wanted).order_by("-pk")
    for row in rows.values_list(*names)[:READ].iterator(chunk_size=100):
        for where, value in zip(names.values(), row, strict=True):
            yield from _walk(where, value)


@cache
def _where(whole: Any, shape: Any) -> Where:
    """Where objects of a shape's kind, with its keys, stand in another: "" at one itself."""
    found: Where = {}
    if kind_of(whole) == kind_of(shape) and fields_of(shape).keys() <= fields_of(whole).keys():
        found[""] = True
    for name, field in fields_of(whole).items():
        part = nested_shape_of(field)
        if part and (below := _where(part, shape)):
            found[name] = below
    return found


def _walk(where: Where, value: Any) -> Iterator[Pick]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(where, item)
    elif isinstance(value, dict):
        for name, below in where.items():
            if not name:
                yield value
            elif value.get(name):
                yield from _walk(below, value[name])
