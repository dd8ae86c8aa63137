"""DRF as its documentation has it: serializers of models, filters, no N+1, no cache."""

from bench.peers.site import set_up

set_up("bench.peers.drf", "django_filters", "rest_framework")

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db.models import QuerySet  # noqa: E402
from django_filters.rest_framework import DjangoFilterBackend  # noqa: E402
from rest_framework import filters, routers, serializers, viewsets  # noqa: E402
from rest_framework.pagination import LimitOffsetPagination  # noqa: E402

from bench.peers import models, wire  # noqa: E402


class Mode(serializers.ReadOnlyField):
    def __init__(self, mode: str) -> None:
        self.mode = mode
        super().__init__()

    def get_attribute(self, instance: object) -> str:
        return self.mode


class Duration(serializers.DurationField):
    def to_representation(self, value: object) -> str | None:
        return wire.iso(value)


class Running(serializers.DurationField):
    """`since`: the column that says whether it runs."""

    def __init__(self, since: str) -> None:
        self.since = since
        super().__init__()

    def get_attribute(self, instance: object) -> str | None:
        return wire.running(super().get_attribute(instance), getattr(instance, self.since))

    def to_representation(self, value: str) -> str:
        return value


class Status(serializers.ModelSerializer):
    class Meta:
        model = models.Status
        fields = ("id", "name")


class ConfigurationType(serializers.ModelSerializer):
    class Meta:
        model = models.ConfigurationType
        fields = ("id", "name")


class AgencyType(serializers.ModelSerializer):
    class Meta:
        model = models.AgencyType
        fields = ("id", "name")


class License(serializers.ModelSerializer):
    class Meta:
        model = models.License
        fields = ("id", "name", "priority", "link")


class VariantType(serializers.ModelSerializer):
    class Meta:
        model = models.VariantType
        fields = ("id", "name")


class Variant(serializers.ModelSerializer):
    type = VariantType()

    class Meta:
        model = models.Variant
        fields = ("id", "type", "image_url")


class Image(serializers.ModelSerializer):
    license = License()
    variants = Variant(many=True)

    class Meta:
        model = models.Image
        fields = (
            "id",
            "name",
            "image_url",
            "thumbnail_url",
            "credit",
            "license",
            "single_use",
            "variants",
        )


class Agency(serializers.ModelSerializer):
    response_mode = Mode("list")
    type = AgencyType()

    class Meta:
        model = models.Agency
        fields = ("response_mode", "id", "url", "name", "abbrev", "type")


class FamilyMini(serializers.ModelSerializer):
    response_mode = Mode("list")

    class Meta:
        model = models.Family
        fields = ("response_mode", "id", "name")


class Family(serializers.ModelSerializer):
    response_mode = Mode("normal")
    manufacturer = Agency()
    parent = FamilyMini()

    class Meta:
        model = models.Family
        fields = (
            "response_mode",
            "id",
            "name",
            "description",
            "manufacturer",
            "parent",
            "maiden_flight",
        )


class Configuration(serializers.ModelSerializer):
    response_mode = Mode("normal")
    type = ConfigurationType()
    agency = Agency()
    family = Family(many=True)
    image = Image()

    class Meta:
        model = models.Configuration
        fields = (
            "response_mode",
            "id",
            "url",
            "name",
            "type",
            "agency",
            "family",
            "in_use",
            "image",
        )


class Spacecraft(serializers.ModelSerializer):
    response_mode = Mode("normal")
    image = Image()
    time_in_space = Running("in_space_since")
    time_docked = Running("docked_since")
    status = Status()
    spacecraft_config = Configuration()
    fastest_turnaround = Duration()

    class Meta:
        model = models.Spacecraft
        fields = (
            "response_mode",
            "id",
            "url",
            "name",
            "serial_number",
            "is_placeholder",
            "image",
            "in_space",
            "time_in_space",
            "time_docked",
            "flights_count",
            "mission_ends_count",
            "status",
            "description",
            "spacecraft_config",
            "fastest_turnaround",
        )


class Ordering(filters.OrderingFilter):
    """`id` breaks ties, so that pages don't overlap."""

    def get_ordering(self, request: object, queryset: QuerySet, view: object) -> list[str]:
        terms = super().get_ordering(request, queryset, view)
        return terms if "id" in terms or "-id" in terms else [*terms, "id"]


class Pagination(LimitOffsetPagination):
    default_limit, max_limit = wire.LIMIT, wire.MOST


class SpacecraftViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = models.whole()
    serializer_class = Spacecraft
    pagination_class = Pagination
    filter_backends = (DjangoFilterBackend, filters.SearchFilter, Ordering)
    filterset_fields = ("in_space", "is_placeholder", "status", "spacecraft_config")
    search_fields = ("name", "spacecraft_config__name")
    ordering_fields = wire.ORDERING
    ordering = ("sort_name", "id")


class ConfigurationViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = models.Configuration.objects.all()
    serializer_class = Configuration


class AgencyViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = models.Agency.objects.all()
    serializer_class = Agency


router = routers.SimpleRouter()
root = wire.ROOT.strip("/")
router.register(f"{root}/spacecraft", SpacecraftViewSet)
router.register(f"{root}/spacecraft_configurations", ConfigurationViewSet)
router.register(f"{root}/agencies", AgencyViewSet)
urlpatterns = router.urls
application = get_wsgi_application()
