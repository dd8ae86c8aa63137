"""The shapes of flights: who flies, where craft dock and land; and the richest of craft."""

from rest_framework import serializers

from spacecraft import models
from spacecraft.v220.agencies import AgencySerializerMini
from spacecraft.v220.launches import IdName, LaunchSerializerCommon, Location
from spacecraft.v220.pictures import picture
from spacecraft.v220.vehicles import Spacecraft, SpacecraftDetailedNoFlights
from spacedevs.api.fields import Integer32Field, OpaqueUrlField, UrlField
from spacedevs.api.retold import ChosenUrlField, JoinedField, RetoldShape
from spacedevs.api.shapes import Shape


class LandingLocation(RetoldShape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    abbrev = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    location = Location(allow_null=True)
    successful_landings = serializers.CharField()


class LandingType(RetoldShape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    abbrev = serializers.CharField()
    description = serializers.CharField(allow_null=True)


class Landing(Shape):
    downrange_distance = Integer32Field(allow_null=True)
    location = LandingLocation(source="landing_location", allow_null=True)
    type = LandingType(allow_null=True)

    class Meta:
        model = models.Landing
        fields = (
            "id",
            "attempt",
            "success",
            "description",
            "downrange_distance",
            "location",
            "type",
        )


class SpacecraftFlight(Shape):
    url = UrlField("spacecraft/flight")
    spacecraft: Shape = Spacecraft()
    launch = LaunchSerializerCommon()
    landing = Landing(allow_null=True)

    class Meta:
        model = models.SpacecraftFlight
        mode = "normal"
        fields: tuple[str, ...] = (
            "id",
            "url",
            "destination",
            "mission_end",
            "spacecraft",
            "launch",
            "landing",
        )


class SpacecraftDetailed(SpacecraftDetailedNoFlights):
    flights = SpacecraftFlight(many=True)

    class Meta(Spacecraft.Meta):
        mode = "detailed"
        fields = (*Spacecraft.Meta.fields, "flights")


class AstronautRole(RetoldShape):
    id = serializers.IntegerField()
    role = serializers.CharField()
    priority = Integer32Field()


def link(*of: str) -> ChosenUrlField:
    """The first link to this social medium, by the names that it has had."""
    return ChosenUrlField("url", source="social_media_links", key="social_media.name", values=of)


class AstronautDetailedSerializerNoFlights(RetoldShape):
    id = serializers.IntegerField()
    url = OpaqueUrlField()
    name = serializers.CharField()
    type = IdName()
    in_space = serializers.BooleanField()
    time_in_space = serializers.CharField()
    status = IdName()
    agency = AgencySerializerMini(allow_null=True)
    date_of_birth = serializers.DateField(allow_null=True)
    date_of_death = serializers.DateField(allow_null=True)
    nationality = JoinedField("nationality_name", separator=", ")
    twitter = link("X (Twitter)", "Twitter", "X")
    instagram = link("Instagram")
    bio = serializers.CharField()
    profile_image = picture()
    wiki = serializers.URLField(allow_null=True)
    last_flight = serializers.DateTimeField(allow_null=True)
    first_flight = serializers.DateTimeField(allow_null=True)


class AstronautFlight(RetoldShape):
    id = serializers.IntegerField()
    role = AstronautRole()
    astronaut = AstronautDetailedSerializerNoFlights()


class SpaceStationSerializerMini(RetoldShape):
    id = serializers.IntegerField()
    url = OpaqueUrlField()
    name = serializers.CharField()


class SpaceStationStatus(RetoldShape):
    id = serializers.IntegerField()
    name = serializers.CharField()


class SpaceStationSerializerForCommon(RetoldShape):
    id = serializers.IntegerField()
    url = OpaqueUrlField()
    name = serializers.CharField()
    status = SpaceStationStatus()
    founded = serializers.DateField()
    description = serializers.CharField()
    orbit = serializers.CharField()
    image_url = picture()


class DockingLocation(RetoldShape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    spacestation = SpaceStationSerializerMini()


class DockingEventSerializerForSpacecraftFlight(RetoldShape):
    """A docking with a station: in 2.2.0 there were no others."""

    left_out_with = ("flight_vehicle_target", "payload_flight_target")
    but_told_with = ("space_station_target",)
    id = serializers.IntegerField()
    spacestation = SpaceStationSerializerForCommon(source="space_station_target")
    docking = serializers.DateTimeField()
    departure = serializers.DateTimeField(allow_null=True)
    docking_location = DockingLocation()


class SpacecraftFlightDetailed(SpacecraftFlight):
    spacecraft = SpacecraftDetailedNoFlights()
    launch_crew = AstronautFlight(many=True)
    onboard_crew = AstronautFlight(many=True)
    landing_crew = AstronautFlight(many=True)
    docking_events = DockingEventSerializerForSpacecraftFlight(many=True)

    class Meta(SpacecraftFlight.Meta):
        mode = "detailed"
        fields = (
            "id",
            "url",
            "mission_end",
            "destination",
            "launch_crew",
            "onboard_crew",
            "landing_crew",
            "spacecraft",
            "launch",
            "landing",
            "docking_events",
        )
