"""The chapters of the guide that speak of spacecraft: declarations. Their words are templates."""

from http import HTTPStatus
from pathlib import Path

import orjson

from spacedevs import errors
from spacedevs.api.filters import Ordering, Search
from spacedevs.changes import log
from spacedevs.dump.views import NotReady
from spacedevs.guide import lists
from spacedevs.guide.declared import Chapter, Refusal

CLIENTS = Path(__file__).parent / "clients"
# A language, the file of its client, and how that is run, before a host.
LANGUAGES = (
    ("Python", "in_space.py", "python3 in_space.py"),
    ("JavaScript", "in_space.mjs", "node in_space.mjs"),
    (
        "Kotlin",
        "in_space.kt",
        "kotlinc in_space.kt -include-runtime -d in_space.jar\njava -jar in_space.jar",
    ),
    ("Swift", "in_space.swift", "swift in_space.swift"),
    ("curl", "in_space.sh", "bash in_space.sh"),
)


def clients() -> list[tuple[str, str, str, str]]:
    """A language, its file's name, how it is run, and the file."""
    return [(*each, (CLIENTS / each[1]).read_text()) for each in LANGUAGES]


def said(detail: str) -> str:
    return orjson.dumps({"detail": detail}).decode()


def refusals() -> tuple[Refusal, ...]:
    return REFUSALS


REFUSALS = (
    Refusal(
        HTTPStatus.MOVED_PERMANENTLY,
        "The path has no <code>/</code> at its end; <code>Location</code> has it.",
        "spacecraft",
    ),
    Refusal(
        HTTPStatus.NOT_MODIFIED,
        "What the client has, as <code>If-None-Match</code> or <code>If-Modified-Since</code> "
        "says, is still the answer. It has no body.",
        "spacecraft/",
        options="-H 'If-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT'",
    ),
    Refusal(
        HTTPStatus.BAD_REQUEST,
        "A parameter has a value that it can’t take. The body names it, and says why.",
        "spacecraft/?status=one",
        '{"status":["Select a valid choice. That choice is not one of the available choices."]}',
    ),
    Refusal(
        HTTPStatus.BAD_REQUEST,
        "A number has more than 64 bits.",
        "agencies/?id=9223372036854775808",
        '{"id":["Ensure this value is less than or equal to 9223372036854775807."]}',
    ),
    Refusal(
        HTTPStatus.BAD_REQUEST,
        f"There are more than {Search.max_words} words or {Search.max_characters} characters of "
        f"<code>search</code>, more than {Ordering.max_terms} terms of <code>ordering</code>, or "
        f"more than {errors.MAX_PARAMETERS:,} parameters.",
        "spacecraft/?ordering=id,id,id,id,id,id,id,id,id,id,id",
        '{"ordering":["11 terms; 10 are the most."]}',
    ),
    Refusal(
        HTTPStatus.BAD_REQUEST,
        "A field is none of the shape’s.",
        "spacecraft/?fields=name,wings",
        '{"fields":["There is no field \\"wings\\" in mode \\"normal\\"."]}',
    ),
    Refusal(
        HTTPStatus.BAD_REQUEST,
        "A version is none.",
        "changes/?since=yesterday",
        '{"since":["\\"yesterday\\" is no version of the data."]}',
    ),
    Refusal(
        HTTPStatus.BAD_REQUEST,
        "The host is not among the server’s <code>ALLOWED_HOSTS</code>.",
        "spacecraft/",
        said("This host is not served here."),
        options="-H 'Host: elsewhere.example.org'",
    ),
    Refusal(
        HTTPStatus.UNAUTHORIZED,
        "The token is wrong, expired or revoked, where a throttle reads tokens.",
        body=said("Invalid token."),
    ),
    Refusal(
        HTTPStatus.NOT_FOUND,
        "No record has this id.",
        "spacecraft/999999/",
        said("No Spacecraft matches the given query."),
    ),
    Refusal(
        HTTPStatus.NOT_FOUND,
        "Nothing is at this path, or there is no such format.",
        "rockets/",
        said("Not found."),
    ),
    Refusal(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Only GET and HEAD are answered; <code>Allow</code> says so.",
        "spacecraft/",
        said('Method "DELETE" not allowed.'),
        options="-X DELETE",
    ),
    Refusal(
        HTTPStatus.NOT_ACCEPTABLE,
        "<code>Accept</code> asks for neither JSON nor HTML.",
        "spacecraft/",
        said("Could not satisfy the request Accept header."),
        options="-H 'Accept: image/png'",
    ),
    Refusal(
        HTTPStatus.GONE,
        "The log does not say what has changed since this version. A copy has to begin anew.",
        "changes/?since=1-a",
        '{"detail":"The log does not say what has changed since 1-a. Begin anew: take the dump or '
        'all lists, and ask for what has changed since the version that is named here.",'
        '"version":"…","dump":"…/2.3.0/dump/"}',
    ),
    Refusal(
        HTTPStatus.REQUEST_TIMEOUT,
        "A body did not come in time. The admin alone reads bodies.",
    ),
    Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "A body is too large. The admin alone reads bodies.",
    ),
    Refusal(
        HTTPStatus.REQUEST_URI_TOO_LONG,
        f"The path and the query have more than {errors.MAX_URL:,} bytes.",
        body=said(f"The address has … bytes; {errors.MAX_URL} is the most."),
    ),
    Refusal(
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        "A file of the dump ends before the range begins; <code>Content-Range</code> says how "
        "long it is.",
        "dump/spacecraft.ndjson",
        options="-H 'Range: bytes=9999999999-'",
    ),
    Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "The calls of this hour are used up. <code>Retry-After</code> has the seconds to wait.",
        body=said("Request was throttled. Expected available in … seconds."),
    ),
    Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The program has a fault. Whoever runs the server finds it in the log by the answer’s "
        "<code>X-Request-Id</code>.",
        body=said("A server error occurred."),
    ),
    Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "It can’t be answered now; <code>Retry-After</code> has the seconds to wait. The sentence "
        "says what is the matter. Here the database is away.",
        body=said(errors.DATABASE_AWAY),
    ),
    Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database took too long.",
        body=said(errors.BY_WORDS["interrupted"]),
    ),
    Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too many requests wait.",
        body=said(errors.BUSY),
    ),
    Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The dump of a new version is being made.",
        body=said(str(NotReady.default_detail)),
    ),
)

BEGINNING = Chapter(
    "",
    "The guide",
    "What this is, the first request, and the forms of an answer.",
    "guide/beginning.html",
)
READING = Chapter(
    "reading",
    "Reading the answers",
    "Modes, pages, nulls, durations that run, links and pictures.",
    "guide/reading.html",
    {"paging": lists.paging},
)
ERRORS = Chapter(
    "errors",
    "Errors",
    "Each status that is no 200: when, and with what body.",
    "guide/errors.html",
    {"refusals": refusals},
)
BEYOND = Chapter(
    "beyond",
    "Beyond upstream",
    "Parts of an object, whole tables, the dump, and what has changed.",
    "guide/beyond.html",
    {"days": lambda: log.KEPT.days},
)
MOVING = Chapter(
    "moving",
    "Moving over from upstream",
    "A client in Python, JavaScript, Kotlin, Swift and curl, before and after.",
    "guide/moving.html",
    {"clients": clients},
)
