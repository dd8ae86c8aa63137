"""The OpenAPI 3.0.3 document, which is upstream's, and the two pages that show it; and one of our
own in 3.1, with what upstream does not have."""

import threading
from functools import cache
from typing import Any

from drf_spectacular import generators, views
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from spacedevs.api.schema import OWN_VERSION
from spacedevs.api.viewsets import ReadOnly

OWN = {"OAS_VERSION": OWN_VERSION, "TITLE": "spacedevs, with what upstream does not have"}
_making = threading.RLock()  # what is made depends on settings of the whole process


@cache
def document() -> dict[str, Any]:
    """The whole document. It depends on the code alone, so that it is made once."""
    generator: Any = generators.SchemaGenerator  # untyped
    with _making:
        schema: dict[str, Any] = generator().get_schema(request=None, public=True)
    return schema


@cache
def own_document() -> dict[str, Any]:
    with _making, patched_settings(OWN):
        return document.__wrapped__()


class _Generator(generators.SchemaGenerator):
    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        return document()


class Document(ReadOnly, views.SpectacularAPIView):
    generator_class = _Generator


class OwnDocument(ReadOnly):
    @extend_schema(exclude=True)
    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response(own_document())


class SwaggerUI(ReadOnly, views.SpectacularSwaggerSplitView):
    pass


class ReDoc(ReadOnly, views.SpectacularRedocView):
    pass
