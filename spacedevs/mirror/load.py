"""Rows → the database, in one transaction: a reader sees the whole old set or the whole new one."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from django.db.models import Model

from spacedevs.api.plans import accessor
from spacedevs.api.viewsets import resources
from spacedevs.ids import is_own
from spacedevs.living import LivingDurationField
from spacedevs.mirror.lists import ListReading
from spacedevs.mirror.models import Hold, Mirrored, label_of
from spacedevs.mirror.reader import Key, Reader, Row, models_within, plan_of
from spacedevs.references import in_use, protected, referrers_first, unused

# A source reads its clock for the body, and again for the header: a second may lie between.
JITTER = timedelta(seconds=2)
NOT_TOLD = object()

SMALLER = 0.10  # of the rows here: a set that is smaller by more is not believed
REFUSED = 0.05  # of the objects: more, and the set is not believed
WRITTEN_AT_ONCE = 100  # objects: fewer queries than for each page, and no more memory
FEW = 5  # rows may always go, and objects always be refused

Rows = dict[type[Model], dict[Any, Row]]
Prepare = Callable[[Rows, Any], None]
COUNTED = ("added", "changed", "unchanged", "removed", "held", "refused")


class Disbelieved(Exception):
    """A set that is not believed. One sentence: how many, and what to do."""

    def __init__(self, resource: str, sentence: str) -> None:
        super().__init__(f"{resource}: {sentence} If that is right, run with --force {resource}.")
        self.resource = resource


@dataclass
class LoadResult:
    """What a load made of the rows: how many of each kind, and a sentence for each oddity."""

    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def has_changes(self) -> bool:
        return any(self.counts[kind] for kind in ("added", "changed", "removed"))

    def add(self, other: "LoadResult") -> None:
        self.counts.update(other.counts)
        self.notes += other.notes


def shape_of(resource: str) -> Any:
    """The most detailed shape of a resource."""
    return resources()[resource].get_modes().richest()


def model_of(resource: str) -> type[Model]:
    model: type[Model] = resources()[resource].queryset.model
    return model


class Load:
    """Writes what of a group's lists is different, in the caller's transaction.

    `is_whole`: the lists are all of their group, so that what is not in them is gone at the
    source, and goes here. `prepare` is given each page's rows, and `context`, before they are
    written. `believed`: the lists whose size is not judged. `left`: models of which rows are added
    and none is changed, since another group says what they are. Raises `Disbelieved`.
    """

    def __init__(
        self,
        readings: Iterable[ListReading],
        *,
        is_whole: bool,
        prepare: Prepare,
        context: Any,
        believed: Iterable[str],
        left: set[type[Model]],
        seen: Callable[[str, int, int], None],
    ) -> None:
        by_model = {model_of(reading.resource): reading for reading in readings}
        # What is referred to first: the lists with the most detailed shape of each row.
        self.readings = [by_model[model] for model in reversed(referrers_first(by_model))]
        self.is_whole, self.prepare, self.context = is_whole, prepare, context
        self.believed, self.left, self.seen = set(believed), left, seen
        self._mirrored: dict[type[Model], set[str]] = {}
        self.result, self.reader = LoadResult(), Reader(self._known)
        self._gone: dict[type[Model], set[str]] = {}
        self._added: set[Key] = set()
        self._changed: set[Key] = set()
        self._loaded: dict[str, set[str]] = {each.resource: set() for each in self.readings}
        self._again: dict[str, set[str]] = {each.resource: set() for each in self.readings}

    def run(self) -> LoadResult:
        for reading in self.readings:
            self._load_list(reading)
        self._write_named()
        self._count()
        if self.is_whole:
            self._remove_gone()
        for reading in self.readings:
            reading.settle(self._loaded[reading.resource] - self._again[reading.resource])
        unknown = sorted(self.reader.unknown)
        self.result.notes += self.reader.notes
        self.result.notes += [f"{key} is no key of the contract; left out." for key in unknown]
        return self.result

    # Reading

    def _load_list(self, reading: ListReading) -> None:
        resource, count = reading.resource, len(reading.digests())
        self._judge_size(resource, count)
        done = written = refused = 0
        why = ""
        for items, row in reading.changed():
            for key, (body, date) in items.items():
                before = len(self.reader.notes)
                if not self._read(resource, key, body, date):
                    refused, why = refused + 1, self.reader.notes[-1]
                if len(self.reader.notes) > before:
                    self._again[resource].add(key)
            self._loaded[resource] |= items.keys()
            done += len(items)
            if done - written >= WRITTEN_AT_ONCE:
                written = done
                self._write()
            self.seen(f"loading {resource}", row, count)
            self._judge_refused(resource, refused, count, why)
        self._write()
        self.result.counts["refused"] += refused
        self.result.counts["unchanged"] += count - done  # with the same bytes

    def _read(self, resource: str, key: str, body: Any, date: Any) -> bool:
        shape = shape_of(resource)
        if isinstance(body, str):  # what could not be kept
            self.reader.notes.append(body)
            self.reader.refuse(shape, {"id": int(key) if key.isdigit() else key})
            return False
        return self.reader.read_object(resource, shape, body, date)

    def _judge_size(self, resource: str, count: int) -> None:
        here = len(self._known(model_of(resource)))
        fewer = here - count
        if resource in self.believed or fewer <= 0:
            return
        if not count or fewer > max(FEW, here * SMALLER):
            raise Disbelieved(resource, f"the source has {count} where {here} are here.")

    def _judge_refused(self, resource: str, refused: int, count: int, why: str) -> None:
        if resource not in self.believed and refused > max(FEW, count * REFUSED):
            sentence = f"{refused} and more of {count} are refused: {why}."
            raise Disbelieved(resource, sentence)

    def _write_named(self) -> None:
        """Rows that were given by their name alone get its id. A name that is nobody's is none."""
        found: dict[type[Model], dict[str, Any]] = {}
        for named in self.reader.named.values():
            if named.target not in found:
                rows = named.target._base_manager.order_by("-pk").values_list("name", "pk")
                found[named.target] = dict(rows)
            pk = found[named.target].get(named.name)
            if pk is None:
                kind = f"{named.model._meta.verbose_name} {named.pk}"
                part = named.column.removesuffix("_id")
                self.reader.notes.append(f"{kind}: {part}: {named.name!r} is the name of none")
                self._look_again(named.model, named.pk)
            if (named.model, named.pk) not in self.reader.refused:
                date = self.reader.told[named.model, named.pk].date
                row = Row(named.model, named.pk, date, {named.column: pk})
                self.reader.of(named.model)[named.pk] = row
        self._write()

    def _look_again(self, model: type[Model], pk: Any) -> None:
        for reading in self.readings:
            if model_of(reading.resource) is model:
                self._again[reading.resource].add(str(pk))

    # Writing

    def _write(self) -> None:
        """Writes what was read since, and notes what of it has lost rows."""
        rows = self.reader.take()
        self.prepare(rows, self.context)
        for model, of in rows.items():
            self._write_model(model, of)
        for model, of in rows.items():
            self._find_lost_children(model, of)

    def _write_model(self, model: type[Model], rows: dict[Any, Row]) -> None:
        # An editor who is saving is waited for, and what is held then is seen.
        stored: dict[Any, Any] = model._base_manager.select_for_update().in_bulk(list(rows))
        holds = held_fields(model, rows)
        added, changed = [], []
        for pk, row in list(rows.items()):
            if model in self.left and pk in stored:
                del rows[pk]
                continue
            self._leave_held(row, holds.get(str(pk), {}))
            instance = stored.get(pk)
            if instance is None:
                added.append(new_row(row))
            elif is_own(pk) and str(pk) not in self._known(model):
                self._refuse_row(row, "id: a record that was made by hand has it here")
                del rows[pk]
            elif different := set(differences(instance, row.values)):
                for column in different:
                    setattr(instance, column, row.values[column])
                changed.append(instance)
        upsert(model, added + changed)
        self._remember(model, rows)
        self._added |= {(model, instance.pk) for instance in added}
        self._changed |= {(model, instance.pk) for instance in changed}
        self._changed |= {(model, pk) for pk in write_links(model, rows)}

    def _refuse_row(self, row: Row, sentence: str) -> None:
        self.result.counts["refused"] += 1
        self.reader.refused.add((row.model, row.pk))
        self.reader.notes.append(f"{row.model._meta.verbose_name} {row.pk}: {sentence}")
        self._look_again(row.model, row.pk)

    def _leave_held(self, row: Row, holds: dict[str, Hold]) -> None:
        """What an editor changed by hand stays; what the source says of it is noted."""
        for column, hold in holds.items():
            of = row.links if column in row.links else row.values
            told = of.pop(column, NOT_TOLD)
            if told is NOT_TOLD:
                continue
            if (noted := orjson.dumps(told, default=str).decode()) != hold.upstream:
                Hold.objects.filter(pk=hold.pk).update(upstream=noted)
            self.result.counts["held"] += 1

    def _known(self, model: type[Model]) -> set[str]:
        """The keys of the rows of a model that came from the source."""
        if model not in self._mirrored:
            keys = Mirrored.objects.filter(model=label_of(model)).values_list("key", flat=True)
            self._mirrored[model] = set(keys)
        return self._mirrored[model]

    def _remember(self, model: type[Model], rows: dict[Any, Row]) -> None:
        known, name = self._known(model), label_of(model)
        new = {str(pk) for pk in rows} - known
        Mirrored.objects.bulk_create(
            (Mirrored(model=name, key=key) for key in sorted(new)), batch_size=500
        )
        known |= new

    def _count(self) -> None:
        """A row that came several times, each time with more, is added or changed once."""
        for key in self.reader.told.keys() - self.reader.refused:
            changed = "changed" if key in self._changed else "unchanged"
            self.result.counts["added" if key in self._added else changed] += 1

    # Removing

    def _find_lost_children(self, model: type[Model], rows: dict[Any, Row]) -> None:
        """Rows that are a row's here, and are not in its list at the source."""
        for relation in model._meta.related_objects:
            name = accessor(relation)
            owners = {pk: row.children[name] for pk, row in rows.items() if name in row.children}
            if owners:
                self._lose_children(relation, owners)

    def _lose_children(self, relation: Any, owners: dict[Any, Any]) -> None:
        """`owners`: by key, the children that a row still has."""
        child, column = relation.related_model, relation.field.attname
        if child in map(model_of, self._again):
            return  # its own list says what is gone
        here = child._base_manager.filter(**{f"{column}__in": owners})
        for owner, pk in here.values_list(column, "pk"):
            if pk not in owners[owner] and str(pk) in self._known(child):
                self._gone.setdefault(child, set()).add(str(pk))

    def _remove_gone(self) -> None:
        for reading in self.readings:
            model, there = model_of(reading.resource), reading.digests().keys()
            if any(key.startswith("?") for key in there):
                continue
            self._gone[model] = self._known(model) - there
            for part in plan_of(shape_of(reading.resource)).parts:
                if part.column.one_to_many:
                    owners = map(model._meta.pk.to_python, self._gone[model])
                    self._lose_children(part.column, dict.fromkeys(owners, ()))
        listed = set(map(model_of, self._again))
        for model in referrers_first(self._gone):
            # A child may have gone to another parent.
            told = {str(pk) for of, pk in self.reader.told if of is model and of not in listed}
            self._remove(model, self._gone[model] - told)
        if self.result.has_changes():
            for model in referrers_first(self._nested_models()):
                self._remove(model, unused(model) & self._known(model))

    def _nested_models(self) -> set[type[Model]]:
        """The models that come only inside of others, and go when nothing refers to them."""
        nested: set[type[Model]] = set()
        for reading in self.readings:
            nested |= models_within(shape_of(reading.resource))
        listed = {viewset.queryset.model for viewset in resources().values()}
        return {model for model in nested - listed if any(protected(model))}

    def _remove(self, model: type[Model], keys: set[str]) -> None:
        """Removes rows that are gone at the source. One that is in use here stays."""
        waiting = {model._meta.pk.to_python(key) for key in keys}
        removed: set[str] = set()
        while free := waiting - in_use(model, waiting):
            model._base_manager.filter(pk__in=free).delete()
            waiting -= free  # a parent goes once its children have gone
            removed |= set(map(str, free))
        name = label_of(model)
        for table in (Mirrored, Hold):
            table.objects.filter(model=name, key__in=removed).delete()
        self._known(model).difference_update(removed)
        self.result.counts["removed"] += len(removed)
        kept = "is gone at the source, but in use here."
        kind = model._meta.verbose_name
        self.result.notes += [f"{kind} {pk} {kept}" for pk in sorted(waiting, key=str)]


