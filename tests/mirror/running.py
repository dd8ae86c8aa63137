"""A run against a source on a socket, for the tests of runs."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from spacedevs.mirror import as_of
from spacedevs.mirror.budget import Budget
from spacedevs.mirror.hosts import parse_root
from spacedevs.mirror.models import MirrorCall, MirrorList, MirrorRun
from spacedevs.mirror.run import Exit, Mirror, Options
from spacedevs.mirror.source import Source
from tests.mirror import upstream as does
from tests.mirror.catalogue import catalogue
from tests.mirror.upstream import Upstream

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
REAL_AS_OF = as_of.as_of


@pytest.fixture
def upstream(api: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """A source with the fixtures' catalogue, whose clock is the tests'."""
    monkeypatch.setattr(
        does.Handler, "date_time_string", lambda *_: "Sun, 01 Nov 2026 12:00:00 GMT"
    )
    with Upstream(catalogue(api)) as running:
        yield running


class Result:
    def __init__(self, run: MirrorRun, code: Exit, notes: list[str]) -> None:
        self.run, self.code, self.notes = run, code, notes

    def figures(self) -> tuple[int, ...]:
        return (self.run.added, self.run.changed, self.run.removed)


def mirror(
    upstream: Upstream,
    *,
    budget: int = 15,
    now: Callable[[], datetime] = lambda: NOW,
    options: Options | None = None,
    token: str = "",
    timeout: float = 30,
) -> Result:
    limit = Budget(parse_root(upstream.url).netloc.decode(), budget, now=now)
    with Source(
        upstream.url,
        limit,
        user_agent="spacedevs/test",
        allow_private=True,
        timeout=timeout,
        token=token,
        now=now,
        sleep=lambda seconds: None,
    ) as source:
        run = Mirror(source, options or Options(), now, lambda *seen: None)
        made, code = run.run()
        return Result(made, code, run.notes)


def tables() -> dict[str, list[Any]]:
    """Every row of the vocabulary."""
    found = apps.get_app_config("spacecraft").get_models(include_auto_created=True)
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in found}


def an_hour_passes() -> None:
    """All that is remembered is an hour older, and the clock stands where it was."""
    for call in MirrorCall.objects.all():
        MirrorCall.objects.filter(pk=call.pk).update(moment=call.moment - HOUR)
    for state in MirrorList.objects.exclude(loaded_at=None):
        state.loaded_at -= HOUR
        state.save()
