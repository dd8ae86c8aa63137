"""All changes on one page, and the way back."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst

from spacedevs.actions import confirmed
from spacedevs.api.registry import record_models
from spacedevs.history import back
from spacedevs.history.models import Change, Step
from spacedevs.opened import OPENED
from spacedevs.read_only import ReadOnlyAdmin
from spacedevs.values import label_of

SHOWN = 50  # changes on a page
LINES = 8  # of a change, in the list


class OfModel(admin.SimpleListFilter):
    title = "what"
    parameter_name = "model__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        models = record_models()
        return [(label_of(model), capfirst(str(model._meta.verbose_name))) for model in models]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(model=self.value()) if self.value() else queryset


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """Written by steps alone."""

    list_display = ("when", "who", "record", "differences", "way_back")
    list_display_links = None
    list_filter = (
        "step__kind",
        ("step__by", admin.AllValuesFieldListFilter),
        OfModel,
        "kind",
        "step__moment",
    )
    list_select_related = ("step",)
    list_per_page = SHOWN
    search_fields = ("label", "key__exact")
    show_full_result_count = False
    sortable_by = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """One step, one run of the mirror and one record are looked at by these."""
        own = ("step__id__exact", "step__run__id__exact", "key__exact", "model__exact")
        return lookup in own or super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Of one step: a link that takes all of it back."""
        one = Step.objects.filter(pk=request.GET.get("step__id__exact") or 0).first()
        extra = {"title": f"Step of {one}" if one else "Changes", "step": one}
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    change_list_template = "admin/history/change_list.html"

    @admin.display(description="when")
    def when(self, change: Change) -> str:
        url = f"{reverse('admin:history_change_changelist')}?step__id__exact={change.step_id}"
        return format_html('<a href="{}">{}</a>', url, f"{change.step.moment:%Y-%m-%d %H:%M:%S}")

    @admin.display(description="who")
    def who(self, change: Change) -> str:
        kind = change.step.get_kind_display()
        return (
            f"{change.step.by} ({kind})" if change.step.kind != Step.Kind.EDIT else change.step.by
        )

    @admin.display(description="record")
    def record(self, change: Change) -> str:
        kind, name = change.kind_of_record(), change.label
        if change.kind == Change.Kind.DELETED:
            return format_html("{}<br><small>{}, deleted</small>", name, kind)
        words = '<a href="{}">{}</a><br><small>{}, {}</small>'
        return format_html(words, change.url(), name, kind, change.kind)

    @admin.display(description="from what to what")
    def differences(self, change: Change) -> str:
        lines = [(line.name, line.was, line.became) for line in change.lines()]
        more = len(lines) - LINES
        listed = format_html_join("", "<li><b>{}</b>: {} → {}</li>", lines[:LINES])
        rest = format_html("<li>and {} more</li>", more) if more > 0 else ""
        return format_html('<ul class="differences">{}{}</ul>', listed, rest)

    @admin.display(description="")
    def way_back(self, change: Change) -> str:
        return format_html(
            '<a href="{}">Take back</a>', reverse("admin:history_back", args=(change.pk,))
        )

    # The way back

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/back/", view(self.take_back), name="history_back"),
            path("<int:pk>/until/", view(self.go_back_until), name="history_until"),
            path("step/<int:pk>/back/", view(self.take_step_back), name="history_step_back"),
            *super().get_urls(),
        ]

    def take_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One change, or one field of it."""
        change = get_object_or_404(Change.objects.select_related("step"), pk=pk)
        undos = back.of_changes([change], request.GET.get("field"))
        lead = f"{change.step} is taken back."
        return self.undo(request, undos, f"Take back a change of {change.label}", lead, change)

    def go_back_until(self, request: HttpRequest, pk: int) -> HttpResponse:
        change = get_object_or_404(Change.objects.select_related("step"), pk=pk)
        when = f"{change.step.moment:%Y-%m-%d %H:%M:%S}"
        lead = f"It becomes what it was after the change of {when} by {change.step.by}."
        title = f"Take {change.label} back to {when}"
        return self.undo(request, back.until(change), title, lead, change)

    def take_step_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = get_object_or_404(Step, pk=pk)
        lead = "All of this step is taken back, or nothing of it."
        return self.undo(request, back.of_changes(one.changes.all()), f"Take back: {one}", lead)

    def undo(
        self,
        request: Any,
        undos: list[back.Undo],
        title: str,
        lead: str,
        change: Change | None = None,
    ) -> HttpResponse:
        needed = {"history.view_change", *(undo.permission() for undo in undos)}
        if change is not None:
            needed.add(change.model.replace(".", ".change_"))
        if not request.user.has_perms(needed):
            raise PermissionDenied
        leads_to = reverse("admin:history_change_changelist")
        if change is not None:
            leads_to = history_url(change)
        page = confirmed(
            request,
            self.admin_site,
            lambda: back.take_back(undos),
            title=title,
            lead=f"{lead} What it changes is held against the mirror, as every edit is.",
            button="Take it back",
            back=leads_to,
            opts=self.opts,
            kind=Step.Kind.BACK,
        )
        return page or redirect(leads_to)


def history_url(change: Change) -> str:
    return reverse(f"admin:{change.model.replace('.', '_')}_history", args=(change.key,))


class WithHistory(admin.ModelAdmin):
    """The record's own page of changes; of one that is gone as well."""

    def _get_obj_does_not_exist_redirect(self, request: Any, opts: Any, object_id: str) -> Any:
        """A form that is sent after its record was deleted: who did it, and all that was typed."""
        changes = Change.objects.filter(model=label_of(self.model), key=object_id)
        last: Any = changes.select_related("step").first()
        if request.method != "POST" or last is None:
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc]
        apart = ("csrfmiddlewaretoken", "_")
        typed = [
            (name, ", ".join(request.POST.getlist(name)))
            for name in request.POST
            if not (name.startswith(apart) or name.endswith(OPENED) or "_FORMS" in name)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": f"{last.label} was deleted by {last.step.by}",
            "opts": opts,
            "change": last,
            "history": history_url(last),
            "typed": [(name, text) for name, text in typed if text],
        }
        return TemplateResponse(request, "admin/history/gone.html", context, status=410)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        changes = Change.objects.filter(model=label_of(self.model), key=object_id)
        page = Paginator(changes.select_related("step"), SHOWN).get_page(request.GET.get("p"))
        row = self.get_object(request, object_id)
        newest = next(iter(page), None)
        if row is None and newest is None:
            raise Http404(f"There is no {self.opts.verbose_name} {object_id}, and there was none.")
        name = str(row) if row is not None else newest.label if newest else ""
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {name}",
            "opts": self.opts,
            "row": row,
            "changes": page,
            "page": page,
            "of_record": True,
            "may_change": self.has_change_permission(request, row),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/history/of_record.html", context)
