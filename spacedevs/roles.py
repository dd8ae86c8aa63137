"""The three roles, as Django groups: what each may.

Each `migrate` gives them what is written here, so that a model that is new is in them at once. Who
needs something else makes a group of another name.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connections
from django.db.models import Model

from spacedevs.api.registry import record_models

READER, LIBRARIAN, MANAGER = "reader", "librarian", "manager"
ROLES = {
    READER: "looks at the records, their history and the mirror",
    LIBRARIAN: "adds, changes and deletes records, and takes changes back",
    MANAGER: "is a librarian, and keeps users, tokens and the mirror",
}
VERBS = ("add", "change", "delete", "view")
SEEN = ("history", "mirror")  # apps of which nothing is written by hand
KEPT = ("axes", "throttle")  # apps that a manager keeps, beside the users


def permissions_of(role: str) -> set[str]:
    """In Django's words: `spacecraft.change_agency`."""
    found = {*_of(record_models(), "view"), *_of(_models(*SEEN), "view")}
    if role != READER:
        found |= {*_of(record_models(), *VERBS)}
    if role == MANAGER:
        found |= {*_of([User, *_models(*KEPT)], *VERBS)}
    return found


def _models(*labels: str) -> list[Any]:
    return [model for label in labels for model in apps.get_app_config(label).get_models()]


def _of(models: list[type[Model]], *verbs: str) -> Iterator[str]:
    for model in models:
        opts = model._meta
        yield from (f"{opts.app_label}.{verb}_{opts.model_name}" for verb in verbs)


def install(using: str, **kwargs: Any) -> None:
    """Called after each `migrate`, once the permissions are there."""
    if Permission._meta.db_table not in connections[using].introspection.table_names():
        return  # another app alone is migrated
    rows = Permission.objects.using(using).select_related("content_type")
    known = {f"{each.content_type.app_label}.{each.codename}": each for each in rows}
    for role in ROLES:
        group, _ = Group.objects.using(using).get_or_create(name=role)
        wanted = [known[name] for name in sorted(permissions_of(role) & known.keys())]
        group.permissions.set(wanted)
