"""The named parameters of each resource, in the order of the contract."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters.rest_framework import BooleanFilter

from spacecraft import models
from spacedevs.api.filters import FilterSet, NumberFilter, WordsFilter


class SpacecraftFilter(FilterSet):
    class Meta:
        model = models.Spacecraft
        fields = ("in_space", "is_placeholder", "name", "spacecraft_config", "status")


class SpacecraftConfigurationFilter(FilterSet):
    class Meta:
        model = models.SpacecraftConfiguration
        fields = ("agency", "human_rated", "in_use", "name")


class SpacecraftConfigFamilyFilter(FilterSet):
    class Meta:
        model = models.SpacecraftConfigFamily
        fields = ("manufacturer", "name")


class SpacecraftFlightFilter(FilterSet):
    class Meta:
        model = models.SpacecraftFlight
        fields = ("spacecraft",)


TEXT = ("exact", "contains")
FIGURE = ("exact", "gt", "gte", "lt", "lte")


class AgencyFilter(FilterSet):
    country_code = WordsFilter(method="filter_country_code")
    id = NumberFilter()
    parent__id = NumberFilter()
    spacecraft = BooleanFilter(
        method="filter_spacecraft", help_text="Agencies that have spacecraft configurations."
    )
    type__id = NumberFilter()

    class Meta:
        model = models.Agency
        fields = {
            "abbrev": TEXT,
            "attempted_landings": FIGURE,
            "consecutive_successful_landings": FIGURE,
            "consecutive_successful_launches": FIGURE,
            "description": TEXT,
            "failed_landings": FIGURE,
            "failed_launches": FIGURE,
            "featured": ("exact",),
            "founding_year": FIGURE,
            "name": TEXT,
            "pending_launches": FIGURE,
            "successful_landings": FIGURE,
            "successful_launches": FIGURE,
            "total_launch_count": FIGURE,
        }

    def filter_country_code(self, queryset: QuerySet, name: str, codes: list[str]) -> QuerySet:
        """Those of the countries that have any of these ISO 3166-1 codes, of 2 or 3 letters."""
        having = models.Agency.country.through.objects.filter(
            Q(country__alpha_2_code__in=codes) | Q(country__alpha_3_code__in=codes)
        )
        return queryset.filter(pk__in=having.values("agency"))

    def filter_spacecraft(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        flown = Exists(models.SpacecraftConfiguration.objects.filter(agency=OuterRef("pk")))
        return queryset.filter(flown if value else ~flown)
