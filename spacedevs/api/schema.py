"""An OpenAPI operation, from the same declarations that the endpoint works by."""

from typing import TYPE_CHECKING, Any

from drf_spectacular import openapi
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import PolymorphicProxySerializer

from spacedevs.api import selection
from spacedevs.api.description import as_text
from spacedevs.api.fields import Integer32Field
from spacedevs.api.modes import PRINTED
from spacedevs.api.opaque_shapes import fields_of
from spacedevs.api.streams import STREAMS

if TYPE_CHECKING:
    from spacedevs.api.viewsets import ResourceViewSet


OWN_VERSION = "3.1.0"  # of OpenAPI, in the document of our own; upstream's is of 3.0.3


def is_own_document() -> bool:
    """Whether the document that is made has what upstream does not have."""
    return bool(spectacular_settings.OAS_VERSION == OWN_VERSION)


class DescribedSchema(openapi.AutoSchema):
    """An operation with its page's words and upstream's schemes."""

    view: Any

    def get_description(self) -> str:  # type: ignore[override]
        return as_text(self.view.sections())

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Upstream's schemes. No key is needed, and with the throttle off none is read."""
        return [{name: []} for name in spectacular_settings.APPEND_COMPONENTS["securitySchemes"]]


class ResourceSchema(DescribedSchema):
    """DRF's DEFAULT_SCHEMA_CLASS. It reads the resource's attributes; no view has a decorator."""

    view: "ResourceViewSet"

    def is_list(self) -> bool:
        return not self.view.detail

    def get_summary(self) -> str:
        meta = self.view.queryset.model._meta
        return (
            f"List {meta.verbose_name_plural.title()}"
            if self.is_list()
            else f"Get {meta.verbose_name.title()}"
        )

    def get_tags(self) -> list[str]:
        own_name = self.view.queryset.model._meta.verbose_name_plural.title()
        return list(self.view.tags or (own_name,))

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        """An id in a path has the bounds that its shape gives it."""
        untyped: Any = super()
        parameters: list[dict[str, Any]] = untyped._resolve_path_parameters(variables)
        for parameter in parameters:
            field = fields_of(self.view.get_modes().richest())[parameter["name"]]
            if isinstance(field, Integer32Field):
                self._insert_min_max(field, parameter["schema"])
        return parameters

    def get_override_parameters(self) -> list[Any]:
        modes = self.view.get_modes().parameters() if self.is_list() else []
        return modes + selection.PARAMETERS if is_own_document() else modes

    def get_response_serializers(self) -> Any:
        shape = self._shape()
        if not self.is_list() or not is_own_document():
            return shape
        streamed = {(200, stream.media_type): OpenApiTypes.STR for stream in STREAMS.values()}
        return {(200, "application/json"): shape, **streamed}

    def _shape(self) -> Any:
        modes = self.view.get_modes()
        if not self.is_list() or not modes.names:
            return modes.richest()
        if not modes.are_printed():
            return modes.default()  # of which a richer one has all that the poorer one has
        name = type(self.view).__name__.removesuffix("ViewSet")
        return PolymorphicProxySerializer(
            component_name=f"Polymorphic{name}Endpoint",
            serializers={**modes.by_name},
            resource_type_field_name=PRINTED,
        )
