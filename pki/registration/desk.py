"""The registration desk of one CA folder."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Self

from cryptography import x509

from pki.ca.authority import Clock
from pki.ca.hierarchy import Hierarchy, system_clock
from pki.ca.labels import parse_label
from pki.ca.profiles import PROFILES
from pki.certificates import authority_key_id
from pki.errors import PkiError
from pki.journal.store import Act, CaAction, Journal
from pki.kinds import CertificateKind
from pki.registration import operators
from pki.registration.approvals import require_pending, with_approval
from pki.registration.book import SqliteBook, Table
from pki.registration.checks import check_order
from pki.registration.codec import read_request_record
from pki.registration.codes import CODE_VALID_FOR, make_code, use_code
from pki.registration.filing import Filing, file
from pki.registration.issuing import certificate_with, finish
from pki.registration.office import DESK, Office, load, save
from pki.registration.published_book import PublishedBook
from pki.registration.records import (
    Application,
    Approval,
    Enrolment,
    EnrolmentCode,
    EnrolmentOrder,
    KnownAgency,
    Operator,
    OperatorProof,
    RegistrationRequest,
    RequestState,
)
from pki.registration.renewal import renew
from schemas.identifiers import OrganId

BOOK = "registration.sqlite"


class RegistrationDesk:
    """Takes requests, has them approved, and sees to it that each is answered once.

    Args:
        office: book, CAs and clock.
    """

    def __init__(self, office: Office) -> None:
        self._office = office

    @classmethod
    def open(
        cls, directory: Path, hierarchy: Hierarchy, *, clock: Clock = system_clock
    ) -> "RegistrationDesk":
        """Open the desk over the folder of a CA, and finish what a crash left.

        Raises:
            PkiError: the book cannot be opened, or is older than what was published of
                its journal (PUBLISHED_DIFFERS).
        """
        book = PublishedBook(SqliteBook(directory / "private" / BOOK), directory)
        desk = cls(Office(book=book, hierarchy=hierarchy, clock=clock))
        desk.resume()
        return desk

    def close(self) -> None:
        """Close the book; the hierarchy stays open."""
        self._office.book.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def office(self) -> Office:
        """For batches, mergers and warnings."""
        return self._office

    @property
    def journal(self) -> Journal:
        """What the desk did."""
        return self._office.book.journal

    def submit(self, application: Application, act: Act) -> RegistrationRequest:
        """File a request; it is issued at once where no approval is needed.

        Raises:
            PkiError: one code per reason, see `pki.registration.checks`.
        """
        needed = self._office.needed(application.kind)
        filing = Filing(application=application, needed=needed)
        return file(self._office, filing, act)

    @contextmanager
    def checked(self, order: EnrolmentOrder) -> Iterator[None]:
        """Hold the book while what needs no request is issued.

        Raises:
            PkiError: the order is refused, see `pki.registration.checks`.
        """
        with self._office.book.change():
            check_order(order, self._office.facts(order.kind))
            yield

    def approve(self, request_id: str, operator: OperatorProof) -> RegistrationRequest:
        """Approve a request; the approval that completes the number issues.

        Raises:
            PkiError: OPERATOR_UNKNOWN, REQUEST_NOT_FOUND, REQUEST_CLOSED,
                APPROVER_NOT_DISTINCT, or the CA refuses or cannot issue.
        """
        name = operators.verify_operator(self._office, operator)
        act = Act(actor=name, reason=operator.reason)
        self._office.expire()
        with self._office.book.change() as page:
            now = self._office.clock()
            approval = Approval(operator=name, at=now, account=operator.account)
            request = with_approval(load(page, request_id), approval)
            save(page, request)
            facts = {"approvals": f"{len(request.approvals)}/{request.needed}"}
            page.enter(CaAction.REQUEST_APPROVED, act, request_id, facts, now)
        return finish(self._office, request_id, act)

    def refuse(
        self, request_id: str, operator: OperatorProof, reason: str
    ) -> RegistrationRequest:
        """Refuse a request.

        Raises:
            PkiError: OPERATOR_UNKNOWN, REQUEST_NOT_FOUND, REQUEST_CLOSED.
        """
        name = operators.verify_operator(self._office, operator)
        act = Act(actor=name, reason=reason)
        self._office.expire()
        with self._office.book.change() as page:
            request = load(page, request_id)
            require_pending(request)
            refused = replace(request, state=RequestState.REFUSED, reason=reason)
            save(page, refused)
            now = self._office.clock()
            page.enter(CaAction.REQUEST_REFUSED, act, request_id, {}, now)
        return refused

    def get(self, request_id: str) -> RegistrationRequest:
        """Return a request.

        Raises:
            PkiError: there is none (REQUEST_NOT_FOUND).
        """
        self._office.expire()
        return load(self._office.book.page, request_id)

    def list(self, state: RequestState | None = None) -> Sequence[RegistrationRequest]:
        """Return all requests, or those in a state, oldest first."""
        self._office.expire()
        rows = self._office.book.page.all(Table.REQUEST, state=state or "")
        found = (read_request_record(*one) for one in rows)
        return sorted(found, key=lambda one: (one.submitted_at, one.id))

    def certificate_of(self, request_id: str) -> x509.Certificate | None:
        """Return the certificate of a request; None while there is none.

        Raises:
            PkiError: no such request.
        """
        serial = self.get(request_id).serial
        if serial is None:
            return None
        return certificate_with(self._office.hierarchy, serial)

    def chain_of(self, certificate: x509.Certificate) -> tuple[x509.Certificate, ...]:
        """Return the certificates between one that was issued and the root.

        Raises:
            PkiError: a file of a CA is unreadable.
        """
        hierarchy = self._office.hierarchy
        kind = hierarchy.find(certificate.serial_number).kind
        labels = (parse_label(one) for one in hierarchy.labels)
        chains = (
            hierarchy.chain_above(kind, one)
            for one in labels
            if one.kind is PROFILES[kind].issuer
        )
        wanted = authority_key_id(certificate.extensions)
        return next((one for one in chains if _key_id(one[0]) == wanted), ())

    def resume(self) -> None:
        """Issue for requests that a crash or an absent key left approved."""
        rows = self._office.book.page.all(Table.REQUEST, state=RequestState.APPROVED)
        for request_id, _ in rows:
            with suppress(PkiError):  # kept with the request, or tried again later
                finish(self._office, request_id, Act(actor=DESK))

    def make_code(
        self,
        order: EnrolmentOrder,
        operator: OperatorProof | None,
        *,
        valid_for: timedelta = CODE_VALID_FOR,
        act: Act | None = None,
    ) -> EnrolmentCode:
        """Make an enrolment code; the operator has thereby approved the order.

        Args:
            order: what its bearer may have certified.
            operator: who makes it; None where the kind needs no approval.
            valid_for: how long it can be used, at most 90 days.
            act: who asks, where no operator does.

        Raises:
            PkiError: the order is refused, or the operator is unknown.
        """
        by = act or Act(actor=DESK)
        return make_code(self._office, order, operator, valid_for=valid_for, act=by)

    def enrol_with_code(self, code_id: str, secret: str, csr: bytes) -> Enrolment:
        """Enrol with a code; the same request again tells how it stands.

        Raises:
            PkiError: ENROLMENT_CODE_REFUSED, or the request is refused.
        """
        return self._enrolment(use_code(self._office, code_id, secret, csr))

    def reenrol(self, current: x509.Certificate, csr: bytes) -> Enrolment:
        """Renew by the certificate of a checked connection; the key may be new.

        Raises:
            PkiError: see `pki.registration.renewal.renew`.
        """
        return self._enrolment(renew(self._office, current, csr))

    def operators(self) -> tuple[Operator, ...]:
        """Return all operators, those closed too."""
        return operators.operators(self._office)

    def add_operator(
        self, proof: OperatorProof, act: Act, by: Sequence[OperatorProof] = ()
    ) -> Operator:
        """Add an operator; those there are must agree, at most two of them.

        Raises:
            PkiError: see `pki.registration.operators`.
        """
        return operators.add_operator(self._office, proof, act, by)

    def close_operator(
        self, name: str, act: Act, by: Sequence[OperatorProof] = ()
    ) -> Operator:
        """Close an operator.

        Raises:
            PkiError: see `pki.registration.operators`.
        """
        return operators.close_operator(self._office, name, act, by)

    def verify_operator(self, proof: OperatorProof) -> str:
        """Return the name of an operator whose passphrase is right.

        Raises:
            PkiError: unknown, closed or wrong (OPERATOR_UNKNOWN).
        """
        return operators.verify_operator(self._office, proof)

    def approvals_needed(self, kind: CertificateKind) -> int:
        """Return how many approvals a kind needs."""
        return self._office.needed(kind)

    def set_approvals(
        self,
        needed: Mapping[CertificateKind, int],
        act: Act,
        by: Sequence[OperatorProof] = (),
    ) -> None:
        """Set how many approvals kinds need.

        Raises:
            PkiError: see `pki.registration.operators`.
        """
        operators.set_approvals(self._office, needed, act, by)

    def agencies(self) -> Mapping[OrganId, KnownAgency]:
        """Return the known agencies by code; while there are none, all are taken."""
        return self._office.agencies()

    def set_agencies(
        self,
        agencies: Sequence[KnownAgency],
        act: Act,
        by: Sequence[OperatorProof] = (),
    ) -> None:
        """Know these agencies.

        Raises:
            PkiError: see `pki.registration.operators`.
        """
        operators.set_agencies(self._office, agencies, act, by)

    def _enrolment(self, request: RegistrationRequest) -> Enrolment:
        certificate = (
            None
            if request.serial is None
            else certificate_with(self._office.hierarchy, request.serial)
        )
        return Enrolment(request_id=request.id, certificate=certificate)


def _key_id(authority: x509.Certificate) -> bytes:
    extension = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return extension.value.digest
