"""Headers that every answer shares."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import quote

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.utils.http import http_date
from django.utils.module_loading import import_string

from spacedevs import clock, environment
from spacedevs.api.registry import record_models
from spacedevs.api.versions import roots, version_at

OWN_HEADER = "Spacedevs-Version"
EDITOR = "spacedevs_may"  # the cookie that static/spacedevs/edit-link.js reads
LEAST_ERROR = 400

# No page asks another host for anything but pictures, and for these only the hosts that
# PICTURE_HOSTS names: said here once, and enforced by the browser.
# Styles in attributes are DRF's, Swagger UI's and ReDoc's; ReDoc searches in a worker of its own.
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:{hosts}; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class ContentSecurityPolicy:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            hosts = "".join(f" https://{host}" for host in settings.PICTURE_HOSTS)
            response["Content-Security-Policy"] = POLICY.format(hosts=hosts)
        return response


class AfterSessions:
    """Where PastSessions goes on. It does nothing itself."""

    last: Callable[[HttpRequest], HttpResponse]  # of the chain that is being put together

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = AfterSessions.last = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class PastSessions:
    """Under the API's roots nobody is logged in: past all that looks who is, to AfterSessions.

    It would take a tenth of a list of ten from fragments, say `Vary: Cookie` where a session has
    ended, and give a new CSRF cookie for one that it can't read: no two answers would be the same.

    Django puts its chain together from the end on: the nearest AfterSessions has been made before.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response, self.past = get_response, AfterSessions.last

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_api = request.path.startswith(roots())
        return (self.past if is_api else self.get_response)(request)


class EditorCookie:
    """Says to the browsable pages what the browser's user may change, so that they link back.

    The pages are the same for everybody, and kept: a script of theirs reads the cookie. It lets
    nobody do anything.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(reverse("admin:index")) and response.status_code < LEAST_ERROR:
            may = quote(" ".join(sorted(changeable(request.user))), safe="")  # a "/" is quoted
            if may and request.COOKIES.get(EDITOR) != may:
                response.set_cookie(EDITOR, may, secure=settings.HTTPS, samesite="Lax")
            elif not may and EDITOR in request.COOKIES:
                response.delete_cookie(EDITOR, samesite="Lax")
        return response


def changeable(user: Any) -> Iterator[str]:
    """The models of records that a user may change, as they stand in the admin's URLs."""
    for model in record_models() if user.is_staff else ():
        opts = model._meta
        if user.has_perm(f"{opts.app_label}.change_{opts.model_name}"):
            yield f"{opts.app_label}/{opts.model_name}"


class DataAsOf:
    """`Data-As-Of` on the API's answers: when a mirror's source gave the data.

    And `Spacedevs-Version`, by which a mirror knows what it mirrors, and need not guess.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(roots()) and response.status_code < LEAST_ERROR:
            response[OWN_HEADER] = environment.VERSION
            as_of = import_string(settings.DATA_AS_OF)()
            if as_of is not None:
                response["Data-As-Of"] = f"{as_of:%Y-%m-%dT%H:%M:%SZ}"
        return response


class Superseded:
    """`Deprecation` (RFC 9745) on what a version answers that the main one has succeeded, and
    where that has the same: `Link`, with `rel="successor-version"` (RFC 5829)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        version, match = version_at(request.path), request.resolver_match
        if version is None or match is None or version.router.deprecated is None:
            return response
        since = datetime.combine(version.router.deprecated, time(), UTC)
        response["Deprecation"] = f"@{since.timestamp():.0f}"
        resource = getattr(match.func, "initkwargs", {}).get("basename")
        if url := version.successor(request.path, resource):
            response["Link"] = f'<{escape_uri_path(url)}>; rel="successor-version"'
        return response


class Dated:
    """`Date` is the second of which the answer is: a mirror counts its durations on from there.

    The server's own would be that of the end, which may be a second later.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        second = clock.of_request(request)
        response = self.get_response(request)
        if request.path.startswith(roots()):
            response["Date"] = http_date(second.timestamp())
        return response


class HeadAsGet:
    """HEAD is answered as GET; the server leaves the body out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "HEAD":
            return self.get_response(request)
        request.method = "GET"
        response = self.get_response(request)
        request.method = "HEAD"
        return response


class NoServer:
    """`Server` names nobody. granian writes its own name where the header is not there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Server"] = ""
        return response


class Cors(CorsMiddleware):
    """`access-control-allow-origin: *` where `Origin` is sent, and no `Vary: origin`.

    The answer is the same for every origin, and upstream's says `Vary: Accept` alone: another
    word there would split every cache in front of this server.
    """

    def add_response_headers(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        vary = response.get("Vary")
        response = super().add_response_headers(request, response)
        if vary is None:
            del response["Vary"]
        else:
            response["Vary"] = vary
        return response
