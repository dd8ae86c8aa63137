"""Who flies: opaque JSON."""

from rest_framework import serializers

from spacecraft.serializers.agencies import AgencyMini, Country
from spacecraft.serializers.images import Image
from spacecraft.serializers.links import SocialMediaLink
from spacedevs.api.fields import Integer32Field, OpaqueUrlField
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.shapes import OpaqueShape


class AstronautRole(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    role = serializers.CharField(max_length=255)
    priority = Integer32Field(required=False)


class AstronautStatus(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255)


class AstronautType(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255)


class AstronautDetailed(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    name = serializers.CharField(max_length=255)
    status = AstronautStatus()
    agency = AgencyMini(allow_null=True)
    image = Image(allow_null=True)
    response_mode = ResponseModeField("list")
    type = AstronautType()
    in_space = serializers.BooleanField(required=False)
    time_in_space = serializers.CharField(read_only=True, allow_null=True)
    eva_time = serializers.CharField(read_only=True)
    age = Integer32Field(required=False, allow_null=True)
    date_of_birth = serializers.DateField(required=False, allow_null=True)
    date_of_death = serializers.DateField(required=False, allow_null=True)
    nationality = Country(many=True)
    bio = serializers.CharField(max_length=2048)
    wiki = serializers.CharField(max_length=255, required=False, allow_null=True)
    last_flight = serializers.DateTimeField(required=False, allow_null=True)
    first_flight = serializers.DateTimeField(required=False, allow_null=True)
    social_media_links = SocialMediaLink(many=True)


class AstronautFlight(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    role = AstronautRole()
    astronaut = AstronautDetailed()
