from typing import Any

from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin
from django.contrib.admin import autodiscover
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks
from django.db.models import CharField, TextField
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import import_string
from tablib.formats import registry


class SpacedevsConfig(AppConfig):
    name = "spacedevs"

    def ready(self) -> None:
        from spacedevs import lookups, roles
        from spacedevs.api.checks import check_resources
        from spacedevs.changes import log
        from spacedevs.indexes import declared
        from spacedevs.pages.checks import check_pages

        for field in (CharField, TextField):
            field.register_lookup(lookups.Contains)
            field.register_lookup(lookups.IContains)
            field.register_lookup(lookups.IStartsWith)
        registry.register("xlsx", XLSXOnDemand())
        checks.register(check_resources, "api")
        checks.register(check_pages, "api")
        checks.register(lookups.check_capitals, checks.Tags.database)
        checks.register(declared.check_trigrams, checks.Tags.database)
        post_migrate.connect(log.install, sender=self)
        pre_migrate.connect(declared.drop_before_migrations, sender=self)
        post_migrate.connect(declared.install, sender=self)
        # An app after all whose permissions a role has: these are there by then.
        post_migrate.connect(roles.install, sender=apps.get_app_config("sessions"))


class XLSXOnDemand:
    """tablib's format. django-import-export, which the admin imports, would read openpyxl for it:
    an eighth of a second and 6 MiB of each process, for the few that write a sheet."""

    title, extensions = "xlsx", ("xlsx",)

    def __getattr__(self, name: str) -> Any:
        return getattr(import_string("tablib.formats._xlsx.XLSXFormat"), name)


class Admin(admin.SimpleAdminConfig):
    """Django's admin, with a front page and pickers of ours.

    Its pages are read with the URLs, and for the checks: they are half of what a process reads as
    it starts, and the mirror needs none of them.
    """

    default = False  # not what INSTALLED_APPS means by "spacedevs"
    default_site = "spacedevs.site.Site"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_pages, checks.Tags.admin)


def check_pages(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    autodiscover()
    found: list[checks.CheckMessage] = check_admin_app(app_configs, **kwargs)
    return found
