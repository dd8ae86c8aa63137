"""What a source says, against the contract and against what is here: before anything is written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model

from spacecraft import models
from spacecraft.mirror.holds import name_of
from spacecraft.mirror.models import Mirrored
from spacecraft.mirror.rows import Name, Row, Rows, set_running, unique_columns
from spacecraft.serializers import agencies, endpoints, images, vehicles
from spacedevs.api.conformance import faults, strangers
from spacedevs.ids import FIRST_OWN

# What the catalogue is made of, in the order in which it is read.
CATALOGUE: dict[str, Any] = {
    "spacecraft": endpoints.SpacecraftEndpointDetailed,
    "spacecraft_configurations": vehicles.SpacecraftConfigDetailed,
    "spacecraft_configuration_families": vehicles.SpacecraftConfigFamilyEndpointDetailed,
    "agencies": endpoints.AgencyEndpointDetailed,
}
# What is read with the budget that is left: crews and dockings, and rows that nothing refers to.
EXTRAS: dict[str, Any] = {
    "spacecraft_flights": endpoints.SpacecraftFlightDetailed,
    "config/agency_types": agencies.AgencyType,
    "config/countries": agencies.Country,
    "config/image_licenses": images.ImageLicense,
    "config/image_variant_types": images.ImageVariantType,
    "config/spacecraft_configuration_types": vehicles.SpacecraftConfigType,
    "config/spacecraft_statuses": vehicles.SpacecraftStatus,
}
RESOURCES = {**CATALOGUE, **EXTRAS}

# What nests in the catalogue and has no list of its own.
NESTED = (models.Image, models.ImageVariant, models.Landing, models.Launch, models.SpacecraftFlight)

SMALLER = 0.10  # of the rows here: a set that is smaller by more is not believed
REFUSED = 0.05  # of the objects: more, and the source is not believed


class Refusal(Exception):
    """The set is not believed. One sentence: the object, the field and the fault."""


@dataclass(frozen=True)
class Read:
    """A whole list: its objects, each with the time of the answer that it came in."""

    objects: tuple[tuple[dict[str, Any], datetime], ...]
    count: int


@dataclass
class Checked:
    """What may be written.

    `refused`: by model and id, a sentence each; their old rows stay. `whole`: the models of which
    `rows` are all that the source has. `unknown`: keys that the contract doesn't know, kept out.
    """

    rows: Rows = field(default_factory=Rows)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    whole: set[type[Model]] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def refuse(self, model: type[Model], key: Any, sentence: str) -> None:
        self.refused.setdefault((name_of(model), str(key)), sentence)

    def of(self, model: type[Model]) -> list[str]:
        """What was refused of a model."""
        return [said for (name, _), said in self.refused.items() if name == name_of(model)]


def check(sets: dict[str, Read], docked: set[int], *, force: bool) -> Checked:
    """All objects against the contract and each other, and the sets against those here.

    Raises:
        Refusal: a set is much smaller than the one here, or too much of it is refused.
    """
    checked = Checked()
    for resource, read in sets.items():
        _read(checked, resource, read)
    for contradictions in (unknown_names, shared, made_here):
        for row, sentence in contradictions(checked.rows):
            kind = row.model._meta.verbose_name
            checked.refuse(row.model, row.pk, f"{kind} {row.pk}: {sentence}")
    if not force:
        for resource, read in sets.items():
            believe(resource, read.count, checked)
    set_running(checked.rows, docked)
    leave_old_rows(checked)
    checked.whole = whole(sets) - (set(NESTED) if checked.refused else set())
    return checked


def _read(checked: Checked, resource: str, read: Read) -> None:
    shape = RESOURCES[resource]
    for body, date in read.objects:
        if fault := next(faults(shape, body), ""):
            key = body.get("id")
            checked.refuse(shape.Meta.model, key, f"{resource} {key!r}: {fault}")
        else:
            checked.rows.read(shape, body, date)
            checked.unknown |= {f"{resource}.{key}" for key in strangers(shape, body)}


def whole(resources: Iterable[str]) -> set[type[Model]]:
    """The models of which these lists tell all that the source has."""
    seen = {RESOURCES[resource].Meta.model for resource in resources}
    return seen | set(NESTED) if set(CATALOGUE) <= set(resources) else set()


def believe(resource: str, count: int, checked: Checked) -> None:
    model = RESOURCES[resource].Meta.model
    here = Mirrored.objects.filter(model=name_of(model)).count()
    if count < here * (1 - SMALLER):
        raise Refusal(
            f"{resource}: the source has {count} where {here} are here, more than "
            f"{SMALLER:.0%} fewer. If that is right, run with --force."
        )
    refused = checked.of(model)
    if len(refused) > count * REFUSED:
        raise Refusal(
            f"{refused[0]}. {len(refused)} of {count} {resource} are refused, more than "
            f"{REFUSED:.0%}. Nothing was changed; if that is right, run with --force."
        )


# What no object alone tells: each yields rows, and what is wrong with them.


def unknown_names(rows: Rows) -> Iterator[tuple[Row, str]]:
    """Puts ids where parents were given by name. One whose name is nobody's has none."""
    known: dict[Any, dict[str, Any]] = {}
    for row, column, name in list(_named(rows)):
        if name.model not in known:
            here = name.model._base_manager.order_by("-pk").values_list("name", "pk")
            there = sorted(rows.of(name.model).items(), reverse=True)
            known[name.model] = dict(here) | {r.values.get("name"): pk for pk, r in there}
        row.values[column] = known[name.model].get(name.name)
        if row.values[column] is None:
            yield row, f"{column.removesuffix('_id')}: {name.name!r} is the name of none"


def _named(rows: Rows) -> Iterator[tuple[Row, str, Name]]:
    for row in rows.all():
        for column, value in row.values.items():
            if isinstance(value, Name):
                yield row, column, value


def shared(rows: Rows) -> Iterator[tuple[Row, str]]:
    """What only one row may have, and several do: a landing. It is nobody's then."""
    owners: dict[tuple[Any, Any], list[Row]] = {}
    for row in rows.all():
        for column in unique_columns(row.model):
            if (value := row.values.get(column.attname)) is not None:
                owners.setdefault((column, value), []).append(row)
    for (column, value), several in owners.items():
        for row in several if len(several) > 1 else ():
            other = next(other for other in several if other is not row)
            row.values[column.attname] = None
            yield row, f"{column.name}: {value} is that of {other.pk} too"


def made_here(rows: Rows) -> Iterator[tuple[Row, str]]:
    """What somebody made by hand here, and the source has another of that id."""
    for model, of in rows.by_model.items():
        high = {pk for pk in of if isinstance(pk, int) and pk >= FIRST_OWN}
        theirs = Mirrored.objects.filter(model=name_of(model)).values_list("key", flat=True)
        ours = high - {int(key) for key in theirs} if high else set()
        for pk in model._base_manager.filter(pk__in=ours).values_list("pk", flat=True):
            yield of[pk], "id: a record that was made by hand has it here"


def leave_old_rows(checked: Checked) -> None:
    """Takes out what was refused and is here. What is new stays as far as others nest it."""
    for model, of in checked.rows.by_model.items():
        refused = {pk for pk in of if (name_of(model), str(pk)) in checked.refused}
        for pk in model._base_manager.filter(pk__in=refused).values_list("pk", flat=True):
            del of[pk]
