from django.apps import AppConfig


class ThrottleConfig(AppConfig):
    name = "spacedevs.throttle"
    verbose_name = "Throttle"
