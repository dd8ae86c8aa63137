"""An agency's launchers: opaque JSON."""

from rest_framework import serializers

from spacecraft.serializers.agencies import AgencyDetailed, AgencyNormal
from spacecraft.serializers.images import Image
from spacecraft.serializers.launches import LauncherConfigFamilyMini, ProgramNormal
from spacedevs.api.fields import Integer32Field, OpaqueUrlField
from spacedevs.api.modes import ResponseModeField
from spacedevs.api.shapes import OpaqueShape


class LauncherConfigFamilyNormal(OpaqueShape):
    response_mode = ResponseModeField("normal")
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=200)
    manufacturer = AgencyNormal(many=True)
    parent = LauncherConfigFamilyMini(allow_null=True)


class LauncherConfigFamilyDetailed(OpaqueShape):
    response_mode = ResponseModeField("detailed")
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=200)
    manufacturer = AgencyDetailed(many=True, allow_null=True)
    parent = LauncherConfigFamilyNormal(allow_null=True)
    description = serializers.CharField(max_length=2048, required=False)
    active = serializers.BooleanField(required=False)
    maiden_flight = serializers.DateField(
        label="Maiden Flight Date", required=False, allow_null=True
    )
    total_launch_count = Integer32Field(required=False, allow_null=True)
    consecutive_successful_launches = Integer32Field(required=False, allow_null=True)
    successful_launches = Integer32Field(required=False, allow_null=True)
    failed_launches = Integer32Field(required=False, allow_null=True)
    pending_launches = Integer32Field(required=False, allow_null=True)
    attempted_landings = Integer32Field(required=False, allow_null=True)
    successful_landings = Integer32Field(required=False, allow_null=True)
    failed_landings = Integer32Field(required=False, allow_null=True)
    consecutive_successful_landings = Integer32Field(required=False, allow_null=True)


class LauncherConfigDetailedSerializerNoManufacturer(OpaqueShape):
    response_mode = ResponseModeField("detailed")
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    name = serializers.CharField(max_length=200)
    families = LauncherConfigFamilyDetailed(many=True, allow_null=True)
    full_name = serializers.CharField(max_length=200, required=False)
    variant = serializers.CharField(max_length=200, required=False)
    active = serializers.BooleanField(required=False)
    is_placeholder = serializers.BooleanField(required=False)
    program = ProgramNormal(many=True)
    reusable = serializers.BooleanField(required=False)
    image = Image(allow_null=True)
    info_url = serializers.CharField(max_length=200, required=False, allow_null=True)
    wiki_url = serializers.CharField(max_length=200, required=False, allow_null=True)
    description = serializers.CharField(max_length=2048, required=False)
    alias = serializers.CharField(max_length=200, required=False)
    min_stage = Integer32Field(required=False, allow_null=True)
    max_stage = Integer32Field(required=False, allow_null=True)
    length = serializers.FloatField(label="Length (m)", required=False, allow_null=True)
    diameter = serializers.FloatField(label="Max Diameter (m)", required=False, allow_null=True)
    maiden_flight = serializers.DateField(
        label="Maiden Flight Date", required=False, allow_null=True
    )
    launch_cost = Integer32Field(label="Launch Cost (USD)", required=False, allow_null=True)
    launch_mass = serializers.FloatField(
        label="Mass at Launch (T)", required=False, allow_null=True
    )
    leo_capacity = serializers.FloatField(
        label="LEO Capacity (kg)", required=False, allow_null=True
    )
    gto_capacity = serializers.FloatField(
        label="GTO Capacity (kg)", required=False, allow_null=True
    )
    geo_capacity = serializers.FloatField(
        label="GEO Capacity (kg)", required=False, allow_null=True
    )
    sso_capacity = serializers.FloatField(
        label="SSO Capacity (kg)", required=False, allow_null=True
    )
    to_thrust = serializers.FloatField(
        label="Thrust at Liftoff (kN)", required=False, allow_null=True
    )
    apogee = serializers.FloatField(
        label="Apogee - Sub-Orbital Only (km)", required=False, allow_null=True
    )
    total_launch_count = Integer32Field(required=False, allow_null=True)
    consecutive_successful_launches = Integer32Field(required=False, allow_null=True)
    successful_launches = Integer32Field(required=False, allow_null=True)
    failed_launches = Integer32Field(required=False, allow_null=True)
    pending_launches = Integer32Field(required=False, allow_null=True)
    attempted_landings = Integer32Field(required=False, allow_null=True)
    successful_landings = Integer32Field(required=False, allow_null=True)
    failed_landings = Integer32Field(required=False, allow_null=True)
    consecutive_successful_landings = Integer32Field(required=False, allow_null=True)
    fastest_turnaround = serializers.CharField(read_only=True, allow_null=True)
