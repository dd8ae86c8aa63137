"""Number of results: `limit` and `offset`."""

from typing import Any

from rest_framework.pagination import LimitOffsetPagination

from spacedevs.api.description import Section, Sentence, example


class ResourcePagination(LimitOffsetPagination):
    """DRF's LimitOffsetPagination with upstream's numbers, which says them on the page."""

    default_limit = 10
    max_limit = 100
    shown_limit = 2  # in the page's example

    def sections(self, view: Any) -> list[Section]:
        use = Sentence(
            "Use",
            self.limit_query_param,
            f"to control the number of objects in the response (max {self.max_limit})",
        )
        shown = example(view, f"{self.limit_query_param}={self.shown_limit}")
        return [Section("Number of results", (use, shown))]
