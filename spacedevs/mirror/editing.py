"""What an editor changes of a record is held against the mirror, and shown on the record's page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from spacedevs import editing
from spacedevs.mirror.admin import let_go_button
from spacedevs.mirror.holds import hold, holds_on


class RecordAdmin(editing.RecordAdmin):
    change_form_template = "admin/mirrored_change_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        if not (obj and holds_on(obj)):
            return shown
        about = "Changed by hand: a run of the mirror leaves these fields as they are here."
        return [*shown, ("Held", {"description": about, "fields": ("held",)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "held")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [name for name in super().get_fields(request, obj) if name != "held"]

    @admin.display(description="fields")
    def held(self, obj: Any) -> str:
        lines = (
            (one.field, one.upstream_says(), let_go_button(one, "let-go")) for one in holds_on(obj)
        )
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {} {}</li>", lines))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            hold(obj, form.changed_data, form.initial)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        before = {each.instance.pk: each.initial for each in formset.initial_forms}
        for row, changed in formset.changed_objects:
            hold(row, changed, before[row.pk])
