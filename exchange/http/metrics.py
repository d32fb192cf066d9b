"""Counters for operators; labels are closed sets, never what callers write."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)

from schemas.errors import ErrorCode

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "lienthong_requests",
            "Answered requests.",
            ("operation", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "lienthong_request_seconds",
            "Time to answer a request.",
            ("operation",),
            registry=self._registry,
        )
        self._refusals = Counter(
            "lienthong_refusals",
            "Refused requests by code.",
            ("code",),
            registry=self._registry,
        )

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(operation, str(status)).inc()
        self._seconds.labels(operation).observe(seconds)

    def refused(self, code: ErrorCode) -> None:
        """Count a refusal."""
        self._refusals.labels(code).inc()

    def page(self) -> bytes:
        """Return all counters in the Prometheus text form."""
        return generate_latest(self._registry)
