"""From the log of changed rows to the objects whose answers have changed, in the commits' order.

An object's answer is another where its row is, or a row that any of its modes shows. What left an
object is in the log as a change of that object (owners.py), so that the rows that are there now
lead to all the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from spacedevs.api.making import Part, recipe_of
from spacedevs.api.plans import through_of
from spacedevs.api.registry import resources
from spacedevs.api.rows import Statement
from spacedevs.changes import log
from spacedevs.changes.log import Commit, Version

ROWS = 1000  # of the log, that a page of the feed is made of; a commit is never divided
MOST = 20_000  # rows of one commit; who has to read more reads all anew, which costs less

# The last change of each object, by its id.
Changed = dict[Any, Commit]


class Entry(NamedTuple):
    """An object whose answer changed. `kind`: insert, update or delete."""

    resource: str
    pk: Any
    kind: str
    commit: Commit


class Page(NamedTuple):
    """What changed up to `version`, each object once. `is_last`: there is no more."""

    version: Version
    entries: list[Entry]
    is_last: bool


class TooOld(Exception):
    """The log does not say what has changed since."""


def page_since(number: int, token: str) -> Page:
    """In the caller's snapshot. Raises TooOld."""
    head = log.version()
    if not log.has_given(number, token):
        raise TooOld
    rows = log.commits_since(number, ROWS, MOST)
    if rows is None or any(row.key is None for row in rows):
        raise TooOld
    if not rows:
        return Page(head, [], True)
    last = rows[-1]
    found = list(_entries(rows))
    found.sort(key=lambda entry: entry.commit.number)
    version = Version(last.number, last.token, last.at)
    return Page(version, found, last.number == head.number)


def _entries(rows: list[Commit]) -> Iterator[Entry]:
    affected = Affected(rows)
    for name, viewset in resources().items():
        model = viewset.queryset.model
        changed: Changed = {}
        for mode in viewset.modes:
            _merge(changed, affected.of(mode))
        key = model._meta.pk
        there = {
            pk for (pk,) in Statement(model._base_manager.values_list("pk"), key).rows(changed)
        }
        added = affected.inserted(model)
        for pk, commit in changed.items():
            kind = "delete" if pk not in there else "insert" if pk in added else "update"
            yield Entry(name, pk, kind, commit)


class Affected:
    """Which objects some changed rows change."""

    def __init__(self, rows: Iterable[Commit]) -> None:
        self._rows: defaultdict[str, dict[str, Commit]] = defaultdict(dict)
        self._inserted: defaultdict[str, set[str]] = defaultdict(set)
        self._of: dict[Any, Changed] = {}
        for row in rows:
            self._rows[row.table][str(row.key)] = row
            if row.kind == "insert":
                self._inserted[row.table].add(str(row.key))

    def of(self, kind: Any) -> Changed:
        """Of a shape; or of a model, of which a row is read and not printed."""
        if kind not in self._of:
            recipe = recipe_of(kind)
            self._of[kind] = found = self._changed(recipe.model)
            for part in recipe.parts:
                if below := self.of(part.kind):
                    _merge(found, _shown_by(recipe.model, part, below))
                if part.relation.many_to_many:
                    _merge(found, self._linked(part))
        return self._of[kind]

    def inserted(self, model: Any) -> set[Any]:
        return set(map(model._meta.pk.to_python, self._inserted[model._meta.db_table]))

    def _changed(self, model: Any) -> Changed:
        to_python = model._meta.pk.to_python
        return {to_python(key): row for key, row in self._rows[model._meta.db_table].items()}

    def _linked(self, part: Part) -> Changed:
        """Which have got another row through a many-to-many relation."""
        through, own, _ = through_of(part.relation)
        rows = self._changed(through)
        statement = _statement(through, f"{own}_id", through._meta.pk)
        return {owner: rows[pk] for owner, pk in statement.rows(rows)}


def _merge(found: Changed, more: Changed) -> None:
    for pk, commit in more.items():
        if pk not in found or found[pk].number < commit.number:
            found[pk] = commit


def _shown_by(model: Any, part: Part, below: Changed) -> Changed:
    """Which rows of `model` show one of these by the relation."""
    found: Changed = {}
    for owner, pk in _owners(model, part).rows(below):
        if owner is not None:
            _merge(found, {owner: below[pk]})
    return found


@cache
def _owners(model: Any, part: Part) -> Statement:
    """Key of the row that shows, key of the row that is shown; asked by the latter."""
    relation = part.relation
    if relation.many_to_many:
        through, own, other = through_of(relation)
        pairs = through._default_manager.order_by().values_list(f"{own}_id", f"{other}_id")
        return Statement(pairs, through._meta.get_field(other))
    if relation.concrete:
        rows = model._default_manager.order_by().values_list("pk", relation.attname)
        return Statement(rows, relation)
    return _statement(
        relation.related_model, relation.field.attname, relation.related_model._meta.pk
    )


@cache
def _statement(model: Any, name: str, key: Any) -> Statement:
    return Statement(model._default_manager.order_by().values_list(name, "pk"), key)
