"""The tables for Django's ORM, as the DRF and the django-ninja peer read them."""

from django.db import models

PREFIX = "spacecraft_"


class Named(models.Model):
    name = models.TextField()
    sort_name = models.TextField()

    class Meta:
        abstract = True


def to(model: str, **kwargs: object) -> models.ForeignKey:
    return models.ForeignKey(model, models.DO_NOTHING, null=True, related_name="+", **kwargs)


class Status(Named):
    class Meta:
        managed = False
        db_table = PREFIX + "spacecraftstatus"


class ConfigurationType(Named):
    class Meta:
        managed = False
        db_table = PREFIX + "spacecraftconfigtype"


class AgencyType(Named):
    class Meta:
        managed = False
        db_table = PREFIX + "agencytype"


class License(Named):
    priority = models.IntegerField()
    link = models.TextField(null=True)

    class Meta:
        managed = False
        db_table = PREFIX + "imagelicense"


class VariantType(Named):
    class Meta:
        managed = False
        db_table = PREFIX + "imagevarianttype"


class Image(Named):
    image_url = models.TextField(null=True)
    thumbnail_url = models.TextField(null=True)
    credit = models.TextField(null=True)
    license = to("License")
    single_use = models.BooleanField(null=True)

    class Meta:
        managed = False
        db_table = PREFIX + "image"


class Variant(models.Model):
    image = models.ForeignKey(Image, models.DO_NOTHING, related_name="variants")
    type = to("VariantType")
    image_url = models.TextField(null=True)

    class Meta:
        managed = False
        db_table = PREFIX + "imagevariant"
        ordering = ("id",)


class Agency(Named):
    abbrev = models.TextField(null=True)
    type = to("AgencyType")

    class Meta:
        managed = False
        db_table = PREFIX + "agency"


class Family(Named):
    description = models.TextField(null=True)
    manufacturer = to("Agency")
    parent = to("self")
    maiden_flight = models.DateField(null=True)

    class Meta:
        managed = False
        db_table = PREFIX + "spacecraftconfigfamily"


class Configuration(Named):
    type = to("ConfigurationType")
    agency = to("Agency")
    family = models.ManyToManyField(Family, through="ConfigurationFamily")
    in_use = models.BooleanField(null=True)
    image = to("Image")

    class Meta:
        managed = False
        db_table = PREFIX + "spacecraftconfiguration"


class ConfigurationFamily(models.Model):
    configuration = models.ForeignKey(
        Configuration, models.DO_NOTHING, db_column="spacecraftconfiguration_id"
    )
    family = models.ForeignKey(
        Family, models.DO_NOTHING, db_column="spacecraftconfigfamily_id", related_name="entries"
    )

    class Meta:
        managed = False
        db_table = PREFIX + "spacecraftconfiguration_family"


class Spacecraft(Named):
    serial_number = models.TextField(null=True)
    is_placeholder = models.BooleanField(null=True)
    image = to("Image")
    in_space = models.BooleanField(null=True)
    time_in_space = models.DurationField(null=True)
    in_space_since = models.DateTimeField(null=True)
    time_docked = models.DurationField(null=True)
    docked_since = models.DateTimeField(null=True)
    flights_count = models.IntegerField(null=True)
    mission_ends_count = models.IntegerField(null=True)
    status = to("Status")
    description = models.TextField(null=True)
    spacecraft_config = to("Configuration")
    fastest_turnaround = models.DurationField(null=True)

    class Meta:
        managed = False
        db_table = PREFIX + "spacecraft"


def whole() -> models.QuerySet:
    """Craft with all that the list shows, in six queries however many there are."""
    variants = Variant.objects.select_related("type")
    families = Family.objects.select_related("manufacturer__type", "parent").order_by("entries__id")
    configurations = Configuration.objects.select_related(
        "type", "agency__type", "image__license"
    ).prefetch_related(
        models.Prefetch("family", families), models.Prefetch("image__variants", variants)
    )
    return Spacecraft.objects.select_related("status", "image__license").prefetch_related(
        models.Prefetch("image__variants", variants),
        models.Prefetch("spacecraft_config", configurations),
    )
