"""One value for many records: chosen fields of the rows that are selected in a list."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from spacedevs.actions import CONFIRMED, Refused, confirmed_action, count
from spacedevs.history.steps import current
from spacedevs.mirror.holds import hold
from spacedevs.plausible import problems
from spacedevs.values import column_name, field_of

CHOSEN = "set_"  # before a field's name: the check box that says it is meant


class BulkForm(forms.Form):
    """A check box for each field, and what the field is to hold."""

    def __init__(self, fields: dict[str, Any], data: Any) -> None:
        super().__init__(data)
        for name, field in fields.items():
            label = str(field.label or name)
            self.fields[CHOSEN + name] = forms.BooleanField(label=f"Set {label}", required=False)
            field.required, field.label = False, f"{label}: to what"
            field.widget = getattr(field.widget, "widget", field.widget)  # a picker without links
            self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.values():
            raise forms.ValidationError("Tick what is to be set.")
        return cleaned

    def values(self) -> dict[str, Any]:
        """What was ticked."""
        names = [name.removeprefix(CHOSEN) for name in self.fields if name.startswith(CHOSEN)]
        chosen = [name for name in names if self.cleaned_data.get(CHOSEN + name)]
        return {name: self.cleaned_data.get(name) for name in chosen}


class WithBulkEdit(admin.ModelAdmin):
    """The action "Set fields" of a list. `bulk_fields`: those that it offers; none: no action."""

    bulk_fields: tuple[str, ...] = ()

    def has_bulk_permission(self, request: HttpRequest) -> bool:
        return bool(self.bulk_fields) and self.has_change_permission(request)

    @admin.action(description="Set fields of the selected records", permissions=["bulk"])
    def set_fields(self, request: Any, queryset: Any) -> HttpResponse | None:
        form_class: Any = self.get_form(request, None, change=True, fields=self.bulk_fields)
        fields = {name: form_class.base_fields[name] for name in self.bulk_fields}
        is_sent = "show" in request.POST or CONFIRMED in request.POST
        form = BulkForm(fields, request.POST if is_sent else None)
        return confirmed_action(
            self,
            request,
            lambda: self.set_values(queryset, form.values()),
            title=f"Set fields of {count(queryset.count())}",
            lead="What it changes is held against the mirror, as every edit is.",
            button="Set them",
            form=form,
        )

    def set_values(self, queryset: Any, values: dict[str, Any]) -> None:
        """Sets the fields of each row as its own form would. Raises Refused."""
        recorder: Any = current()
        recorder.touch(self.model, *queryset.values_list("pk", flat=True))
        locked = self.model._base_manager.select_for_update()
        for row in locked.filter(pk__in=queryset.values("pk")).order_by("pk"):
            self.set_row(row, values)

    def set_row(self, row: Any, values: dict[str, Any]) -> None:
        """Sets fields of a row that is locked. Raises Refused where it would be impossible."""
        links = {name for name in values if self.opts.get_field(name).many_to_many}
        changed = [name for name in values if name in links or getattr(row, name) != values[name]]
        for name in {*changed} - links:
            setattr(row, name, values[name])
        if wrong := problems(row, changed):
            raise Refused(f"{row}: {' '.join(each.sentence for each in wrong)}")
        if changed:
            row.save()
        for name in links:
            getattr(row, name).set(values[name])
        hold_changes(row, changed)


def hold_changes(row: Any, fields: Iterable[str]) -> None:
    """Holds what a form changed, as of when its step began."""
    recorder: Any = current()
    before, _ = recorder.touched.get((type(row), row.pk), (None, ""))
    columns = (field_of(type(row), name) for name in fields)
    hold(row, [column_name(column) for column in columns if column], before or {})
