from django.db import models

from spacedevs.ids import NumberedModel
from spacedevs.names import NamedModel
from spacedevs.texts import LongCharField, LongURLField


class ImageLicense(NamedModel):
    name = LongCharField(max_length=255, blank=True)
    priority = models.IntegerField(default=0, null=True)
    link = LongURLField(max_length=200, null=True, blank=True)

    class Meta(NamedModel.Meta):
        verbose_name = "image license"


class ImageVariantType(NamedModel):
    name = LongCharField(max_length=255, blank=True)

    class Meta(NamedModel.Meta):
        verbose_name = "image variant type"


class Image(NamedModel):
    image_url = LongURLField("image URL", max_length=1024, null=True)
    thumbnail_url = LongURLField("thumbnail URL", max_length=1024, null=True)
    credit = LongCharField(max_length=255, null=True, blank=True)
    license = models.ForeignKey(ImageLicense, models.PROTECT, related_name="images", null=True)
    single_use = models.BooleanField(default=True, null=True)


class ImageVariant(NumberedModel):
    """The same picture for another purpose. It belongs to its image and goes with it."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="variants")
    type = models.ForeignKey(ImageVariantType, models.PROTECT, related_name="variants", null=True)
    image_url = LongURLField("image URL", max_length=1024, null=True)

    class Meta:
        ordering = ("id",)
        verbose_name = "image variant"

    @classmethod
    def with_labels(cls, rows: models.QuerySet) -> models.QuerySet:
        return rows.select_related("image", "type")

    def __str__(self) -> str:
        return f"{self.image} ({self.type or 'no type'})"
