"""Fields that the shapes share: an integer with bounds, and `url`, where an object is."""

from collections.abc import Mapping
from typing import Any

from django.db.backends.base.operations import BaseDatabaseOperations
from rest_framework import serializers

from spacedevs.api.object_urls import object_urls_of


class Integer32Field(serializers.IntegerField):
    """An integer with the bounds of 32 bits, which upstream's columns have.

    They stand in the OpenAPI document. The column's own would be those of the database that runs:
    SQLite's has 64 bits.
    """

    least, most = BaseDatabaseOperations.integer_field_ranges["IntegerField"]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=self.least, max_value=self.most, **kwargs)


class UrlField(serializers.URLField):
    """The URL of a row, or of an object, by the resource that shows it, whoever serves that."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        super().__init__(read_only=True, source="*")

    def to_representation(self, value: Any) -> str:
        pk = value["id"] if isinstance(value, Mapping) else value.pk
        return object_urls_of(self.context).of(self.resource, pk)


class OpaqueUrlField(serializers.URLField):
    """A URL within opaque JSON, which says itself where it leads."""

    def __init__(self) -> None:
        super().__init__(read_only=True)

    def to_representation(self, value: str) -> str:
        return object_urls_of(self.context).moved(value)
