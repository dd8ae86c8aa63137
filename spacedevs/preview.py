"""What clients will see of a record, before it is saved as well."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from django.db.models import Model
from django.http import HttpRequest
from rest_framework.reverse import reverse

from spacedevs.api.modes import MODE_PARAM
from spacedevs.api.plans import plan_of
from spacedevs.api.registry import resources
from spacedevs.api.renderers import to_json

PREVIEW = "_preview"  # the button's name


class Answer(NamedTuple):
    """`mode`: its name, or the resource's where it has no modes. `url`: where it is served."""

    mode: str
    url: str
    text: str


def page_of(row: Model) -> str | None:
    """The record's browsable page; None where no resource serves it."""
    for prefix, _ in _resources_of(type(row)):
        return f"{reverse(f'{prefix}-detail', args=(row.pk,))}?format=api"
    return None


def answers(request: HttpRequest, row: Model) -> Iterator[Answer]:
    """The record as the serializers print it now, mode by mode, the richest first."""
    for prefix, viewset in _resources_of(type(row)):
        modes = viewset.get_modes()
        for serializer_class in reversed(modes.classes):
            names = (name for name, each in modes.by_name.items() if each is serializer_class)
            mode = next(names, "")
            found = plan_of(serializer_class).apply(type(row)._default_manager.all())
            printed = serializer_class(found.get(pk=row.pk), context={"request": request}).data
            query = {"id": row.pk, MODE_PARAM: mode, "format": "api"}
            url = f"{reverse(f'{prefix}-list')}?{urlencode({k: v for k, v in query.items() if v})}"
            if serializer_class is modes.richest():
                url = page_of(row) or url
            text = orjson.dumps(orjson.loads(to_json(printed)), option=orjson.OPT_INDENT_2)
            yield Answer(mode or prefix, url, text.decode())


def _resources_of(model: type[Model]) -> Iterator[tuple[str, Any]]:
    for prefix, viewset in resources().items():
        if viewset.queryset.model is model:
            yield prefix, viewset
