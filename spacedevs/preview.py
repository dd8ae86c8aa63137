"""What clients will see of a record, before it is saved as well."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
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


def is_served(model: type[Model]) -> bool:
    return any(_resources_of(model))


def browsable_url(row: Model) -> str | None:
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
                url = browsable_url(row) or url
            text = orjson.dumps(orjson.loads(to_json(printed)), option=orjson.OPT_INDENT_2)
            yield Answer(mode or prefix, url, text.decode())


def _resources_of(model: type[Model]) -> Iterator[tuple[str, Any]]:
    for prefix, viewset in resources().items():
        if viewset.queryset.model is model:
            yield prefix, viewset


class WithPreview(admin.ModelAdmin):
    """The button "Preview the answer", and a link to the record's browsable page."""

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        return browsable_url(obj) if obj is not None else None

    def response_add(self, request: Any, obj: Any, *args: Any) -> Any:
        return self.previewed(request, obj, False) or super().response_add(request, obj, *args)

    def response_change(self, request: Any, obj: Any) -> Any:
        return self.previewed(request, obj, True) or super().response_change(request, obj)

    def previewed(self, request: Any, obj: Any, change: bool) -> HttpResponse | None:
        """The answers of what was saved a moment ago, and will be taken back."""
        if PREVIEW not in request.POST:
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": f"Preview of {obj}",
            "opts": self.opts,
            "change": change,
            "answers": list(answers(request, obj)),
        }
        return TemplateResponse(request, "admin/preview.html", context)
