"""Plain values: text, numbers, dates and durations as upstream writes them."""

import random
import unicodedata
from datetime import datetime, timedelta
from json.encoder import encode_basestring
from typing import Any, NamedTuple

MISSING = object()  # a key that is not there


class Ref(NamedTuple):
    """A row: of which kind, and which of that kind, from 0 on."""

    kind: str
    number: int


class Running(NamedTuple):
    """A duration that grows: what is settled, and since when it runs."""

    settled: timedelta
    since: datetime


SENTENCES = (
    "It carried supplies and experiments to the station, and returned with a splashdown.",
    "Second generation craft used for a test flight of the docking system.",
    "Прогресс М-27М was a resupply craft that was lost after separation from its rocket.",
    "Named after the explorer whose ship crossed the strait in 1577; see “The World Encompassed”.",
    "The crew of three stayed for 197 days & performed four EVAs.\r\nAll went well.",
    "Développé par l'Agence spatiale européenne, it flew five times between 2008 and 2014.",
    "Its heat shield <PICA-X> withstands 1,850 °C; the hatch is 0.8 m wide.",
    "神舟 (Shenzhou, “divine vessel”) is the first crewed craft of its country. 🚀",
    "After 12\u00a0hours in orbit the mission was aborted: a \\ in the flight plan was to blame.",
    "It is reusable up to 5 times, with a turnaround of under three months.",
)
_SHUFFLED = random.Random("corpus")
CORPUS = " ".join(_SHUFFLED.choice(SENTENCES) for _ in range(400))
WORDS = [word for word in CORPUS.split() if word.isalpha()]


def text(rng: random.Random, length: int) -> str:
    """`length` characters of prose, or a few less: none begins or ends with a space."""
    start = CORPUS.index(" ", rng.randrange(len(CORPUS) - length - 50)) + 1
    return CORPUS[start : start + length].strip()


def words(rng: random.Random, count: int) -> str:
    """Neighbours, so that one number picks them all."""
    start = int(rng.random() * (len(WORDS) - count))
    return " ".join(WORDS[start : start + count]).capitalize()


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(length: timedelta) -> str:
    """ISO 8601 as isodate writes it.

    >>> duration(timedelta(days=60, minutes=9))
    'P60DT9M'
    """
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{length.microseconds:06}" if length.microseconds else ""
    time = "".join(f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M")) if value)
    if seconds or fraction:
        time += f"{seconds}{fraction}S"
    days = f"{length.days}D" if length.days else ""
    return "P" + days + (f"T{time}" if time else "" if days else "0D")


# Letters that Unicode does not take apart.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l"})


def sort_key(name: str | None) -> str:
    """Names as a person sorts them: case, accents, punctuation and spaces do not count."""
    folded = unicodedata.normalize("NFKD", name or "").casefold().translate(_LETTERS)
    return "".join(filter(str.isalnum, folded))


def encode(value: Any) -> bytes:
    """A plain value as JSON: UTF-8 is not escaped, and floats keep their `.0`."""
    if isinstance(value, str):
        return encode_basestring(value).encode()
    if value is None:
        return b"null"
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return repr(value).encode()
