"""The site map."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from rest_framework.urlpatterns import format_suffix_patterns

from spacedevs.api import documents
from spacedevs.api.versions import Version, main, versions
from spacedevs.changes.views import ChangesView
from spacedevs.dump.views import DumpFileView, DumpView
from spacedevs.parts.picks import pick
from spacedevs.throttle.views import APIThrottleView

admin.autodiscover()
# Of the main version alone.
beyond_upstream: list[URLPattern | URLResolver] = [
    path("changes/", ChangesView.as_view(), name="changes"),
    path("dump/", DumpView.as_view(), name="dump"),
    path("dump/<str:name>", DumpFileView.as_view(), name="dump-file"),
]


def under(version: Version) -> URLResolver:
    """All that stands under the root of a version."""
    is_main = version == main()
    document = {"url_name": version.url_name("schema")}
    api: list[URLPattern | URLResolver] = [
        path("schema/", documents.Document.as_view(), name="schema"),
        path("openapi.json", documents.OwnDocument.as_view(), name="openapi"),
        path("swagger/", documents.SwaggerUI.as_view(**document), name="swagger"),
        path("redoc/", documents.ReDoc.as_view(**document), name="redoc"),
        *format_suffix_patterns(
            [re_path("^api-throttle/$", APIThrottleView.as_view(), name="api-throttle")]
        ),
        *(beyond_upstream if is_main else []),
        path("", include(version.urlconf)),
    ]
    root = version.root.lstrip("/")
    return path(root, include(api) if is_main else include((api, "api"), namespace=version.name))


urlpatterns = [
    path("", include("spacedevs.pages.urls")),
    path("docs/", include("spacedevs.guide.urls")),
    path(
        "favicon.ico",
        RedirectView.as_view(url=f"{settings.STATIC_URL}spacedevs/favicon.svg"),
        name="favicon",
    ),
    path("admin/parts/", admin.site.admin_view(pick), name="parts"),
    path("admin/", admin.site.urls),
    *map(under, versions()),
]
handler400 = "spacedevs.errors.bad_request"
handler404 = "spacedevs.errors.not_found"
handler500 = "spacedevs.errors.server_error"
