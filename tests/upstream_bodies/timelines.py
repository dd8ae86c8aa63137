"""When each craft flew and docked, from its number alone: nothing of it is kept.

Craft and flights are each brought into another order first (`Order`), so that what is up, what
flies again and what is to come is spread over the ids. The first of that order are up, the first
of those docked; the last have never flown.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import gcd

DAY = 86400


class Order:
    """The numbers below `size` in another order, both ways without a table."""

    def __init__(self, size: int, seed: str) -> None:
        self.size = max(size, 1)
        rng = random.Random(seed)
        self.shift = rng.randrange(self.size)
        around = int(self.size * 0.618) + rng.randrange(3)
        self.factor = next(n for n in range(max(around, 1), 2**62) if gcd(n, self.size) == 1)
        self.inverse = pow(self.factor, -1, self.size) if self.size > 1 else 0

    def position(self, number: int) -> int:
        return (number * self.factor + self.shift) % self.size

    def number(self, position: int) -> int:
        return (position - self.shift) * self.inverse % self.size


@dataclass(frozen=True)
class Flight:
    """`number`: the flight's. `launch`: of the flight that it shares a launch with, or its own.

    Not `ended` yet: `flown` says whether the craft is up or the flight is to come.
    """

    number: int
    craft: int | None
    launch: int
    launched: datetime
    ended: datetime | None = None
    flown: bool = False
    turn_around: timedelta | None = None
    dockings: tuple[tuple[datetime, datetime | None], ...] = ()


class Timelines:
    def __init__(self, seed: int, now: datetime, craft: int, flights: int) -> None:
        self.seed, self.now, self.craft = seed, now.replace(microsecond=0), craft
        self.flown = min(flights, craft - craft // 33)  # craft that have a flight
        self.flights = flights if self.flown else 0
        self.up = min(round(craft * 15 / 603), self.flown)  # as in upstream
        self.docked = round(self.up * 0.6)
        # What is left over is flown by a few that fly again, and some of them are up.
        again = self.flights - self.flown
        self.first_again = self.up // 2
        self.again = min(again, max(1, again // 5), self.flown - self.first_again)
        self._craft = Order(craft, f"{seed}:order of craft")
        self._flights = Order(self.flights, f"{seed}:order of flights")
        self.of_craft = lru_cache(4096)(self._of_craft)

    def craft_up(self) -> list[int]:
        return sorted(map(self._craft.number, range(self.up)))

    def port_of(self, craft: int) -> int | None:
        """Which of the docked craft it is, from 0 on."""
        position = self._craft.position(craft)
        return position if craft < self.craft and position < self.docked else None

    def docked_at(self, port: int) -> int | None:
        """The craft that is docked there: the other way round."""
        return self._craft.number(port) if port < self.docked else None

    def flight(self, number: int) -> Flight:
        """Of a flight that is added later nothing is known: it is to come."""
        if number >= self.flights:
            return Flight(number, None, number, self.now + timedelta(days=30))
        slot = self._flights.position(number)
        position = slot if slot < self.flown else self._flies_again(slot - self.flown)
        found = self.of_craft(self._craft.number(position))
        return next(flight for flight in found if flight.number == number)

    def _flies_again(self, more: int) -> int:
        return self.first_again + more % self.again

    def _of_craft(self, craft: int) -> tuple[Flight, ...]:
        """The flights of a craft, the first launch first."""
        position = self._craft.position(craft)
        if craft >= self.craft or position >= self.flown:
            return ()
        numbers = self._numbers(position)
        times = self._times(position, len(numbers))
        flights = []
        last: datetime | None = None
        for number, (launched, ended) in zip(numbers, times, strict=True):
            flown = launched <= self.now
            turn = launched - last if last and flown else None
            launch = self._shared_launch(position)
            dockings = self._dockings(position, number, launched, ended) if flown else ()
            its = number if launch is None else launch.number
            flights.append(Flight(number, craft, its, launched, ended, flown, turn, dockings))
            last = ended
        return tuple(flights)

    def _numbers(self, position: int) -> list[int]:
        """Most were entered as they flew; of every fourth craft the latest was entered first."""
        slots = [position]
        if 0 <= position - self.first_again < self.again:
            slots += range(self.flown + position - self.first_again, self.flights, self.again)
        return sorted(map(self._flights.number, slots), reverse=position % 4 == 1)

    def _is_plain(self, position: int) -> bool:
        """One flight, which is over."""
        flies_again = 0 <= position - self.first_again < self.again
        return self.up <= position < self.flown and not flies_again and not self._to_come(position)

    def _to_come(self, position: int) -> bool:
        return position >= self.up and position % 23 == 7

    def _shared_launch(self, position: int) -> Flight | None:
        """Every 29th went up with the one before it."""
        if position % 29 != 3 or not (self._is_plain(position) and self._is_plain(position - 1)):
            return None
        return self.of_craft(self._craft.number(position - 1))[0]

    def _times(self, position: int, count: int) -> list[tuple[datetime, datetime | None]]:
        """Launch and end of each flight, the first first; made from the last one back."""
        rng = random.Random(f"{self.seed}:times:{position}")
        times: list[tuple[datetime, datetime | None]] = []
        moment = self.now - timedelta(days=rng.randint(30, 15000), seconds=rng.randrange(DAY))
        if self._to_come(position):
            times.append((self.now + timedelta(seconds=rng.randint(DAY, 400 * DAY)), None))
        elif position < self.up:
            moment = self.now - timedelta(seconds=rng.randint(3 * DAY, 200 * DAY))
            times.append((moment, None))
            moment -= timedelta(days=rng.randint(60, 400))
        while len(times) < count:
            launched = moment - timedelta(seconds=rng.randint(DAY // 24, 200 * DAY))
            times.append((launched, moment))
            moment = launched - timedelta(seconds=rng.randint(60 * DAY, 400 * DAY))
        if shared := self._shared_launch(position):
            length = timedelta(seconds=rng.randint(DAY // 24, 30 * DAY))
            times = [(shared.launched, shared.launched + length)]
        return times[::-1]

    def _dockings(
        self, position: int, number: int, launched: datetime, ended: datetime | None
    ) -> tuple[tuple[datetime, datetime | None], ...]:
        """When it docked and left; it leaves at most one port for another."""
        rng = random.Random(f"{self.seed}:dockings:{number}")
        docked = launched + timedelta(seconds=rng.randint(DAY // 4, 2 * DAY))
        if ended is None:
            return ((docked, None),) if position < self.docked else ()
        if rng.random() > 0.6 or ended - docked < timedelta(days=1):
            return ()
        left = ended - timedelta(seconds=rng.randint(3600, DAY // 2))
        if rng.random() < 0.9:
            return ((docked, left),)
        half = (left - docked) // 2
        moments = (docked, docked + timedelta(seconds=half // timedelta(seconds=1)))
        return ((moments[0], moments[1]), (moments[1] + timedelta(minutes=20), left))


def total(flights: tuple[Flight, ...]) -> timedelta:
    """The time in space of those that are over."""
    spans = (flight.ended - flight.launched for flight in flights if flight.ended)
    return sum(spans, timedelta())


def total_docked(flights: tuple[Flight, ...]) -> timedelta:
    spans = (left - docked for flight in flights for docked, left in flight.dockings if left)
    return sum(spans, timedelta())


def fastest(flights: tuple[Flight, ...]) -> timedelta | None:
    return min((flight.turn_around for flight in flights if flight.turn_around), default=None)
