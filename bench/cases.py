"""What is asked for, and of whom."""

import random
from itertools import permutations
from typing import NamedTuple

from bench.contenders import (
    BARE,
    DATASETTE,
    DRF,
    FASTAPI,
    FASTAPI_READY,
    JSON,
    LITESTAR,
    LITESTAR_READY,
    NGINX,
    NINJA,
    OFF,
    OURS,
    RAW,
    TODAY,
)

ROOT = "/2.3.0/spacecraft/"
LIST_10, LIST_100, RECORD = "list of 10", "list of 100", "one record"
LIVING, DIFFERENT, UNCHANGED = "list of 100, some in space", "every URL different", "304"
CRAFT, AGENCIES = "100 detailed craft", "100 detailed agencies"
# Those that are timed one by one, and not under load.
EDITED, MIRRORED = "list of 100 right after an edit", "list of 100 right after a mirror run"
SECOND = "in space only, a new second each time"
COLD_CRAFT, COLD_RECORD = "100 detailed craft, first time", "one record, first time"

FRAMEWORKS = (DRF, NINJA, FASTAPI, LITESTAR)
READY = (RAW, BARE, FASTAPI_READY, LITESTAR_READY, NGINX)
OTHERS = (JSON, DATASETTE)
SITES = (OURS, OFF, TODAY)

# No craft of these is in space: an answer that shows one is known for its second alone.
PATHS = {
    LIST_10: f"{ROOT}?in_space=false&limit=10",
    LIST_100: f"{ROOT}?in_space=false&limit=100",
    LIVING: f"{ROOT}?limit=100",
    UNCHANGED: f"{ROOT}?in_space=false&limit=10",
    CRAFT: f"{ROOT}?limit=100&mode=detailed",
    AGENCIES: "/2.3.0/agencies/?limit=100&mode=detailed",
    SECOND: f"{ROOT}?in_space=true&limit=100",
}
# Theirs are other answers: json-server has no page around its list, Datasette flat rows.
THEIRS = {
    (JSON, LIST_10): "/spacecraft?in_space=false&_limit=10",
    (JSON, LIST_100): "/spacecraft?in_space=false&_limit=100",
    (JSON, RECORD): "/spacecraft/{pk}",
    (DATASETTE, LIST_10): "/db/spacecraft_spacecraft.json?in_space=0&_sort=sort_name&_size=10",
    (DATASETTE, LIST_100): "/db/spacecraft_spacecraft.json?in_space=0&_sort=sort_name&_size=100",
    (DATASETTE, RECORD): "/db/spacecraft_spacecraft/{pk}.json?_shape=array",
}

ON_SQLITE = {
    LIST_10: (*SITES, *FRAMEWORKS, *READY, *OTHERS),
    LIST_100: (*SITES, *FRAMEWORKS, *READY, *OTHERS),
    RECORD: (*SITES, *FRAMEWORKS, *READY, *OTHERS),
    LIVING: (OURS, DRF),
    DIFFERENT: (OURS, TODAY, *FRAMEWORKS),
    UNCHANGED: (OURS, NGINX),
    CRAFT: SITES,
    AGENCIES: SITES,
}
ON_POSTGRESQL = {
    LIST_10: (OURS, OFF, *FRAMEWORKS),
    LIST_100: (OURS, OFF, *FRAMEWORKS),
    DIFFERENT: (OURS, *FRAMEWORKS),
    CRAFT: (OURS, OFF),
}


def path_of(case: str, server: str, pk: int) -> str:
    record = f"{ROOT}{{pk}}/"
    return (THEIRS.get((server, case)) or PATHS.get(case, record)).format(pk=pk)


class Filter(NamedTuple):
    query: str
    rows: int  # that it finds


FILTERS = (
    *("", "in_space=false", "is_placeholder=false", "in_space=false&is_placeholder=false"),
    *("status=1", "status=4", "search=soyuz", "search=dragon", "search=progress"),
)
TERMS = ("id", "flights_count", "mission_ends_count")


def orderings() -> list[str]:
    """None, and each of one column or of two, up and down."""
    signed = [sign + term for term in TERMS for sign in ("", "-")]
    pairs = [pair for pair in permutations(signed, 2) if pair[0].strip("-") != pair[1].strip("-")]
    return ["", *signed, *map(",".join, pairs)]


def different(filters: list[Filter]) -> list[str]:
    """Lists of 10, no two alike and none short, in an order that is the same each time."""
    paths = []
    for query, rows in filters:
        for ordering in orderings():
            words = [query, f"ordering={ordering}" if ordering else "", "limit=10"]
            asked = "&".join(filter(None, words))
            paths += [f"{ROOT}?{asked}&offset={offset}" for offset in range(max(rows - 9, 0))]
    random.Random(1).shuffle(paths)  # noqa: S311  # no secret
    return paths
