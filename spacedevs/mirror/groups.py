"""Which lists are loaded together, and which is read next."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from spacedevs.api.viewsets import resources
from spacedevs.mirror.lists import ListReading
from spacedevs.mirror.models import MirrorList
from spacedevs.mirror.source import Source

EVERY = timedelta(days=1)  # a list that no group names

Ask = Callable[[Source, dict[str, ListReading]], Any]


@dataclass(frozen=True)
class Group:
    """Lists that are loaded together, once all that are due of them are there.

    `every`: how old they may be. `ask`: what else the source has to say of them, asked once they
    are read; what it returns is the `context` of the app's `prepare_rows`.
    """

    lists: tuple[str, ...]
    every: timedelta = EVERY
    ask: Ask | None = None
    is_whole: bool = True


NOT_DUE = 3
Need = tuple[int, float]


def declared_groups() -> tuple[Group, ...]:
    groups: tuple[Group, ...] = import_string(f"{settings.MIRRORED}.GROUPS")
    return groups


def prepare_rows(rows: Any, context: Any) -> None:
    """The app's own: what it makes of a page's rows before they are written."""
    import_string(f"{settings.MIRRORED}.prepare_rows")(rows, context)


def check_groups(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A group that names a list which is not registered stops the start."""
    named = {name for group in declared_groups() for name in group.lists}
    return [
        Error(f"{settings.MIRRORED}.GROUPS names {name!r}, which urls.py does not register.")
        for name in sorted(named - resources().keys())
    ]


def all_groups() -> list[Group]:
    """The declared ones, and one for each other resource that is registered."""
    declared = list(declared_groups())
    named = {name for group in declared for name in group.lists}
    return declared + [Group((name,)) for name in resources() if name not in named]


def groups_of(only: Iterable[str]) -> list[Group]:
    """The groups of these lists, as far as they are named; of all where none is."""
    chosen = set(only)
    if not chosen:
        return all_groups()
    found = []
    for group in all_groups():
        lists = tuple(name for name in group.lists if name in chosen)
        if lists == group.lists:
            found.append(group)
        elif lists:
            found.append(Group(lists, group.every, is_whole=False))
    return found


def needs(groups: list[Group], source: str, now: datetime) -> dict[Group, Need]:
    """The groups, the most needed first.

    That is what failed last, what was never loaded, what is due, and then, as `NOT_DUE`, what was
    loaded longest ago.
    """
    states = {state.resource: state for state in MirrorList.objects.filter(source=source)}

    def need(group: Group) -> Need:
        known = [states[name] for name in group.lists if name in states]
        if any(state.fault for state in known):
            return 0, 0
        loaded = [state.loaded_at for state in known if state.loaded_at]
        if len(loaded) < len(group.lists):
            return 1, 0
        age = now - min(loaded)
        late = age / group.every
        return (2, -late) if late >= 1 else (NOT_DUE, -age.total_seconds())

    return dict(sorted(((group, need(group)) for group in groups), key=lambda pair: pair[1]))
