"""What the environment may say: the one table behind settings.py and the README."""

import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"
LARGEST_PORT = 65535


@dataclass(frozen=True)
class Variable:
    name: str
    default: str
    meaning: str


@dataclass(frozen=True)
class Rate:
    """At most `calls` in any `seconds`."""

    calls: int
    seconds: int


HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
MOST_CALLS = 10_000  # a rate's: each call of a period is remembered

VARIABLES = (
    Variable("HOST", "127.0.0.1", "the host or IP that `make serve` listens on"),
    Variable("PORT", "8000", "the port that `make serve` listens on"),
    Variable("WORKERS", "2", "how many server processes answer"),
    Variable(
        "DATABASE_URL",
        "",
        "`postgres://user:password@host:5432/name` for PostgreSQL; "
        "empty: an SQLite file in `DATA_DIR`",
    ),
    Variable("DATA_DIR", "var", "where the SQLite file and the secret key are kept"),
    Variable(
        "SECRET_KEY", "", "signs the admin's sessions; empty: made once and kept in `DATA_DIR`"
    ),
    Variable(
        "ALLOWED_HOSTS",
        "localhost,127.0.0.1,[::1]",
        "the host names that clients may use, with commas; `*` for any, where `HOST` is a loopback",
    ),
    Variable(
        "CSRF_TRUSTED_ORIGINS",
        "",
        "the admin's origins behind a proxy, with commas: `https://space.example.org`",
    ),
    Variable(
        "BEHIND_PROXY",
        "false",
        "`true` trusts `X-Forwarded-Proto` and `X-Forwarded-Host`; "
        "only where a proxy always sets both",
    ),
    Variable(
        "HTTPS",
        "false",
        "`true` where the proxy speaks TLS: secure cookies, HSTS, and plain HTTP sent to https; "
        "with `BEHIND_PROXY`",
    ),
    Variable("LOG_FORMAT", "people", "`json` for one object a line"),
    Variable("LOG_LEVEL", "warning", "the least that is logged: debug, info, warning, error"),
    Variable("ACCESS_LOG", "false", "`true` logs a line for each request"),
    Variable("METRICS_PORT", "", "the port of `/metrics` for Prometheus; empty: none"),
    Variable("METRICS_HOST", "", "the host or IP of that port; empty: `HOST`"),
    Variable(
        "PROXIES",
        "0",
        "how many proxies stand in front and add to `X-Forwarded-For`; 0: the header is not read",
    ),
    Variable(
        "THROTTLE",
        "",
        "the calls that each IP may make, as `15/hour` (`second`, `minute`, `hour`, `day`); "
        "empty: any number",
    ),
    Variable("THROTTLE_TOKEN", "100/hour", "the calls that each token may make, with `THROTTLE`"),
    Variable(
        "REDIS_URL",
        "",
        "a Redis or Valkey that counts the calls: `redis://host:6379/0`; "
        "empty: PostgreSQL, or an SQLite file in `DATA_DIR`",
    ),
    Variable("ANSWERS", "64", "the MiB of answers that each worker keeps; 0: none"),
    Variable(
        "FRAGMENTS",
        "32",
        "the MiB of objects as JSON that each worker keeps, to make answers of; 0: none",
    ),
    Variable(
        "CACHE_CONTROL",
        "no-cache",
        "what the API's answers tell caches; before a CDN "
        "`public, max-age=60, stale-while-revalidate=60, stale-if-error=86400`",
    ),
    Variable("DEBUG", "false", "`true` shows Django's own error pages; never in public"),
    Variable(
        "UPSTREAM_URL",
        "https://ll.thespacedevs.com/2.3.0/",
        "where the URLs of objects lead that this server does not serve: launches, pads",
    ),
    Variable(
        "MIRROR_FROM",
        "https://ll.thespacedevs.com/2.3.0/",
        "the server that `manage.py mirror` reads",
    ),
    Variable("MIRROR_TOKEN", "", "the key that it shows there"),
    Variable("MIRROR_BUDGET", "15", "the calls that it may make in any hour"),
    Variable(
        "VERSIONS",
        "2.3.0,2.2.0",
        "the versions of Launch Library that are served, with commas; 2.3.0 has to be one of them",
    ),
    Variable(
        "PICTURE_HOSTS",
        "thespacedevs-prod.nyc3.digitaloceanspaces.com,"
        "thespacedevs-dev.nyc3.digitaloceanspaces.com",
        "the hosts that pages may ask for pictures, with commas; "
        "set and empty: none, and links stay links",
    ),
    Variable(
        "HELP_URL",
        "https://lldev.thespacedevs.com/docs",
        "the documentation that the pages' Help section links to",
    ),
)
_DEFAULTS = {variable.name: variable.default for variable in VARIABLES}


