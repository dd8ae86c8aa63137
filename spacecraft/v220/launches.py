"""The shapes of a launch, its rocket, mission, pad and programmes."""

from typing import Any

from rest_framework import serializers

from spacecraft import models
from spacecraft.v220.agencies import AgencySerializerDetailedCommon, AgencySerializerMini
from spacecraft.v220.pictures import picture
from spacedevs.api.fields import Integer32Field, OpaqueUrlField, UrlField
from spacedevs.api.retold import (
    EmptyField,
    NullField,
    OnlyNumberField,
    OnlyTextField,
    RetoldShape,
)
from spacedevs.api.shapes import Shape


class IdName(RetoldShape):
    id = serializers.IntegerField()
    name = serializers.CharField()


class LaunchStatus(RetoldShape):
    # "Payload Deployed", which came with 2.3.0.
    instead = {9: {"id": 6, "name": "Launch in Flight", "abbrev": "In Flight", "description": ""}}
    id = Integer32Field()
    name = serializers.CharField()
    abbrev = serializers.CharField()
    description = serializers.CharField()


class NetPrecision(RetoldShape):
    id = Integer32Field()
    name = serializers.CharField()
    abbrev = serializers.CharField()
    description = serializers.CharField()


class LauncherConfigList(RetoldShape):
    id = serializers.IntegerField()
    url = OpaqueUrlField()
    name = serializers.CharField()
    family = OnlyTextField("name", source="families")
    full_name = serializers.CharField()
    variant = serializers.CharField()


class RocketSerializerCommon(RetoldShape):
    id = serializers.IntegerField()
    configuration = LauncherConfigList()


class Orbit(RetoldShape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    abbrev = serializers.CharField()


class Language(RetoldShape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    code = serializers.CharField()


class InfoURL(RetoldShape):
    priority = Integer32Field()
    source: Any = serializers.CharField(allow_null=True)
    title = serializers.CharField()
    description = serializers.CharField()
    feature_image = serializers.URLField(allow_null=True)
    url = serializers.URLField()
    type = IdName(allow_null=True)
    language = Language(allow_null=True)


class VidURL(RetoldShape):
    priority = Integer32Field()
    source: Any = serializers.CharField(allow_null=True)
    publisher = serializers.CharField(allow_null=True)
    title = serializers.CharField()
    description = serializers.CharField()
    feature_image = serializers.URLField(allow_null=True)
    url = serializers.URLField()
    type = IdName(allow_null=True)
    language = Language(allow_null=True)
    start_time = serializers.DateTimeField(allow_null=True)
    end_time = serializers.DateTimeField(allow_null=True)


class Mission(RetoldShape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    launch_designator = NullField()
    type = serializers.CharField()
    orbit = Orbit(allow_null=True)
    agencies = AgencySerializerDetailedCommon(many=True)
    info_urls = InfoURL(many=True)
    vid_urls = VidURL(many=True)


class Location(RetoldShape):
    id = serializers.IntegerField()
    url = OpaqueUrlField()
    name = serializers.CharField()
    country_code = serializers.CharField(source="country.alpha_3_code", default="")
    description = serializers.CharField(allow_null=True)
    map_image = serializers.URLField(allow_null=True)
    timezone_name = serializers.CharField()
    total_launch_count = Integer32Field(allow_null=True)
    total_landing_count = Integer32Field(allow_null=True)


class Pad(RetoldShape):
    id = serializers.IntegerField()
    url = OpaqueUrlField()
    agency_id = OnlyNumberField("id", source="agencies", allow_null=True)
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    info_url = serializers.CharField(allow_null=True)
    wiki_url = serializers.CharField(allow_null=True)
    map_url = serializers.URLField(allow_null=True)
    latitude = serializers.CharField(allow_null=True)
    longitude = serializers.CharField(allow_null=True)
    location = Location()
    country_code = serializers.CharField(source="country.alpha_3_code", default="", allow_null=True)
    map_image = serializers.URLField(allow_null=True)
    total_launch_count = Integer32Field(allow_null=True)
    orbital_launch_attempt_count = Integer32Field(allow_null=True)


class MissionPatch(RetoldShape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    priority = Integer32Field()
    image_url = serializers.URLField()
    agency = AgencySerializerMini(allow_null=True)


class Program(RetoldShape):
    id = serializers.IntegerField()
    url = OpaqueUrlField()
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    agencies = AgencySerializerMini(many=True)
    image_url = picture()
    start_date = serializers.DateTimeField(allow_null=True)
    end_date = serializers.DateTimeField(allow_null=True)
    info_url = serializers.URLField(allow_null=True)
    wiki_url = serializers.URLField(allow_null=True)
    mission_patches = MissionPatch(many=True)
    type = IdName()


class LaunchSerializerCommon(Shape):
    url = UrlField("launch")
    id = serializers.UUIDField(read_only=True)
    slug = serializers.CharField()
    status = LaunchStatus()
    net = serializers.DateTimeField(allow_null=True)
    net_precision = NetPrecision(allow_null=True)
    holdreason = EmptyField(source="failreason", read_only=True, allow_null=True)
    launch_service_provider = AgencySerializerMini()
    rocket = RocketSerializerCommon()
    mission = Mission(allow_null=True)
    pad = Pad()
    image = picture()
    infographic = serializers.URLField(allow_null=True)
    program = Program(many=True)

    class Meta:
        model = models.Launch
        fields = (
            "id",
            "url",
            "slug",
            "name",
            "status",
            "last_updated",
            "net",
            "window_end",
            "window_start",
            "net_precision",
            "probability",
            "weather_concerns",
            "holdreason",
            "failreason",
            "hashtag",
            "launch_service_provider",
            "rocket",
            "mission",
            "pad",
            "webcast_live",
            "image",
            "infographic",
            "program",
            "orbital_launch_attempt_count",
            "location_launch_attempt_count",
            "pad_launch_attempt_count",
            "agency_launch_attempt_count",
            "orbital_launch_attempt_count_year",
            "location_launch_attempt_count_year",
            "pad_launch_attempt_count_year",
            "agency_launch_attempt_count_year",
        )
