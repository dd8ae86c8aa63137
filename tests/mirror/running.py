"""A source on a socket and a mirror of it, under one clock: for the tests of whole runs."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model

from spacedevs.mirror.budget import Budget
from spacedevs.mirror.models import Hold, MirrorCall, Mirrored, MirrorList, MirrorPage, MirrorRun
from spacedevs.mirror.run import Exit, Mirror
from spacedevs.mirror.source import Source, parse_root
from spacedevs.references import referrers_first
from tests.mirror import upstream as does
from tests.mirror.upstream import Request, Row, Upstream
from tests.upstream_bodies import Catalogue

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
CATALOGUE = (
    "spacecraft",
    "spacecraft_configurations",
    "spacecraft_configuration_families",
    "agencies",
)
HOUR = timedelta(hours=1)
SMALL: dict[str, Any] = {
    "craft": 30,
    "configurations": 10,
    "families": 8,
    "agencies": 25,
    "flights": 33,
    "countries": 12,
}


class Clock:
    """Time that passes only when it is told to, and by sleeping."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Result:
    """What a run said. `calls`: what it asked for."""

    def __init__(self, run: MirrorRun, code: Exit, notes: list[str], calls: list[Request]) -> None:
        self.run, self.code, self.notes, self.calls = run, code, notes, calls

    @property
    def asked(self) -> list[str]:
        """The lists that were asked for, a name for each call."""
        return [call.path.strip("/") for call in self.calls]

    @property
    def figures(self) -> tuple[int, int, int]:
        return self.run.added, self.run.changed, self.run.removed

    def says(self, words: str) -> bool:
        """Whether a note has these words."""
        return any(words in note for note in self.notes)


class Site:
    """`catalogue` is what `upstream` answers; `mirror()` makes a run, an hour after the last."""

    def __init__(self, catalogue: Catalogue, upstream: Upstream, clock: Clock) -> None:
        self.catalogue, self.upstream, self.clock = catalogue, upstream, clock

    def mirror(
        self, *, budget: int = 100, token: str = "", timeout: float = 30, **options: Any
    ) -> Result:
        calls = len(self.upstream.calls)
        host = parse_root(self.upstream.url).netloc.decode()
        with Source(
            self.upstream.url,
            Budget(host, budget, now=self.clock, sleep=self.clock.sleep),
            user_agent="spacedevs/test",
            timeout=timeout,
            token=token,
            now=self.clock,
            sleep=self.clock.sleep,
        ) as source:
            run = Mirror(source, lambda *seen: None, **options)
            made, code = run.run()
        self.pass_(hours=1)
        return Result(made, code, run.notes, self.upstream.calls[calls:])

    def pass_(self, **length: float) -> None:
        self.clock.time += timedelta(**length)

    def state(self, resource: str) -> MirrorList:
        return MirrorList.objects.get(resource=resource)

    def id_of(self, resource: str, index: int = 0) -> Any:
        return self.catalogue.body(resource, index)["id"]

    def change(self, resource: str, pk: Any, change: Callable[[Row], object]) -> None:
        """The body of one object comes as `change` leaves it; with `pk` None that of each."""

        def edit(page: Row) -> None:
            for body in page["results"]:
                if pk in (None, body["id"]):
                    change(body)

        self.upstream.behave(does.edited(edit), path=f"{resource}/", times=None)

    def say(self, resource: str, pk: Any, **values: Any) -> None:
        """An object comes with these values, whatever the generator would have it say."""
        self.change(resource, pk, lambda body: body.update(values))

    def fail(self, resource: str, status: int = 520, times: int | None = None) -> None:
        self.upstream.behave(does.fails(status), path=f"{resource}/", times=times)


def record_tables() -> list[type[Model]]:
    return list(apps.get_app_config("spacecraft").get_models(include_auto_created=True))


def tables() -> dict[str, list[Any]]:
    """Every row of the app."""
    return {
        model.__name__: list(model._base_manager.order_by("pk").values())
        for model in record_tables()
    }


def empty() -> None:
    """No record is here, and none that the mirror would remember."""
    for model in referrers_first(record_tables()):
        for column in model._meta.concrete_fields:
            if column.related_model is model:
                model._base_manager.update(**{column.name: None})
        rows = model._base_manager.all()
        rows._raw_delete(rows.db)
    for model in (MirrorPage, MirrorList, MirrorCall, MirrorRun, Mirrored, Hold):
        model.objects.all().delete()


@pytest.fixture
def site(db: None) -> Iterator[Site]:
    """A small catalogue, none of which is here."""
    empty()
    catalogue, clock = Catalogue(**SMALL), Clock()
    with Upstream(catalogue=catalogue, now=clock) as upstream:
        yield Site(catalogue, upstream, clock)


@pytest.fixture
def mirrored(site: Site) -> Site:
    """A small catalogue, all of which has come over."""
    result = site.mirror()
    assert result.code == Exit.DONE, result.notes
    return site
