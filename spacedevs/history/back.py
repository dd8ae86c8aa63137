"""The way back: what a change made of a record is undone, as an edit of whoever undoes it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Model, ProtectedError

from spacedevs.actions import Refused
from spacedevs.history.models import Change
from spacedevs.mirror.holds import hold
from spacedevs.references import referrers_first
from spacedevs.values import field_of, label_of, names_of_rows, set_value, snapshots

Kind = Change.Kind


@dataclass
class Undo:
    """What becomes of a record. `kind`: what is done to it; `values`: what it gets, by column."""

    model: type[Model]
    key: Any
    label: str
    kind: Kind
    values: dict[str, Any] = field(default_factory=dict)

    def permission(self) -> str:
        """That it takes, in Django's words."""
        verb = {Kind.ADDED: "add", Kind.CHANGED: "change", Kind.DELETED: "delete"}[self.kind]
        app, model = label_of(self.model).split(".")
        return f"{app}.{verb}_{model}"


def of_changes(changes: Iterable[Change], column: str | None = None) -> list[Undo]:
    """What undoes these changes, of which the newest comes first; `column`: of that one alone.

    Several changes of one record become one: what stood there before the first of them.
    """
    undone: dict[tuple[str, str], Undo] = {}
    for change in changes:
        model = change.record_model
        pk = model._meta.pk.to_python(change.key)
        before = {name: was for name, (was, _) in change.pairs().items()}
        if column is not None:
            before = {name: was for name, was in before.items() if name == column}
        made = undone.setdefault(
            (change.model, change.key), Undo(model, pk, change.label, Kind.CHANGED)
        )
        made.values |= {name: was for name, was in before.items() if field_of(model, name)}
        if change.kind == Kind.ADDED:
            made.kind, made.values = Kind.DELETED, {}
        elif change.kind == Kind.DELETED:
            made.kind = Kind.ADDED
    there = {
        model: set(
            names_of_rows(model, [undo.key for undo in undone.values() if undo.model is model])
        )
        for model in {undo.model for undo in undone.values()}
    }
    for undo in undone.values():
        if str(undo.key) in there[undo.model] and undo.kind == Kind.ADDED:
            undo.kind = Kind.CHANGED  # it is here again
    return [undo for undo in undone.values() if not _is_gone(undo, there)]


def _is_gone(undo: Undo, there: dict[type[Model], Any]) -> bool:
    return undo.kind == Kind.DELETED and str(undo.key) not in there[undo.model]


def until(change: Change) -> list[Undo]:
    """What brings a record back to what it was after this change."""
    later = Change.objects.filter(model=change.model, key=change.key, pk__gt=change.pk)
    return of_changes(later)


def take_back(undos: list[Undo]) -> None:
    """Undoes them, in the step that is going on. What is written is held, as every edit is.

    Raises:
        Refused
    """
    by_model: dict[type[Model], list[Undo]] = defaultdict(list)
    for undo in undos:
        by_model[undo.model].append(undo)
    order = referrers_first(by_model)
    for model in reversed(order):  # what is referred to comes back first
        for undo in by_model[model]:
            if undo.kind != Kind.DELETED:
                _write(undo)
    for model in order:
        for undo in by_model[model]:
            if undo.kind == Kind.DELETED:
                _delete(undo)


def _write(undo: Undo) -> None:
    model, is_new = undo.model, undo.kind == Kind.ADDED
    row: Any = model._base_manager.select_for_update().filter(pk=undo.key).first()
    if row is None and not is_new:
        raise Refused(f"{undo.label} is not there any more. Bring it back first.")
    before = {} if is_new else snapshots(model, [undo.key])[undo.key]
    changed = [name for name, value in undo.values.items() if _read(before.get(name)) != value]
    if row is None:  # what was null is null again, whatever the model would make of it
        nulls = {field.attname: None for field in model._meta.concrete_fields if field.null}
        row = model(**{**nulls, "pk": undo.key})
    later = []
    for name in changed:
        if row._meta.get_field(name).many_to_many:
            later.append(name)
        else:
            _put(undo, row, name)
    if changed or is_new:
        row.save()
    for name in later:
        _put(undo, row, name)
    if not is_new:
        hold(row, changed, before)


def _put(undo: Undo, row: Any, name: str) -> None:
    if missing := set_value(row, name, undo.values[name]):
        relation = row._meta.get_field(name)
        kind = relation.related_model._meta.verbose_name
        raise Refused(
            f"{undo.label}: its {relation.verbose_name}, {kind} {missing[0]}, is not there any "
            f"more. Bring that back first."
        )


def _delete(undo: Undo) -> None:
    row = undo.model._base_manager.filter(pk=undo.key).first()
    if row is None:
        return
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError as error:
        users = ", ".join(sorted(str(each) for each in error.protected_objects)[:5])
        raise Refused(f"{undo.label} is in use by {users}. Take that back first.") from error


def _read(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
