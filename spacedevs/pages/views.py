"""The public pages: what is declared, as HTML for people."""

from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.module_loading import import_string
from django.views import View
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from spacedevs import clock, environment, errors
from spacedevs.api.pagination import ResourcePagination
from spacedevs.api.snapshots import snapshot
from spacedevs.changes import log
from spacedevs.pages.declared import RecordPages, value_at
from spacedevs.pages.rendering import page
from spacedevs.pages.tiles import large_picture, name_of, tiles
from spacedevs.pages.values import labelled

Answer = Callable[..., HttpResponseBase]


def tag(request: HttpRequest, **kwargs: Any) -> str:
    """One query. The version of the data is read before they are: they are as new, or newer."""
    about = (environment.VERSION, log.version(), request.build_absolute_uri())
    words = "\0".join(map(str, (*about, *settings.PICTURE_HOSTS)))
    return f'"{blake2b(words.encode(errors="replace"), digest_size=12).hexdigest()}"'


def checked_each_time(answer: Answer) -> Answer:
    """A browser asks whether its copy is good; it is not where another second shows another."""

    @wraps(answer)
    def checked(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        response = answer(request, **kwargs)
        response["Cache-Control"] = "no-cache"
        if clock.LIVES in request.META or response.status_code == HTTPStatus.BAD_REQUEST:
            del response["ETag"]
        return response

    return checked


@method_decorator([gzip_page, checked_each_time, condition(etag_func=tag)], name="dispatch")
class PublicPage(View):
    """GET alone, of one state of the database, and the same for everybody."""

    http_method_names = ["get"]  # HEAD too: middleware.HeadAsGet
    html: Callable[..., str]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            with snapshot():
                return HttpResponse(self.html(request, **kwargs))
        except APIException as refused:
            return errors.page(refused.status_code, sentence_of(refused.detail))


class Home(PublicPage):
    def html(self, request: HttpRequest, **kwargs: Any) -> str:
        made = [import_string(name)(request) for name in settings.HOME_PAGE]
        return page("home.html", sections=[each for each in made if each is not None])


class OfAResource(PublicPage):
    """A page that is declared."""

    pages: type[RecordPages] = RecordPages

    def in_the_api(self, request: HttpRequest, query: str = "") -> dict[str, str]:
        """The URLs of the same in the API: its page, and the JSON alone."""
        url = f"{settings.API_ROOT}{request.path.removeprefix('/')}"
        both = {"api": [query], "json": [query, "format=json"]}
        parts = {name: "&".join(filter(None, queries)) for name, queries in both.items()}
        return {name: f"{url}?{part}" if part else url for name, part in parts.items()}


class TilePagination(ResourcePagination):
    """The API's, with as many tiles as fill rows of 2, 3, 4 and 6."""

    default_limit = 24


class RecordList(OfAResource):
    """The rows that the API's list has, for the same parameters."""

    def html(self, request: HttpRequest, **kwargs: Any) -> str:
        paginator, rows = self.rows(request)
        before = paginator.offset or 0
        query = request.META.get("QUERY_STRING", "")
        return page(
            "list.html",
            title=self.pages.title(),
            search=request.GET.get("search", ""),
            choices=[(name, f"?{asked}", asked == query) for name, asked in self.choices()],
            tiles=tiles(self.pages, rows, request),
            count=paginator.count,
            first=before + 1,
            last=before + len(rows),
            previous=query_of(paginator.get_previous_link()),
            next=query_of(paginator.get_next_link()),
            **self.in_the_api(request, query),
        )

    def choices(self) -> list[tuple[str, str]]:
        return [("All", ""), *self.pages.choices.items()]

    def rows(self, request: HttpRequest) -> tuple[TilePagination, list[Any]]:
        asked, paginator = Request(request), TilePagination()
        view = self.pages.viewset()(request=asked, action="list", kwargs={})
        found: QuerySet = view.filter_queryset(view.queryset.all())
        shown = paginator.paginate_queryset(self.pages.for_list(found), asked, view)
        return paginator, list(shown or ())


class Record(OfAResource):
    def html(self, request: HttpRequest, **kwargs: Any) -> str:
        pages, opts = self.pages, self.pages.model()._meta
        rows = pages.for_record(pages.viewset().queryset.all())
        row = rows.filter(pk=kwargs["pk"]).first()
        if row is None:
            raise Http404(f"There is no {opts.verbose_name} with the id {kwargs['pk']}.")
        sections = [section(row, request) for section in pages.sections]
        return page(
            "record.html",
            name=name_of(row),
            kind=pages.title(),
            list_url=pages.list_url(),
            picture=large_picture(pages, row),
            facts=labelled(pages, row, pages.facts, request),
            figures=labelled(pages, row, pages.figures, request),
            texts=[text for name in pages.texts if (text := value_at(row, name))],
            sections=[section for section in sections if section is not None],
            **self.in_the_api(request),
        )


def query_of(url: str | None) -> str:
    """The query of a URL, with its question mark."""
    return f"?{urlsplit(url).query}" if url else ""


def sentence_of(detail: Any) -> str:
    """What DRF says of parameters, in a line."""
    if isinstance(detail, dict):
        return " ".join(f"{name}: {sentence_of(words)}" for name, words in detail.items())
    if isinstance(detail, list):
        return " ".join(map(sentence_of, detail))
    return str(detail)
