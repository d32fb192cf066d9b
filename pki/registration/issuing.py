"""From a complete request to its one certificate.

The book is held for the whole step, so that one process at a time does it. The
certificate is durable in the registry of its CA before the book says so: whoever comes
after a crash finds it there by its key, and does not ask for a second one.
"""

from dataclasses import dataclass, replace

from cryptography import x509

from pki.ca.hierarchy import Hierarchy
from pki.ca.requests import read_request
from pki.errors import PkiError
from pki.journal.store import Act, CaAction
from pki.keys.api import PublicKey
from pki.registration.book import Page, Table
from pki.registration.checks import answers, check_order
from pki.registration.office import Office, load, save
from pki.registration.records import (
    EnrolmentOrder,
    RegistrationRequest,
    RequestState,
)
from schemas.errors import ErrorCode

FINAL_REFUSALS = frozenset(
    {
        ErrorCode.AGENCY_CLOSED,
        ErrorCode.AGENCY_UNKNOWN,
        ErrorCode.ISSUANCE_REFUSED,
        ErrorCode.LINT_REFUSED,
        ErrorCode.KEY_REUSED,
        ErrorCode.KEY_WEAK,
        ErrorCode.RENEWAL_KEY_TOO_OLD,
        ErrorCode.VALIDITY_TOO_LONG,
    }
)
"""What asking again would not change; after anything else it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A certificate that must be made once.

    Args:
        owner: what it is for: the id of a request, a row or a step.
        order: kind, names and validity.
        public_key: of whom.
        known: serial numbers that are not it.
    """

    owner: str
    order: EnrolmentOrder
    public_key: PublicKey
    known: tuple[int, ...] = ()


def finish(office: Office, request_id: str, act: Act) -> RegistrationRequest:
    """Make the certificate of a request that is approved; else leave it as it is.

    Raises:
        PkiError: the CA refuses for good (the request is then refused with this code),
            or cannot issue now (it stays approved).
    """
    with office.book.change() as page:
        request = load(page, request_id)
        if request.state is not RequestState.APPROVED:
            return request
        try:
            closed = _issued(office, page, request, act)
        except PkiError as error:
            if error.code not in FINAL_REFUSALS:
                raise
            refusal = error
            closed = _refused(office, page, request, error)
        else:
            return closed
    raise refusal


def find_made(hierarchy: Hierarchy, page: Page, wanted: Wanted) -> int | None:
    """Return the serial number of a certificate made before a crash."""
    for one in hierarchy.holders_of_key(wanted.public_key):
        unclaimed = page.get(Table.CLAIM, f"{one.serial:x}") is None
        fresh = one.serial not in wanted.known
        if unclaimed and fresh and answers(one, wanted.order):
            return one.serial
    return None


def claim(page: Page, serial: int, owner: str) -> None:
    """Say what a certificate was made for, so that nothing else takes it."""
    page.put(Table.CLAIM, f"{serial:x}", {"owner": owner})


def certificate_with(hierarchy: Hierarchy, serial: int) -> x509.Certificate:
    """Return an issued certificate.

    Raises:
        PkiError: unknown (CERTIFICATE_NOT_FOUND).
    """
    return x509.load_der_x509_certificate(hierarchy.find(serial).der)


def _issued(
    office: Office, page: Page, request: RegistrationRequest, act: Act
) -> RegistrationRequest:
    application = request.application
    order = EnrolmentOrder(
        kind=application.kind, names=application.names, days=application.days
    )
    wanted = Wanted(
        owner=request.id,
        order=order,
        public_key=read_request(application.csr),
        known=request.known,
    )
    serial = find_made(office.hierarchy, page, wanted)
    if serial is None:
        # Its agency may have ended, or another may issue, since it was filed.
        check_order(order, office.facts(order.kind))
        serial = office.hierarchy.issue(
            order.kind,
            order.names,
            wanted.public_key,
            days=order.days,
            act=replace(act, reason=f"request {request.id}"),
        ).serial_number
    claim(page, serial, request.id)
    issued = replace(request, state=RequestState.ISSUED, serial=serial)
    save(page, issued)
    facts = {"serial": f"{serial:x}"}
    page.enter(CaAction.REQUEST_ISSUED, act, request.id, facts, office.clock())
    return issued


def _refused(
    office: Office, page: Page, request: RegistrationRequest, error: PkiError
) -> RegistrationRequest:
    refused = replace(request, state=RequestState.REFUSED, code=error.code.value)
    save(page, refused)
    facts = {"code": error.code.value}
    act = Act(actor=request.submitter)
    page.enter(CaAction.REQUEST_REFUSED, act, request.id, facts, office.clock())
    return refused
