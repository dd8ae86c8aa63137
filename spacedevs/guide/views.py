"""A chapter of the guide as a page. It depends on the release alone, and asks no database."""

import re
from html import unescape
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.decorators import method_decorator
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.views import View
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page

from spacedevs.api.versions import main
from spacedevs.guide.declared import Chapter, chapters
from spacedevs.pages.rendering import page

HEADING = re.compile(r"<h2>(.*?)</h2>")


@method_decorator([gzip_page, conditional_page], name="dispatch")
class ChapterPage(View):
    """The ETag is the page's own: a copy is asked for each time, and an unchanged one is a 304."""

    http_method_names = ["get"]  # HEAD too: middleware.HeadAsGet

    def get(self, request: HttpRequest, slug: str = "") -> HttpResponse:
        known = chapters()
        place = next((at for at, each in enumerate(known) if each.slug == slug), None)
        if place is None:
            raise Http404("The guide has no such chapter.")
        body, headings = with_anchors(body_of(known[place], request))
        html = page(
            "chapter.html",
            chapter=known[place],
            chapters=known,
            body=body,
            headings=headings,
            previous=known[place - 1] if place else None,
            next=known[place + 1] if place + 1 < len(known) else None,
        )
        return HttpResponse(html, headers={"Cache-Control": "no-cache"})


def body_of(chapter: Chapter, request: HttpRequest) -> str:
    about: dict[str, Any] = {
        "chapters": chapters(),
        "site": request.build_absolute_uri("/").rstrip("/"),
        "root": settings.API_ROOT,
        "version": main().name,
        "cache_control": settings.CACHE_CONTROL,
        "upstream": settings.UPSTREAM_URL,
        **{name: make() for name, make in chapter.lists.items()},
    }
    return render_to_string(chapter.template, about)


def with_anchors(body: str) -> tuple[SafeString, list[tuple[str, str]]]:
    """The body, whose headings lead to themselves, and their ids and texts."""
    headings: list[tuple[str, str]] = []

    def anchored(heading: re.Match[str]) -> str:
        text = unescape(strip_tags(heading[1]))
        headings.append((slugify(text.replace("/", " ")), text))
        return f'<h2 id="{headings[-1][0]}"><a href="#{headings[-1][0]}">{heading[1]}</a></h2>'

    # A body is a template's, which has escaped what it was given.
    return mark_safe(HEADING.sub(anchored, body)), headings  # noqa: S308
