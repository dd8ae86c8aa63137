"""What a source says, against the contract and against what is here: before anything is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from spacecraft import models
from spacecraft.mirror.holds import name_of
from spacecraft.mirror.models import Mirrored
from spacecraft.mirror.rows import Rows, set_running
from spacecraft.serializers import agencies, endpoints, images, vehicles
from spacedevs.api.quotes import faults, strangers

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

# What a run that read the whole catalogue has seen all of, with what only nests in it.
NESTED = (models.Image, models.ImageVariant, models.Landing, models.Launch, models.SpacecraftFlight)


def whole(resources: Iterable[str]) -> set[type[Model]]:
    """The models of which these lists tell all that the source has."""
    seen = {RESOURCES[resource].Meta.model for resource in resources}
    return seen | set(NESTED) if set(CATALOGUE) <= set(resources) else set()


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
    """The rows that came, without the objects that were refused."""

    rows: Rows
    refused: list[str]
    spared: set[tuple[str, str]]
    unknown: set[str]  # keys that the contract does not know, kept out


def check(sets: dict[str, Read], docked: set[int], *, force: bool) -> Checked:
    """All objects against the contract, and the sets against those here.

    Raises:
        Refusal: a set is much smaller than the one here, or too much of it is refused.
    """
    checked = Checked(Rows(), [], set(), set())
    for resource, read in sets.items():
        shape = RESOURCES[resource]
        refused = 0
        for body, date in read.objects:
            if found := next(faults(shape, body), ""):
                refused += 1
                checked.refused.append(f"{resource} {body.get('id')!r}: {found}")
                checked.spared.add((name_of(shape.Meta.model), str(body.get("id"))))
            else:
                checked.rows.read(shape, body, date)
                checked.unknown |= {f"{resource}.{key}" for key in strangers(shape, body)}
        if not force:
            believe(resource, shape.Meta.model, read.count, refused, checked.refused)
    checked.refused += checked.rows.resolve_names()
    set_running(checked.rows, docked)
    return checked


def believe(resource: str, model: Any, count: int, refused: int, sentences: list[str]) -> None:
    here = Mirrored.objects.filter(model=name_of(model)).count()
    if count < here * (1 - SMALLER):
        raise Refusal(
            f"{resource}: the source has {count} where {here} are here, more than "
            f"{SMALLER:.0%} fewer. If that is right, run with --force."
        )
    if refused > count * REFUSED:
        raise Refusal(
            f"{sentences[-1]}. {refused} of {count} {resource} are refused, more than "
            f"{REFUSED:.0%}. Nothing was changed; if that is right, run with --force."
        )
