"""Django's settings. What may be set from outside is in environment.py."""

from datetime import timedelta
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from spacedevs import environment, logs

DATA_DIR = environment.data_dir()
DEBUG = environment.boolean("DEBUG")
SECRET_KEY = environment.secret_key()

ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")
BEHIND_PROXY = environment.boolean("BEHIND_PROXY")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
PROXIES = environment.number("PROXIES", least=0, most=9)  # X-Forwarded-For's that count

# TLS is the proxy's; what follows from it is ours.
HTTPS = environment.boolean("HTTPS")
if HTTPS and not BEHIND_PROXY:
    raise ImproperlyConfigured(
        "HTTPS=true needs BEHIND_PROXY=true: without the proxy's X-Forwarded-Proto every request "
        "would be sent to https for ever."
    )
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# Whether the other hosts of the domain speak TLS, and for ever, is not ours to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # no script here reads either
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# The site. The versions of upstream's API, each with the router of its resources. A version is part
# of every URL; the first is that which all but its own URLs are about.
API_VERSIONS = environment.versions(
    {"2.3.0": "spacecraft.urls.router", "2.2.0": "spacecraft.v220.urls.router"}
)
API_ROOT = f"/{next(iter(API_VERSIONS))}/"
DATA_AS_OF = "spacedevs.mirror.as_of.as_of"  # a function: a time, or None
MIRRORED = "spacecraft.mirrored"  # what the mirror has to know of the app
PLAUSIBLE = "spacecraft.plausible"  # what an editor is told of figures that cannot be
# The sections of the admin's front page, in their order: each a function, of spacedevs/front.py.
FRONT_PAGE = [
    "spacecraft.front.in_space",
    "spacedevs.mirror.front.runs",
    "spacedevs.mirror.front.held",
    "spacedevs.front.incomplete",
    "spacedevs.history.front.last_changes",
]
# The pages for people: those of a resource, each a class of spacedevs/pages/declared.py, and the
# sections of the home page in their order, each a function of a request.
PAGES = [
    "spacecraft.pages.SpacecraftPages",
    "spacecraft.pages.SpacecraftConfigurationPages",
    "spacecraft.pages.AgencyPages",
]
HOME_PAGE = [
    "spacedevs.pages.home.about",
    "spacecraft.home.in_space",
    "spacecraft.home.gallery",
    "spacecraft.home.by_year",
]
# The chapters of the guide, in their order: each a Chapter of spacedevs/guide/declared.py.
GUIDE = [
    "spacecraft.guide.BEGINNING",
    "spacedevs.guide.chapters.ENDPOINTS",
    "spacecraft.guide.READING",
    "spacedevs.guide.chapters.CACHING",
    "spacecraft.guide.ERRORS",
    "spacedevs.guide.chapters.THROTTLE",
    "spacecraft.guide.BEYOND",
    "spacecraft.guide.MOVING",
    "spacedevs.guide.chapters.OLDER",
    "spacedevs.guide.chapters.RUNNING",
    "spacedevs.guide.chapters.BACKUP",
]
PICTURE_HOSTS = environment.picture_hosts()
HELP_URL = environment.text("HELP_URL")
UPSTREAM_URL = environment.text("UPSTREAM_URL").rstrip("/") + "/"
ROOT_URLCONF = "spacedevs.urls"
WSGI_APPLICATION = "spacedevs.wsgi.application"
INSTALLED_APPS = [
    "spacecraft",
    "spacedevs",  # after the records: its admin.py registers what theirs leaves out
    "spacedevs.mirror",
    "spacedevs.history",
    "spacedevs.throttle",
    "axes",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "corsheaders",
    "spacedevs.apps.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "spacedevs.middleware.NoServer",
    "spacedevs.request_id.RequestId",
    "spacedevs.access.Access",
    "spacedevs.health.Health",
    "spacedevs.middleware.Cors",
    "spacedevs.middleware.ContentSecurityPolicy",
    "django.middleware.security.SecurityMiddleware",
    "spacedevs.errors.Faults",
    "spacedevs.errors.LongUrls",
    "spacedevs.throttle.middleware.RateLimitHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "spacedevs.middleware.PastSessions",  # to AfterSessions, under the API's roots
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "spacedevs.middleware.EditorCookie",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
    "spacedevs.middleware.AfterSessions",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "spacedevs.middleware.Dated",
    "spacedevs.middleware.DataAsOf",
    "spacedevs.middleware.Superseded",
    "spacedevs.middleware.HeadAsGet",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "spacedevs.api.versions.api_root",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ("GET",)
CORS_URLS_REGEX = rf"^/({'|'.join(API_VERSIONS)})/".replace(".", r"\.")

# The throttle: None is off.
THROTTLE, THROTTLE_TOKEN = environment.rates()
REDIS_URL = environment.redis_url()
if THROTTLE:
    CORS_EXPOSE_HEADERS = (
        "Retry-After",
        "RateLimit-Limit",
        "RateLimit-Remaining",
        "RateLimit-Reset",
    )

# Known answers, in front of Django: MiB of each worker; 0 is none.
ANSWERS = environment.number("ANSWERS", least=0, most=65536)
CACHE_CONTROL = environment.text("CACHE_CONTROL")
# Objects as JSON, of which unknown answers are made: MiB of each worker; 0 is none.
FRAGMENTS = environment.number("FRAGMENTS", least=0, most=65536)

# The database: SQLite unless DATABASE_URL names another.
SQLITE = {
    "transaction_mode": "IMMEDIATE",  # a writer waits for its turn instead of failing halfway
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",  # readers never wait
    "timeout": 20,  # seconds
}
# Django's backends, and ours that are built on them.
ENGINES = {
    "django.db.backends.sqlite3": "spacedevs.sqlite",
    "django.db.backends.postgresql": "spacedevs.postgresql",
}
POSTGRESQL = {"connect_timeout": 5}  # seconds; a database that is away is a 503, not a wait
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

# The rows that are selected in a list, and those of a page with many rows in it.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

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

# Log-ins: django-axes refuses a name from an IP before any hash of a password is made.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "spacedevs.clients.client_network"
AXES_LOCKOUT_CALLABLE = "spacedevs.logins.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # a refused try writes nothing
AXES_DISABLE_ACCESS_LOG = True  # it would grow for ever
AXES_VERBOSE = False

REST_FRAMEWORK = {
    # No sessions and no users in the API: with them, DRF would add `Vary: Cookie`.
    "DEFAULT_AUTHENTICATION_CLASSES": ["spacedevs.throttle.rest.TokenAuthentication"],
    "DEFAULT_THROTTLE_CLASSES": ["spacedevs.throttle.rest.CallThrottle"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": [
        "spacedevs.api.renderers.JSONRenderer",
        "spacedevs.api.page.BrowsablePage",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "spacedevs.api.renderers.Negotiation",
    "DEFAULT_SCHEMA_CLASS": "spacedevs.api.schema.ResourceSchema",
    "VIEW_DESCRIPTION_FUNCTION": "spacedevs.api.description.describe",
    "EXCEPTION_HANDLER": "spacedevs.errors.exception_handler",
}
FILTERS_EMPTY_CHOICE_LABEL = "any"  # in the form of a list's page
SPECTACULAR_SETTINGS = {
    "TITLE": "spacedevs",
    "OAS_VERSION": "3.0.3",
    "DEFAULT_GENERATOR_CLASS": "spacedevs.api.generator.Generator",
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
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "syntaxHighlight": {"theme": "obsidian"},  # whose colours can all be read
        "validatorUrl": None,
    },
}

LOGGING = logs.configuration(
    environment.choice("LOG_FORMAT", ("people", "json")),
    environment.choice("LOG_LEVEL", ("debug", "info", "warning", "error")),
)
ACCESS_LOG = environment.boolean("ACCESS_LOG")
METRICS_PORT = (
    environment.number("METRICS_PORT", least=1, most=environment.LARGEST_PORT)
    if environment.text("METRICS_PORT")
    else None
)
