"""The richest shapes, that reach across the others."""

from spacecraft.serializers.agencies import AgencyDetailed
from spacecraft.serializers.crews import AstronautFlight
from spacecraft.serializers.dockings import DockingEventForChaserNormal
from spacecraft.serializers.flights import SpacecraftFlightNormal
from spacecraft.serializers.launchers import LauncherConfigDetailedSerializerNoManufacturer
from spacecraft.serializers.vehicles import SpacecraftConfigDetailed, SpacecraftDetailed
from spacedevs.api.modes import ResponseModeField


class AgencyEndpointDetailed(AgencyDetailed):
    response_mode = ResponseModeField("detailed")
    launcher_list = LauncherConfigDetailedSerializerNoManufacturer(many=True)
    spacecraft_list = SpacecraftConfigDetailed(many=True, source="configurations")

    class Meta(AgencyDetailed.Meta):
        fields = (*AgencyDetailed.Meta.fields, "launcher_list", "spacecraft_list")


class SpacecraftEndpointDetailed(SpacecraftDetailed):
    response_mode = ResponseModeField("detailed")
    flights = SpacecraftFlightNormal(many=True)

    class Meta(SpacecraftDetailed.Meta):
        fields = (*SpacecraftDetailed.Meta.fields, "flights")


class SpacecraftFlightDetailed(SpacecraftFlightNormal):
    response_mode = ResponseModeField("detailed")
    spacecraft = SpacecraftDetailed()
    launch_crew = AstronautFlight(many=True)
    onboard_crew = AstronautFlight(many=True)
    landing_crew = AstronautFlight(many=True)
    docking_events = DockingEventForChaserNormal(many=True)

    class Meta(SpacecraftFlightNormal.Meta):
        fields = (
            *SpacecraftFlightNormal.Meta.fields,
            "launch_crew",
            "onboard_crew",
            "landing_crew",
            "docking_events",
        )
