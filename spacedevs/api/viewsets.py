"""A resource: GET only, list and retrieve, declared and not written."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import Field
from django.http import Http404, HttpResponseBase
from django.urls import reverse
from django.utils.module_loading import import_string
from rest_framework import routers, viewsets
from rest_framework.generics import get_object_or_404
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from spacedevs import clock
from spacedevs.api import fragments, streams
from spacedevs.api.description import Examples, Section, Words, format_section, help_section
from spacedevs.api.filters import Ordering, ResourceFilterBackend, Search
from spacedevs.api.fragments import CacheAtVersion, NotKnown
from spacedevs.api.modes import MODE_PARAM, Mode, Modes
from spacedevs.api.object_urls import object_urls_of
from spacedevs.api.pagination import ResourcePagination
from spacedevs.api.plans import plan_of
from spacedevs.api.renderers import JSONRenderer
from spacedevs.api.selection import Selection
from spacedevs.api.snapshots import snapshot
from spacedevs.api.streams import STREAMS, Stream
from spacedevs.api.versions import Version, main, version_at

SAY_ERRORS = (JSONRenderer, BrowsableAPIRenderer)


class ReadOnly(APIView):
    """GET alone: `Allow` says so, as upstream's does.

    `of_document`: the version whose document is made, where there is no request.
    """

    http_method_names = ["get"]
    of_document: Version | None = None

    @property
    def version(self) -> Version:
        request: Any = getattr(self, "request", None)
        return (version_at(request.path) if request else self.of_document) or main()

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """An error is JSON also where a table or a document was asked for."""
        renderer = getattr(request, "accepted_renderer", None)
        if getattr(response, "exception", False) and not isinstance(renderer, SAY_ERRORS):
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = JSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


class FromFragments(viewsets.ReadOnlyModelViewSet):
    """Lists and records, each of one state of the database."""

    pagination_class = ResourcePagination
    queryset: Any

    def list(self, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        if isinstance(self.request.accepted_renderer, Stream):
            return streams.answer(self, self.filter_queryset(super().get_queryset()))
        return self._answer(self._list)

    def retrieve(self, *args: Any, **kwargs: Any) -> Response:
        return self._answer(self._retrieve)

    def _answer(self, answer: Callable[[CacheAtVersion | None], Response]) -> Response:
        """By what is known, or else in a snapshot."""
        if known := fragments.cache_of_known_version(self.request):
            with suppress(NotKnown):
                return answer(known)
        with snapshot() as began:
            return answer(fragments.cache_of_snapshot(self.request, began))

    def _list(self, cache: CacheAtVersion | None) -> Response:
        rows = self._rows(cache)
        objects = self._objects(cache, self.paginate_queryset(rows))
        return self.get_paginated_response(self._selected(objects))

    def _retrieve(self, cache: CacheAtVersion | None) -> Response:
        objects = self._objects(cache, [self._object_or_pk()])
        if not objects:
            raise not_found(self.get_queryset())
        return Response(self._selected(objects)[0])

    def _rows(self, cache: CacheAtVersion | None) -> Any:
        """The rows of a list, as a queryset; or their ids where these are known."""
        paginator: Any = self.paginator
        name = paginator.name_of(self.request)
        known = cache and cache.rows(name)
        if isinstance(known, Sequence):
            return known
        rows = self.filter_queryset(self.get_queryset())
        # In an order that is the second's, no list is kept.
        if cache and known is None and clock.LIVES not in self.request.META:
            known = cache.keep_rows(name, rows)
        if isinstance(known, int):
            paginator.total = known
            return rows
        return rows if known is None else known

    def get_queryset(self) -> QuerySet:
        """Of ids, where the rest comes from fragments."""
        rows = super().get_queryset()
        if settings.FRAGMENTS:
            return rows.values_list("pk", flat=True)
        return plan_of(self.get_serializer_class()).apply(rows)

    def get_object(self) -> Any:
        # DRF's own lets a list's filters hide the object that its id names.
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    def _object_or_pk(self) -> Any:
        """As get_object(), without a query where all rows are shown: it may be a fragment, and what
        makes one knows whether there is a row."""
        rows = self.queryset  # looked at and not asked: to make another takes longer
        chooses = type(self).get_queryset is not FromFragments.get_queryset or rows.query.where
        if not settings.FRAGMENTS or chooses:
            return self.get_object()
        field: Any = rows.model._meta.pk
        try:
            pk = field.to_python(self.kwargs["pk"])
        except ValidationError as error:
            raise Http404 from error
        try:
            field.run_validators(pk)
        except ValidationError as error:  # a number that no column holds
            raise not_found(rows) from error
        return pk

    def _objects(self, cache: CacheAtVersion | None, page: Any) -> Any:
        """What the serializer prints of what get_queryset() gave."""
        shape = self.get_serializer_class()
        if settings.FRAGMENTS:
            urls = object_urls_of(self.get_serializer_context())
            return fragments.objects(cache, self.request, shape, page, urls)
        return self.get_serializer(page, many=True).data

    def _selected(self, objects: Any) -> Any:
        """Of each what is asked for."""
        selection = Selection.asked_for(self.request.query_params, self.get_serializer_class())
        return list(map(selection.of, objects)) if selection else objects


def not_found(rows: QuerySet) -> Http404:
    """In Django's words."""
    return Http404(f"No {rows.model._meta.object_name} matches the given query.")


