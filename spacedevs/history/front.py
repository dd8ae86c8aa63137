"""The history's section of the admin's front page."""

from django.http import HttpRequest

from spacedevs.front import CHANGES, Section, may_see, section
from spacedevs.history.models import Change, Step


def last_changes(request: HttpRequest) -> Section | None:
    """What people changed, the last first; what the mirror did is in its runs."""
    if not may_see(request, Change):
        return None
    changes = Change.objects.exclude(step__kind=Step.Kind.MIRROR).select_related("step")
    return section("Last changes", "last_changes.html", changes=changes[:CHANGES])
