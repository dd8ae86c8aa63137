"""Pictures: plain addresses."""

from rest_framework import serializers


def picture(of: str = "image") -> serializers.URLField:
    """The address of a picture that 2.3.0 has as an object."""
    return serializers.URLField(source=f"{of}.image_url", read_only=True, allow_null=True)
