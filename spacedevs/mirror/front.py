"""The mirror's sections of the admin's front page."""

from django.db.models import Count, Subquery, Window
from django.http import HttpRequest

from spacedevs import clock, front
from spacedevs.mirror.models import Hold, MirrorRun
from spacedevs.mirror.standing import calls_left
from spacedevs.words import url_of

SHOWN = 5  # runs, and holds


def runs(request: HttpRequest) -> front.Section | None:
    """The last runs, how old the data are, and how many calls are left."""
    if not front.may_see(request, MirrorRun):
        return None
    loaded = MirrorRun.objects.exclude(as_of=None).filter(rehearsal=False)
    as_of = Subquery(loaded.values("as_of")[:1])
    last = [
        {"run": run, "url": url_of(run)}
        for run in MirrorRun.objects.annotate(data_as_of=as_of)[:SHOWN]
    ]
    since = last[0]["run"].data_as_of if last else None  # type: ignore[attr-defined]
    return front.section(
        "The mirror",
        "runs.html",
        runs=last,
        since=since,
        age=since and front.time_element(clock.of_request(request) - since, runs=True),
        calls_left=calls_left(),
        all=front.list_url(MirrorRun),
    )


def held(request: HttpRequest) -> front.Section | None:
    """How many fields editors keep, and which they took last."""
    if not front.may_see(request, Hold):
        return None
    last = list(Hold.objects.annotate(count=Window(Count("*")))[:SHOWN])
    return front.section(
        "Held against the mirror",
        "held.html",
        holds=last,
        count=last[0].count if last else 0,
        all=front.list_url(Hold),
    )
