"""The admin as a site: its front page, and what its pickers find."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from spacedevs import front, pictures


class Autocomplete(AutocompleteJsonView):
    """A picture is found with its thumbnail, and with what has to stand beside it."""

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset()
        return pictures.with_license(rows) if pictures.is_picture(rows.model) else rows

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        found: dict[str, str] = super().serialize_result(obj, to_field_name)
        return {**found, **pictures.in_picker(obj)} if pictures.is_picture(type(obj)) else found


class Site(admin.AdminSite):
    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        shown = {"sections": front.sections(request)}
        return super().index(request, {**shown, **(extra_context or {})})

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return Autocomplete.as_view(admin_site=self)(request)