# Rows and columns


def held_fields(model: type[Model], keys: Iterable[Any]) -> dict[str, dict[str, Hold]]:
    """What is held of these rows, by key and field."""
    found: dict[str, dict[str, Hold]] = {}
    for hold in Hold.objects.filter(model=label_of(model), key__in=list(map(str, keys))):
        found.setdefault(hold.key, {})[hold.field] = hold
    return found


def new_row(row: Row) -> Model:
    """A row as far as it is told. What nobody said is null, and a list of nobody is empty."""
    columns = [column for column in row.model._meta.concrete_fields if column.null]
    told = {column.attname: None for column in columns if not getattr(column, "many", False)}
    return row.model(**{**told, **row.values, "pk": row.pk})


def differences(instance: Model, values: dict[str, Any]) -> Iterator[str]:
    """The columns in which a row here is not as the source says."""
    running: set[str] = set()
    for column in instance._meta.concrete_fields:
        if isinstance(column, LivingDurationField) and column.name in values:
            running |= {column.name, column.since}
            if not same_duration(column, instance, values):
                yield from {column.name, column.since} & values.keys()
    for name, value in values.items():
        if name not in running and getattr(instance, name) != value:
            yield name


def same_duration(column: LivingDurationField, instance: Any, values: dict[str, Any]) -> bool:
    """Whether a duration shows the same, now and later, as what the source says of it."""
    since_here, since = getattr(instance, column.since), values.get(column.since)
    here, told = getattr(instance, column.name), values[column.name]
    if since_here is None or since is None:
        return since_here is since and bool(here == told)
    shown = column.at(instance, since)
    if shown is None or told is None:
        return shown is told
    return bool(abs(shown - told) <= JITTER)


