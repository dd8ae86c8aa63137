from rest_framework import serializers

from spacecraft import models
from spacedevs.api.shapes import Shape


class ImageLicense(Shape):
    class Meta:
        model = models.ImageLicense
        fields = ("id", "name", "priority", "link")


class ImageVariantType(Shape):
    class Meta:
        model = models.ImageVariantType
        fields = ("id", "name")


class ImageVariant(Shape):
    type = ImageVariantType()
    image_url = serializers.URLField()

    class Meta:
        model = models.ImageVariant
        fields = ("id", "type", "image_url")


class Image(Shape):
    image_url = serializers.URLField()
    thumbnail_url = serializers.URLField()
    license = ImageLicense()
    variants = ImageVariant(many=True)

    class Meta:
        model = models.Image
        fields = (
            "id",
            "name",
            "image_url",
            "thumbnail_url",
            "credit",
            "license",
            "single_use",
            "variants",
        )