def text(name: str) -> str:
    return os.environ.get(name, "") or _DEFAULTS[name]


def words(name: str) -> list[str]:
    return [word.strip() for word in text(name).split(",") if word.strip()]


def boolean(name: str) -> bool:
    value = text(name).lower()
    if value not in ("true", "false", "1", "0"):
        raise ImproperlyConfigured(f"{name} is {value!r}: write true or false.")
    return value in ("true", "1")


def choice(name: str, known: tuple[str, ...]) -> str:
    value = text(name).lower()
    if value not in known:
        raise ImproperlyConfigured(f"{name} is {value!r}: write one of {', '.join(known)}.")
    return value


def number(name: str, *, least: int, most: int) -> int:
    value = text(name)
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise ImproperlyConfigured(
            f"{name} is {value!r}: write a whole number from {least} to {most}."
        )
    return int(value)


def rate(name: str) -> Rate | None:
    """None: no limit."""
    value = text(name)
    if not value:
        return None
    calls, _, period = value.partition("/")
    right = calls.isascii() and calls.isdigit() and len(calls) <= len(str(MOST_CALLS))
    if not (right and 1 <= int(calls) <= MOST_CALLS and period in PERIODS):
        raise ImproperlyConfigured(
            f"{name} is {value!r}: write a number of calls from 1 to {MOST_CALLS} and a period, "
            f"as in 15/hour; the periods are {', '.join(PERIODS)}."
        )
    return Rate(int(calls), PERIODS[period])


def rates() -> tuple[Rate | None, Rate | None]:
    """An IP's and a token's. A token is there to lift the limit, and so is never the slower."""
    ip, token = rate("THROTTLE"), rate("THROTTLE_TOKEN")
    if ip and token and token.calls * ip.seconds < ip.calls * token.seconds:
        raise ImproperlyConfigured(
            f"THROTTLE_TOKEN is {text('THROTTLE_TOKEN')!r}, which is less than THROTTLE's "
            f"{text('THROTTLE')!r}: write a higher rate."
        )
    return ip, token


def redis_url() -> str:
    value = text("REDIS_URL")
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(
            f"REDIS_URL is {value!r}: write redis://host:6379/0, rediss:// for TLS, "
            "or unix:///path for a socket."
        )
    return value


def versions(known: dict[str, str]) -> dict[str, str]:
    """Those of the known versions that are named. The first of them can't be left out."""
    named, first = words("VERSIONS"), next(iter(known))
    for name in named:
        if name not in known:
            raise ImproperlyConfigured(
                f"VERSIONS names {name!r}: the versions are {', '.join(known)}."
            )
    if first not in named:
        raise ImproperlyConfigured(
            f"VERSIONS is {text('VERSIONS')!r}: name {first} too. The pages, the admin and the "
            "mirror are about it."
        )
    return {name: router for name, router in known.items() if name in named}


def picture_hosts() -> list[str]:
    """In small letters. A variable that is set and empty names none: here that is a choice."""
    value = os.environ.get("PICTURE_HOSTS", _DEFAULTS["PICTURE_HOSTS"])
    hosts = [word.strip().lower() for word in value.split(",") if word.strip()]
    for host in hosts:
        if not HOST.fullmatch(host):
            raise ImproperlyConfigured(
                f"PICTURE_HOSTS names {host!r}: write names of hosts with commas, as in "
                "pictures.example.org, without https://, a path or a *."
            )
    return hosts


def data_dir() -> Path:
    return BASE_DIR / text("DATA_DIR")


def secret_key() -> str:
    """SECRET_KEY, or the key kept in DATA_DIR, made by whichever process comes first."""
    if given := text("SECRET_KEY"):
        return given
    path = data_dir() / "secret-key"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written beside and linked: a process that reads never sees half a key.
        if not path.exists():
            with NamedTemporaryFile("w", dir=path.parent) as draft, suppress(FileExistsError):
                draft.write(secrets.token_urlsafe(50))
                draft.flush()
                os.link(draft.name, path)
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"No secret key can be kept in {path}: {error.strerror}. "
            "Set SECRET_KEY, or DATA_DIR to a folder that can be written."
        ) from error
