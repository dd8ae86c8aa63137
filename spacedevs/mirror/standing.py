"""How the mirror stands: its last run, and the calls that it may still make."""

from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured

from spacedevs import environment
from spacedevs.mirror.budget import MOST_CALLS, Budget
from spacedevs.mirror.errors import SourceError
from spacedevs.mirror.models import MirrorRun
from spacedevs.mirror.source import parse_root


class Standing(NamedTuple):
    run: MirrorRun | None  # the last one that was no rehearsal
    calls_left: int | None  # None where MIRROR_FROM or MIRROR_BUDGET can't be read


def standing() -> Standing:
    """By MIRROR_FROM and MIRROR_BUDGET, as `manage.py mirror` reads them."""
    return Standing(MirrorRun.objects.filter(rehearsal=False).first(), calls_left())


def calls_left() -> int | None:
    try:
        limit = environment.number("MIRROR_BUDGET", least=1, most=MOST_CALLS)
        host = parse_root(environment.text("MIRROR_FROM")).netloc.decode()
    except (ImproperlyConfigured, SourceError):
        return None  # `manage.py mirror` says so; the site goes on
    return max(0, limit - Budget(host, limit).used())
