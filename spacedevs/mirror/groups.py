"""Which lists are loaded together, and which is read next."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from spacedevs.api.registry import resources
from spacedevs.mirror.lists import ListReading
from spacedevs.mirror.models import MirrorList

if TYPE_CHECKING:
    from spacedevs.mirror.source import Source

EVERY = timedelta(days=1)  # a list that no group names
NOT_DUE = 3

Ask = Callable[["Source", dict[str, ListReading]], Any]


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


def groups_of(only: Collection[str]) -> Iterator[Group]:
    """The declared groups, and one for each other list; where `only` names lists, their part."""
    named = {name for group in declared_groups() for name in group.lists}
    others = [Group((name,)) for name in resources() if name not in named]
    for group in (*declared_groups(), *others):
        lists = tuple(name for name in group.lists if not only or name in only)
        if lists == group.lists:
            yield group
        elif lists:
            yield Group(lists, group.every, is_whole=False)


def by_need(groups: Iterable[Group], source: str, now: datetime) -> tuple[list[Group], int]:
    """The groups, the most needed first; and how many of them are due.

    That is what failed last, what was never loaded, what is due, and then what was loaded longest
    ago.
    """
    states = {state.resource: state for state in MirrorList.objects.filter(source=source)}

    def need(group: Group) -> tuple[int, float]:
        known = [states[name] for name in group.lists if name in states]
        if any(state.fault for state in known):
            return 0, 0
        loaded = [state.loaded_at for state in known if state.loaded_at]
        if len(loaded) < len(group.lists):
            return 1, 0
        age = now - min(loaded)
        late = age / group.every
        return (2, -late) if late >= 1 else (NOT_DUE, -age.total_seconds())

    needs = sorted(((need(group), group) for group in groups), key=lambda pair: pair[0])
    return [group for _, group in needs], sum(rank < NOT_DUE for (rank, _), _ in needs)
