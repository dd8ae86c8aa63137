"""Steps: what is saved and deleted within one is its changes.

A row is looked at before it is first touched and again at the end of the step, so that several
saves of one row are one change. What is saved outside of any step is one of its own, by a program;
`update()`, `bulk_create()` and a hand at the SQL prompt are in the log of changes alone
(spacedevs/changes), unless they say themselves what they did: `Recorder.record`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from math import inf
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Model

from spacedevs import clock
from spacedevs.api.registry import record_models
from spacedevs.history.models import Change, Step
from spacedevs.values import field_of, label_of, names_of, names_of_rows, snapshots

Kind = Step.Kind
Snapshot = dict[str, str]  # noted values, by column
PROGRAM = "a program"
MIRROR = "the mirror"
KEPT = timedelta(days=400)  # what the mirror did; what people did is kept for ever
AT_ONCE = 500  # changes that wait to be written

_current: ContextVar["Recorder | None"] = ContextVar("step", default=None)


@dataclass
class Recorder:
    """A step that is going on. It is written with its first changes, and not without any."""

    kind: Kind
    user: Any = None
    about: str = ""
    run: Any = None
    step: Step | None = None
    count: int = 0  # of changes, as far as they are known
    at_once: float = AT_ONCE
    touched: dict[tuple[type[Model], Any], tuple[Snapshot | None, str]] = field(
        default_factory=dict
    )
    waiting: list[tuple[type[Model], Any, str, Change.Kind, dict[str, Any]]] = field(
        default_factory=list
    )

    def touch(self, model: type[Model], *keys: Any) -> None:
        """Notes what stands in these rows, before they are changed for the first time."""
        new = [key for key in keys if (model, key) not in self.touched]
        found = snapshots(model, new)
        labels = names_of_rows(model, found)
        for key in new:
            self.touched[model, key] = (found.get(key), labels.get(str(key), ""))

    def record(
        self, model: type[Model], key: Any, kind: Change.Kind, values: dict[str, Any], label: str
    ) -> None:
        """Says what was done past the signals. `values`: as those of Change, without the JSON.

        `label` may be empty where the row is there.
        """
        self.waiting.append((model, key, label, kind, values))
        self.count += 1
        if len(self.waiting) >= self.at_once:
            self.write()

    def close(self) -> None:
        self.compare()
        self.write()

    def compare(self) -> None:
        """What became of the rows that were touched waits to be written."""
        touched, self.touched = self.touched, {}
        keys: dict[type[Model], list[Any]] = defaultdict(list)
        for model, key in touched:
            keys[model].append(key)
        for model, of_model in keys.items():
            now = snapshots(model, of_model)
            for key in of_model:
                before, label = touched[model, key]
                self._compare(model, key, label, before, now.get(key))

    def _compare(
        self,
        model: type[Model],
        key: Any,
        label: str,
        before: Snapshot | None,
        now: Snapshot | None,
    ) -> None:
        if before == now:
            return
        kind = Change.Kind.CHANGED if before and now else None
        kind = kind or (Change.Kind.ADDED if now else Change.Kind.DELETED)
        was, became = before or {}, now or {}
        values = {
            column: [orjson.loads(side.get(column, "null")) for side in (was, became)]
            for column in (now or before or {})
            if was.get(column, "null") != became.get(column, "null")
        }
        self.record(model, key, kind, values, label if now is None else "")

    def write(self) -> None:
        changes = self.changes()
        if changes and self.step is None:
            by = self.user.get_username() if self.user else ""
            by = by or (MIRROR if self.kind == Kind.MIRROR else PROGRAM)
            self.step = Step.objects.create(
                moment=clock.now(),
                kind=self.kind,
                user=self.user,
                by=by,
                about=self.about,
                run=self.run,
            )
        for change in changes:
            change.step = self.step  # type: ignore[assignment]
        Change.objects.bulk_create(changes, batch_size=AT_ONCE)

    def changes(self) -> list[Change]:
        """What waits to be written."""
        waiting, self.waiting = self.waiting, []
        unlabelled: dict[type[Model], list[Any]] = defaultdict(list)
        for model, key, label, _, _ in waiting:
            if not label:
                unlabelled[model].append(key)
        labels = {model: names_of_rows(model, keys) for model, keys in unlabelled.items()}
        names = names_of(
            (field_of(model, column), value)
            for model, _, _, _, values in waiting
            for column, pair in values.items()
            for value in pair
        )
        return [
            Change(
                model=label_of(model),
                key=str(key),
                label=label or labels[model].get(str(key), str(key)),
                kind=kind,
                values=orjson.dumps(values, default=str).decode(),
                names=orjson.dumps(_named(model, values, names)).decode(),
            )
            for model, key, label, kind, values in waiting
        ]


def _named(model: type[Model], values: dict[str, Any], names: Any) -> dict[str, dict[str, str]]:
    """By column, the names of the rows that its values lead to."""
    named: dict[str, dict[str, str]] = {}
    for column, pair in values.items():
        relation = field_of(model, column)
        if relation is not None and relation.is_relation:
            keys = [key for side in pair for key in (side if isinstance(side, list) else [side])]
            found = {str(key): names.get((relation.related_model, str(key))) for key in keys}
            named[column] = {key: name for key, name in found.items() if name is not None}
    return named


@contextmanager
def step(kind: Kind, user: Any = None, about: str = "", run: Any = None) -> Iterator[Recorder]:
    """A step, in a transaction: its changes are kept with what it did, or neither is.

    Within another, it is a part of that one.
    """
    if (outer := _current.get()) is not None:
        yield outer
        return
    recorder = Recorder(kind, user, about, run)
    with transaction.atomic():
        token = _current.set(recorder)
        try:
            yield recorder
            if not transaction.get_rollback():  # what is taken back is not noted
                recorder.close()
        finally:
            _current.reset(token)


def rehearse(do: Callable[[], object]) -> list[Change]:
    """What `do` would change. All of it is taken back before anybody sees it."""
    recorder = Recorder(Kind.ACTION, at_once=inf)  # all of them are asked for, and none is written
    token = _current.set(recorder)
    try:
        with transaction.atomic():
            do()
            recorder.compare()
            changes = recorder.changes()
            transaction.set_rollback(True)
    finally:
        _current.reset(token)
    return changes


def current() -> Recorder | None:
    return _current.get()


def touch(model: type[Model], *keys: Any) -> None:
    """Before rows are changed past the signals, as `update()` does: they are in the step."""
    if (recorder := current()) is not None:
        recorder.touch(model, *keys)


def prune() -> None:
    """Forgets what the mirror did longer ago than is kept."""
    Step.objects.filter(kind=Kind.MIRROR, moment__lt=clock.now() - KEPT).delete()


# Signals


@cache
def _models() -> frozenset[type[Model]]:
    return frozenset(record_models())


@cache
def _links() -> dict[type[Model], Any]:
    """The relations to many of the records, by the tables in between."""
    fields: Any = (field for model in _models() for field in model._meta.many_to_many)
    return {field.remote_field.through: field for field in fields}


def _touch(holder: Any, model: type[Model], *keys: Any) -> None:
    """`holder`: the instance that the signal is of, which keeps a step of its own till its end."""
    recorder = current()
    if recorder is None:
        recorder = holder.__dict__.setdefault("_step", Recorder(Kind.PROGRAM))
    recorder.touch(model, *keys)


def _settle(holder: Any) -> None:
    recorder = holder.__dict__.pop("_step", None)
    if recorder is not None and current() is None:
        recorder.close()


def before_save(sender: Any, instance: Any, raw: bool, **kwargs: Any) -> None:
    """What `loaddata` writes is no step: its rows are raw, and their links go with them."""
    if raw:
        instance.__dict__["_is_raw"] = True
    elif sender in _models():
        _touch(instance, sender, instance.pk)


def after_save(sender: Any, instance: Any, raw: bool, **kwargs: Any) -> None:
    if sender in _models() and not raw:
        _settle(instance)


def before_delete(sender: Any, instance: Any, **kwargs: Any) -> None:
    if sender in _models():
        _touch(instance, sender, instance.pk)


def after_delete(sender: Any, instance: Any, **kwargs: Any) -> None:
    if sender in _models():
        _settle(instance)


def around_links(
    sender: Any, instance: Any, action: str, reverse: bool, pk_set: Any, **kwargs: Any
) -> None:
    if (relation := _links().get(sender)) is None or "_is_raw" in instance.__dict__:
        return
    if not action.startswith("pre_"):
        _settle(instance)
    elif not reverse:
        _touch(instance, relation.model, instance.pk)
    elif pk_set is not None:
        _touch(instance, relation.model, *pk_set)
    else:
        own, other = relation.m2m_column_name(), relation.m2m_reverse_name()
        owners = sender._base_manager.filter(**{other: instance.pk}).values_list(own, flat=True)
        _touch(instance, relation.model, *owners)
