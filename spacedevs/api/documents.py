"""The OpenAPI 3.0.3 document, which is upstream's, and the two pages that show it; and one of our
own in 3.1, with what upstream does not have."""

from functools import cache
from typing import Any

from drf_spectacular import generators, views
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from spacedevs.api.generator import Generator
from spacedevs.api.schema import OWN_VERSION
from spacedevs.api.versions import Version, version_at
from spacedevs.api.viewsets import ReadOnly

OWN = {"OAS_VERSION": OWN_VERSION, "TITLE": "spacedevs, with what upstream does not have"}


@cache
def document(version: Version | None = None) -> dict[str, Any]:
    """The whole document. It depends on the code alone, so that it is made once."""
    return Generator(version).get_schema(public=True)


@cache
def own_document(version: Version | None = None) -> dict[str, Any]:
    return Generator(version, **OWN).get_schema(public=True)


class _Known(generators.SchemaGenerator):
    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        return document(version_at(request.path))


class Document(ReadOnly, views.SpectacularAPIView):
    generator_class = _Known


class OwnDocument(ReadOnly):
    @extend_schema(exclude=True)
    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response(own_document(self.version))


class SwaggerUI(ReadOnly, views.SpectacularSwaggerSplitView):
    pass


class ReDoc(ReadOnly, views.SpectacularRedocView):
    pass
