"""Flights, and of a launch and a landing what shares rows with us; the rest is opaque JSON."""

from rest_framework import serializers

from spacecraft import models
from spacecraft.serializers.agencies import AgencyMini
from spacecraft.serializers.images import Image
from spacecraft.serializers.launches import (
    LaunchStatus,
    Mission,
    NetPrecision,
    Pad,
    ProgramNormal,
    RocketNormal,
)
from spacecraft.serializers.places import LandingLocation, LandingType
from spacecraft.serializers.vehicles import SpacecraftNormal
from spacedevs.api.durations import DurationField, RunningDurationField
from spacedevs.api.fields import UrlField
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.shapes import Shape


class Landing(Shape):
    url = UrlField("landings")
    landing_location = LandingLocation()
    type = LandingType()

    class Meta:
        model = models.Landing
        fields = (
            "id",
            "url",
            "attempt",
            "success",
            "description",
            "downrange_distance",
            "landing_location",
            "type",
        )


class LaunchNormal(Shape):
    url = UrlField("launches")
    response_mode = ResponseModeField("normal")
    id = serializers.UUIDField(read_only=True)
    slug = serializers.SlugField()
    status = LaunchStatus(allow_null=True)
    net_precision = NetPrecision(allow_null=True)
    image = Image(allow_null=True, read_only=True)
    infographic = serializers.CharField(allow_null=True, read_only=True)
    launch_service_provider = AgencyMini()
    rocket = RocketNormal(allow_null=True)
    mission = Mission(allow_null=True)
    pad = Pad(allow_null=True)
    program = ProgramNormal(many=True, allow_null=True)

    class Meta:
        model = models.Launch
        fields = (
            "id",
            "url",
            "name",
            "response_mode",
            "slug",
            "launch_designator",
            "status",
            "last_updated",
            "net",
            "net_precision",
            "window_end",
            "window_start",
            "image",
            "infographic",
            "probability",
            "weather_concerns",
            "failreason",
            "hashtag",
            "launch_service_provider",
            "rocket",
            "mission",
            "pad",
            "webcast_live",
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
        extra_kwargs = {
            "net": {"required": False},
            "window_end": {"allow_null": False},
            "window_start": {"allow_null": False},
        }


class SpacecraftFlightNormal(Shape):
    url = UrlField("spacecraft_flights")
    spacecraft: Shape = SpacecraftNormal()
    launch = LaunchNormal()
    landing = Landing()
    duration = RunningDurationField()
    turn_around_time = DurationField()
    response_mode = ResponseModeField("normal")

    class Meta:
        model = models.SpacecraftFlight
        fields: tuple[str, ...] = (
            "id",
            "url",
            "destination",
            "mission_end",
            "spacecraft",
            "launch",
            "landing",
            "duration",
            "turn_around_time",
            "response_mode",
        )
