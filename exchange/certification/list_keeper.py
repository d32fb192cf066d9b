"""Keeps every list from lapsing or falling behind, and says loudly when it cannot."""

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping

import structlog

from exchange.certification.list_decisions import (
    ListAlarm,
    ListDecision,
    ListFacts,
    ListPeriod,
    decide,
)
from exchange.certification.office import CaOffice, CaThread
from exchange.http.metrics import Metrics
from pki.ca.authority import Clock
from pki.ca.hierarchy import Repairs
from pki.ca.layout import labels_in, list_path
from pki.errors import PkiError
from pki.journal.store import Act
from pki.revocation.lists import RevocationList, read_revocation_list
from schemas.errors import CodedError

KEEPER = Act(actor="ca process", reason="half of its life is over")
_RETRY_SECONDS = 30.0
_log = structlog.get_logger()


class ListKeeper:
    """Publishes lists past half of their life and what others left unpublished.

    It watches all lists, those of CAs whose keys are elsewhere too.

    Args:
        ca: the CA's thread.
        clock: gives the time.
        metrics: is told how long each list still counts.
        seconds: between two looks.
    """

    def __init__(
        self, ca: CaThread, clock: Clock, metrics: Metrics, *, seconds: float
    ) -> None:
        self._ca, self._clock, self._metrics = ca, clock, metrics
        self._seconds = seconds
        self._alarms: Mapping[str, ListAlarm] = {}
        self._unpublished: frozenset[str] = frozenset()

    async def turn(self) -> None:
        """Look, and wait for the next look; sooner after a failure."""
        is_done = await self.look()
        await asyncio.sleep(self._seconds if is_done else self._retry_seconds)

    @property
    def _retry_seconds(self) -> float:
        return min(self._seconds, _RETRY_SECONDS)

    async def look(self) -> bool:
        """Publish what is due or missing, and tell how long every list counts.

        Returns:
            False if something could not be published.
        """
        is_done = await self._publish_due()
        self._unpublished = await self._publish_missing()
        decisions = await self._decisions()
        for label, decision in decisions.items():
            self._metrics.list_counts(label, decision.seconds_left)
            _tell(label, decision)
        self._alarms = {label: one.alarm for label, one in decisions.items()}
        return is_done and not self._unpublished

    async def check(self) -> tuple[str, ...]:
        """Return the lists somebody must look after (`exchange.readiness`)."""
        alarms = self._alarms.items()
        told = {one for one, alarm in alarms if alarm is not ListAlarm.NONE}
        return tuple(f"ca.list.{one}" for one in sorted(told | self._unpublished))

    async def _decisions(self) -> Mapping[str, ListDecision]:
        facts, now = await self._ca.run(list_facts), self._clock()
        return {one.label: decide(one, now) for one in facts}

    async def _publish_due(self) -> bool:
        decisions = await self._decisions()
        due = [label for label, decision in decisions.items() if decision.publish]
        if not due:
            return True
        try:
            written = await self._ca.run(_publish)
        except (CodedError, sqlite3.Error) as error:
            _log.error("ca.list_failed", lists=due, error=str(error))
            return False
        if written:
            _log.info("ca.lists_published", lists=written)
        return True

    async def _publish_missing(self) -> frozenset[str]:
        """Return the CAs of which something is recorded and cannot be published."""
        try:
            repairs = await self._ca.run(_repair)
        except (CodedError, sqlite3.Error) as error:
            _log.error("ca.unpublished", ca="all", error=str(error))
            return frozenset({"all"})
        if repairs.made:
            _log.warning("ca.lists_repaired", lists=[f"{one}" for one in repairs.made])
        for label, failure in repairs.failed.items():
            _log.error("ca.unpublished", ca=str(label), error=str(failure))
        return frozenset(map(str, repairs.failed))


def list_facts(office: CaOffice) -> tuple[ListFacts, ...]:
    """Read what is known of the lists of all CAs in the folder."""
    return tuple(_facts(office))


def _facts(office: CaOffice) -> Iterator[ListFacts]:
    own = office.own_labels()
    for label in labels_in(office.folder):
        try:
            der = list_path(office.folder, label).read_bytes()
            period = _period(read_revocation_list(der))
        except (OSError, PkiError):
            period = None
        yield ListFacts(label=str(label), is_ours=label in own, period=period)


def _period(read: RevocationList) -> ListPeriod | None:
    """Return when a list counts; one without an end is none of ours."""
    if read.next_update is None or read.next_update <= read.this_update:
        return None
    return ListPeriod(this_update=read.this_update, next_update=read.next_update)


def _publish(office: CaOffice) -> list[str]:
    return [path.stem for path in office.hierarchy.write_due_crls(KEEPER)]


def _repair(office: CaOffice) -> Repairs:
    office.try_again()
    return office.hierarchy.publish_missing()


def _tell(label: str, decision: ListDecision) -> None:
    hours = round(decision.seconds_left / 3600, 1)
    if decision.alarm is ListAlarm.LAPSED:
        _log.error("ca.list_lapsed", ca=label, hours_left=hours)
    elif decision.alarm is ListAlarm.LOW:
        _log.warning("ca.list_low", ca=label, hours_left=hours)
