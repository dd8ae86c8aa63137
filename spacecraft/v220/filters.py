"""The named parameters of each resource of 2.2.0."""

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django_filters.rest_framework import BooleanFilter, CharFilter, ModelChoiceFilter

from spacecraft import models
from spacecraft.filters import FIGURE, TEXT, SpacecraftFilter, SpacecraftFlightFilter
from spacedevs.api.filters import FilterSet, NumberFilter

__all__ = ["AgencyFilter", "ConfigurationFilter", "SpacecraftFilter", "SpacecraftFlightFilter"]


class ConfigurationFilter(FilterSet):
    manufacturer = ModelChoiceFilter(field_name="agency", queryset=models.Agency.objects.all())

    class Meta:
        model = models.SpacecraftConfiguration
        fields = ("human_rated", "in_use", "manufacturer", "name")


class AgencyFilter(FilterSet):
    agency_type = ModelChoiceFilter(field_name="type", queryset=models.AgencyType.objects.all())
    country_code = CharFilter(method="filter_country_code")
    founding_year = CharFilter(method="filter_founding_year")
    founding_year__contains = CharFilter(method="filter_founding_year")
    id = NumberFilter()
    id__gt = NumberFilter(field_name="id", lookup_expr="gt")
    id__gte = NumberFilter(field_name="id", lookup_expr="gte")
    id__lt = NumberFilter(field_name="id", lookup_expr="lt")
    id__lte = NumberFilter(field_name="id", lookup_expr="lte")
    spacecraft = BooleanFilter(
        method="filter_spacecraft", help_text="Agencies that have spacecraft, in detail."
    )

    class Meta:
        model = models.Agency
        fields = {
            "abbrev": TEXT,
            "administrator": TEXT,
            "attempted_landings": FIGURE,
            "consecutive_successful_landings": FIGURE,
            "consecutive_successful_launches": FIGURE,
            "description": TEXT,
            "failed_landings": FIGURE,
            "failed_launches": FIGURE,
            "featured": ("exact",),
            "name": TEXT,
            "parent": ("exact",),
            "pending_launches": FIGURE,
            "successful_landings": FIGURE,
            "successful_launches": FIGURE,
            "total_launch_count": FIGURE,
        }

    def filter_country_code(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Those of exactly these countries: "FRA" does not find ESA."""
        codes = set(value.split(","))
        through = models.Agency.country.through.objects.all()
        for code in codes:
            having = through.filter(country__alpha_3_code=code)
            queryset = queryset.filter(pk__in=having.values("agency"))
        others = through.exclude(country__alpha_3_code__in=codes)
        return queryset.exclude(pk__in=others.values("agency"))

    def filter_founding_year(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """By its digits: it is a text here."""
        lookup = name.removeprefix("founding_year").removeprefix("__") or "exact"
        digits = Cast("founding_year", TextField())
        found: QuerySet = queryset.alias(digits=digits).filter(**{f"digits__{lookup}": value})
        return found

    def filter_spacecraft(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        """Whatever it says."""
        having = models.SpacecraftConfiguration.objects.filter(agency__isnull=False)
        return queryset.filter(pk__in=having.order_by().values("agency"))
