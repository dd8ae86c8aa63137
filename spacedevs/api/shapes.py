"""A shape: a serializer that only writes."""

from typing import Any

from rest_framework import serializers

# What a field would accept is no part of a shape, and the bounds of an integer are the database's.
INPUT_ONLY = ("allow_blank", "max_value", "min_value", "validators")


class Shape(serializers.ModelSerializer):
    """One of upstream's OpenAPI components, from a model's columns and the fields declared."""

    def build_standard_field(
        self, field_name: str, model_field: Any
    ) -> tuple[type, dict[str, Any]]:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        return field_class, {key: kwargs[key] for key in kwargs if key not in INPUT_ONLY}
