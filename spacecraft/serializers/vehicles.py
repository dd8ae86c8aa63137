from rest_framework import serializers

from spacecraft import models
from spacecraft.serializers.agencies import AgencyMini, AgencyNormal
from spacecraft.serializers.images import Image
from spacedevs.api.durations import DurationField, RunningDurationField
from spacedevs.api.fields import UrlField
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.shapes import Shape


class SpacecraftStatus(Shape):
    class Meta:
        model = models.SpacecraftStatus
        fields = ("id", "name")


class SpacecraftConfigType(Shape):
    class Meta:
        model = models.SpacecraftConfigType
        fields = ("id", "name")


class SpacecraftConfigFamilyMini(Shape):
    response_mode = ResponseModeField("list")

    class Meta:
        model = models.SpacecraftConfigFamily
        fields: tuple[str, ...] = ("response_mode", "id", "name")


class SpacecraftConfigFamilyNormal(SpacecraftConfigFamilyMini):
    response_mode = ResponseModeField("normal")
    manufacturer = AgencyMini(allow_null=True)
    parent = SpacecraftConfigFamilyMini(allow_null=True)

    class Meta(SpacecraftConfigFamilyMini.Meta):
        fields = (
            *SpacecraftConfigFamilyMini.Meta.fields,
            "description",
            "manufacturer",
            "parent",
            "maiden_flight",
        )


RECORD = (
    "spacecraft_flown",
    "total_launch_count",
    "successful_launches",
    "failed_launches",
    "attempted_landings",
    "successful_landings",
    "failed_landings",
)


class SpacecraftConfigFamilyDetailed(SpacecraftConfigFamilyNormal):
    manufacturer = AgencyNormal()
    parent = SpacecraftConfigFamilyNormal(allow_null=True)

    class Meta(SpacecraftConfigFamilyNormal.Meta):
        fields = (*SpacecraftConfigFamilyNormal.Meta.fields, *RECORD)


class SpacecraftConfigNormal(Shape):
    response_mode = ResponseModeField("normal")
    url = UrlField("spacecraft_configurations")
    type = SpacecraftConfigType()
    agency = AgencyMini()
    family = SpacecraftConfigFamilyNormal(many=True, allow_null=True)
    image = Image(allow_null=True)

    class Meta:
        model = models.SpacecraftConfiguration
        fields: tuple[str, ...] = (
            "response_mode",
            "id",
            "url",
            "name",
            "type",
            "agency",
            "family",
            "in_use",
            "image",
        )


class SpacecraftConfigDetailed(SpacecraftConfigNormal):
    response_mode = ResponseModeField("detailed")
    agency = AgencyNormal()
    family = SpacecraftConfigFamilyDetailed(many=True, allow_null=True)
    fastest_turnaround = DurationField(allow_null=True)

    class Meta(SpacecraftConfigNormal.Meta):
        fields = (
            *SpacecraftConfigNormal.Meta.fields,
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
            "wiki_link",
            "info_link",
            *RECORD,
            "fastest_turnaround",
        )


class SpacecraftConfigFamilyEndpointDetailed(SpacecraftConfigFamilyDetailed):
    response_mode = ResponseModeField("detailed")
    spacecraft = SpacecraftConfigNormal(many=True, source="configurations")

    class Meta(SpacecraftConfigFamilyDetailed.Meta):
        fields = (*SpacecraftConfigFamilyDetailed.Meta.fields, "spacecraft")


class SpacecraftNormal(Shape):
    response_mode = ResponseModeField("normal")
    url = UrlField("spacecraft")
    image = Image(read_only=True, allow_null=True)
    time_in_space = RunningDurationField(allow_null=True)
    time_docked = RunningDurationField(allow_null=True)
    flights_count = serializers.IntegerField(allow_null=True)
    status = SpacecraftStatus()
    spacecraft_config: serializers.BaseSerializer = SpacecraftConfigNormal()
    fastest_turnaround = DurationField(allow_null=True)

    class Meta:
        model = models.Spacecraft
        fields: tuple[str, ...] = (
            "response_mode",
            "id",
            "url",
            "name",
            "serial_number",
            "is_placeholder",
            "image",
            "in_space",
            "time_in_space",
            "time_docked",
            "flights_count",
            "mission_ends_count",
            "status",
            "description",
            "spacecraft_config",
            "fastest_turnaround",
        )
        extra_kwargs = {"description": {"required": True}}


class SpacecraftDetailed(SpacecraftNormal):
    spacecraft_config = SpacecraftConfigDetailed()
