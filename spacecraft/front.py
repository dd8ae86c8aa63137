"""The app's section of the admin's front page: what is in space."""

from django.db.models import Count, F, Q, QuerySet, Window
from django.http import HttpRequest

from spacecraft.models import Spacecraft
from spacedevs import clock, front
from spacedevs.pictures import tile
from spacedevs.running import RunningDurationField
from spacedevs.words import url_of

SHOWN = 12


def crafts_in_space() -> QuerySet:
    """Those that are in space or docked, the longest there first; each knows how many there are."""
    up = Spacecraft.objects.filter(Q(in_space=True) | Q(docked_since__isnull=False))
    up = up.select_related("image", "spacecraft_config").annotate(count=Window(Count("*")))
    return up.order_by(F("in_space_since").asc(nulls_last=True), "sort_name", "id")


def in_space(request: HttpRequest) -> front.Section | None:
    """These craft, with times that run."""
    if not front.may_see(request, Spacecraft):
        return None
    now = clock.of_request(request)
    fields = [Spacecraft._meta.get_field(name) for name in ("time_in_space", "time_docked")]
    crafts = list(crafts_in_space()[:SHOWN])

    def times(craft: Spacecraft) -> list[str]:
        return [
            front.time_element(field.at(craft, now), runs=getattr(craft, field.since) is not None)
            for field in fields
            if isinstance(field, RunningDurationField)
        ]

    return front.section(
        "In space now",
        "in_space.html",
        rows=[
            {
                "craft": craft,
                "url": url_of(craft),
                "picture": tile(craft.image) if craft.image else "",
                "times": times(craft),
            }
            for craft in crafts
        ],
        count=crafts[0].count if crafts else 0,
        all=front.list_url(Spacecraft) + "?in_space__exact=1",
    )
