"""All that is known of a row: each field of its kind, whichever of its shapes prints it.

A field has a plain value, a `Ref`, a list of them, None, or a `Running` duration. What no function
here decides is made by its type, and is null, "" or too long as often as upstream's bodies are.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zlib import crc32

from tests.upstream_bodies import names
from tests.upstream_bodies.flights import MAKERS
from tests.upstream_bodies.tables import EMPTY, FIELDS, LONGER, NULL, Field
from tests.upstream_bodies.timelines import Order, Timelines
from tests.upstream_bodies.values import Ref, duration, iso, text, words

Facts = dict[str, Any]
GOLDEN = 0.6180339887498949
STATIONS_TAKEN = 3  # stations where craft are docked
# How many a list holds at least and at most: of light catalogues, of real ones.
LENGTHS = {
    ("missions", "agencies"): ((0, 0), (1, 2)),
    ("missions", "info_urls"): ((0, 1), (0, 2)),
    ("missions", "vid_urls"): ((0, 1), (1, 3)),
    ("pads", "agencies"): ((0, 1), (1, 2)),
    ("programs", "agencies"): ((0, 1), (1, 3)),
    ("programs", "mission_patches"): ((0, 1), (0, 2)),
    ("launches", "program"): ((0, 1), (1, 2)),
    ("agencies", "social_media_links"): ((0, 1), (2, 5)),
    ("astronauts", "social_media_links"): ((0, 1), (1, 3)),
    ("astronauts", "nationality"): ((1, 1), (1, 2)),
    ("launcher_configurations", "families"): ((0, 1), (1, 2)),
    ("launcher_configurations", "program"): ((0, 1), (0, 2)),
    ("launcher_configuration_families", "manufacturer"): ((1, 1), (1, 2)),
    ("space_stations", "owners"): ((1, 1), (1, 5)),
    ("payloads", "program"): ((0, 1), (0, 2)),
}
# Rows that one other row owns: no two missions show one video.
OWNED = {"info_urls": 3, "vid_urls": 3, "social_media_links": 5, "mission_patches": 2}
OWN = {("launches", "mission"), ("launches", "rocket"), ("payload_flights", "payload")}
NEVER_NULL = {"id", "name", "url", "response_mode"}
# Without these a row would hang in the air: it is nobody's flight or docking.
OWNERS = {("spacecraft_flights", "spacecraft"), ("docking_events", "flight_vehicle_chaser")}


class Maker:
    """Makes the facts of rows; knows how many there are of each kind, and nothing of JSON."""

    def __init__(
        self, seed: int, weight: str, rough: float, timelines: Timelines, counts: dict[str, int]
    ) -> None:
        self.seed, self.rough, self.timelines, self.counts = seed, rough, timelines, counts
        self.heavy = weight == "real"
        self.now = timelines.now
        self._landings = Order(timelines.flights, f"{seed}:order of landings")
        self._phases: dict[tuple[str, str], float] = {}
        self._images = self._image_blocks()
        self._makers: dict[str, Callable[[int, random.Random], Facts]] = {
            "agencies": self._agency,
            "config/countries": self._country,
            "images": self._image,
            "spacecraft_configurations": self._configuration,
            "spacecraft_configuration_families": self._family,
            "launcher_configurations": self._launcher,
            "launcher_configuration_families": self._launcher_family,
            **{kind: partial(make, self) for kind, make in MAKERS.items()},
        }

    def make(self, kind: str, number: int) -> Facts:
        rng = random.Random(f"{self.seed}:{kind}:{number}")
        maker = self._makers.get(kind)
        facts = maker(number, rng) if maker else {}
        for name, field in FIELDS[kind].items():
            if name not in facts:
                facts[name] = self._value(kind, number, field, rng)
        self._as_observed(kind, number, facts, rng)
        if self.share(kind, number, "rough") < self.rough:
            self._roughen(kind, number, facts)
        return facts

    # What is empty, and how often

    def share(self, kind: str, number: int, name: str) -> float:
        """Evenly spread between 0 and 1 over the rows: even of a few, the right share is below."""
        phase = self._phases.get((kind, name))
        if phase is None:
            phase = crc32(f"{self.seed}:{kind}:{name}".encode()) / 2**32
            self._phases[kind, name] = phase
        return (number * GOLDEN + phase) % 1

    def _as_observed(self, kind: str, number: int, facts: Facts, rng: random.Random) -> None:
        for name, share in NULL[kind].items():
            if self.share(kind, number, name) < share:
                facts[name] = None
        for name, share in EMPTY[kind].items():  # the upper end: none is null and empty
            if self.share(kind, number, name) >= 1 - share:
                facts[name] = ""
        for name, share in LONGER[kind].items():
            if self.share(kind, number, name) < share:
                length = FIELDS[kind][name]["max_length"]
                facts[name] = text(rng, rng.randint(length + 50, length * 3))

    def _roughen(self, kind: str, number: int, facts: Facts) -> None:
        can = [
            name
            for name, field in FIELDS[kind].items()
            if name not in NEVER_NULL
            and (kind, name) not in OWNERS
            and (field["nullable"] or not field.get("many"))
        ]
        quarter = -(-len(can) // 4)  # the next one in the next row: four rows have them all
        for more in range(quarter):
            facts[can[(number * quarter + more) % len(can)]] = None

    # Values by their type

    def _value(self, kind: str, number: int, field: Field, rng: random.Random) -> Any:
        name = field["name"]
        if name in ("id", "response_mode") or (name == "url" and field.get("read_only")):
            return None  # the catalogue's
        if "kind" in field:
            return self._rows(kind, number, field, rng)
        if name == "name":
            return names.name(kind, number)
        if field["type"] == "boolean":
            return rng.random() < 0.5
        if field["type"] == "integer":
            return rng.randint(1957, 2025) if name.endswith("year") else int(rng.random() * 300)
        if name in ("latitude", "longitude"):
            return rng.randrange(-8999, 9000) / 100
        if field["type"] == "number":
            return (
                float(int(rng.random() * 100))
                if rng.random() < 0.2
                else round(rng.random() * 360, 2)
            )
        return self._text(kind, number, field, rng)

    def _rows(self, kind: str, number: int, field: Field, rng: random.Random) -> Any:
        to, name = field["kind"], field["name"]
        if to == "images" and not field.get("many"):
            return self.image(kind, name, number)
        if not field.get("many"):
            return Ref(to, number if (kind, name) in OWN else self.pick(to, rng))
        if (kind, name) not in LENGTHS:
            return []
        length = rng.randint(*LENGTHS[kind, name][self.heavy])
        if to in OWNED:
            first = number * OWNED[to] + self._first_owned(kind, to)
            return [Ref(to, first + more) for more in range(length)]
        return [Ref(to, picked) for picked in self.some(to, length, rng)]

    def _first_owned(self, kind: str, to: str) -> int:
        """Agencies and astronauts own links: those of the latter begin behind the former's."""
        return self.counts["agencies"] * OWNED[to] * 2 if kind == "astronauts" else 0

    def _text(self, kind: str, number: int, field: Field, rng: random.Random) -> str:
        name, form = field["name"], field.get("format")
        if form == "uri" or name in ("infographic", "wiki", "info_url", "wiki_url"):
            return self._uri(kind, name, number, rng)
        if form == "date":
            return iso(self._long_ago(rng))[:10]
        if form == "date-time":
            return iso(self._long_ago(rng))
        if name in ("time_in_space", "eva_time", "fastest_turnaround", "length_of_day"):
            return duration(timedelta(seconds=rng.randrange(200 * 86400)))
        if name in ("abbrev", "code"):
            return words(rng, 1)[:3].upper()
        length = field.get("max_length", 2048)
        if length < 350:
            return words(rng, 1 + int(rng.random() * 3))
        return self.prose(rng, length)

    def prose(self, rng: random.Random, longest: int) -> str:
        """A description; one in fifty is as long as may be."""
        longest = min(longest, 2500)
        if not self.heavy:
            return text(rng, rng.randint(8, 40))
        if rng.random() < 0.02:
            return text(rng, longest).ljust(longest, ".")
        return text(rng, rng.randint(100, min(longest, 900)))

    def _uri(self, kind: str, name: str, number: int, rng: random.Random) -> str:
        tail = f"{kind.rpartition('/')[2]}/{name}/{number}"
        if self.heavy:
            tail = f"media/images/{tail}_image_thumbnail_{rng.getrandbits(128):032x}.jpeg"
        return f"https://example.org/{tail}"

    def _long_ago(self, rng: random.Random) -> datetime:
        return self.now - timedelta(seconds=rng.randrange(60 * 365 * 86400))

    # Rows that others lead to

    def pick(self, kind: str, rng: random.Random) -> int:
        """Any row; the first much more often, as few builders built most."""
        return int(self.counts[kind] * rng.random() ** 3)

    def some(self, kind: str, length: int, rng: random.Random) -> list[int]:
        """Several, each once, in the order of their entry: neither by id nor by name."""
        picked = {self.pick(kind, rng) for _ in range(length)}
        while len(picked) < min(length, self.counts[kind]):
            picked.add(rng.randrange(self.counts[kind]))
        return rng.sample(sorted(picked), len(picked))

    def _image_blocks(self) -> dict[tuple[str, str], tuple[int, int]]:
        """For each field that shows an image: the first of its images, and how many they are."""
        blocks: dict[tuple[str, str], tuple[int, int]] = {}
        first = 0
        for kind, fields in FIELDS.items():
            for name, field in fields.items():
                if field.get("kind") == "images":
                    size = min(self.counts.get(kind, 200), 500)
                    blocks[kind, name] = first, max(size, 1)
                    first += max(size, 1)
        return blocks

    def image(self, kind: str, name: str, number: int) -> Ref:
        first, size = self._images[kind, name]
        return Ref("images", first + number % size)

    # Kinds of which more is known than a type

    def _agency(self, number: int, rng: random.Random) -> Facts:
        several = rng.random() < 0.06
        parent = rng.randrange(self.counts["agencies"])
        return {
            "name": names.agency(number),
            "country": [
                Ref("config/countries", picked)
                for picked in self.some(
                    "config/countries", rng.randint(4, 22) if several else 1, rng
                )
            ],
            "parent": Ref("agencies", parent) if parent != number else None,
            "launchers": words(rng, 3) if rng.random() < 0.2 else "",
            "spacecraft": words(rng, 2) if rng.random() < 0.2 else "",
            "featured": rng.random() < 0.05,
        }

    def _country(self, number: int, rng: random.Random) -> Facts:
        first, second = divmod(number, 26)
        code = chr(65 + first % 26) + chr(65 + second)
        return {"alpha_2_code": code, "alpha_3_code": code + chr(65 + rng.randrange(26))}

    def _image(self, number: int, rng: random.Random) -> Facts:
        """Few have variants (104 of 4,610 images), and one that has has two or three."""
        several = rng.randint(2, 3) if self.share("images", number, "variants") < 0.02 else 0
        numbers = range(number * 3, number * 3 + several)
        return {
            "name": f"[AUTO] {words(rng, 2)} - image",
            "variants": [Ref("image_variants", variant) for variant in numbers],
            "license": Ref("config/image_licenses", self.pick("config/image_licenses", rng)),
        }

    def _family(self, number: int, rng: random.Random) -> Facts:
        parent = Ref("spacecraft_configuration_families", rng.randrange(number)) if number else None
        return {"name": names.vehicle(number), "parent": parent}

    def _launcher(self, number: int, rng: random.Random) -> Facts:
        """Who made it is shown by the agency alone, in its list of launchers."""
        return {"manufacturer": Ref("agencies", self.pick("agencies", rng))}

    def _launcher_family(self, number: int, rng: random.Random) -> Facts:
        parent = Ref("launcher_configuration_families", rng.randrange(number)) if number else None
        return {"parent": parent}

    def _configuration(self, number: int, rng: random.Random) -> Facts:
        family = "spacecraft_configuration_families"
        length = rng.choice((0, 1, 1, 1, 1, 2, 3))
        turn = duration(timedelta(seconds=rng.randrange(400 * 86400)))
        return {
            "name": names.vehicle(number),
            "family": [Ref(family, picked) for picked in self.some(family, length, rng)],
            "flight_life": words(rng, 4),
            "fastest_turnaround": turn if rng.random() < 21 / 66 else None,
        }

    def ref(self, kind: str, number: int) -> Ref:
        """That row, or another where there are not so many."""
        return Ref(kind, number % self.counts[kind])

    def landing_of(self, flight: int) -> int:
        """The landings were entered in an order of their own."""
        return self._landings.position(flight) if flight < self.timelines.flights else flight

    @property
    def stations_taken(self) -> int:
        return min(STATIONS_TAKEN, self.counts["space_stations"])

    @property
    def ports(self) -> int:
        """Of each station: so many that all that is docked finds one at the first few."""
        return max(3, -(-self.timelines.docked // self.stations_taken))

    def configuration_of(self, craft: int) -> int:
        """Which one a craft is of, without all that is known of the craft."""
        rng = random.Random(f"{self.seed}:configuration:{craft}")
        return self.pick("spacecraft_configurations", rng)
