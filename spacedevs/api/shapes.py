"""Shapes: serializers that only write. Each is one of upstream's OpenAPI components."""

from typing import Any

from django.db import models
from rest_framework import serializers

from spacedevs.api.addresses import addresses_of
from spacedevs.api.fields import Integer32Field
from spacedevs.api.quotes import blank, quote

# What a field would accept is no part of a shape, and the bounds that Django gives an integer are
# those of the database that runs.
INPUT_ONLY = ("allow_blank", "max_value", "min_value", "validators")


class _NeverNull(serializers.Serializer):
    """A part that the contract does not let be null is blank where it is not known."""

    def get_attribute(self, instance: Any) -> Any:
        value = super().get_attribute(instance)
        return Blank() if value is None and not self.allow_null else value

    def to_representation(self, instance: Any) -> Any:
        if isinstance(instance, Blank):
            return blank(type(self))
        return self.write(instance)

    def write(self, instance: Any) -> Any:
        return super().to_representation(instance)


class Blank:
    """Stands for a part of which nothing is known."""


class Shape(_NeverNull, serializers.ModelSerializer):
    """The shape of a row: its columns, and the fields declared."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.IntegerField: Integer32Field,
    }

    def build_standard_field(
        self, field_name: str, model_field: Any
    ) -> tuple[type, dict[str, Any]]:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        return field_class, {key: kwargs[key] for key in kwargs if key not in INPUT_ONLY}


class Quoted(_NeverNull):
    """The shape of a quoted part."""

    def write(self, instance: Any) -> Any:
        return quote(type(self), instance, addresses_of(self.context))