def upsert(model: type[Model], instances: list[Any]) -> None:
    columns = [column.name for column in model._meta.concrete_fields if not column.primary_key]
    model._base_manager.bulk_create(
        instances,
        batch_size=100,
        update_conflicts=True,
        unique_fields=[model._meta.pk.name],
        update_fields=columns,
    )


def write_links(model: Any, rows: dict[Any, Row]) -> set[Any]:
    """Writes many-to-many, in the order given; the keys of the rows that have other links now."""
    moved: set[Any] = set()
    for name in sorted({name for row in rows.values() for name in row.links}):
        relation = model._meta.get_field(name)
        own, other = relation.m2m_column_name(), relation.m2m_reverse_name()
        through = relation.remote_field.through
        told = {pk: row.links[name] for pk, row in rows.items() if name in row.links}
        here: dict[Any, list[Any]] = {pk: [] for pk in told}
        links = through._base_manager.filter(**{f"{own}__in": told})
        for pk, key in links.order_by("pk").values_list(own, other):
            here[pk].append(key)
        different = [pk for pk in told if told[pk] != here[pk]]
        links.filter(**{f"{own}__in": different}).delete()
        new = (through(**{own: pk, other: key}) for pk in different for key in told[pk])
        through._base_manager.bulk_create(new)
        moved |= set(different)
    return moved
