"""The rows of a catalogue: which there are, all that is known of each, and changes to them."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zlib import crc32

from tests.upstream_bodies.facts import Facts, Maker
from tests.upstream_bodies.names import NAMES
from tests.upstream_bodies.tables import FIELDS, RESOURCES
from tests.upstream_bodies.timelines import Timelines
from tests.upstream_bodies.values import Ref, sort_key

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOST = "https://ll.thespacedevs.com"
FACTS_KEPT = 5000
# A launch's id is a UUID; the last 48 bits of it say which, multiplied so that none sees it.
FACTOR, MASK = 0x5DEECE66D, 2**48 - 1
PARENT = "agencies", "parent"  # told by its name
# Where a row shows the rows that lead to it: of which kind these are, and by which field.
LEADING = {
    ("agencies", "spacecraft_list"): ("spacecraft_configurations", "agency"),
    ("agencies", "launcher_list"): ("launcher_configurations", "manufacturer"),
    ("spacecraft_configuration_families", "spacecraft"): ("spacecraft_configurations", "family"),
}
# How many there are of what the caller does not count.
POOLS = {
    "launcher_configurations": 60,
    "launcher_configuration_families": 20,
    "pads": 40,
    "locations": 20,
    "landing_locations": 12,
    "programs": 20,
    "astronauts": 80,
    "payloads": 10,
    "payload_flights": 10,
}


class Rows:
    """See `Catalogue`."""

    resources = RESOURCES

    def __init__(
        self,
        seed: int = 1,
        host: str = HOST,
        now: datetime = NOW,
        *,
        craft: int = 603,
        configurations: int = 46,
        families: int = 8,
        agencies: int = 350,
        flights: int | None = None,
        countries: int = 70,
        stations: int = 17,
        weight: str = "light",
        rough: float = 0.0,
    ) -> None:
        self.seed, self.host, self.now = seed, host.rstrip("/"), now
        flights = round(craft * 637 / 603) if flights is None else flights
        self._timelines = Timelines(seed, now, craft, flights)
        self._counts = {
            **POOLS,
            **{kind: len(known) for kind, known in NAMES.items()},
            "config/image_licenses": 27,
            "config/countries": countries,
            "spacecraft": craft,
            "spacecraft_configurations": configurations,
            "spacecraft_configuration_families": families,
            "agencies": agencies,
            "spacecraft_flights": self._timelines.flights,
            "space_stations": stations,
        }
        self._first = dict(self._counts)  # how many there were before any was added
        self._maker = Maker(seed, weight, rough, self._timelines, self._first)
        self._facts: dict[Ref, Facts] = {}
        self._fragments: dict[tuple[str, Ref], bytes] = {}
        self._kept = [0]  # bytes of fragments
        self._made: dict[Any, Any] = {}
        self._edits: dict[Ref, Facts] = {}
        self._removed: set[Ref] = set()

    # Rows

    def count(self, resource: str) -> int:
        return len(self.numbers(resource))

    def numbers(self, resource: str) -> Sequence[int]:
        """The numbers of its rows, in the order of the ids."""
        every = range(self._counts[resource])
        if not any(ref.kind == resource for ref in self._removed):
            return every
        left: Sequence[int] = self._cached(
            ("numbers", resource),
            lambda: [number for number in every if Ref(resource, number) not in self._removed],
        )
        return left

    def by_name(self, resource: str) -> Sequence[int]:
        """In the order in which a person sorts the names; ties by id."""
        order: Sequence[int] = self._cached(("names", resource), lambda: self._sorted(resource))
        return order

    def _sorted(self, kind: str) -> list[int]:
        def key(number: int) -> tuple[str, int]:
            return sort_key(self.facts(Ref(kind, number)).get("name")), number

        return sorted(self.numbers(kind), key=key)

    def _cached(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def id_of(self, ref: Ref) -> int | str:
        """Ascending with the number, with gaps; a launch's is a UUID in no order."""
        kind, number = ref
        if kind == "launches":
            rng = random.Random(f"{self.seed}:uuid:{number}")
            hidden = number * FACTOR + self.seed & MASK
            return str(UUID(int=rng.getrandbits(80) << 48 | hidden, version=4))
        gap = crc32(f"{self.seed}:{kind}:{number}".encode()) % 3
        return 1 + crc32(kind.encode()) % 40 + number * 3 + gap

    def ref_of(self, kind: str, id: int | str) -> Ref:
        """The row of that id. Raises LookupError where there is none."""
        if kind == "launches":
            hidden = UUID(str(id)).int & MASK
            number = (hidden - self.seed) * pow(FACTOR, -1, MASK + 1) & MASK
        else:
            number = (int(id) - 1 - crc32(kind.encode()) % 40) // 3
        found = Ref(kind, number)
        exists = 0 <= number < self._counts.get(kind, number + 1) and found not in self._removed
        if not exists or str(self.id_of(found)) != str(id):
            raise LookupError(f"{kind} has no {id!r}")
        return found

    def entity(self, kind: str, id: int | str) -> Facts:
        """All that is known of a row, by its fields' names; rows that it leads to as `Ref`."""
        return dict(self.facts(self.ref_of(kind, id)))

    def facts(self, ref: Ref) -> Facts:
        found = self._facts.get(ref)
        if found is None:
            id = self.id_of(ref)
            found = self._maker.make(*ref) | {"id": id} | self._edits.get(ref, {})
            if FIELDS[ref.kind].get("url", {}).get("read_only"):
                found["url"] = self.url(ref.kind, id)
            if len(self._facts) >= FACTS_KEPT:
                self._facts.clear()
            self._facts[ref] = found
        return found

    def url(self, kind: str, id: int | str = "") -> str:
        """Of a row, or of the list of them."""
        return f"{self.host}/2.3.0/{kind}/" + (f"{id}/" if id != "" else "")

    # Changes

    def edit(self, kind: str, id: int | str, **facts: Any) -> None:
        """Other facts of a row, seen wherever it is shown. A row that it leads to is named by id.

        What follows from others does not follow an edit: a craft's figures stay as they are.
        """
        ref = self.ref_of(kind, id)
        self._edits[ref] = self._edits.get(ref, {}) | self._named(kind, facts)
        self._forget()

    def add(self, resource: str, **facts: Any) -> int | str:
        """A row more, the last by id; its id. A craft has no flights until they are added."""
        ref = Ref(resource, self._counts[resource])
        self._edits[ref] = self._named(resource, facts)
        self._counts[resource] += 1
        self._forget()
        return self.id_of(ref)

    def remove(self, resource: str, id: int | str) -> None:
        """The row is gone from its list, from lists in others, and where others may be without it.

        A craft's flights go with it. Where the contract lets no null be it is still nested.
        """
        ref = self.ref_of(resource, id)
        if resource == "spacecraft":
            self._removed.update(self._flights_of(ref))
        self._removed.add(ref)
        self._forget()

    def edition(self, number: int) -> None:
        """A few changes, other ones for each number from 1 on: as a day leaves behind."""
        rng = random.Random(f"{self.seed}:edition:{number}")
        for resource, field in (
            *(("spacecraft", "description"),) * 5,
            ("spacecraft_flights", "destination"),
            ("agencies", "administrator"),
            ("spacecraft_configurations", "details"),
        ):
            if numbers := self.numbers(resource):
                row = Ref(resource, rng.choice(numbers))
                self.edit(resource, self.id_of(row), **{field: f"As of edition {number}"})

    def _named(self, kind: str, facts: Facts) -> Facts:
        """With `Ref` in place of the ids of rows."""
        unknown = facts.keys() - FIELDS[kind].keys()
        if unknown:
            raise ValueError(f"{kind} has no {', '.join(sorted(unknown))}")

        def named(name: str, value: Any) -> Any:
            to = "agencies" if (kind, name) == PARENT else FIELDS[kind][name].get("kind")
            if isinstance(value, list):
                return [named(name, item) for item in value]
            is_id = isinstance(value, int) or (to == "launches" and isinstance(value, str))
            return self.ref_of(to, value) if to and is_id else value

        return {name: named(name, value) for name, value in facts.items()}

    def _forget(self) -> None:
        self._facts.clear()
        self._fragments.clear()
        self._kept[0] = 0
        self._made.clear()

    # Rows that lead here

    def _flights_of(self, craft: Ref) -> list[Ref]:
        known = {flight.number for flight in self._timelines.of_craft(craft.number)}
        known |= {ref.number for ref in self._edits if ref.kind == "spacecraft_flights"}
        found = [Ref("spacecraft_flights", number) for number in sorted(known)]
        return [ref for ref in found if self.facts(ref)["spacecraft"] == craft]

    def _leading(self, kind: str, field: str) -> dict[Ref, list[Ref]]:
        """Row → the rows of `kind` whose `field` leads to it, by name as a person sorts."""
        found: dict[Ref, list[Ref]] = {}
        for number in self.by_name(kind):
            value = self.facts(Ref(kind, number))[field]
            for to in value if isinstance(value, list) else [value]:
                found.setdefault(to, []).append(Ref(kind, number))
        return found

    def _shown(self, ref: Ref, name: str) -> list[Ref]:
        if name == "flights":
            return self._flights_of(ref)
        kind, field = LEADING[ref.kind, name]
        leading: dict[Ref, list[Ref]] = self._cached(
            ("leading", kind, field), lambda: self._leading(kind, field)
        )
        return leading.get(ref, [])
