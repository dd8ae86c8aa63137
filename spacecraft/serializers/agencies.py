from typing import Any

from rest_framework import serializers

from spacecraft import models
from spacecraft.serializers.images import Image
from spacecraft.serializers.links import SocialMediaLink
from spacedevs.api.fields import Integer32Field, UrlField
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.shapes import Shape


class AgencyType(Shape):
    id = Integer32Field()

    class Meta:
        model = models.AgencyType
        fields = ("id", "name")
        extra_kwargs = {"name": {"required": False}}


class Country(Shape):
    class Meta:
        model = models.Country
        fields = (
            "id",
            "name",
            "alpha_2_code",
            "alpha_3_code",
            "nationality_name",
            "nationality_name_composed",
        )


class AgencyMini(Shape):
    response_mode = ResponseModeField("list")
    url = UrlField("agencies")
    type = AgencyType()

    class Meta:
        model = models.Agency
        fields: tuple[str, ...] = ("response_mode", "id", "url", "name", "abbrev", "type")


class AgencyNormal(AgencyMini):
    response_mode = ResponseModeField("normal")
    country = Country(many=True)
    parent: Any = serializers.SlugRelatedField("name", read_only=True, allow_null=True)
    image = Image(allow_null=True)
    logo = Image(allow_null=True)
    social_logo = Image(allow_null=True)

    class Meta(AgencyMini.Meta):
        fields = (
            *AgencyMini.Meta.fields,
            "featured",
            "country",
            "description",
            "administrator",
            "founding_year",
            "launchers",
            "spacecraft",
            "parent",
            "image",
            "logo",
            "social_logo",
        )


class AgencyDetailed(AgencyNormal):
    social_media_links = SocialMediaLink(many=True)

    class Meta(AgencyNormal.Meta):
        fields = (
            *AgencyNormal.Meta.fields,
            "total_launch_count",
            "consecutive_successful_launches",
            "successful_launches",
            "failed_launches",
            "pending_launches",
            "consecutive_successful_landings",
            "successful_landings",
            "failed_landings",
            "attempted_landings",
            "successful_landings_spacecraft",
            "failed_landings_spacecraft",
            "attempted_landings_spacecraft",
            "successful_landings_payload",
            "failed_landings_payload",
            "attempted_landings_payload",
            "info_url",
            "wiki_url",
            "social_media_links",
        )
