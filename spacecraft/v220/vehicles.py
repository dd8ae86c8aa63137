"""The shapes of craft and configurations, and the richest of agencies, which lists them."""

from rest_framework import serializers

from spacecraft import models
from spacecraft.serializers.vehicles import SpacecraftConfigType, SpacecraftStatus
from spacecraft.v220.agencies import (
    Agency,
    AgencySerializerMini,
    LauncherConfigDetailSerializerForAgency,
)
from spacecraft.v220.pictures import picture
from spacedevs.api.durations import RunningDurationField
from spacedevs.api.fields import UrlField
from spacedevs.api.retold import NullUrlField, ShortFloatField
from spacedevs.api.shapes import Shape


class SpacecraftConfig(Shape):
    url = UrlField("config/spacecraft")
    type = SpacecraftConfigType()
    agency = AgencySerializerMini()
    image_url = picture()

    class Meta:
        model = models.SpacecraftConfiguration
        fields = ("id", "url", "name", "type", "agency", "in_use", "image_url")


class SpacecraftConfiguration(Shape):
    url = UrlField("config/spacecraft")
    agency = Agency()
    image_url = picture()
    nation_url = NullUrlField()
    wiki_link = serializers.CharField()
    info_link = serializers.CharField()

    class Meta:
        model = models.SpacecraftConfiguration
        mode = "normal"
        fields: tuple[str, ...] = (
            "id",
            "url",
            "name",
            "agency",
            "in_use",
            "capability",
            "maiden_flight",
            "human_rated",
            "crew_capacity",
            "image_url",
            "nation_url",
            "wiki_link",
            "info_link",
        )


class SpacecraftConfigurationDetail(SpacecraftConfiguration):
    type = SpacecraftConfigType()
    height = ShortFloatField(label="Length (m)", allow_null=True)
    diameter = ShortFloatField(label="Diameter (m)", allow_null=True)

    class Meta(SpacecraftConfiguration.Meta):
        mode = "detailed"
        fields = (
            "id",
            "url",
            "name",
            "type",
            "agency",
            "in_use",
            "capability",
            "history",
            "details",
            "maiden_flight",
            "height",
            "diameter",
            "human_rated",
            "crew_capacity",
            "payload_capacity",
            "payload_return_capacity",
            "flight_life",
            "image_url",
            "nation_url",
            "wiki_link",
            "info_link",
        )


class AgencySerializerDetailed(Agency):
    launch_library_url = NullUrlField()
    nation_url = picture("social_logo")
    launcher_list = LauncherConfigDetailSerializerForAgency(many=True)
    spacecraft_list = SpacecraftConfigurationDetail(many=True, source="configurations")

    class Meta(Agency.Meta):
        mode = "detailed"
        fields = (
            "id",
            "url",
            "name",
            "featured",
            "type",
            "country_code",
            "abbrev",
            "description",
            "administrator",
            "founding_year",
            "launchers",
            "spacecraft",
            "parent",
            "launch_library_url",
            "total_launch_count",
            "successful_launches",
            "consecutive_successful_launches",
            "failed_launches",
            "pending_launches",
            "successful_landings",
            "failed_landings",
            "attempted_landings",
            "consecutive_successful_landings",
            "info_url",
            "wiki_url",
            "logo_url",
            "image_url",
            "nation_url",
            "launcher_list",
            "spacecraft_list",
        )


class Spacecraft(Shape):
    url = UrlField("spacecraft")
    time_in_space = RunningDurationField()
    time_docked = RunningDurationField()
    flights_count = serializers.IntegerField()
    status = SpacecraftStatus()
    spacecraft_config: serializers.BaseSerializer = SpacecraftConfig()

    class Meta:
        model = models.Spacecraft
        mode = "normal"
        fields: tuple[str, ...] = (
            "id",
            "url",
            "name",
            "serial_number",
            "is_placeholder",
            "in_space",
            "time_in_space",
            "time_docked",
            "flights_count",
            "mission_ends_count",
            "status",
            "description",
            "spacecraft_config",
        )


class SpacecraftDetailedNoFlights(Spacecraft):
    spacecraft_config = SpacecraftConfigurationDetail()
