from spacecraft import views
from spacecraft.serializers import agencies, endpoints, vehicles


class SpacecraftViewSet(views.SpacecraftViewSet):
    modes = (vehicles.SpacecraftNormal,)


class SpacecraftDetailedViewSet(views.SpacecraftViewSet):
    modes = (endpoints.SpacecraftEndpointDetailed,)


class AgencyViewSet(views.AgencyViewSet):
    modes = (agencies.AgencyNormal,)


class AgencyMiniViewSet(views.AgencyViewSet):
    modes = (agencies.AgencyMini,)


class AgencyDetailedViewSet(views.AgencyViewSet):
    modes = (endpoints.AgencyEndpointDetailed,)
