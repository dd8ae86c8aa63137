"""An OpenAPI operation, from the same declarations that the endpoint works by."""

from typing import TYPE_CHECKING, Any

from drf_spectacular import openapi
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import PolymorphicProxySerializer

from spacedevs.api.description import as_text
from spacedevs.api.fields import Integer32Field
from spacedevs.api.opaque_shapes import fields_of

if TYPE_CHECKING:
    from spacedevs.api.viewsets import ResourceViewSet


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
        return self.view.get_modes().parameters() if self.is_list() else []

    def get_response_serializers(self) -> Any:
        modes = self.view.get_modes()
        if not self.is_list() or not modes.names:
            return modes.richest()
        name = type(self.view).__name__.removesuffix("ViewSet")
        return PolymorphicProxySerializer(
            component_name=f"Polymorphic{name}Endpoint",
            serializers={**modes.by_name},
            resource_type_field_name="response_mode",
        )
