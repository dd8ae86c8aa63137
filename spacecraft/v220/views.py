"""The resources of 2.2.0: declarations only."""

from spacecraft import models
from spacecraft.serializers.agencies import AgencyType
from spacecraft.serializers.vehicles import SpacecraftStatus
from spacecraft.v220 import agencies, filters, flights, vehicles
from spacedevs.api.description import Examples
from spacedevs.api.viewsets import ResourceViewSet


class SpacecraftViewSet(ResourceViewSet):
    queryset = models.Spacecraft.objects.all()
    modes = (vehicles.Spacecraft, flights.SpacecraftDetailed)
    filterset_class = filters.SpacecraftFilter
    search_fields = ("name", "spacecraft_config__name")
    ordering_fields = ("id",)
    ordering = ("id",)
    unlike_upstream = "It comes by id; upstream's comes as its database has it."
    examples = Examples(filter="in_space=true", search="Endeavour", ordering="-id")


class SpacecraftFlightViewSet(ResourceViewSet):
    queryset = models.SpacecraftFlight.objects.all()
    modes = (flights.SpacecraftFlight, flights.SpacecraftFlightDetailed)
    filterset_class = filters.SpacecraftFlightFilter
    search_fields = ()
    ordering_fields = ()
    ordering = ("id",)
    examples = Examples(filter="spacecraft=289")


class SpacecraftConfigurationViewSet(ResourceViewSet):
    queryset = models.SpacecraftConfiguration.objects.all()
    modes = (vehicles.SpacecraftConfiguration, vehicles.SpacecraftConfigurationDetail)
    filterset_class = filters.ConfigurationFilter
    search_fields = ("name", "agency__name")
    ordering_fields = ("name",)
    examples = Examples(filter="manufacturer=121", search="Dragon", ordering="name")


class AgencyViewSet(ResourceViewSet):
    queryset = models.Agency.objects.all()
    modes = (agencies.Agency, vehicles.AgencySerializerDetailed)
    richest_with = ("spacecraft",)
    filterset_class = filters.AgencyFilter
    search_fields = ("^name",)
    ordering_fields = ("id", "name", "featured")
    examples = Examples(filter="abbrev=NASA", search="Space", ordering="-id")


class AgencyTypeViewSet(ResourceViewSet):
    queryset = models.AgencyType.objects.all()
    modes = (AgencyType,)
    search_fields = ()
    ordering_fields = ()
    ordering = ("id",)
    examples = Examples()


class SpacecraftStatusViewSet(ResourceViewSet):
    queryset = models.SpacecraftStatus.objects.all()
    modes = (SpacecraftStatus,)
    search_fields = ()
    ordering_fields = ()
    ordering = ("id",)
    examples = Examples()
