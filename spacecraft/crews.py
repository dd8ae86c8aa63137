"""Who is aboard, as far as an answer of upstream's says it: in opaque JSON anything may be null."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from spacecraft.models import Spacecraft, SpacecraftFlight
from spacedevs.pages.tiles import frame


@dataclass(frozen=True)
class Person:
    """`picture`: as a record of one has it, or None."""

    name: str
    role: str
    picture: Any


def flights_up(crafts: list[Spacecraft], now: datetime) -> dict[Any, SpacecraftFlight]:
    """The flight that each of the craft is on, as far as it is known."""
    up = SpacecraftFlight.objects.up(now).filter(spacecraft__in=crafts).select_related("launch")
    columns = ("spacecraft", "launch__net", "launch_crew", "onboard_crew")
    return {flight.spacecraft_id: flight for flight in up.only(*columns).order_by("launch__net")}


def aboard(flight: SpacecraftFlight) -> list[Person]:
    """Those who are on board; where that is not said, those who were launched."""
    return list(_people(flight.onboard_crew)) or list(_people(flight.launch_crew))


def _people(crew: Any) -> Iterator[Person]:
    for member in crew if isinstance(crew, list) else ():
        if name := text_at(member, "astronaut", "name"):
            role = text_at(member, "role", "role")
            yield Person(name, role, picture_at(member, "astronaut", "image"))


def framed(crew: list[Person]) -> list[tuple[Person, str]]:
    return [(person, frame(person.picture, person.name)) for person in crew]


def at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text_at(value: Any, *keys: str) -> str:
    found = at(value, *keys)
    return found if isinstance(found, str) else ""


def picture_at(value: Any, *keys: str) -> Any:
    found = at(value, *keys)
    if not isinstance(found, dict):
        return None
    names = ("image_url", "thumbnail_url", "credit")
    texts = {name: text_at(found, name) for name in names}
    return SimpleNamespace(**texts, license=text_at(found, "license", "name"))
