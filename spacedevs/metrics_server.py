"""`/metrics` for Prometheus, on a port of its own: all workers' counts, and what the database says.

It runs in the process that starts the workers. METRICS_PORT names the port.
"""

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import db
from django.conf import settings
from django.core.management import CommandError
from django.utils.module_loading import import_string

from spacedevs import environment
from spacedevs.bounded import Bounded
from spacedevs.mirror.standing import Standing, standing

if TYPE_CHECKING:
    from prometheus_client.core import Metric

WAIT = 3.0  # seconds for the database
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own variable, which the workers inherit
# No worker is forked in the midst of a scrape: it would inherit the locks that are held then.
_scraping = threading.Lock()


def _read() -> tuple[Standing, datetime | None]:
    return standing(), import_string(settings.DATA_AS_OF)()


_from_database = Bounded(_read, WAIT)


@contextmanager
def metrics_served(host: str) -> Iterator[None]:
    """Serves, if METRICS_PORT is set, for as long as the block runs. Before workers are started.

    Raises CommandError where the port can't be listened on.
    """
    port = settings.METRICS_PORT
    if port is None:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="spacedevs-metrics-") as folder:
        os.environ[FOLDER] = folder  # before the import: see metrics.py
        from prometheus_client import CollectorRegistry, start_http_server

        registry = CollectorRegistry()
        registry.register(_Everything(folder))
        host = environment.text("METRICS_HOST") or host
        try:
            server, _ = start_http_server(port, host, registry)
        except OSError as error:
            raise CommandError(
                f"{host}:{port} can't be listened on for metrics: {error.strerror}. "
                "Set METRICS_PORT or METRICS_HOST to another."
            ) from error
        os.register_at_fork(after_in_child=server.socket.close)  # a worker listens on no such port
        os.register_at_fork(
            before=_scraping.acquire,
            after_in_parent=_scraping.release,
            after_in_child=_scraping.release,
        )
        try:
            yield
        finally:
            server.shutdown()


class _Everything:
    def __init__(self, folder: str) -> None:
        from prometheus_client.multiprocess import MultiProcessCollector

        self.workers: Any = MultiProcessCollector(None, folder)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterable["Metric"]:
        with _scraping:
            return [*self.workers.collect(), *database_gauges()]


def database_gauges(now: datetime | None = None) -> Iterator["Metric"]:
    """What the database says, if it does within 3 seconds; and whether it did."""
    found = None
    with suppress(TimeoutError, db.Error):  # the workers' counts are to be had all the same
        found = _from_database()
    yield _gauge("spacedevs_database_up", "Whether the database answers.", float(found is not None))
    if found is None:
        return
    (run, left), as_of = found
    now = now or datetime.now(UTC)
    if left is not None:
        yield _gauge("spacedevs_mirror_calls_left", "Calls left of this hour's budget.", left)
    yield from _moment("spacedevs_data_as_of", "As of when the data are", as_of, now)
    if run is None:
        return
    outcomes = _gauge("spacedevs_mirror_last_run_outcome", "1 at the outcome of the last run.")
    for outcome in run.Outcome.values:
        outcomes.add_metric([outcome], float(run.outcome == outcome))
    yield outcomes
    yield from _moment("spacedevs_mirror_last_run", "When the last run began", run.started, now)
    if run.finished:
        seconds = (run.finished - run.started).total_seconds()
        yield _gauge("spacedevs_mirror_last_run_duration_seconds", "How long it took.", seconds)


def _moment(name: str, about: str, moment: datetime | None, now: datetime) -> Iterator["Metric"]:
    if moment is not None:
        yield _gauge(f"{name}_timestamp_seconds", f"{about}.", moment.timestamp())
        yield _gauge(f"{name}_age_seconds", f"{about}: ago.", (now - moment).total_seconds())


def _gauge(name: str, about: str, value: float | None = None) -> Any:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, about, value, labels=None if value is not None else ["outcome"])
