from django.db import models

from spacecraft.models.images import Image
from spacedevs.names import NamedModel
from spacedevs.opaque_json import OpaqueJSONField
from spacedevs.relations import OrderedManyToManyField
from spacedevs.texts import LongCharField, LongURLField


class AgencyType(NamedModel):
    class Meta(NamedModel.Meta):
        verbose_name = "agency type"


class Country(NamedModel):
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

    class Meta(NamedModel.Meta):
        verbose_name_plural = "countries"


def count_field() -> models.IntegerField:
    """A figure that upstream counts, or doesn't know."""
    return models.IntegerField(null=True, blank=True)


def image_field() -> models.ForeignKey:
    return models.ForeignKey(Image, models.PROTECT, null=True, blank=True, related_name="+")


class Agency(NamedModel):
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
    image = image_field()
    logo = image_field()
    social_logo = image_field()

    total_launch_count = count_field()
    consecutive_successful_launches = count_field()
    successful_launches = count_field()
    failed_launches = count_field()
    pending_launches = count_field()
    consecutive_successful_landings = count_field()
    successful_landings = count_field()
    failed_landings = count_field()
    attempted_landings = count_field()
    successful_landings_spacecraft = count_field()
    failed_landings_spacecraft = count_field()
    attempted_landings_spacecraft = count_field()
    successful_landings_payload = count_field()
    failed_landings_payload = count_field()
    attempted_landings_payload = count_field()

    info_url = LongURLField("info URL", max_length=200, null=True, blank=True)
    wiki_url = LongURLField("wiki URL", max_length=200, null=True, blank=True)

    launcher_list = OpaqueJSONField(
        "spacecraft.serializers.launchers.LauncherConfigDetailedSerializerNoManufacturer", many=True
    )
    social_media_links = OpaqueJSONField("spacecraft.serializers.links.SocialMediaLink", many=True)

    class Meta(NamedModel.Meta):
        verbose_name_plural = "agencies"
