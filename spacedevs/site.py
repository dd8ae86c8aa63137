"""The admin as a site: its front page, and what its pickers find."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from spacedevs import front
from spacedevs.pickers import Autocomplete


class Site(admin.AdminSite):
    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        shown = {"sections": front.sections(request)}
        return super().index(request, {**shown, **(extra_context or {})})

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return Autocomplete.as_view(admin_site=self)(request)
