"""Where craft start and land: opaque JSON."""

from rest_framework import serializers

from spacecraft.serializers.agencies import Country
from spacecraft.serializers.images import Image
from spacedevs.api.fields import Integer32Field, OpaqueUrlField
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.shapes import OpaqueShape


class CelestialBodyType(OpaqueShape):
    id = Integer32Field()
    name = serializers.CharField(max_length=255, required=False)


class CelestialBodyMini(OpaqueShape):
    response_mode = ResponseModeField("list")
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255)


class CelestialBodyNormal(OpaqueShape):
    response_mode = ResponseModeField("normal")
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255)
    type = CelestialBodyType()
    diameter = serializers.FloatField(required=False, allow_null=True, help_text="m")
    mass = serializers.FloatField(required=False, allow_null=True, help_text="kg")
    gravity = serializers.FloatField(required=False, allow_null=True, help_text="m/s^2")
    length_of_day = serializers.CharField(required=False, allow_null=True)
    atmosphere = serializers.BooleanField(required=False)
    image = Image()
    description = serializers.CharField(required=False, allow_null=True)
    wiki_url = serializers.URLField(max_length=200, required=False, allow_null=True)


class CelestialBodyDetailed(CelestialBodyNormal):
    total_attempted_launches = Integer32Field(required=False)
    successful_launches = Integer32Field(required=False)
    failed_launches = Integer32Field(required=False)
    total_attempted_landings = Integer32Field(required=False)
    successful_landings = Integer32Field(required=False)
    failed_landings = Integer32Field(required=False)


class Location(OpaqueShape):
    response_mode = ResponseModeField("normal")
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    name = serializers.CharField(max_length=255, required=False)
    celestial_body = CelestialBodyDetailed()
    active = serializers.BooleanField(required=False)
    country = Country(allow_null=True)
    description = serializers.CharField(max_length=2048, required=False, allow_null=True)
    image = Image(allow_null=True)
    map_image = serializers.URLField(required=False, allow_null=True)
    longitude = serializers.FloatField(required=False, allow_null=True)
    latitude = serializers.FloatField(required=False, allow_null=True)
    timezone_name = serializers.CharField(max_length=255, required=False)
    total_launch_count = Integer32Field(required=False, allow_null=True)
    total_landing_count = Integer32Field(required=False, allow_null=True)


class LocationSerializerNoCelestialBody(OpaqueShape):
    response_mode = ResponseModeField("normal")
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    name = serializers.CharField(max_length=255, required=False)
    active = serializers.BooleanField(required=False)
    country = Country(allow_null=True)
    description = serializers.CharField(max_length=2048, required=False, allow_null=True)
    image = Image(allow_null=True)
    map_image = serializers.URLField(required=False, allow_null=True)
    longitude = serializers.FloatField(required=False, allow_null=True)
    latitude = serializers.FloatField(required=False, allow_null=True)
    timezone_name = serializers.CharField(max_length=255, required=False)
    total_launch_count = Integer32Field(required=False, allow_null=True)
    total_landing_count = Integer32Field(required=False, allow_null=True)


class LandingLocation(OpaqueShape):
    null_upstream = ("location",)
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255, required=False)
    active = serializers.BooleanField(required=False)
    abbrev = serializers.CharField(max_length=255, required=False)
    description = serializers.CharField(max_length=2048, required=False, allow_null=True)
    location = LocationSerializerNoCelestialBody()
    longitude = serializers.FloatField(required=False, allow_null=True)
    latitude = serializers.FloatField(required=False, allow_null=True)
    image = Image(allow_null=True)
    successful_landings = Integer32Field(required=False, allow_null=True)
    attempted_landings = Integer32Field(required=False, allow_null=True)
    failed_landings = Integer32Field(required=False, allow_null=True)
    celestial_body = CelestialBodyNormal()


class LandingType(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255, required=False)
    abbrev = serializers.CharField(max_length=255, required=False)
    description = serializers.CharField(max_length=2048, required=False, allow_null=True)


class Orbit(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=50)
    abbrev = serializers.CharField(max_length=30)
    celestial_body = CelestialBodyMini()
