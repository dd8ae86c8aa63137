"""A public page as HTML: no cookie, nothing of whoever asks, and the same way about."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from spacedevs.front import Section
from spacedevs.pages.declared import declared


def page(template: str, **about: Any) -> str:
    return render_to_string(f"pages/{template}", {"navigation": navigation(), **about})


def part(template: str, **about: Any) -> str:
    return render_to_string(f"pages/{template}", about)


def section(title: str, template: str, **about: Any) -> Section:
    return Section(title, part(template, **about))


def navigation() -> list[tuple[str, str]]:
    """Names and URLs: what has pages, the API, and the guide."""
    lists = [(each.title(), each.list_url()) for each in declared().values()]
    return [*lists, ("API", settings.API_ROOT), ("Guide", reverse("guide"))]
