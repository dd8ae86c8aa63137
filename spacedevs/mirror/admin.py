"""The mirror's runs, and what is held against it."""

from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from spacedevs.mirror import holds
from spacedevs.mirror.models import COUNTED, Hold, MirrorList, MirrorRun


def let_go_button(hold: Hold, form: str) -> str:
    """Lets go of a field; `form`: the id of one on the page that has a CSRF token."""
    url = reverse("admin:mirror_hold_let_go", args=(hold.pk,))
    return format_html('<button form="{}" formaction="{}">Let go</button>', form, url)


class Seen(admin.ModelAdmin):
    """Written by the mirror alone: no page adds, changes or deletes it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(MirrorRun)
class MirrorRunAdmin(Seen):
    # All but what was unchanged: the list has to fit beside its filters.
    list_display = (
        *("started", "source", "outcome", "rehearsal", "calls"),
        *(name for name in COUNTED if name != "unchanged"),
        "message",
    )
    list_filter = ("outcome", "source")


@admin.register(MirrorList)
class MirrorListAdmin(Seen):
    list_display = ("resource", "count", "read_at", "page_size", "fault", "source")
    ordering = ("source", "resource")
    list_filter = ("source",)
    exclude = ("loaded",)


@admin.register(Hold)
class HoldAdmin(Seen):
    list_display = ("record", "field", "upstream", "since", "button")
    list_display_links = ("field",)
    list_filter = ("model", "field")
    search_fields = ("model", "key", "field")
    actions = ("let_go",)

    @admin.display(description="record")
    def record(self, hold: Hold) -> str:
        model = apps.get_model(hold.model)
        url = reverse(f"admin:{hold.model.replace('.', '_')}_change", args=(hold.key,))
        return format_html('<a href="{}">{} {}</a>', url, model._meta.verbose_name, hold.key)

    @admin.display(description="")
    def button(self, hold: Hold) -> str:
        return let_go_button(hold, "changelist-form")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.let_go_of_one))
        return [path("<int:pk>/let-go/", view, name="mirror_hold_let_go"), *super().get_urls()]

    def let_go_of_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For those who may change the record; back to the page that they came from."""
        hold = get_object_or_404(Hold, pk=pk)
        app, model = hold.model.split(".")
        if not request.user.has_perm(f"{app}.change_{model}"):
            raise PermissionDenied
        holds.let_go(hold)
        messages.success(request, f"{hold}: upstream's again.")
        came_from = request.headers.get("Referer", "")
        if url_has_allowed_host_and_scheme(came_from, request.get_host()):
            return redirect(came_from)
        return redirect("admin:mirror_hold_changelist")

    @admin.action(description="Let go: take what the source says", permissions=["delete"])
    def let_go(self, request: HttpRequest, queryset: QuerySet) -> None:
        chosen = list(queryset)
        for hold in chosen:
            holds.let_go(hold)
        messages.success(request, f"Let go of {len(chosen)} fields.")
