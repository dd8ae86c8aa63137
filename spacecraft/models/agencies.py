from django.db import models

from spacecraft.models.images import Image
from spacedevs.names import Named
from spacedevs.quotes import QuotedField
from spacedevs.relations import OrderedManyToManyField
from spacedevs.texts import LongCharField, LongURLField


class AgencyType(Named):
    class Meta(Named.Meta):
        verbose_name = "agency type"


class Country(Named):
    name = LongCharField(max_length=255, blank=True)
    alpha_2_code = LongCharField(
        "alpha-2 code",
        max_length=2,
        null=True,
        blank=True,
        default="",
        help_text="ISO 3166-1 alpha-2",
    )
    alpha_3_code = LongCharField(
        "alpha-3 code",
        max_length=3,
        null=True,
        blank=True,
        default="",
        help_text="ISO 3166-1 alpha-3",
    )
    nationality_name = LongCharField(
        max_length=255, null=True, blank=True, default="", help_text="e.g. French"
    )
    nationality_name_composed = LongCharField(
        max_length=255, null=True, blank=True, default="", help_text="e.g. Franco"
    )

    class Meta(Named.Meta):
        verbose_name_plural = "countries"


def count() -> models.IntegerField:
    """A figure that upstream counts, or doesn't know."""
    return models.IntegerField(null=True, blank=True)


def picture() -> models.ForeignKey:
    return models.ForeignKey(Image, models.PROTECT, null=True, blank=True, related_name="+")


class Agency(Named):
    name = LongCharField(max_length=200)
    abbrev = LongCharField(max_length=255, null=True, blank=True, default="")
    type = models.ForeignKey(AgencyType, models.PROTECT, related_name="agencies", null=True)
    featured = models.BooleanField(default=False, null=True)
    country = OrderedManyToManyField(Country, blank=True, related_name="agencies")
    description = models.TextField(max_length=2048, null=True, blank=True)
    administrator = LongCharField(max_length=200, null=True, blank=True)
    founding_year = models.IntegerField(null=True, blank=True)
    launchers = LongCharField(max_length=500, null=True, blank=True, default="")
    spacecraft = LongCharField(max_length=500, null=True, blank=True, default="")
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

    info_url = LongURLField("info URL", max_length=200, null=True, blank=True)
    wiki_url = LongURLField("wiki URL", max_length=200, null=True, blank=True)

    launcher_list = QuotedField(
        "spacecraft.serializers.launchers.LauncherConfigDetailedSerializerNoManufacturer", many=True
    )
    social_media_links = QuotedField("spacecraft.serializers.links.SocialMediaLink", many=True)

    class Meta(Named.Meta):
        verbose_name_plural = "agencies"
