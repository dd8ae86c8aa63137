"""The public pages' URLs: the API's, without the API's root."""

from django.urls import path

from spacedevs.pages.declared import declared
from spacedevs.pages.views import Home, Record, RecordList

app_name = "pages"
urlpatterns = [path("", Home.as_view(), name="home")]
for resource, pages in declared().items():
    urlpatterns += [
        path(f"{resource}/", RecordList.as_view(pages=pages), name=f"{resource}-list"),
        path(f"{resource}/<int:pk>/", Record.as_view(pages=pages), name=f"{resource}-detail"),
    ]
