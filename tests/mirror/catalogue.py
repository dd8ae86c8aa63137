"""The fixtures' catalogue as a source answers it, for the tests of the mirror."""

import json
from copy import deepcopy
from typing import Any

from django.test import Client

from spacecraft.mirrored import GROUPS
from spacecraft.models import Spacecraft
from tests.mirror.upstream import Row

DETAILED: dict[str, list[Row]] = {}  # the same for every test: the clock stands still


def catalogue(api: Client) -> dict[str, list[Row]]:
    """The four lists in detailed mode, and the stations, with who is docked there."""
    if not DETAILED:
        for resource in GROUPS[0].lists:
            address: str | None = f"/2.3.0/{resource}/?limit=100&mode=detailed"
            DETAILED[resource] = []
            while address:
                page = json.loads(api.get(address).content)
                DETAILED[resource] += page["results"]
                address = page["next"]
        docked = Spacecraft.objects.exclude(docked_since=None).values_list("pk", flat=True)
        DETAILED["space_stations"] = [station(list(docked))]
    return deepcopy(DETAILED)


def station(docked: list[int]) -> Row:
    def port(pk: int) -> dict[str, Any]:
        flight = {"id": pk, "spacecraft": {"id": pk}}
        event = {"docking": "2026-10-01T00:00:00Z", "departure": None}
        return {"id": pk, "currently_docked": {**event, "flight_vehicle_chaser": flight}}

    return {
        "id": 4,
        "name": "International Space Station",
        "docking_location": list(map(port, docked)),
    }


def as_large_as_upstreams(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """603 spacecraft, 46 configurations, 8 families and 350 agencies."""
    for resource, count in (("spacecraft", 603), ("agencies", 350)):
        for number in range(count - len(rows[resource])):
            new = {**rows[resource][0], "id": 10_000 + number, "name": f"Another {number}"}
            rows[resource].append(new)
    return rows


def few(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """A page of spacecraft and two of agencies: a short run, of what names none that is left out.

    So the builders of spacecraft come first, and then the agencies without a parent.
    """
    agencies = rows["agencies"]
    agencies.sort(key=lambda agency: (not agency["spacecraft_list"], agency["parent"] is not None))
    return {**rows, "spacecraft": rows["spacecraft"][:60], "agencies": agencies[:110]}
