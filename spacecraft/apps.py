from django.apps import AppConfig


class Records(AppConfig):
    name = "spacecraft"
    verbose_name = "Spacecraft"
