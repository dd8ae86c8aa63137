"""The mirror's runs, and what is held against it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from spacedevs.actions import chosen, confirmed
from spacedevs.api.registry import record_models
from spacedevs.mirror import holds
from spacedevs.mirror.models import COUNTED, Hold, MirrorList, MirrorRun
from spacedevs.read_only import ReadOnlyAdmin
from spacedevs.words import admin_url


def may_let_go(user: Any, hold: Hold) -> bool:
    """Those who may change the record."""
    app, model = hold.model.split(".")
    return bool(user.has_perm(f"{app}.change_{model}"))


@admin.register(MirrorRun)
class MirrorRunAdmin(ReadOnlyAdmin):
    # All but what was unchanged: the list has to fit beside its filters.
    list_display = (
        *("started", "source", "outcome", "rehearsal", "calls"),
        *(name for name in COUNTED if name != "unchanged"),
        "message",
        "what",
    )
    list_filter = ("outcome", "source")
    readonly_fields = ("what",)

    @admin.display(description="what it changed")
    def what(self, run: MirrorRun) -> str:
        url = f"{reverse('admin:history_change_changelist')}?step__run__id__exact={run.pk}"
        return format_html('<a href="{}">Changes</a>', url)


@admin.register(MirrorList)
class MirrorListAdmin(ReadOnlyAdmin):
    list_display = ("resource", "count", "read_at", "page_size", "fault", "source")
    ordering = ("source", "resource")
    list_filter = ("source",)
    exclude = ("loaded",)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("record", "field_label", "theirs_now", "ours", "since", "button")
    list_display_links = None
    list_filter = ("model", "field")
    search_fields = ("label", "model", "key", "field")
    actions = ("let_go",)

    def get_list_display(self, request: Any) -> Any:
        may = self.has_let_go_permission(request)
        return self.list_display if may else self.list_display[:-1]

    @admin.display(description="record", ordering="label")
    def record(self, hold: Hold) -> str:
        url = admin_url(hold.record_model, hold.key)
        kind = hold.record_model._meta.verbose_name
        return format_html(
            '<a href="{}">{}</a> <small>{}</small>', url, hold.label or hold.key, kind
        )

    @admin.display(description="field", ordering="field")
    def field_label(self, hold: Hold) -> str:
        return hold.field_name

    @admin.display(description="upstream says")
    def theirs_now(self, hold: Hold) -> str:
        return hold.theirs or "nothing yet"

    @admin.display(description="")
    def button(self, hold: Hold) -> str:
        url = reverse("admin:mirror_hold_let_go", args=(hold.pk,))
        return format_html(
            '<a href="{}">Let go<span class="visually-hidden"> of {}</span></a>', url, hold
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.let_go_of_one)
        return [path("<int:pk>/let-go/", view, name="mirror_hold_let_go"), *super().get_urls()]

    def let_go_of_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.ask(request, Hold.objects.filter(pk=pk)) or redirect(
            "admin:mirror_hold_changelist"
        )

    def has_let_go_permission(self, request: Any) -> bool:
        return any(request.user.has_perm(each) for each in change_permissions())

    @admin.action(description="Let go: take what the source says", permissions=["let_go"])
    def let_go(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return self.ask(request, queryset, chosen(request))

    def ask(self, request: Any, queryset: QuerySet, inputs: Any = ()) -> HttpResponse | None:
        held = list(queryset)
        if not all(may_let_go(request.user, hold) for hold in held):
            raise PermissionDenied
        what = str(held[0]) if len(held) == 1 else f"{len(held)} fields"
        return confirmed(
            request,
            self.admin_site,
            lambda: holds.let_go(*held),
            title=f"Let go of {what}",
            lead="They become what the source says, and follow it from now on. "
            "Where it has not said anything since, they stay until it does.",
            button="Let go",
            back=reverse("admin:mirror_hold_changelist"),
            opts=self.opts,
            inputs=inputs,
            even_so=True,
        )


def change_permissions() -> list[str]:
    opts = [model._meta for model in record_models()]
    return [f"{each.app_label}.change_{each.model_name}" for each in opts]
