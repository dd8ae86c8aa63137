"""`url`: the address of an object."""

from typing import Any

from rest_framework import serializers

from spacedevs.api.addresses import addresses_of


class UrlField(serializers.URLField):
    """The address of a row, by the resource that shows it, whoever serves that."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        super().__init__(read_only=True, source="*")

    def to_representation(self, value: Any) -> str:
        return addresses_of(self.context).of(self.resource, value.pk)


class QuotedUrlField(serializers.URLField):
    """The address in a quoted part, which says itself where it leads."""

    def __init__(self) -> None:
        super().__init__(read_only=True)
