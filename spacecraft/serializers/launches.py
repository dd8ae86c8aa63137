"""The parts of a launch that are opaque JSON: its rocket, mission, pad, programmes."""

from typing import Any

from rest_framework import serializers

from spacecraft.serializers.agencies import AgencyDetailed, AgencyMini, AgencyNormal, Country
from spacecraft.serializers.images import Image
from spacecraft.serializers.places import Location, Orbit
from spacedevs.api.fields import Integer32Field, OpaqueUrlField
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.shapes import OpaqueShape


class ProgramType(OpaqueShape):
    id = Integer32Field()
    name = serializers.CharField(max_length=255, required=False)


class ProgramMini(OpaqueShape):
    response_mode = ResponseModeField("list")
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    name = serializers.CharField(max_length=255)
    image = Image(allow_null=True)
    info_url = serializers.URLField(max_length=200, required=False, allow_null=True)
    wiki_url = serializers.URLField(max_length=200, required=False, allow_null=True)


class MissionPatch(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=200)
    priority = Integer32Field(required=False)
    image_url = serializers.URLField()
    agency = AgencyMini(allow_null=True)
    response_mode = ResponseModeField("normal")


class ProgramNormal(OpaqueShape):
    response_mode = ResponseModeField("normal")
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    name = serializers.CharField(max_length=255)
    image = Image(allow_null=True)
    info_url = serializers.URLField(max_length=200, required=False, allow_null=True)
    wiki_url = serializers.URLField(max_length=200, required=False, allow_null=True)
    description = serializers.CharField(max_length=40000, required=False, allow_null=True)
    agencies = AgencyMini(many=True)
    start_date = serializers.DateTimeField(required=False, allow_null=True)
    end_date = serializers.DateTimeField(required=False, allow_null=True)
    mission_patches = MissionPatch(many=True)
    type = ProgramType()


class LaunchStatus(OpaqueShape):
    id = Integer32Field()
    name = serializers.CharField(read_only=True)
    abbrev = serializers.CharField(max_length=255, required=False)
    description = serializers.CharField(max_length=2048, required=False)


class NetPrecision(OpaqueShape):
    id = Integer32Field()
    name = serializers.CharField(max_length=255, required=False)
    abbrev = serializers.CharField(max_length=255, required=False)
    description = serializers.CharField(max_length=2048, required=False)


class LauncherConfigFamilyMini(OpaqueShape):
    response_mode = ResponseModeField("list")
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=200)


class LauncherConfigList(OpaqueShape):
    response_mode = ResponseModeField("list")
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    name = serializers.CharField(max_length=200)
    families = LauncherConfigFamilyMini(many=True, allow_null=True)
    full_name = serializers.CharField(max_length=200, required=False)
    variant = serializers.CharField(max_length=200, required=False)


class RocketNormal(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    configuration = LauncherConfigList()


class InfoURLType(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255)


class Language(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255)
    code = serializers.CharField(max_length=255, help_text="ISO 639-1 (two-letter) code")


class InfoURL(OpaqueShape):
    priority = Integer32Field(required=False)
    source: Any = serializers.CharField(max_length=200, required=False, allow_null=True)
    title = serializers.CharField(max_length=200, required=False, allow_null=True)
    description = serializers.CharField(max_length=350, required=False, allow_null=True)
    feature_image = serializers.URLField(max_length=200, required=False, allow_null=True)
    url = serializers.URLField()
    type = InfoURLType(allow_null=True)
    language = Language(allow_null=True)


class VidURLType(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255)


class VidURL(OpaqueShape):
    priority = Integer32Field(required=False)
    source: Any = serializers.CharField(max_length=200, required=False, allow_null=True)
    publisher = serializers.CharField(max_length=255, required=False, allow_null=True)
    title = serializers.CharField(max_length=200, required=False, allow_null=True)
    description = serializers.CharField(max_length=350, required=False, allow_null=True)
    feature_image = serializers.URLField(max_length=200, required=False, allow_null=True)
    url = serializers.URLField()
    type = VidURLType(allow_null=True)
    language = Language(allow_null=True)
    start_time = serializers.DateTimeField(required=False, allow_null=True)
    end_time = serializers.DateTimeField(required=False, allow_null=True)
    live = serializers.BooleanField(required=False)


class Mission(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255)
    type = serializers.CharField(read_only=True)
    description = serializers.CharField(required=False)
    image = Image(allow_null=True)
    orbit = Orbit()
    agencies = AgencyDetailed(many=True)
    info_urls = InfoURL(many=True)
    vid_urls = VidURL(many=True)


class Pad(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    active = serializers.BooleanField(required=False)
    agencies = AgencyNormal(many=True)
    name = serializers.CharField(max_length=255, required=False)
    image = Image(allow_null=True)
    description = serializers.CharField(max_length=2048, required=False, allow_null=True)
    info_url = serializers.URLField(max_length=200, required=False, allow_null=True)
    wiki_url = serializers.URLField(max_length=200, required=False, allow_null=True)
    map_url = serializers.URLField(max_length=200, required=False, allow_null=True)
    latitude = serializers.FloatField(required=False, allow_null=True)
    longitude = serializers.FloatField(required=False, allow_null=True)
    country = Country(allow_null=True)
    map_image = serializers.URLField(required=False, allow_null=True)
    total_launch_count = Integer32Field(required=False, allow_null=True)
    orbital_launch_attempt_count = Integer32Field(required=False, allow_null=True)
    fastest_turnaround = serializers.CharField(read_only=True, allow_null=True)
    location = Location(allow_null=True)
