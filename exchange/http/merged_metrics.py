"""One page of counters of a service that is several processes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

_SUMMED = frozenset({"counter", "histogram"})
"""A gauge tells of the whole service, which the service process itself does."""


def merged(own: bytes, workers: Mapping[str, bytes]) -> bytes:
    """Return one page: the own counters, and those of workers under their numbers.

    A worker that was replaced counts from zero, as Prometheus expects of a process, so
    the sum over the label `worker` stays right.

    Args:
        own: page of the service process.
        workers: page of each worker by its number.
    """
    families = {one.name: one for one in _families(own)}
    for worker, page in workers.items():
        for family in _families(page):
            if family.type in _SUMMED:
                _add(families.setdefault(family.name, _empty(family)), family, worker)
    registry = CollectorRegistry()
    registry.register(_Held(tuple(families.values())))
    return generate_latest(registry)


@dataclass(frozen=True, slots=True, eq=False)
class _Held(Collector):
    families: tuple[Metric, ...]

    def collect(self) -> Iterable[Metric]:
        """Give what is held."""
        return self.families


def _families(page: bytes) -> Iterator[Metric]:
    for family in text_string_to_metric_families(page.decode()):
        # When a counter began is told as a gauge of its own; nobody needs it here.
        if not family.name.endswith("_created"):
            yield family


def _empty(family: Metric) -> Metric:
    return Metric(family.name, family.documentation, family.type)


def _add(family: Metric, more: Metric, worker: str) -> None:
    for sample in more.samples:
        family.add_sample(
            sample.name, {**sample.labels, "worker": worker}, sample.value
        )
