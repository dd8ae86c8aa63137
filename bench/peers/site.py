"""Django's settings for the DRF and the django-ninja peer: the least that a site for APIs needs."""

import os
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings


def database(url: str) -> dict[str, object]:
    kept = {"CONN_MAX_AGE": None}  # a connection is opened once
    if not url.startswith("postgres"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url, **kept}
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        **kept,
    }


def set_up(urls: str, *apps: str) -> None:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": database(os.environ["BENCH_DATABASE"])},
        INSTALLED_APPS=["bench.peers", *apps],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.common.CommonMiddleware",
        ],
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_PERMISSION_CLASSES": [],
            "UNAUTHENTICATED_USER": None,
        },
        ROOT_URLCONF=urls,
        SECRET_KEY="bench",  # noqa: S106  # it signs nothing
        USE_TZ=True,
    )
    django.setup()
