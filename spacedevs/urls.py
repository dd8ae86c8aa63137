"""The site map."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from rest_framework.urlpatterns import format_suffix_patterns

from spacedevs.api import documents
from spacedevs.changes.views import ChangesView
from spacedevs.dump.views import DumpFileView, DumpView
from spacedevs.parts.picks import pick
from spacedevs.throttle.views import APIThrottleView

admin.autodiscover()
router = settings.API_ROUTER.rpartition(".")[0]

api: list[URLPattern | URLResolver] = [
    path("schema/", documents.Document.as_view(), name="schema"),
    path("openapi.json", documents.OwnDocument.as_view(), name="openapi"),
    path("changes/", ChangesView.as_view(), name="changes"),
    path("dump/", DumpView.as_view(), name="dump"),
    path("dump/<str:name>", DumpFileView.as_view(), name="dump-file"),
    path("swagger/", documents.SwaggerUI.as_view(), name="swagger"),
    path("redoc/", documents.ReDoc.as_view(), name="redoc"),
    *format_suffix_patterns(
        [re_path("^api-throttle/$", APIThrottleView.as_view(), name="api-throttle")]
    ),
    path("", include(router)),
]
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
    path(settings.API_ROOT.lstrip("/"), include(api)),
]
handler400 = "spacedevs.errors.bad_request"
handler404 = "spacedevs.errors.not_found"
handler500 = "spacedevs.errors.server_error"
