"""Django's settings. What may be set from outside is in environment.py."""

from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from spacedevs import environment

DATA_DIR = environment.data_dir()
DEBUG = environment.boolean("DEBUG")
SECRET_KEY = environment.secret_key()

ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")
if environment.boolean("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True

# The site. Upstream's version is part of every URL.
API_VERSION = "2.3.0"
API_ROOT = f"/{API_VERSION}/"
API_ROUTER = "spacecraft.urls.router"
DATA_AS_OF = "spacedevs.mirror.as_of.as_of"  # a function: a time, or None
MIRRORED = "spacecraft.mirrored"  # what the mirror has to know of the app
HELP_URL = environment.text("HELP_URL")
UPSTREAM_URL = environment.text("UPSTREAM_URL").rstrip("/") + "/"
ROOT_URLCONF = "spacedevs.urls"
WSGI_APPLICATION = "spacedevs.wsgi.application"
INSTALLED_APPS = [
    "spacecraft",
    "spacedevs",  # after the records: its admin.py registers what theirs leaves out
    "spacedevs.mirror",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "spacedevs.middleware.Cors",
    "spacedevs.middleware.ContentSecurityPolicy",
    "django.middleware.security.SecurityMiddleware",
    "spacedevs.errors.Faults",
    "spacedevs.errors.LongUrls",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "spacedevs.middleware.Dated",
    "spacedevs.middleware.DataAsOf",
    "spacedevs.middleware.HeadAsGet",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ("GET",)
CORS_URLS_REGEX = rf"^{API_ROOT}".replace(".", r"\.")

# The database: SQLite unless DATABASE_URL names another.
SQLITE = {
    "transaction_mode": "IMMEDIATE",  # a writer waits for its turn instead of failing halfway
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",  # readers never wait
    "timeout": 20,  # seconds
}
POSTGRESQL = {"connect_timeout": 5}  # seconds; a database that is away is a 503, not a wait
# Django's backends, and ours that are built on them.
ENGINES = {"django.db.backends.postgresql": "spacedevs.postgresql"}
# What serves the site waits less: for a writer 2 seconds, for a statement 3, and 5 for a database
# that says nothing at all. See limits.py.
SITE_STATEMENT = 3  # seconds
SITE_LIMITS: dict[str, dict[str, Any]] = {
    "sqlite": {"timeout": 2},
    "postgresql": {
        "options": f"-c statement_timeout={SITE_STATEMENT}s -c lock_timeout=2s",
        "patience": 5,
    },
}


def database(url: str) -> dict[str, Any]:
    try:
        parsed = dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True)
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL can't be read: {error}") from error
    config: dict[str, Any] = dict(parsed)
    options = SQLITE if "sqlite" in config["ENGINE"] else POSTGRESQL
    config["OPTIONS"] = {**options, **config.get("OPTIONS", {})}
    config["ENGINE"] = ENGINES.get(config["ENGINE"], config["ENGINE"])
    return config


DATABASES = {
    "default": database(environment.text("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURES = environment.BASE_DIR / "fixtures"
FIXTURE_DIRS = [FIXTURES]

USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # from the packages as they lie: nothing to collect before a start

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]

REST_FRAMEWORK = {
    # No sessions and no users in the API: with them, DRF would add `Vary: Cookie`.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": [
        "spacedevs.api.renderers.JSONRenderer",
        "spacedevs.api.renderers.BrowsablePage",
    ],
    "DEFAULT_SCHEMA_CLASS": "spacedevs.api.schema.ResourceSchema",
    "VIEW_DESCRIPTION_FUNCTION": "spacedevs.api.description.describe",
    "EXCEPTION_HANDLER": "spacedevs.errors.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "spacedevs",
    "DESCRIPTION": "The spacecraft endpoints of Launch Library 2.3.0, self-hosted.",
    "VERSION": API_VERSION,
    "OAS_VERSION": "3.0.3",
    "SCHEMA_PATH_PREFIX": API_ROOT,
    "SERVE_INCLUDE_SCHEMA": False,
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "cookieAuth": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
            "Token_Authentication": {"type": "apiKey", "in": "header", "name": "Authorization"},
        }
    },
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "DISABLE_DOCSTRING_DESCRIPTIONS": True,  # docstrings are for those who read the code
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # A client's 4xx is its own affair; a 5xx is logged as an error.
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django.security": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
    },
}
