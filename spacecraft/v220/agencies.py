"""The shapes of agencies, and of an agency's launchers."""

from typing import Any

from rest_framework import serializers

from spacecraft import models
from spacecraft.v220.pictures import picture
from spacedevs.api.fields import Integer32Field, OpaqueUrlField, UrlField
from spacedevs.api.retold import (
    JoinedField,
    NullNumberField,
    NullUrlField,
    OnlyTextField,
    RetoldShape,
    ShortFloatField,
)
from spacedevs.api.shapes import Shape


def type_name() -> serializers.CharField:
    return serializers.CharField(source="type.name", read_only=True, allow_null=True)


def country_codes() -> serializers.CharField:
    """The alpha-3 codes of all countries, sorted by the countries' ids."""
    return JoinedField("alpha_3_code", source="country", by="id")


def year() -> serializers.CharField:
    """A text here."""
    return serializers.CharField(read_only=True, allow_null=True)


class AgencySerializerMini(Shape):
    url = UrlField("agencies")
    type = type_name()

    class Meta:
        model = models.Agency
        fields: tuple[str, ...] = ("id", "url", "name", "type")


class Agency(Shape):
    url = UrlField("agencies")
    type = type_name()
    country_code = country_codes()
    founding_year = year()
    parent: Any = serializers.SlugRelatedField("name", read_only=True, allow_null=True)
    image_url = picture()
    logo_url = picture("logo")

    class Meta:
        model = models.Agency
        mode = "normal"
        fields: tuple[str, ...] = (
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
            "image_url",
            "logo_url",
        )


class AgencySerializerDetailedCommon(Shape):
    """An agency of a mission."""

    url = UrlField("agencies")
    type = type_name()
    country_code = country_codes()
    founding_year = year()
    launch_library_url = NullUrlField()
    logo_url = picture("logo")
    image_url = picture()
    nation_url = picture("social_logo")

    class Meta:
        model = models.Agency
        fields: tuple[str, ...] = (
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
            "launch_library_url",
            "total_launch_count",
            "consecutive_successful_launches",
            "successful_launches",
            "failed_launches",
            "pending_launches",
            "consecutive_successful_landings",
            "successful_landings",
            "failed_landings",
            "attempted_landings",
            "info_url",
            "wiki_url",
            "logo_url",
            "image_url",
            "nation_url",
        )


class LauncherConfigDetailSerializerForAgency(RetoldShape):
    sorted_by = "name"
    id = serializers.IntegerField(read_only=True)
    url = OpaqueUrlField()
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=2048)
    family = OnlyTextField("name", source="families")
    full_name = serializers.CharField(max_length=200)
    variant = serializers.CharField(max_length=200)
    alias = serializers.CharField(max_length=200)
    min_stage = Integer32Field(allow_null=True)
    max_stage = Integer32Field(allow_null=True)
    length = ShortFloatField(label="Length (m)", allow_null=True)
    diameter = ShortFloatField(label="Max Diameter (m)", allow_null=True)
    maiden_flight = serializers.DateField(allow_null=True)
    launch_mass = Integer32Field(label="Mass at Launch (T)", allow_null=True)
    leo_capacity = Integer32Field(label="LEO Capacity (kg)", allow_null=True)
    gto_capacity = Integer32Field(label="GTO Capacity (kg)", allow_null=True)
    to_thrust = Integer32Field(label="Thrust at Liftoff (kN)", allow_null=True)
    apogee = Integer32Field(label="Apogee - Sub-Orbital Only (km)", allow_null=True)
    vehicle_range = NullNumberField()
    image_url = picture()
    info_url = serializers.CharField(max_length=200, allow_null=True)
    wiki_url = serializers.CharField(max_length=200, allow_null=True)
    consecutive_successful_launches = Integer32Field(allow_null=True)
    successful_launches = Integer32Field(allow_null=True)
    failed_launches = Integer32Field(allow_null=True)
    pending_launches = Integer32Field(allow_null=True)
