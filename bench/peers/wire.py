"""What an answer needs that no framework has: upstream's durations, and the links of a page."""

from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from isodate import duration_isoformat

ROOT = "/2.3.0"
ORDERING = ("id", "flights_count", "mission_ends_count")
LIMIT, MOST = 10, 100

site: ContextVar[str] = ContextVar("site")  # of the request: "http://localhost"


def url_of(resource: str, pk: int) -> str:
    return f"{site.get()}{ROOT}/{resource}/{pk}/"


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def iso(duration: timedelta | None) -> str | None:
    return None if duration is None else duration_isoformat(duration)


def running(settled: timedelta | None, since: datetime | None) -> str | None:
    """A duration that goes on while `since` holds a time."""
    if settled is not None and since is not None:
        settled += max(now() - since, timedelta())
    return iso(settled)


def ordering_of(text: str) -> list[tuple[str, bool]]:
    """The columns, and whether each descends; by name where none is asked for, and then by id."""
    terms = [(term.lstrip("-"), term.startswith("-")) for term in text.split(",")]
    terms = [term for term in terms if term[0] in ORDERING] or [("sort_name", False)]
    return terms if any(name == "id" for name, _ in terms) else [*terms, ("id", False)]


def links(
    url: str, query: dict[str, str], count: int, limit: int, offset: int
) -> tuple[str | None, str | None]:
    """Of the next page and of the one before."""

    def link(to: int) -> str:
        given = {**query, "limit": str(limit), "offset": str(to)}
        if to <= 0:
            del given["offset"]
        return f"{url}?{urlencode(sorted(given.items()))}"

    following = link(offset + limit) if offset + limit < count else None
    return following, link(offset - limit) if offset > 0 else None
