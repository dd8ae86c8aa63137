"""What the environment may say: the one table behind settings.py and the README."""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"


@dataclass(frozen=True)
class Variable:
    name: str
    default: str
    meaning: str


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
        "the host names that clients may use, with commas; `*` for any",
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


def number(name: str, *, least: int, most: int) -> int:
    value = text(name)
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise ImproperlyConfigured(
            f"{name} is {value!r}: write a whole number from {least} to {most}."
        )
    return int(value)


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
