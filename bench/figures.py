"""From samples to RESULTS.md: medians, spread, ratios, and what is met of what was asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from bench import cases
from bench.contenders import (
    DRF,
    FASTAPI_READY,
    LITESTAR,
    LITESTAR_READY,
    NGINX,
    OFF,
    OURS,
    RAW,
    TODAY,
)

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
MEMORY, START = "a worker's memory after all of it, MiB", "start to first answer, seconds"


class Key(NamedTuple):
    case: str
    server: str
    database: str = SQLITE


Samples = dict[Key, list[float]]


class Wanted(NamedTuple):
    """`ours` is to be `times` what `theirs` is, in requests a second."""

    what: str
    ours: Key
    times: float
    theirs: Key
    note: str = ""


class Bound(NamedTuple):
    """At most so much."""

    what: str
    ours: Key
    most: float


@dataclass
class Verdict:
    what: str
    wanted: str
    measured: str
    met: bool | None  # None: not measured


def _known() -> Iterable[Wanted]:
    for case in (cases.LIST_10, cases.LIST_100, cases.RECORD):
        for times, name in ((0.85, RAW), (3, FASTAPI_READY), (1.7, LITESTAR_READY)):
            yield Wanted(f"known {case}", Key(case, OURS), times, Key(case, name))


DRF_100, DRF_RECORD = Key(cases.LIST_100, DRF), Key(cases.RECORD, DRF)
TODAY_CRAFT, TODAY_RECORD = Key(cases.CRAFT, TODAY), Key(cases.RECORD, TODAY)
# What the server made before, of what DRF made in the same run: 9 of 10 lists, 29 of 113 records.
CRAFT_BEFORE, RECORD_BEFORE = 0.9, 0.26
WANTED: tuple[Wanted | Bound, ...] = (
    *_known(),
    Wanted("known list of 100", Key(cases.LIST_100, OURS), 1, Key(cases.LIST_100, NGINX)),
    Wanted("304", Key(cases.UNCHANGED, OURS), 1, Key(cases.LIST_10, OURS), "of a known list of 10"),
    *(
        Wanted(
            f"every URL different, fragments warm, {database}",
            Key(cases.DIFFERENT, OURS, database),
            times,
            Key(cases.DIFFERENT, name, database),
        )
        for database, *pairs in (
            (SQLITE, (10, DRF), (4, LITESTAR)),
            (POSTGRESQL, (5, DRF), (2, LITESTAR)),
        )
        for times, name in pairs
    ),
    Wanted("list of 100, answers off, fragments warm", Key(cases.LIST_100, OFF), 35, DRF_100),
    Wanted(
        "100 detailed craft, first time after a start", Key(cases.COLD_CRAFT, OURS), 3, TODAY_CRAFT
    ),
    Wanted(
        "the same, by DRF's list of 100",
        Key(cases.COLD_CRAFT, OURS),
        3 * CRAFT_BEFORE,
        DRF_100,
    ),
    Wanted("100 detailed craft, unknown, fragments warm", Key(cases.CRAFT, OFF), 40, TODAY_CRAFT),
    Wanted("the same, by DRF's list of 100", Key(cases.CRAFT, OFF), 40 * CRAFT_BEFORE, DRF_100),
    Wanted("one record, unknown, cold", Key(cases.COLD_RECORD, OURS), 4, TODAY_RECORD),
    Wanted(
        "the same, by DRF's record", Key(cases.COLD_RECORD, OURS), 4 * RECORD_BEFORE, DRF_RECORD
    ),
    Wanted("list of 100 right after an edit of one craft", Key(cases.EDITED, OURS), 5, DRF_100),
    Wanted(
        "in space only, a new second each time",
        Key(cases.SECOND, OURS),
        5,
        Key(cases.SECOND, DRF),
    ),
    Bound(MEMORY, Key(MEMORY, OURS), 160),
    Bound(START, Key(START, OURS), 1.5),
)


def ratio(samples: Samples, ours: Key, theirs: Key) -> float | None:
    """Of the medians; None where one of them was not measured, or theirs answered nothing."""
    if not (samples.get(ours) and samples.get(theirs) and median(samples[theirs])):
        return None
    return median(samples[ours]) / median(samples[theirs])


def verdict(samples: Samples, wanted: Wanted | Bound) -> Verdict:
    if isinstance(wanted, Bound):
        found = samples.get(wanted.ours)
        most = f"at most {wanted.most:g}"
        if not found:
            return Verdict(wanted.what, most, "not measured", None)
        value = median(found)
        return Verdict(wanted.what, most, f"{value:.4g}", value <= wanted.most)
    of = wanted.note or f"of {wanted.theirs.server}"
    times = f"{wanted.times:.3g} × {of.removeprefix('of ')}"
    reached = ratio(samples, wanted.ours, wanted.theirs)
    if reached is None:
        return Verdict(wanted.what, times, "not measured", None)
    rates = " of ".join(rate(median(samples[key])) for key in (wanted.ours, wanted.theirs))
    return Verdict(wanted.what, times, f"{reached:.3g} × ({rates})", reached >= wanted.times)


def rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


WORDS = {True: "met", False: "**not met**", None: "not measured"}


def acceptance(samples: Samples) -> list[str]:
    rows = [verdict(samples, wanted) for wanted in WANTED]
    return [
        "| case | wanted | measured | |",
        "| --- | --- | --- | --- |",
        *(f"| {row.what} | {row.wanted} | {row.measured} | {WORDS[row.met]} |" for row in rows),
    ]


def table(samples: Samples, database: str) -> list[str]:
    """Each case, the fastest first, and how many times each ours is."""
    lines = [
        "| case | server | requests/s | least–most | ours is |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    keys = [key for key in samples if key.database == database and key.case not in (MEMORY, START)]
    for case in dict.fromkeys(key.case for key in keys):
        found = sorted(
            (key for key in keys if key.case == case), key=lambda key: -median(samples[key])
        )
        for key in found:
            values = samples[key]
            times = ratio(samples, Key(case, OURS, database), key)
            lines.append(
                f"| {case} | {key.server} | {rate(median(values))} "
                f"| {rate(min(values))}–{rate(max(values))} "
                f"| {f'{times:.3g} ×' if times and key.server != OURS else ''} |"
            )
    return lines


def sizes(samples: Samples) -> list[str]:
    lines = ["| | server | median | least–most |", "| --- | --- | ---: | ---: |"]
    for key, values in samples.items():
        if key.case in (MEMORY, START):
            spread = f"{min(values):.3g}–{max(values):.3g}" if len(values) > 1 else ""
            where = "" if key.database == SQLITE else f", {key.database}"
            lines.append(f"| {key.case} | {key.server}{where} | {median(values):.3g} | {spread} |")
    return lines


WHAT = """\
Who is measured: **spacedevs** as `make serve` runs it, with one worker; with answers off
(`ANSWERS=0`), so that each is made anew; with fragments off too (`FRAGMENTS=0`). **DRF**,
**django-ninja**, **FastAPI + SQLAlchemy**, **Litestar + msgspec** make the same JSON from the same
tables, without a cache; their record has no flights, and ours has, so ours is the larger. What has
its **bytes ready**, and nginx with the file, sends the bytes that ours sent; raw WSGI sends our
headers too, and once more two headers alone. json-server sends the
same objects without the page around them, Datasette rows of the table alone.

The lists of 10 and of 100 show no craft in space: one that does is known for its second alone,
which is the case "list of 100, some in space". What is timed one request at a time (right after an
edit, right after a run of the mirror, a new second, the first time after a start) is given as 1 by
its seconds. "Today" is the server with answers and fragments off; since part of what made it slow
may be gone, the same is asked by what DRF made beside it then.
"""


def results(samples: Samples, about: list[str], notes: list[str]) -> str:
    lines = [
        "# Results",
        "",
        "Made by `make bench`; [compare.py](compare.py) says how. Figures are requests a second "
        "unless they say otherwise.",
        "",
        *about,
        "",
        WHAT,
        "## What was asked for",
        "",
        *acceptance(samples),
        "",
    ]
    for database in (SQLITE, POSTGRESQL):
        if any(key.database == database for key in samples):
            lines += [f"## On {database}", "", *table(samples, database), ""]
    lines += ["## Memory and start", "", *sizes(samples), ""]
    if notes:
        lines += ["## To be known", "", *(f"- {note}" for note in notes), ""]
    return "\n".join(lines)
