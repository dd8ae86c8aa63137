from spacecraft import views
from spacedevs.api.viewsets import Router

router = Router()
router.register("agencies", views.AgencyViewSet)
router.register("config/agency_types", views.AgencyTypeViewSet)
router.register("config/countries", views.CountryViewSet)
router.register("config/image_licenses", views.ImageLicenseViewSet)
router.register("config/image_variant_types", views.ImageVariantTypeViewSet)
router.register("config/spacecraft_configuration_types", views.SpacecraftConfigTypeViewSet)
router.register("config/spacecraft_statuses", views.SpacecraftStatusViewSet)
router.register("spacecraft", views.SpacecraftViewSet)
router.register("spacecraft_flights", views.SpacecraftFlightViewSet)
router.register("spacecraft_configuration_families", views.SpacecraftConfigFamilyViewSet)
router.register("spacecraft_configurations", views.SpacecraftConfigurationViewSet)

urlpatterns = router.urls
