from django.apps import AppConfig


class Mirror(AppConfig):
    name = "spacecraft.mirror"
    label = "mirror"
