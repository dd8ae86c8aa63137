"""The home page's first section: what this is, how fresh it is, what there is, and how to ask."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string

from spacedevs import clock
from spacedevs.api.registry import resources
from spacedevs.api.versions import main
from spacedevs.changes import log
from spacedevs.front import Section, time_element
from spacedevs.pages.declared import declared
from spacedevs.pages.rendering import section


def about(request: HttpRequest) -> Section:
    as_of = import_string(settings.DATA_AS_OF)()
    first = next(iter(declared()), "")
    return section(
        "",
        "home/about.html",
        as_of=as_of,
        age=time_element(clock.lives(request) - as_of, runs=True) if as_of else "",
        changed=datetime.fromtimestamp(log.version().at, UTC),
        counts=counts(),
        version=main().name,
        root=settings.API_ROOT,
        example=first,
        search=resources()[first].examples.search if first else "",
        site=request.build_absolute_uri("/").rstrip("/"),
        upstream=settings.UPSTREAM_URL,
    )


def counts() -> list[dict[str, Any]]:
    """How many records each resource has, but for the lists of kinds. One query."""
    named = {name: each.queryset for name, each in resources().items() if "/" not in name}
    queries = [
        rows.order_by().values(resource=Value(name)).annotate(count=Count("*"))
        for name, rows in named.items()
    ]
    found = {row["resource"]: row["count"] for row in queries[0].union(*queries[1:], all=True)}
    return [
        {
            "name": rows.model._meta.verbose_name_plural,
            "count": found.get(name, 0),
            "url": declared()[name].list_url() if name in declared() else reverse(f"{name}-list"),
        }
        for name, rows in named.items()
    ]
