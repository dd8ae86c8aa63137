from spacedevs.api.viewsets import Router
from tests.v240 import views

router = Router()
router.register("agencies/mini", views.AgencyMiniViewSet)
router.register("agencies/detailed", views.AgencyDetailedViewSet)
router.register("agencies", views.AgencyViewSet)
router.register("spacecraft/detailed", views.SpacecraftDetailedViewSet)
router.register("spacecraft", views.SpacecraftViewSet)

urlpatterns = router.urls
