from django.urls import path

from spacedevs.guide.views import ChapterPage

urlpatterns = [
    path("", ChapterPage.as_view(), name="guide"),
    path("<slug:slug>/", ChapterPage.as_view(), name="guide-chapter"),
]
