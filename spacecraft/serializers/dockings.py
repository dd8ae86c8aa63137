"""Dockings: opaque JSON."""

from rest_framework import serializers

from spacecraft.serializers.agencies import AgencyMini, AgencyNormal
from spacecraft.serializers.flights import Landing, LaunchNormal, SpacecraftFlightNormal
from spacecraft.serializers.images import Image
from spacecraft.serializers.launches import ProgramMini
from spacecraft.serializers.vehicles import SpacecraftConfigNormal
from spacedevs.api.fields import Integer32Field, OpaqueUrlField
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.shapes import OpaqueShape


class SpaceStationStatus(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255)


class SpaceStationType(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255)


class SpaceStationMini(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    name = serializers.CharField(max_length=255)
    image = Image(allow_null=True)


class SpaceStationNormal(OpaqueShape):
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    name = serializers.CharField(max_length=255)
    image = Image(allow_null=True)
    status = SpaceStationStatus()
    founded = serializers.DateField()
    deorbited = serializers.DateField(required=False, allow_null=True)
    description = serializers.CharField(max_length=2048)
    orbit = serializers.CharField(read_only=True, allow_null=True)
    type = SpaceStationType()


class PayloadType(OpaqueShape):
    id = Integer32Field()
    name = serializers.CharField(max_length=255, required=False)


class PayloadMini(OpaqueShape):
    response_mode = ResponseModeField("list")
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=1048, required=False)
    type = PayloadType()
    manufacturer = AgencyMini()
    operator = AgencyMini()
    image = Image(allow_null=True)


class PayloadNormal(OpaqueShape):
    response_mode = ResponseModeField("normal")
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=1048, required=False)
    type = PayloadType()
    manufacturer = AgencyNormal()
    operator = AgencyNormal()
    image = Image(allow_null=True)
    wiki_link = serializers.URLField(max_length=200, required=False)
    info_link = serializers.URLField(max_length=200, required=False)
    program = ProgramMini(many=True)
    cost = Integer32Field(label="Cost (USD)", required=False, allow_null=True)
    mass = serializers.FloatField(label="Mass (kg)", required=False, allow_null=True)
    description = serializers.CharField(max_length=2048, required=False)


class PayloadFlightNormal(OpaqueShape):
    null_upstream = ("landing",)
    response_mode = ResponseModeField("normal")
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    destination = serializers.CharField(max_length=255, required=False, allow_null=True)
    amount = Integer32Field(required=False)
    payload = PayloadNormal()
    launch = LaunchNormal()
    landing = Landing()


class DockingLocation(OpaqueShape):
    null_upstream = ("spacestation", "spacecraft", "payload")  # it is on one of them
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=255)
    spacestation = SpaceStationMini()
    spacecraft = SpacecraftConfigNormal()
    payload = PayloadMini()


class DockingEventForChaserNormal(OpaqueShape):
    # It is with one of them.
    null_upstream = ("space_station_target", "flight_vehicle_target", "payload_flight_target")
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    docking = serializers.DateTimeField()
    departure = serializers.DateTimeField(required=False, allow_null=True)
    docking_location = DockingLocation()
    space_station_target = SpaceStationNormal()
    flight_vehicle_target = SpacecraftFlightNormal()
    payload_flight_target = PayloadFlightNormal()
