"""Shapes: serializers that only write. Each is one of upstream's OpenAPI components."""

from typing import Any

from django.db import models
from rest_framework import serializers

from spacedevs.api.fields import Integer32Field
from spacedevs.api.object_urls import object_urls_of
from spacedevs.api.opaque_shapes import quote

# What a field would accept is no part of a shape, and the bounds that Django gives an integer are
# those of the database that runs.
INPUT_ONLY = ("allow_blank", "max_value", "min_value", "validators")


def contract_allows_null(column: models.Field) -> bool:
    """Whether upstream's schema lets this column be null.

    Upstream's bodies hold null where its schema forbids it (contract, `observed.json`), so every
    column takes null, and its other declarations say what the schema says: never null is what a
    form may not leave blank, or what has a default.
    """
    has_default = column.has_default() and column.default is not None
    return column.null and column.blank and not has_default


class Shape(serializers.ModelSerializer):
    """The shape of a row: its columns, and the fields declared. An unknown value is null."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.IntegerField: Integer32Field,
    }

    def build_standard_field(
        self, field_name: str, model_field: Any
    ) -> tuple[type, dict[str, Any]]:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        kwargs = {key: kwargs[key] for key in kwargs if key not in INPUT_ONLY}
        if not contract_allows_null(model_field):
            kwargs.pop("allow_null", None)
            if not (model_field.blank or model_field.has_default()):
                kwargs.pop("required", None)  # which DRF derives from null
        return field_class, kwargs


class OpaqueShape(serializers.Serializer):
    """The shape of opaque JSON."""

    # Keys that upstream's bodies hold as null, though its schema forbids it.
    null_upstream: tuple[str, ...] = ()

    def to_representation(self, instance: Any) -> Any:
        return quote(type(self), instance, object_urls_of(self.context))
