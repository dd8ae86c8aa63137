"""Number of results: `limit` and `offset`."""

from typing import Any

from rest_framework.pagination import LimitOffsetPagination

from spacedevs.api import fragments
from spacedevs.api.description import Section, Sentence, example


class ResourcePagination(LimitOffsetPagination):
    """DRF's LimitOffsetPagination with upstream's numbers, which says them on the page."""

    default_limit = 10
    max_limit = 100
    shown_limit = 2  # in the page's example

    def get_count(self, queryset: Any) -> int:
        """The same for each page of a list."""
        request: Any = self.request
        asked = request.query_params.lists()
        paging = {self.limit_query_param, self.offset_query_param}
        rest = sorted((name, *values) for name, values in asked if name not in paging)
        count = super().get_count
        return fragments.count(request, (request.path, *rest), lambda: count(queryset))

    def sections(self, view: Any) -> list[Section]:
        use = Sentence(
            "Use",
            self.limit_query_param,
            f"to control the number of objects in the response (max {self.max_limit})",
        )
        shown = example(view, f"{self.limit_query_param}={self.shown_limit}")
        return [Section("Number of results", (use, shown))]
