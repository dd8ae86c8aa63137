"""The mirror's runs, and what is held against it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from spacecraft.mirror import holds
from spacecraft.mirror.models import Hold, MirrorRun


class Seen(admin.ModelAdmin):
    """What the mirror writes, and nobody else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(MirrorRun)
class MirrorRunAdmin(Seen):
    list_display = (
        "started",
        "source",
        "outcome",
        "complete",
        "rehearsal",
        "calls",
        "added",
        "changed",
        "unchanged",
        "removed",
        "held",
        "refused",
        "message",
    )
    list_filter = ("outcome", "source")


@admin.register(Hold)
class HoldAdmin(Seen):
    list_display = ("model", "key", "field", "upstream", "since")
    list_filter = ("model", "field")
    search_fields = ("model", "key", "field")
    actions = ("let_go",)

    @admin.action(description="Let go: take what the source says", permissions=["delete"])
    def let_go(self, request: HttpRequest, queryset: QuerySet) -> None:
        held = list(queryset)
        for one in held:
            holds.let_go(one)
        messages.success(request, f"Let go of {len(held)} fields.")
