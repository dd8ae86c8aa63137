"""What a worker counts for Prometheus. metrics_server.py adds up all workers' and serves them."""

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # upper bounds


class Queries:
    """A wrapper of queries that counts them, and their seconds."""

    def __init__(self) -> None:
        self.count, self.seconds = 0, 0.0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - start


class Metrics(NamedTuple):
    requests: "Counter"
    seconds: "Histogram"
    queued: "Histogram"
    database_seconds: "Counter"
    queries: "Counter"
    throttled: "Counter"


@cache
def metrics() -> Metrics:
    # Imported late: at its import the library looks whether several processes count together, and
    # `manage.py serve` says so only after the checks, which import every view.
    from prometheus_client import Counter, Histogram

    of_endpoint = ("endpoint",)
    return Metrics(
        Counter("spacedevs_requests", "Requests answered.", (*of_endpoint, "method", "status")),
        Histogram("spacedevs_request_seconds", "Time to an answer.", of_endpoint, buckets=SECONDS),
        Histogram("spacedevs_queue_seconds", "Time in the queue before it.", buckets=SECONDS),
        Counter("spacedevs_database_seconds", "Time in queries.", of_endpoint),
        Counter("spacedevs_database_queries", "Queries.", of_endpoint),
        Counter("spacedevs_throttle_decisions", "Decisions of the throttle.", ("decision",)),
    )


def observe(
    endpoint: str,
    method: str,
    status: int,
    seconds: float,
    queued: float | None,
    queries: Queries,
) -> None:
    """A request that was answered. `queued`: seconds in the queue, None where there is none."""
    counted = metrics()
    counted.requests.labels(endpoint, method, status).inc()
    counted.seconds.labels(endpoint).observe(seconds)
    if queued is not None:
        counted.queued.observe(queued)
    counted.database_seconds.labels(endpoint).inc(queries.seconds)
    counted.queries.labels(endpoint).inc(queries.count)


def count_throttle(decision: str) -> None:
    """A decision of the throttle, by a name of a few: `allowed`, `refused`, `unknown`."""
    metrics().throttled.labels(decision).inc()
