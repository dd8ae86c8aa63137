"""Rows → the database, in one transaction: a reader sees the whole old set or the whole new one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from django.db.models import Model

from spacedevs.api.plans import accessor
from spacedevs.api.registry import resources
from spacedevs.history.models import Change
from spacedevs.history.steps import Recorder
from spacedevs.ids import is_own
from spacedevs.mirror.groups import prepare_rows
from spacedevs.mirror.holds import holds_of_model, words
from spacedevs.mirror.lists import Item, Seen
from spacedevs.mirror.models import Hold, Mirrored
from spacedevs.mirror.reader import Key, Reader, Row, models_within, plan_of
from spacedevs.mirror.running import Running
from spacedevs.references import in_use, protected, referrers_first, unused
from spacedevs.running import RunningDurationField
from spacedevs.values import label_of, links_of, noted

# A source reads its clock for the body, and again for the header: a second may lie between.
JITTER = timedelta(seconds=2)
SMALLER = 0.10  # of the rows here: a set that is smaller by more is not believed
REFUSED = 0.05  # of the objects: more, and the set is not believed
WRITTEN_AT_ONCE = 100  # objects: fewer queries than for each page, and no more memory
ADDED, CHANGED = Change.Kind.ADDED, Change.Kind.CHANGED
FEW = 5  # rows may always go, and objects always be refused


class Reading(Protocol):
    """Of a list, what is to be loaded; or what of it has changed."""

    resource: str

    def digests(self) -> Mapping[str, str]:
        """A digest of each object, by id."""

    def changed(self) -> Iterator[tuple[dict[str, Item], int]]:
        """The objects that are not loaded as they are, by id, page by page; and its last row."""

    def gone(self, known: set[str]) -> set[str]:
        """Of the keys that are known here, those that are gone at the source."""

    def settle(self, again: set[str]) -> None:
        """It is loaded, but for the ids that the next reading has to look at."""


class Disbelieved(Exception):
    """A set that is not believed. One sentence: how many, and what to do."""

    def __init__(self, resource: str, sentence: str) -> None:
        super().__init__(f"{resource}: {sentence} If that is right, run with --force {resource}.")
        self.resource = resource


def has_changes(counts: Counter[str]) -> bool:
    return any(counts[kind] for kind in ("added", "changed", "removed"))


def shape_of(resource: str) -> Any:
    """The most detailed shape of a resource."""
    return resources()[resource].get_modes().richest()


def running_in(names: dict[tuple[str, Any], list[str]]) -> Running:
    """By models, what a source says by resources. Of those that are not served here, nothing."""
    here = resources()
    return Running(
        {(model_of(name), pk): runs for (name, pk), runs in names.items() if name in here}
    )


def model_of(resource: str) -> type[Model]:
    model: type[Model] = resources()[resource].queryset.model
    return model


@dataclass
class Load:
    """Writes what of a group's lists is different, in the caller's transaction and step.

    `is_whole`: the lists are all of their group, so that what they say is gone goes here.
    `context`: what the app's `prepare_rows` is given beside a page's rows. `believed`: the lists
    whose size is not judged. `left`: models of which rows are added and none is changed, since
    another group says what they are. `counts`: what became of the rows, by the kinds of COUNTED.
    `notes`: a sentence for each oddity.
    """

    recorder: Recorder
    readings: Iterable[Reading]
    is_whole: bool
    context: Any
    believed: Collection[str]
    left: set[type[Model]]
    seen: Seen
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        by_model = {model_of(reading.resource): reading for reading in self.readings}
        # What is referred to first: the lists with the most detailed shape of each row.
        self.lists = {model: by_model[model] for model in reversed(referrers_first(by_model))}
        self.reader = Reader(self._known)
        self.notes = self.reader.notes
        self._mirrored: dict[type[Model], set[str]] = {}
        self._gone: dict[type[Model], set[str]] = defaultdict(set)
        self._added: set[Key] = set()
        self._changed: set[Key] = set()
        self._again: set[Key] = set()  # what the next reading has to look at, by ids as texts

    def run(self) -> None:
        """Raises `Disbelieved`."""
        for reading in self.lists.values():
            self._load_list(reading)
        self._write_named()
        # A row that came several times, each time with more, is added or changed once.
        for key in self.reader.incoming.keys() - self.reader.refused:
            changed = "changed" if key in self._changed else "unchanged"
            self.counts["added" if key in self._added else changed] += 1
        if self.is_whole:
            self._remove_gone()
        for model, reading in self.lists.items():
            reading.settle({key for of, key in self._again if of is model})
        unknown = sorted(self.reader.unknown)
        self.notes += [f"{key} is no key of the contract; left out." for key in unknown]

    # Reading

    def _load_list(self, reading: Reading) -> None:
        resource, count = reading.resource, len(reading.digests())
        model, shape = model_of(resource), shape_of(resource)
        fewer = (present := len(self._known(model))) - count
        if fewer > 0 and (not count or fewer > max(FEW, present * SMALLER)):
            self._doubt(reading, f"the source has {count} where {present} are here.")
        done = written = refused = 0
        for items, row in reading.changed():
            for key, (body, date) in items.items():
                before = len(self.notes)
                if not self.reader.read_object(resource, shape, key, body, date):
                    refused, why = refused + 1, self.notes[-1]
                if len(self.notes) > before:
                    self._again.add((model, key))
            done += len(items)
            if done - written >= WRITTEN_AT_ONCE:
                written = done
                self._write()
            self.seen(f"loading {resource}", row, count)
            if refused > max(FEW, count * REFUSED):
                self._doubt(reading, f"{refused} and more of {count} are refused: {why}.")
        self._write()
        self.counts["refused"] += refused
        self.counts["unchanged"] += count - done  # with the same bytes

    def _doubt(self, reading: Reading, sentence: str) -> None:
        if reading.resource not in self.believed:
            raise Disbelieved(reading.resource, sentence)

    def _write_named(self) -> None:
        """Rows that were given by their name alone get its id. An unknown name becomes null."""
        ids: dict[type[Model], dict[str, Any]] = {}
        for (model, pk, column), name in self.reader.names.items():
            if (target := column.related_model) not in ids:
                rows = target._base_manager.order_by("-pk").values_list("name", "pk")
                ids[target] = dict(rows)
            if name not in ids[target]:
                self._note(model, pk, f"{column.name}: {name!r} is the name of none")
            if (model, pk) not in self.reader.refused:
                date = self.reader.incoming[model, pk].date
                values = {column.attname: ids[target].get(name)}
                self.reader.rows[model][pk] = Row(model, pk, date, values)
        self._write()

    def _note(self, model: type[Model], pk: Any, sentence: str) -> None:
        """Notes what is odd about a row. The next reading looks at it again."""
        self.notes.append(f"{model._meta.verbose_name} {pk}: {sentence}")
        self._again.add((model, str(pk)))

    # Writing

    def _write(self) -> None:
        """Writes what was read since, and notes what of it has lost rows."""
        rows, self.reader.rows = self.reader.rows, defaultdict(dict)
        prepare_rows(rows, self.context)
        for model, of_model in rows.items():
            self._write_model(model, of_model)
        # Rows that are a row's here, and are not in its list at the source.
        for model, of_model in rows.items():
            for relation in model._meta.related_objects:
                name, incoming = accessor(relation), of_model.items()
                owners = {pk: row.children[name] for pk, row in incoming if name in row.children}
                self._lose_children(relation, owners)

    def _write_model(self, model: type[Model], rows: dict[Any, Row]) -> None:
        # An editor who is saving is waited for, and what is held then is seen.
        stored: dict[Any, Any] = model._base_manager.select_for_update().in_bulk(list(rows))
        holds = holds_of_model(model, key__in=list(map(str, rows)))
        known, added, changed = self._known(model), [], []
        said: dict[Any, dict[str, Any]] = defaultdict(dict)  # what is changed, for the history
        for pk, row in list(rows.items()):
            instance = stored.get(pk)
            if model in self.left and instance is not None:
                del rows[pk]
                continue
            self._leave_held(row, holds.get(pk, {}))
            if instance is None:
                added.append(new_row(row))
            elif is_own(pk) and str(pk) not in known:
                self.counts["refused"] += 1
                self.reader.refused.add((model, pk))
                self._note(model, pk, "id: a record that was made by hand has it here")
                del rows[pk]
            elif different := set(differences(instance, row.values)):
                for column in sorted(different):
                    said[pk][column] = [getattr(instance, column), row.values[column]]
                    setattr(instance, column, row.values[column])
                changed.append(instance)
        upsert(model, added + changed)
        self._added |= {(model, instance.pk) for instance in added}
        for pk, links in write_links(model, rows).items():
            said[pk] |= links
        self._changed |= {(model, pk) for pk in said}
        self._record(model, added, said)
        new = {str(pk) for pk in rows} - known
        marks = (Mirrored(model=label_of(model), key=key) for key in sorted(new))
        Mirrored.objects.bulk_create(marks, batch_size=500)
        known |= new

    def _record(self, model: type[Model], added: list[Any], changed: dict[Any, Any]) -> None:
        """For the history. What was added a moment ago, and got more since, was added."""
        for instance in added:
            self.recorder.record(model, instance.pk, ADDED, {}, "")
        for pk, values in changed.items():
            if (model, pk) not in self._added:
                self.recorder.record(model, pk, CHANGED, values, "")

    def _leave_held(self, row: Row, holds: dict[str, Hold]) -> None:
        """What an editor changed by hand stays; what the source says of it is noted."""
        for column, hold in holds.items():
            incoming = row.links if column in row.links else row.values
            if column in incoming:
                if (upstream := noted(incoming.pop(column))) != hold.upstream:
                    (theirs,) = words(row.model, column, upstream)
                    Hold.objects.filter(pk=hold.pk).update(upstream=upstream, theirs=theirs)
                self.counts["held"] += 1

    def _known(self, model: type[Model]) -> set[str]:
        """The keys of the rows of a model that came from the source."""
        if model not in self._mirrored:
            keys = Mirrored.objects.filter(model=label_of(model)).values_list("key", flat=True)
            self._mirrored[model] = set(keys)
        return self._mirrored[model]

    # Removing

    def _lose_children(self, relation: Any, owners: dict[Any, Any]) -> None:
        """`owners`: by key, the children that a row still has."""
        child, column = relation.related_model, relation.field.attname
        if not owners or child in self.lists:
            return  # its own list says what is gone
        present = child._base_manager.filter(**{f"{column}__in": owners})
        for owner, pk in present.values_list(column, "pk"):
            if pk not in owners[owner] and str(pk) in self._known(child):
                self._gone[child].add(str(pk))

    def _remove_gone(self) -> None:
        nested: set[type[Model]] = set()
        for model, reading in self.lists.items():
            nested |= models_within(shape_of(reading.resource))
            self._gone[model] = reading.gone(self._known(model))
            owners = dict.fromkeys(map(model._meta.pk.to_python, self._gone[model]), ())
            for part in plan_of(shape_of(reading.resource)).parts:
                if part.column.one_to_many:
                    self._lose_children(part.column, owners)
        for model in referrers_first(self._gone):
            # A child may have gone to another parent.
            incoming = {str(pk) for of, pk in self.reader.incoming if of is model}
            moved = set() if model in self.lists else incoming
            self._remove(model, self._gone[model] - moved)
        if has_changes(self.counts):
            # What comes only inside of others goes when nothing refers to it.
            nested -= {viewset.queryset.model for viewset in resources().values()}
            for model in referrers_first(model for model in nested if any(protected(model))):
                self._remove(model, unused(model) & self._known(model))

    def _remove(self, model: type[Model], keys: set[str]) -> None:
        """Removes rows that are gone at the source. One that is in use here stays."""
        waiting = {model._meta.pk.to_python(key) for key in keys}
        removed: set[str] = set()
        while removable := waiting - in_use(model, waiting):
            model._base_manager.filter(pk__in=removable).delete()
            waiting -= removable  # a parent goes once its children have gone
            removed |= set(map(str, removable))
        for table in (Mirrored, Hold):
            table.objects.filter(model=label_of(model), key__in=removed).delete()
        self._known(model).difference_update(removed)
        self.counts["removed"] += len(removed)
        for pk in sorted(waiting, key=str):
            kind = model._meta.verbose_name
            self.notes.append(f"{kind} {pk} is gone at the source, but in use here.")


# Rows and columns


def new_row(row: Row) -> Model:
    """A row of what was sent. A field that was not sent is null, and a list is empty."""
    columns = [column for column in row.model._meta.concrete_fields if column.null]
    incoming = {column.attname: None for column in columns if not getattr(column, "many", False)}
    return row.model(**{**incoming, **row.values, "pk": row.pk})


def differences(instance: Model, values: dict[str, Any]) -> Iterator[str]:
    """The columns in which a row here is not as the source says."""
    running: set[str] = set()
    for column in instance._meta.concrete_fields:
        if isinstance(column, RunningDurationField) and column.name in values:
            running |= {column.name, column.since}
            if not same_duration(column, instance, values):
                yield from {column.name, column.since} & values.keys()
    for name, value in values.items():
        if name not in running and getattr(instance, name) != value:
            yield name


def same_duration(column: RunningDurationField, instance: Any, values: dict[str, Any]) -> bool:
    """Whether a duration shows the same, now and later, as what the source says of it."""
    since_stored, since = getattr(instance, column.since), values.get(column.since)
    stored, incoming = getattr(instance, column.name), values[column.name]
    if since_stored is None or since is None:
        return since_stored is since and bool(stored == incoming)
    shown = column.at(instance, since)
    if shown is None or incoming is None:
        return shown is incoming
    return bool(abs(shown - incoming) <= JITTER)


def upsert(model: type[Model], instances: list[Any]) -> None:
    columns = [column.name for column in model._meta.concrete_fields if not column.primary_key]
    model._base_manager.bulk_create(
        instances,
        batch_size=100,
        update_conflicts=True,
        unique_fields=[model._meta.pk.name],
        update_fields=columns,
    )


def write_links(model: Any, rows: dict[Any, Row]) -> dict[Any, dict[str, Any]]:
    """Writes many-to-many, in the order given.

    Returns what was there and what is, by relation, of each row that has other links now.
    """
    moved: dict[Any, dict[str, Any]] = defaultdict(dict)
    for name in sorted({name for row in rows.values() for name in row.links}):
        relation = model._meta.get_field(name)
        own, other = relation.m2m_column_name(), relation.m2m_reverse_name()
        through = relation.remote_field.through
        incoming = {pk: row.links[name] for pk, row in rows.items() if name in row.links}
        present = links_of(relation, incoming)
        different = [pk for pk in incoming if incoming[pk] != present[pk]]
        through._base_manager.filter(**{f"{own}__in": different}).delete()
        new = (through(**{own: pk, other: key}) for pk in different for key in incoming[pk])
        through._base_manager.bulk_create(new)
        for pk in different:
            moved[pk][name] = [present[pk], incoming[pk]]
    return moved
