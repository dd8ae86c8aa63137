"""The resources: declarations only."""

from spacecraft import filters, models
from spacecraft.serializers import agencies, endpoints, flights, images, vehicles
from spacedevs.api.description import Examples
from spacedevs.api.viewsets import ResourceViewSet


class SpacecraftViewSet(ResourceViewSet):
    queryset = models.Spacecraft.objects.all()
    modes = (vehicles.SpacecraftNormal, endpoints.SpacecraftEndpointDetailed)
    filterset_class = filters.SpacecraftFilter
    search_fields = ("name", "spacecraft_config__name")
    ordering_fields = ("flights_count", "id", "mission_ends_count", "time_docked", "time_in_space")
    examples = Examples(filter="is_placeholder=True", search="Endeavour", ordering="-flights_count")
    tags = ("Spacecraft",)


class SpacecraftConfigurationViewSet(ResourceViewSet):
    queryset = models.SpacecraftConfiguration.objects.all()
    modes = (vehicles.SpacecraftConfigNormal, vehicles.SpacecraftConfigDetailed)
    filterset_class = filters.SpacecraftConfigurationFilter
    search_fields = ("agency__abbrev", "agency__name", "name")
    ordering_fields = ("name",)
    examples = Examples(filter="human_rated=True", search="Dragon", ordering="name")
    tags = ("Spacecraft", "Configurations")


class SpacecraftConfigFamilyViewSet(ResourceViewSet):
    queryset = models.SpacecraftConfigFamily.objects.all()
    modes = (
        vehicles.SpacecraftConfigFamilyMini,
        vehicles.SpacecraftConfigFamilyNormal,
        vehicles.SpacecraftConfigFamilyEndpointDetailed,
    )
    filterset_class = filters.SpacecraftConfigFamilyFilter
    search_fields = ("manufacturer__abbrev", "manufacturer__name", "name")
    ordering_fields = ("name",)
    examples = Examples(filter="manufacturer=121", search="Northrop", ordering="name")
    tags = ("Spacecraft", "Families")


class SpacecraftFlightViewSet(ResourceViewSet):
    queryset = models.SpacecraftFlight.objects.all()
    modes = (flights.SpacecraftFlightNormal, endpoints.SpacecraftFlightDetailed)
    filterset_class = filters.SpacecraftFlightFilter
    search_fields = ("spacecraft__name", "destination")
    ordering_fields = ("id", "mission_end", "destination")
    examples = Examples(filter="spacecraft=289", search="Soyuz", ordering="-id")
    tags = ("Spacecraft", "Flights")


class AgencyViewSet(ResourceViewSet):
    queryset = models.Agency.objects.all()
    modes = (agencies.AgencyMini, agencies.AgencyNormal, endpoints.AgencyEndpointDetailed)
    filterset_class = filters.AgencyFilter
    search_fields = ("abbrev", "name")
    ordering_fields = (
        "attempted_landings",
        "consecutive_successful_landings",
        "consecutive_successful_launches",
        "failed_landings",
        "failed_launches",
        "featured",
        "id",
        "name",
        "pending_launches",
        "successful_landings",
        "successful_launches",
        "total_launch_count",
    )
    examples = Examples(filter="abbrev=NASA", search="SpaceX", ordering="-total_launch_count")
    tags = ("Agencies",)


class AgencyTypeViewSet(ResourceViewSet):
    queryset = models.AgencyType.objects.all()
    modes = (agencies.AgencyType,)
    examples = Examples(search="Commercial", ordering="-name")
    tags = ("Agency", "Types", "Configurations")


class CountryViewSet(ResourceViewSet):
    queryset = models.Country.objects.all()
    modes = (agencies.Country,)
    examples = Examples(search="France", ordering="-name")
    tags = ("Countries", "Configurations")


class ImageLicenseViewSet(ResourceViewSet):
    queryset = models.ImageLicense.objects.all()
    modes = (images.ImageLicense,)
    examples = Examples(search="NASA", ordering="-name")
    tags = ("Licenses", "Configurations")


class ImageVariantTypeViewSet(ResourceViewSet):
    queryset = models.ImageVariantType.objects.all()
    modes = (images.ImageVariantType,)
    examples = Examples(search="dark", ordering="-name")
    tags = ("Variants", "Types", "Configurations")


class SpacecraftConfigTypeViewSet(ResourceViewSet):
    queryset = models.SpacecraftConfigType.objects.all()
    modes = (vehicles.SpacecraftConfigType,)
    examples = Examples(search="Capsule", ordering="-name")
    tags = ("Spacecraft", "Types", "Configurations")


class SpacecraftStatusViewSet(ResourceViewSet):
    queryset = models.SpacecraftStatus.objects.all()
    modes = (vehicles.SpacecraftStatus,)
    examples = Examples(search="Active", ordering="-name")
    tags = ("Spacecraft", "Configurations")
