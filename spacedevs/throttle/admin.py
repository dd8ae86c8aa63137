"""Tokens: made here, and shown once."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from spacedevs.actions import confirmed_action
from spacedevs.throttle.models import Token


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    list_display = ("name", "valid", "created", "expires", "last_used")
    list_filter = ("revoked",)
    search_fields = ("name",)
    readonly_fields = ("created", "last_used")
    actions = ("revoke",)

    @admin.display(boolean=True)
    def valid(self, token: Token) -> bool:
        return token.is_valid

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            text = "The key is <code>{}</code>. Copy it now: it is not kept, and not shown again."
            self.message_user(request, format_html(text, obj.key), messages.WARNING)

    @admin.action(description="Revoke selected tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> HttpResponse | None:
        tokens = list(queryset.filter(revoked=False))

        names = ", ".join(map(str, tokens))

        def do() -> None:
            queryset.update(revoked=True)

        page = confirmed_action(
            self,
            request,
            do,
            title=f"Revoke {len(tokens)} tokens",
            lead=f"Calls with them are refused from now on: {names or 'none'}.",
            button="Revoke",
            even_so=True,
        )
        if page is None:
            for token in tokens:
                self.log_change(request, token, "Revoked.")
        return page
