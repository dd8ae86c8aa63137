"""Endpoints that upstream does not have: they stand in the document of our own alone."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter

from spacedevs.api.description import Section, format_section, help_section
from spacedevs.api.schema import DescribedSchema, is_own_document
from spacedevs.api.viewsets import ReadOnly


class ExtensionSchema(DescribedSchema):
    view: "Extension"

    def is_excluded(self) -> bool:
        return not is_own_document()

    def get_summary(self) -> str:
        return self.view.summary

    def get_description(self) -> str:  # type: ignore[override]
        return self.view.words

    def get_tags(self) -> list[str]:
        return ["Beyond upstream"]

    def get_override_parameters(self) -> list[Any]:
        return list(self.view.parameters)

    def get_response_serializers(self) -> Any:
        return self.view.answers


class Extension(ReadOnly):
    """`summary` and `words`: of its operation. `parameters`: of its query. `answers`: by status
    and media type."""

    summary: ClassVar[str]
    words: ClassVar[str]
    parameters: ClassVar[tuple[OpenApiParameter, ...]] = ()
    answers: ClassVar[dict[tuple[int, str], Any]]
    schema = ExtensionSchema()

    def get_view_name(self) -> str:
        return self.summary

    def sections(self) -> list[Section]:
        return [format_section(self), help_section()]
