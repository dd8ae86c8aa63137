from django.apps import AppConfig


class Mirror(AppConfig):
    name = "spacedevs.mirror"
    label = "mirror"
