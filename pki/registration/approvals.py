"""Who must approve what: pure decisions."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.registration.records import Approval, RegistrationRequest, RequestState
from schemas.errors import ErrorCode

STANDARD_APPROVALS: Mapping[CertificateKind, int] = MappingProxyType(
    {
        CertificateKind.PERSON: 2,
        CertificateKind.SIGN_IN: 2,
        CertificateKind.AGENCY_SEAL: 2,
        CertificateKind.AGENCY_ENCRYPTION: 2,
        CertificateKind.SYSTEM: 1,
        CertificateKind.TLS_SERVER: 1,
    }
)
"""Approvals that complete a request; a kind that is not named needs none."""

MOST_APPROVALS = 5

PENDING_FOR = timedelta(days=30)
"""A request that nobody decided on for so long is expired."""


def with_approval(
    request: RegistrationRequest, approval: Approval
) -> RegistrationRequest:
    """Return a request with one more approval.

    Raises:
        PkiError: decided already (REQUEST_CLOSED), or the operator submitted or
            approved it before, or approved it with the same account, under whatever
            name (APPROVER_NOT_DISTINCT).
    """
    require_pending(request)
    approvals = (*request.approvals, approval)
    require_distinct((request.submitter, *(one.operator for one in approvals)))
    require_distinct(tuple(one.account for one in approvals if one.account))
    complete = len(approvals) >= request.needed
    state = RequestState.APPROVED if complete else RequestState.PENDING
    return replace(request, approvals=approvals, state=state)


def require_pending(request: RegistrationRequest) -> None:
    """Refuse what is decided.

    Raises:
        PkiError: it is (REQUEST_CLOSED).
    """
    if request.state is not RequestState.PENDING:
        raise PkiError(ErrorCode.REQUEST_CLOSED, place=request.state)


def require_distinct(people: tuple[str, ...]) -> None:
    """Refuse the same person twice.

    Raises:
        PkiError: somebody is named again (APPROVER_NOT_DISTINCT).
    """
    if len({person_key(one) for one in people}) < len(people):
        raise PkiError(ErrorCode.APPROVER_NOT_DISTINCT, place=people[-1])


def is_overdue(request: RegistrationRequest, now: datetime) -> bool:
    """Tell whether nobody decided on a request for too long."""
    waiting = request.state is RequestState.PENDING
    return waiting and now - request.submitted_at >= PENDING_FOR


def person_key(name: str) -> str:
    """Return what two spellings of one name have in common."""
    composed = unicodedata.normalize("NFC", name.strip())
    return unicodedata.normalize("NFC", composed.casefold())
