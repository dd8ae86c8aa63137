from datetime import date

from spacecraft.v220 import views
from spacedevs.api.viewsets import Router

router = Router(
    deprecated=date(2026, 11, 30),
    names={
        "astronauts": "astronaut",
        "config/agency_types": "config/agencytype",
        "config/spacecraft_statuses": "config/spacecraftstatus",
        "launcher_configurations": "config/launcher",
        "launches": "launch",
        "locations": "location",
        "pads": "pad",
        "programs": "program",
        "space_stations": "spacestation",
        "spacecraft_configurations": "config/spacecraft",
        "spacecraft_flights": "spacecraft/flight",
    },
)
router.register("agencies", views.AgencyViewSet)
router.register("config/agencytype", views.AgencyTypeViewSet)
router.register("config/spacecraft", views.SpacecraftConfigurationViewSet)
router.register("config/spacecraftstatus", views.SpacecraftStatusViewSet)
router.register("spacecraft/flight", views.SpacecraftFlightViewSet)  # before an id may stand there
router.register("spacecraft", views.SpacecraftViewSet)

urlpatterns = router.urls
