"""The OpenAPI 3.0.3 document, and the two pages that show it."""

from functools import cache
from typing import Any

from drf_spectacular import generators, views

from spacedevs.api.viewsets import ReadOnly


@cache
def document() -> dict[str, Any]:
    """The whole document. It depends on the code alone, so that it is made once."""
    generator: Any = generators.SchemaGenerator  # untyped
    schema: dict[str, Any] = generator().get_schema(request=None, public=True)
    return schema


class _Generator(generators.SchemaGenerator):
    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        return document()


class Document(ReadOnly, views.SpectacularAPIView):
    generator_class = _Generator


class SwaggerUI(ReadOnly, views.SpectacularSwaggerSplitView):
    pass


class ReDoc(ReadOnly, views.SpectacularRedocView):
    pass
