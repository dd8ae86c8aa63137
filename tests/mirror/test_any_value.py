"""Whatever stands in a field of an object, it is refused by name or can be kept."""

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection, transaction

from spacedevs import clock
from spacedevs.history import steps
from spacedevs.history.models import Step
from spacedevs.mirror.load import Load
from tests.mirror.running import SMALL
from tests.tables import IN_CONTRACT
from tests.upstream_bodies import Catalogue

MISSING = object()
VALUES: tuple[Any, ...] = (
    *(None, MISSING, True, 0, -1, 1, 2**31, 2**63, 1.5, 1e308),
    *("", "x", "x" * 3000, "a\0b", "\u202e", [], {}, [None], [{}], [1], {"id": 1}, {"id": 0}),
    *("P1Y", "P99999999999D", "-P3D", "P0D", "2026-01-01", "2026-01-01T00:00:00", "0000-00-00"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
)
TRIES = 40  # a resource


class OneObject:
    """A list of one object, as `Load` takes it."""

    def __init__(self, resource: str, body: Any) -> None:
        self.resource, self.body = resource, body

    def digests(self) -> dict[str, str]:
        return {"1": ""}

    def changed(self) -> Iterator[tuple[dict[str, Any], int]]:
        yield {"1": (self.body, clock.now())}, 1

    def settle(self, again: set[str]) -> None:
        pass


def load(resource: str, body: Any) -> Load:
    """What a load of this object alone makes of it; nothing stays."""
    with steps.step(Step.Kind.MIRROR) as recorder:
        loading = Load(
            recorder,
            [OneObject(resource, body)],  # type: ignore[list-item]
            is_whole=False,
            context=None,
            believed=(resource,),
            left=set(),
            seen=lambda *_: None,
        )
        loading.run()
        connection.check_constraints()
        transaction.set_rollback(True)
    return loading


def paths(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Each place in an object, down to the first item of each of its lists."""
    items = part.items() if isinstance(part, dict) else enumerate(part[:1])
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*path, key))


def with_value(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = part = deepcopy(body)
    for key in path[:-1]:
        part = part[key]
    if value is MISSING:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return changed


@pytest.mark.parametrize("resource", IN_CONTRACT)
def test_whatever_stands_in_a_field_it_is_refused_by_name_or_can_be_kept(
    db: None, resource: str
) -> None:
    chance = random.Random(resource)
    catalogue = Catalogue(**SMALL)
    bodies = (catalogue.body(resource, index) for index in range(catalogue.count(resource)))
    richest = max(bodies, key=lambda body: len(str(body)))
    places = list(paths(richest))
    for _ in range(TRIES):
        path, value = chance.choice(places), chance.choice(VALUES)
        for sentence in load(resource, with_value(richest, path, value)).notes:
            assert any(str(key) in sentence for key in path), (path, value, sentence)
