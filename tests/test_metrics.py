"""What Prometheus reads."""

import socket
import time
import urllib.request
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from prometheus_client.parser import text_string_to_metric_families

from spacedevs import metrics
from spacedevs.access import QUEUED
from spacedevs.mirror import as_of
from tests.conftest import run, shell
from tests.servers import NOWHERE, free_port, refusal
from tests.test_serve import ask, serving

pytestmark = pytest.mark.only_on("sqlite")  # which database makes no difference

MIRRORED = """
from datetime import UTC, datetime, timedelta
from spacedevs.mirror.models import MirrorCall, MirrorRun
now = datetime.now(UTC)
MirrorRun.objects.create(source="x", started=now - timedelta(minutes=5),
    finished=now - timedelta(minutes=4), as_of=now - timedelta(minutes=5), outcome="partly")
for _ in range(4):
    MirrorCall.objects.create(host="ll.thespacedevs.com", moment=now)
"""
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def measured(prepared: dict[str, str]) -> dict[str, str]:
    return {**prepared, "METRICS_PORT": str(free_port()), "WORKERS": "3"}


def scrape(env: dict[str, str]) -> Samples:
    url = f"http://127.0.0.1:{env['METRICS_PORT']}/metrics"
    with urllib.request.urlopen(url, timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }


def total(found: Samples, name: str, **labels: str) -> float:
    """The sum over all labels that are not given."""
    return sum(
        value for (key, own), value in found.items() if key == name and labels.items() <= set(own)
    )


def test_the_requests_of_all_workers_are_counted(measured: dict[str, str]) -> None:
    with serving(measured) as (_, url):
        for _ in range(60):  # each on a connection of its own, and so with any worker
            ask(url, "GET", "/2.3.0/agencies/?limit=1")
        ask(url, "POST", "/2.3.0/agencies/1/")
        found = scrape(measured)
    asked = {"endpoint": "agencies-list", "method": "GET", "status": "200"}
    assert total(found, "spacedevs_requests_total", **asked) == 60
    refused = {"endpoint": "agencies-detail", "method": "POST", "status": "405"}
    assert total(found, "spacedevs_requests_total", **refused) == 1
    of_list = {"endpoint": "agencies-list"}
    assert total(found, "spacedevs_request_seconds_count", **of_list) == 60
    assert total(found, "spacedevs_request_seconds_bucket", le="+Inf", **of_list) == 60
    assert total(found, "spacedevs_database_queries_total", **of_list) >= 3  # known answers: none
    assert total(found, "spacedevs_database_seconds_total", **of_list) > 0


def test_paths_that_nobody_knows_are_one_endpoint(measured: dict[str, str]) -> None:
    with serving(measured) as (_, url):
        for number in range(20):
            ask(url, "GET", f"/nothing/{number}")
            ask(url, "BREW" if number % 2 else "GET", f"/2.3.0/nothing/{number}/")
        for path in ("/", "/health/live", "/static/admin/css/base.css", "/2.3.0/", "/admin/"):
            ask(url, "GET", path)
        found = scrape(measured)
    labels = [dict(own) for key, own in found if key == "spacedevs_requests_total"]
    assert {own["endpoint"] for own in labels} == {
        *("unknown", "pages:home", "health-live", "static", "api-root", "admin:index")
    }
    assert {own["method"] for own in labels} == {"GET", "other"}


def test_every_route_has_a_name() -> None:
    assert all(pattern.name for pattern in get_resolver().url_patterns if hasattr(pattern, "name"))


def test_the_mirror_and_the_age_of_the_data_are_read_at_the_scrape(
    measured: dict[str, str],
) -> None:
    with serving(measured):
        before = scrape(measured)
        shell(measured, MIRRORED)
        time.sleep(as_of.FRESH)  # the first scrape's answer is kept for so long
        found = scrape(measured)
    assert total(before, "spacedevs_database_up") == total(found, "spacedevs_database_up") == 1
    assert total(before, "spacedevs_mirror_calls_left") == 15
    assert total(found, "spacedevs_mirror_calls_left") == 11
    assert total(before, "spacedevs_mirror_last_run_outcome") == 0
    assert total(found, "spacedevs_mirror_last_run_outcome") == 1
    assert total(found, "spacedevs_mirror_last_run_outcome", outcome="partly") == 1
    assert total(found, "spacedevs_mirror_last_run_duration_seconds") == 60
    assert 300 <= total(found, "spacedevs_mirror_last_run_age_seconds") < 400
    assert 300 <= total(found, "spacedevs_data_as_of_age_seconds") < 400


def test_a_database_that_is_away_does_not_break_the_scrape(measured: dict[str, str]) -> None:
    with serving({**measured, "DATABASE_URL": NOWHERE}) as (_, url):
        assert ask(url, "GET", "/2.3.0/agencies/")[0] == 503
        found = scrape(measured)
    assert total(found, "spacedevs_database_up") == 0
    assert total(found, "spacedevs_requests_total", status="503") == 1
    assert not any(key.startswith("spacedevs_mirror") for key, _ in found)


def test_a_database_that_hangs_does_not_hold_the_scrape(measured: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        away = f"postgres://127.0.0.1:{mute.getsockname()[1]}/x"
        with serving({**measured, "DATABASE_URL": away}):
            assert total(scrape(measured), "spacedevs_database_up") == 0  # within urlopen's 10 s


def test_counts_begin_anew_with_a_server(measured: dict[str, str]) -> None:
    for _ in range(2):
        with serving(measured) as (_, url):
            ask(url, "GET", "/2.3.0/agencies/")
            found = scrape(measured)
            assert total(found, "spacedevs_requests_total", endpoint="agencies-list") == 1


def test_the_port_of_the_site_has_no_metrics(server: str) -> None:
    assert ask(server, "GET", "/metrics")[0] == 404


def test_a_port_of_metrics_that_is_in_use_is_named(measured: dict[str, str]) -> None:
    port = measured["METRICS_PORT"]
    with socket.create_server(("127.0.0.1", int(port))):
        output = refusal(run(measured, "serve"))
    assert f"127.0.0.1:{port} can't be listened on for metrics: Address already in use." in output


# In this process


def value(metric: Any, name: str) -> float:
    (family,) = metric.collect()
    return float(next(each.value for each in family.samples if each.name == name))


def test_the_time_in_the_queue_is_that_of_the_environ(settings: Any) -> None:
    settings.METRICS_PORT = 1
    queued, name = metrics.metrics().queued, "spacedevs_queue_seconds_sum"
    before = value(queued, name)
    client = Client(headers={"host": "localhost"}, **{QUEUED: 0.25})  # type: ignore[arg-type]
    client.get("/2.3.0/")
    assert value(queued, name) - before == pytest.approx(0.25)


def test_a_decision_of_the_throttle_is_counted() -> None:
    refused = metrics.metrics().throttled.labels("refused")
    before = value(refused, "spacedevs_throttle_decisions_total")
    metrics.count_throttle("refused")
    assert value(refused, "spacedevs_throttle_decisions_total") - before == 1
