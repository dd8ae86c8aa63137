"""Number of results: `limit` and `offset`."""

from itertools import chain
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from django import forms
from django.db.models import OrderBy, QuerySet
from rest_framework.pagination import LimitOffsetPagination

from spacedevs.api.description import Section, Sentence, example
from spacedevs.running import RunningValue

MOST_ROWS = 2**62  # no table has more
MOST_MERGED = 1000  # rows; past it all are sorted, which takes no longer then


def first_rows(queryset: QuerySet, end: int) -> QuerySet:
    """A queryset of which the first `end` rows are the same, and that is not sorted whole for them.

    Where rows are ordered by a running duration no index has them all in order, but one has those
    that run and one those that don't: the first of all are among the first of each.
    """
    first, *ties = queryset.query.order_by or (None,)
    value = first.expression if isinstance(first, OrderBy) else None
    if not isinstance(value, RunningValue) or len(ties) > 1 or end > MOST_MERGED:
        return queryset
    parts = value.column.parts(queryset, value.now)
    ordered = (part.order_by(like(first, key), *ties) for part, key in parts)
    keys = chain.from_iterable(part.values_list("pk", flat=True)[:end] for part in ordered)
    return queryset.filter(pk__in=list(keys))


def like(term: Any, key: Any) -> OrderBy:
    """The same direction, by something else."""
    return OrderBy(
        key,
        descending=term.descending,
        nulls_first=term.nulls_first,
        nulls_last=term.nulls_last,
    )


class ResourcePagination(LimitOffsetPagination):
    """DRF's LimitOffsetPagination with upstream's numbers, which says them on the page."""

    default_limit = 10
    max_limit = 100
    shown_limit = 2  # in the page's example

    total: int | None = None  # where it is known how many there are
    # Set by paginate_queryset().
    request: Any
    limit: Any
    offset: Any

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """`queryset`: also a sequence of ids."""
        self.all_rows = queryset
        if isinstance(queryset, QuerySet):
            end = self.get_offset(request) + (self.get_limit(request) or 0)
            queryset = first_rows(queryset, end)
        return super().paginate_queryset(queryset, request, view)

    def get_count(self, queryset: Any) -> int:
        return super().get_count(self.all_rows) if self.total is None else self.total

    def get_next_link(self) -> str | None:
        end = self.offset + self.limit
        return self._link(end) if end < self.count else None

    def get_previous_link(self) -> str | None:
        return self._link(self.offset - self.limit) if self.offset > 0 else None

    def _link(self, offset: int) -> str:
        """DRF's links, whose functions take the URL apart once for each parameter."""
        url: str = self.request.build_absolute_uri()
        parts = urlsplit(url)
        query: dict[str, Any] = parse_qs(parts.query, keep_blank_values=True)
        query[self.limit_query_param] = self.limit
        query[self.offset_query_param] = offset
        if offset <= 0:
            del query[self.offset_query_param]
        return urlunsplit(parts._replace(query=urlencode(sorted(query.items()), doseq=True)))

    def part_of(self, rows: QuerySet, request: Any) -> QuerySet:
        """The rows from `offset` on, and `limit` of them where it is given, however many."""
        first = min(self.get_offset(request), MOST_ROWS)
        given = request.query_params.get(self.limit_query_param, "")
        if not (given.isascii() and given.isdigit() and int(given)):
            return rows[first:]
        return rows[first : first + min(int(given), MOST_ROWS)]

    def name_of(self, request: Any) -> str:
        """What names the rows of a list, whichever page of it is asked for."""
        paging = {self.limit_query_param, self.offset_query_param}
        asked = request.query_params.lists()
        rest = sorted((name, values) for name, values in asked if name not in paging)
        return f"{request.path}?{urlencode(rest, doseq=True)}"

    def sections(self, view: Any) -> list[Section]:
        use = Sentence(
            "Use",
            self.limit_query_param,
            f"to control the number of objects in the response (max {self.max_limit})",
        )
        shown = example(view, f"{self.limit_query_param}={self.shown_limit}")
        return [Section("Number of results", (use, shown))]

    def form_fields(self, view: Any) -> dict[str, forms.Field]:
        shown = {"placeholder": self.default_limit, "inputmode": "numeric"}
        return {self.limit_query_param: forms.CharField(widget=forms.TextInput(shown))}
