"""What is remembered of requests, by whoever asks, is bounded in bytes and not in number alone."""

import pytest
from django.db import connection
from django.test import RequestFactory

from spacedevs import handler
from spacedevs.handler import Handler, match_of
from spacedevs.sqlite import base

pytestmark = pytest.mark.only_on("sqlite")


def test_a_path_leads_where_django_says_and_a_long_one_is_not_remembered() -> None:
    for pk in ("35", "x" * handler.LONGEST):
        path, before = f"/2.3.0/spacecraft/{pk}/", match_of.cache_info().misses
        request = RequestFactory().get(path)
        found = [Handler().resolve_request(request) for _ in range(2)]
        assert [match.kwargs for match in found] == [{"pk": pk}] * 2
        assert request.resolver_match.view_name == "spacecraft-detail"
        assert match_of.cache_info().misses - before <= (len(path) <= handler.LONGEST)


def test_a_long_query_is_not_remembered(db: None) -> None:
    with connection.cursor() as cursor:
        for padding in ("", "-" * base.LONGEST):
            before = base.with_qmarks.cache_info()
            cursor.execute(f"SELECT %s, '%%' /*{padding}*/", [1])
            assert cursor.fetchone() == (1, "%")
            asked = sum(base.with_qmarks.cache_info()[:2]) - sum(before[:2])
            assert asked == (not padding)
