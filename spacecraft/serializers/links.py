"""Where an agency or an astronaut is met: opaque JSON."""

from rest_framework import serializers

from spacecraft.serializers.images import Image
from spacedevs.api.shapes import OpaqueShape


class SocialMedia(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255, required=False)
    url = serializers.URLField(allow_null=True)
    logo = Image(allow_null=True)


class SocialMediaLink(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    social_media = SocialMedia()
    url = serializers.URLField(allow_null=True)
