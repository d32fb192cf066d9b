"""What every part of the desk works with: the book, the CAs and the clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pki.ca.authority import Clock
from pki.ca.hierarchy import Hierarchy
from pki.errors import PkiError
from pki.journal.store import Act, CaAction
from pki.kinds import CertificateKind
from pki.registration.approvals import STANDARD_APPROVALS, is_overdue
from pki.registration.book import Page, RegistrationBook, Table
from pki.registration.checks import DeskFacts
from pki.registration.codec import (
    Reader,
    read_agency,
    read_request_record,
    request_fields,
)
from pki.registration.records import KnownAgency, RegistrationRequest, RequestState
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId

DESK = "registration"
"""The actor of what the desk does by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The desk's tools.

    Args:
        book: what it remembers.
        hierarchy: the CAs it asks.
        clock: gives the time, aware of its zone.
    """

    book: RegistrationBook
    hierarchy: Hierarchy
    clock: Clock

    def needed(self, kind: CertificateKind) -> int:
        """Return how many approvals a kind needs."""
        record = self.book.page.get(Table.APPROVALS, kind)
        if record is not None:
            return Reader(record).number("needed")
        return 0 if self.hierarchy.is_demo else STANDARD_APPROVALS.get(kind, 0)

    def facts(self, kind: CertificateKind) -> DeskFacts:
        """Return what an order is judged by now."""
        return self.facts_of((kind,))[kind]

    def facts_of(
        self, kinds: Iterable[CertificateKind]
    ) -> Mapping[CertificateKind, DeskFacts]:
        """Return what orders of several kinds are judged by now."""
        now, agencies = self.clock(), self.agencies()
        return {
            kind: DeskFacts(now=now, issuer_ends=self._end(kind), agencies=agencies)
            for kind in kinds
        }

    def _end(self, kind: CertificateKind) -> datetime | None:
        above = self.hierarchy.chain_above(kind)
        return above[0].not_valid_after_utc if above else None

    def agencies(self) -> Mapping[OrganId, KnownAgency]:
        """Return the known agencies."""
        found = (read_agency(*one) for one in self.book.page.all(Table.AGENCY))
        return {one.code: one for one in found}

    def expire(self) -> None:
        """Close requests nobody decided on for too long."""
        now = self.clock()
        if not any(is_overdue(one, now) for one in _pending(self.book.page)):
            return
        with self.book.change() as page:
            for one in _pending(page):
                if is_overdue(one, now):
                    save(page, replace(one, state=RequestState.EXPIRED))
                    facts = {"state": RequestState.EXPIRED.value}
                    act = Act(actor=DESK)
                    page.enter(CaAction.REQUEST_REFUSED, act, one.id, facts, now)


def _pending(page: Page) -> tuple[RegistrationRequest, ...]:
    rows = page.all(Table.REQUEST, state=RequestState.PENDING)
    return tuple(read_request_record(*one) for one in rows)


def load(page: Page, request_id: str) -> RegistrationRequest:
    """Return a request.

    Raises:
        PkiError: there is none (REQUEST_NOT_FOUND).
    """
    record = page.get(Table.REQUEST, request_id) if request_id.isascii() else None
    if record is None:
        shown = request_id[:40] if request_id.isprintable() else ""
        raise PkiError(ErrorCode.REQUEST_NOT_FOUND, place=shown)
    return read_request_record(request_id, record)


def save(page: Page, request: RegistrationRequest) -> None:
    """Write a request."""
    fields = request_fields(request)
    page.put(Table.REQUEST, request.id, fields, state=request.state)
