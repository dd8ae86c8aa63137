"""The OpenAPI 3.0.3 document, and the two pages that show it."""

from functools import cache
from typing import Any

from drf_spectacular import generators, views

from spacedevs.api.renderers import JSONRenderer
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


class DocumentView(ReadOnly):
    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """An error is JSON, as everywhere: these views' own renderers write YAML and HTML."""
        if response.exception:
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = JSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


class Document(DocumentView, views.SpectacularAPIView):
    generator_class = _Generator


class SwaggerUI(DocumentView, views.SpectacularSwaggerSplitView):
    pass


class ReDoc(DocumentView, views.SpectacularRedocView):
    pass
