"""Taking a request in: all its checks, then one record of it.

What was filed already under the same circumstances is the same request again: clients
that wait for approval send it time after time (RFC 7030 4.2.3).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from pki.ca.requests import CertificateRequest, parse_request
from pki.journal.store import Act, CaAction
from pki.keys.api import PublicKey
from pki.registration.approvals import is_overdue
from pki.registration.book import Page, Table
from pki.registration.checks import check_key, check_order, check_request
from pki.registration.codec import Reader
from pki.registration.issuing import finish
from pki.registration.office import Office, load, save
from pki.registration.records import (
    Application,
    Approval,
    EnrolmentOrder,
    RegistrationRequest,
    RequestState,
)
from pki.registration.secrets import new_id
from pki.registry.records import index_of, key_digest

_ALIVE = frozenset({RequestState.PENDING, RequestState.APPROVED, RequestState.ISSUED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A request about to be filed.

    Args:
        application: what is asked for.
        needed: approvals that complete it.
        origin: what vouches for it: a code, a certificate, or nothing.
        approver: who approved it beforehand.
        also: what else changes in the book when the request is filed.
    """

    application: Application
    needed: int
    origin: str = ""
    approver: str = ""
    also: Callable[[Page, RegistrationRequest], None] = lambda _page, _request: None


def order_of(application: Application) -> EnrolmentOrder:
    """Return what an application orders."""
    return EnrolmentOrder(
        kind=application.kind, names=application.names, days=application.days
    )


def file(office: Office, filing: Filing, act: Act) -> RegistrationRequest:
    """Check a request and file it; complete at once, it is issued at once.

    Raises:
        PkiError: one code per reason, see `pki.registration.checks`.
    """
    order = order_of(filing.application)
    check_order(order, office.facts(order.kind))
    asked = parse_request(filing.application.csr)
    check_request(asked, order)
    filing = replace(filing, application=replace(filing.application, csr=asked.der))
    with office.book.change() as page:
        request = _filed_before(office, page, filing)
        if request is None:
            request = _file(office, page, filing, asked, act)
    return finish(office, request.id, act)


def _file(
    office: Office, page: Page, filing: Filing, asked: CertificateRequest, act: Act
) -> RegistrationRequest:
    order = order_of(filing.application)
    holders = office.hierarchy.holders_of_key(asked.public_key)
    check_key(holders, order, office.clock())
    request = _new(office, filing, act, tuple(one.serial for one in holders))
    save(page, request)
    page.put(Table.SUBMISSION, _digest(filing), {"request": request.id})
    facts = _facts(filing, asked.public_key)
    page.enter(CaAction.REQUEST_SUBMITTED, act, request.id, facts, request.submitted_at)
    filing.also(page, request)
    return request


def _new(
    office: Office, filing: Filing, act: Act, known: tuple[int, ...]
) -> RegistrationRequest:
    now = office.clock()
    approved = Approval(operator=filing.approver, at=now)
    approvals = (approved,) if filing.approver else ()
    complete = len(approvals) >= filing.needed
    return RegistrationRequest(
        id=new_id(),
        application=filing.application,
        submitter=act.actor,
        submitted_at=now,
        needed=filing.needed,
        approvals=approvals,
        state=RequestState.APPROVED if complete else RequestState.PENDING,
        known=known,
    )


def _filed_before(
    office: Office, page: Page, filing: Filing
) -> RegistrationRequest | None:
    record = page.get(Table.SUBMISSION, _digest(filing))
    if record is None:
        return None
    found = load(page, Reader(record).text("request"))
    return None if _is_over(office, found) else found


def _is_over(office: Office, request: RegistrationRequest) -> bool:
    """Tell whether a request is no answer any more when it comes again."""
    now = office.clock()
    if request.state not in _ALIVE or is_overdue(request, now):
        return True
    if request.serial is None:
        return False
    entry = office.hierarchy.find(request.serial)
    return entry.revoked_at is not None or index_of(entry.der).not_after <= now


def _facts(filing: Filing, public_key: PublicKey) -> dict[str, str]:
    facts = {
        "kind": filing.application.kind.value,
        "key": key_digest(public_key),
        "needed": str(filing.needed),
    }
    stated = {"origin": filing.origin, "approved": filing.approver}
    return facts | {name: text for name, text in stated.items() if text}


def _digest(filing: Filing) -> str:
    """Return what identifies a submission: all of it, and what vouches for it."""
    application = filing.application
    circumstances = repr(
        (application.kind, application.names, application.days, filing.origin)
    )
    digest = sha256(circumstances.encode())
    digest.update(application.csr)
    return digest.hexdigest()
