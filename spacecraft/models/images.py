from django.db import models

from spacedevs.ids import Numbered
from spacedevs.names import Named


class ImageLicense(Named):
    name = models.CharField(max_length=255, blank=True)
    priority = models.IntegerField(default=0)
    link = models.URLField(max_length=200, null=True, blank=True)

    class Meta(Named.Meta):
        verbose_name = "image license"


class ImageVariantType(Named):
    name = models.CharField(max_length=255, blank=True)

    class Meta(Named.Meta):
        verbose_name = "image variant type"


class Image(Named):
    image_url = models.URLField("image URL", max_length=1024)
    thumbnail_url = models.URLField("thumbnail URL", max_length=1024)
    credit = models.CharField(max_length=255, null=True, blank=True)
    license = models.ForeignKey(ImageLicense, models.PROTECT, related_name="images")
    single_use = models.BooleanField(default=True)


class ImageVariant(Numbered):
    """The same picture for another purpose. It belongs to its image and goes with it."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="variants")
    type = models.ForeignKey(ImageVariantType, models.PROTECT, related_name="variants")
    image_url = models.URLField("image URL", max_length=1024)

    class Meta:
        ordering = ("id",)
        verbose_name = "image variant"

    def __str__(self) -> str:
        return f"{self.image} ({self.type})"