class ResourceViewSet(ReadOnly, FromFragments):
    """A resource is its rows and these attributes; the stages below do the work, in this order.

    `tags`: OpenAPI's; without any, the plural of the model's name. `in_contract`: whether it is in
    upstream's 2.3.0, so that the contract says what it must be. `ordering`: a list's, where that is
    not the model's own. `richest_with`: parameters that bring the richest mode, whatever they say.
    `unlike_upstream`: a sentence for the guide on what is not upstream's.
    """

    queryset: QuerySet
    modes: ClassVar[tuple[Mode, ...]]
    in_contract: ClassVar[bool] = True
    filterset_class: ClassVar[Any] = None
    search_fields: ClassVar[tuple[str, ...]] = ("name",)
    ordering_fields: ClassVar[tuple[str, ...]] = ("id", "name")
    ordering: ClassVar[tuple[str, ...]] = ()
    richest_with: ClassVar[tuple[str, ...]] = ()
    unlike_upstream: ClassVar[str] = ""
    examples: ClassVar[Examples]
    tags: ClassVar[tuple[str, ...]] = ()

    filter_backends = (ResourceFilterBackend, Search, Ordering)

    @classmethod
    def get_modes(cls) -> Modes:
        return Modes(cls.modes)

    def get_renderers(self) -> list[Any]:
        """A list's also where it is asked for as a stream, which the page's menu does not offer."""
        asked = self.request and self.request.query_params.get(api_settings.URL_FORMAT_OVERRIDE)
        if self.action == "list" and asked in STREAMS:
            return [STREAMS[asked]()]
        return super().get_renderers()

    def get_serializer_class(self) -> Mode:
        if self.action == "list" and self.request:
            asked = self.request.query_params
            if not any(name in asked for name in self.richest_with):
                return self.get_modes().asked_for(asked.get(MODE_PARAM))
        return self.get_modes().richest()

    @property
    def edited_at(self) -> tuple[str, str] | None:
        """The record's model and its page in the admin, as the script of the page takes them."""
        if not self.detail:
            return None
        opts = self.queryset.model._meta
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=(self.kwargs["pk"],))
        return f"{opts.app_label}/{opts.model_name}", url

    def sections(self) -> list[Section]:
        ends = [format_section(self), help_section()]
        if not self.detail:
            stages = [*(backend() for backend in self.filter_backends), self.pagination_class()]
            return [
                *self.get_modes().sections(self),
                *(section for stage in stages for section in stage.sections(self)),
                *ends,
            ]
        return ends

    def form_fields(self) -> dict[str, Field]:
        """The controls of the filter form, by parameter."""
        backends = [backend() for backend in self.filter_backends]
        stages = [self.get_modes(), *backends, self.pagination_class()]
        return {k: v for stage in stages for k, v in stage.form_fields(self).items()}


class Root(ReadOnly, routers.APIRootView):
    """The URLs of all resources."""

    def sections(self) -> list[Section]:
        ends = [format_section(self), help_section()]
        as_of = import_string(settings.DATA_AS_OF)()
        if as_of is None:
            return ends
        clock.lives(self.request)  # a run of the mirror that changes nothing moves it
        return [Section("Data", (Words("As of", (f"{as_of:%Y-%m-%d %H:%M:%S} UTC",)),)), *ends]


class Router(routers.DefaultRouter):
    """A resource's name in URLs is its prefix: `reverse("spacecraft-detail", …)`.

    DRF's format suffixes are on, as they are upstream: `spacecraft.json`, `spacecraft/35.json`.
    """

    APIRootView = Root

    def __init__(
        self, *, names: Mapping[str, str] | None = None, deprecated: date | None = None
    ) -> None:
        """`names`: the main version's name of a resource → that in this version, where they differ,
        those of upstream's alone too. `deprecated`: the day since when the main one is its
        successor."""
        self.names, self.deprecated = dict(names or {}), deprecated
        super().__init__()

    def register(self, prefix: str, viewset: Any, basename: str | None = None) -> None:
        super().register(prefix, viewset, basename or prefix)
