"""Counters for operators; labels are closed sets, never what callers write."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from math import nan

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from exchange.http.merged_metrics import merged
from schemas.errors import ErrorCode
from schemas.vocabulary import DeliveryState

CONTENT_TYPE = CONTENT_TYPE_LATEST

_LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
Pages = Callable[[], Awaitable[Mapping[str, bytes]]]
"""Asks other processes of the service for their pages."""


class _StampingCounters:
    """What is told of a time stamping authority."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.stamps = Histogram(
            "lienthong_time_stamp_seconds",
            "Time to answer a request for a time stamp, by what came of it.",
            ("outcome",),
            registry=registry,
        )
        self.clock_is_sound = Gauge(
            "lienthong_clock_sound",
            "1 while time stamps may be made by the clock.",
            registry=registry,
        )
        self.key_end = Gauge(
            "lienthong_time_stamp_key_end",
            "When the key stops stamping, in seconds since 1970.",
            registry=registry,
        )
        # Not 0, which would be an alarm: most processes make no stamps.
        self.clock_is_sound.set(nan)
        self.key_end.set(nan)


class _CaCounters:
    """What is told of the CAs of a site."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.lists = Gauge(
            "lienthong_ca_list_seconds_left",
            "Time until the revocation list of a CA lapses; negative since it has.",
            ("ca",),
            registry=registry,
        )
        self.expiring = Gauge(
            "lienthong_certificates_expiring",
            "Certificates that end within this many days.",
            ("stage",),
            registry=registry,
        )
        self.journals = Gauge(
            "lienthong_ca_journal_alarm",
            "1 while the published journal of a CA is not as it was entered.",
            ("ca",),
            registry=registry,
        )


class _DeliveryCounters:
    """What is told of deliveries and of notices about them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.stuck = Gauge(
            "lienthong_deliveries_stuck",
            "Deliveries that should have moved on long ago, by state.",
            ("state",),
            registry=registry,
        )
        self.log_waits = Gauge(
            "lienthong_log_waiting_seconds",
            "How long the oldest entry has waited for its place in the log.",
            registry=registry,
        )
        self.notices = Counter(
            "lienthong_notice_attempts",
            "Attempts to notify somebody, by what came of them.",
            ("channel", "outcome"),
            registry=registry,
        )
        self.overdue = Counter(
            "lienthong_deadlines_passed",
            "Moments by which a recipient had to do something and had not.",
            ("clock",),
            registry=registry,
        )


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._workers: Pages | None = None
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
        self._lag = Histogram(
            "lienthong_event_loop_lag_seconds",
            "How much later than asked for the event loop goes on.",
            buckets=_LAG_BUCKETS,
            registry=self._registry,
        )
        self._maintenance = Gauge(
            "lienthong_maintenance",
            "1 while nothing is taken in.",
            registry=self._registry,
        )
        self._room = Gauge(
            "lienthong_database_free_bytes",
            "Room left where the database is.",
            registry=self._registry,
        )
        # Nobody has looked yet, and some databases do not tell.
        self._room.set(nan)
        self._hub_keys = Gauge(
            "lienthong_hub_key_end",
            "When a key of the hub ends, in seconds since 1970.",
            ("key",),
            registry=self._registry,
        )
        self._stamping = _StampingCounters(self._registry)
        self._ca = _CaCounters(self._registry)
        self._deliveries = _DeliveryCounters(self._registry)
        self._answers: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def stuck(self, state: DeliveryState, number: int) -> None:
        """Take note of how many deliveries are stuck in a state."""
        self._deliveries.stuck.labels(state).set(number)

    def log_waits(self, waited: timedelta) -> None:
        """Take note of how long an entry has waited for its place in the log."""
        self._deliveries.log_waits.set(waited.total_seconds())

    def notice_attempted(self, channel: str, outcome: str) -> None:
        """Count an attempt to notify somebody; both are of closed sets."""
        self._deliveries.notices.labels(channel, outcome).inc()

    def overdue(self, clock: str) -> None:
        """Count a moment that passed; of a closed set."""
        self._deliveries.overdue.labels(clock).inc()

    def list_counts(self, ca: str, seconds: float) -> None:
        """Tell how long the revocation list of a CA still counts."""
        self._ca.lists.labels(ca).set(seconds)

    def expiring(self, stage: int, number: int) -> None:
        """Tell how many certificates end within so many days."""
        self._ca.expiring.labels(str(stage)).set(number)

    def journal_alarm(self, label: str, *, broken: bool) -> None:
        """Tell whether the published journal of a CA can be followed."""
        self._ca.journals.labels(label).set(broken)

    def maintenance(self, *, is_on: bool) -> None:
        """Tell whether nothing is taken in."""
        self._maintenance.set(is_on)

    def room(self, free_bytes: int) -> None:
        """Tell how much room is left where the database is."""
        self._room.set(free_bytes)

    def hub_key_opened(self, key: str, end: datetime) -> None:
        """Take note of when the certificate of a key ends; keys are a closed set."""
        self._hub_keys.labels(key).set(end.timestamp())

    def lagged(self, seconds: float) -> None:
        """Take note of how late the event loop was."""
        self._lag.observe(seconds)

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """Count an answer."""
        found = self._answers.get((operation, status))
        if found is None:
            # Looking counters up by their labels costs more than counting.
            number = self._requests.labels(operation, str(status))
            found = number, self._seconds.labels(operation)
            self._answers[operation, status] = found
        number, time = found
        number.inc()
        time.observe(seconds)

    def refused(self, code: ErrorCode) -> None:
        """Count a refusal."""
        self._refusals.labels(code).inc()

    def stamp_asked(self, outcome: str, seconds: float) -> None:
        """Count a request for a time stamp; its outcome is of a closed set."""
        self._stamping.stamps.labels(outcome).observe(seconds)

    def clock_checked(self, *, is_sound: bool) -> None:
        """Take note of whether the clock may be stamped by."""
        self._stamping.clock_is_sound.set(is_sound)

    def stamp_key_opened(self, end: datetime) -> None:
        """Take note of when the key that stamps stops."""
        self._stamping.key_end.set(end.timestamp())

    def count_workers(self, pages: Pages) -> None:
        """Tell of these processes too, by their numbers."""
        self._workers = pages

    def page(self) -> bytes:
        """Return all counters of this process in the Prometheus text form."""
        return generate_latest(self._registry)

    async def page_of_all(self) -> bytes:
        """Return the counters of this process and of its workers."""
        if self._workers is None:
            return self.page()
        return merged(self.page(), await self._workers())
