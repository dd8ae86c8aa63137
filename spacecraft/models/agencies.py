from django.db import models

from spacecraft.models.images import Image
from spacedevs.names import Named
from spacedevs.quotes import QuotedField
from spacedevs.relations import ProtectingManyToManyField


class AgencyType(Named):
    class Meta(Named.Meta):
        verbose_name = "agency type"


class Country(Named):
    name = models.CharField(max_length=255, blank=True)
    alpha_2_code = models.CharField(
        "alpha-2 code", max_length=2, blank=True, help_text="ISO 3166-1 alpha-2"
    )
    alpha_3_code = models.CharField(
        "alpha-3 code", max_length=3, blank=True, help_text="ISO 3166-1 alpha-3"
    )
    nationality_name = models.CharField(max_length=255, blank=True, help_text="e.g. French")
    nationality_name_composed = models.CharField(
        max_length=255, blank=True, help_text="e.g. Franco"
    )

    class Meta(Named.Meta):
        verbose_name_plural = "countries"


def count() -> models.IntegerField:
    """A figure that upstream counts, or doesn't know."""
    return models.IntegerField(null=True, blank=True)


def picture() -> models.ForeignKey:
    return models.ForeignKey(Image, models.PROTECT, null=True, blank=True, related_name="+")


class Agency(Named):
    name = models.CharField(max_length=200)
    abbrev = models.CharField(max_length=255, blank=True)
    type = models.ForeignKey(AgencyType, models.PROTECT, related_name="agencies")
    featured = models.BooleanField(default=False)
    country = ProtectingManyToManyField(Country, blank=True, related_name="agencies")
    description = models.TextField(max_length=2048, null=True, blank=True)
    administrator = models.CharField(max_length=200, null=True, blank=True)
    founding_year = models.IntegerField(null=True, blank=True)
    launchers = models.CharField(max_length=500, blank=True)
    spacecraft = models.CharField(max_length=500, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    image = picture()
    logo = picture()
    social_logo = picture()

    total_launch_count = count()
    consecutive_successful_launches = count()
    successful_launches = count()
    failed_launches = count()
    pending_launches = count()
    consecutive_successful_landings = count()
    successful_landings = count()
    failed_landings = count()
    attempted_landings = count()
    successful_landings_spacecraft = count()
    failed_landings_spacecraft = count()
    attempted_landings_spacecraft = count()
    successful_landings_payload = count()
    failed_landings_payload = count()
    attempted_landings_payload = count()

    info_url = models.URLField("info URL", max_length=200, null=True, blank=True)
    wiki_url = models.URLField("wiki URL", max_length=200, null=True, blank=True)

    launcher_list = QuotedField(
        "spacecraft.serializers.launchers.LauncherConfigDetailedSerializerNoManufacturer", many=True
    )
    social_media_links = QuotedField("spacecraft.serializers.links.SocialMediaLink", many=True)

    class Meta(Named.Meta):
        verbose_name_plural = "agencies"
