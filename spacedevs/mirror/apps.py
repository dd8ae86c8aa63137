from django.apps import AppConfig
from django.core import checks


class Mirror(AppConfig):
    name = "spacedevs.mirror"
    label = "mirror"

    def ready(self) -> None:
        from spacedevs.mirror.groups import check_groups

        checks.register(check_groups, "mirror")
