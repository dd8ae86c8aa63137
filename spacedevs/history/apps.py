from django.apps import AppConfig
from django.db.models import signals


class History(AppConfig):
    name = "spacedevs.history"
    label = "history"

    def ready(self) -> None:
        from spacedevs.history import steps

        signals.pre_save.connect(steps.before_save)
        signals.post_save.connect(steps.after_save)
        signals.pre_delete.connect(steps.before_delete)
        signals.post_delete.connect(steps.after_delete)
        signals.m2m_changed.connect(steps.around_links)
