"""Users in the admin: a manager keeps them, and makes nobody mightier than a manager."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest

from spacedevs.roles import ROLES

MIGHT = ("is_superuser", "user_permissions")  # what a superuser alone gives


class KeptUserAdmin(UserAdmin):
    list_display = ("username", "roles", "is_active", "is_staff", "last_login")
    list_filter = ("groups", "is_active", "is_superuser")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        names = [group.name for group in user.groups.all()]
        return ", ".join(["superuser"] * user.is_superuser + names) or "none"

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        given = super().get_readonly_fields(request, obj)
        return given if request.user.is_superuser else (*given, *MIGHT)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups" and field is not None and not request.user.is_superuser:
            field.queryset = field.queryset.filter(name__in=ROLES)
        return field

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may(request.user, obj)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may(request.user, obj)


def _may(user: Any, other: Any) -> bool:
    """A superuser's account is for superusers."""
    return bool(user.is_superuser or not (other and other.is_superuser))
