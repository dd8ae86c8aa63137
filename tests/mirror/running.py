"""A run against a source on a socket, for the tests of runs."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from spacecraft.mirror import as_of
from spacecraft.mirror.addresses import root_of
from spacecraft.mirror.budget import Budget
from spacecraft.mirror.client import Source
from spacecraft.mirror.models import MirrorCall, MirrorRun
from spacecraft.mirror.run import Calls, Exit, Mirror, Options
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
    limit = Budget(budget, Calls(root_of(upstream.url)), now=now)
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
        run = Mirror(source, options or Options(), now, lambda *seen: None, lambda seconds: None)
        made, code = run.run()
        return Result(made, code, run.notes)


def tables() -> dict[str, list[Any]]:
    """Every row of the vocabulary."""
    found = apps.get_app_config("spacecraft").get_models(include_auto_created=True)
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in found}


def an_hour_passes() -> None:
    for call in MirrorCall.objects.all():
        MirrorCall.objects.filter(pk=call.pk).update(moment=call.moment - HOUR)
