"""Requests for certificates as people decide about them, where the CA is."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from exchange.certification.office import CaOffice
from pki.ca.issuing import IssueOrder
from pki.ca.requests import parse_request
from pki.errors import PkiError
from pki.keys.api import PublicKey
from pki.registration.records import (
    Application,
    OperatorProof,
    RegistrationRequest,
    RequestState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRequest:
    """A request with what is to be known before it is decided.

    Args:
        key: algorithm and size.
        asks_for: what the request itself says of its subject; it does not count.
        refusal: why the CA would refuse it now, of broken rules their names; empty if
            it would not.
    """

    request: RegistrationRequest
    key: str
    asks_for: str
    refusal: str


def waiting_requests(office: CaOffice) -> tuple[RegistrationRequest, ...]:
    """Return the requests that wait for an approval, oldest first."""
    return tuple(office.desk.list(RequestState.PENDING))


def shown_request(office: CaOffice, request_id: str) -> ShownRequest:
    """Return one request, inspected as the CA would.

    Raises:
        PkiError: there is none (REQUEST_NOT_FOUND).
    """
    request = office.desk.get(request_id)
    csr = parse_request(request.application.csr)
    return ShownRequest(
        request=request,
        key=_named(csr.public_key),
        asks_for=csr.subject.rfc4514_string(),
        refusal=_refusal(office, request.application, csr.public_key),
    )


def approve(
    office: CaOffice, request_id: str, proof: OperatorProof
) -> RegistrationRequest:
    """Approve as one operator of the desk; the last approval issues.

    Raises:
        PkiError: as `RegistrationDesk.approve`.
    """
    return office.desk.approve(request_id, proof)


def refuse(
    office: CaOffice, request_id: str, proof: OperatorProof
) -> RegistrationRequest:
    """Refuse for the reason the operator gives.

    Raises:
        PkiError: as `RegistrationDesk.refuse`.
    """
    return office.desk.refuse(request_id, proof, proof.reason)


def _refusal(office: CaOffice, application: Application, key: PublicKey) -> str:
    order = IssueOrder(
        kind=application.kind,
        names=application.names,
        public_key=key,
        days=application.days,
    )
    try:
        office.hierarchy.inspect(order)
    except PkiError as error:
        return f"{error.code} {error.place}".strip()
    return ""


def _named(key: PublicKey) -> str:
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"EC {key.curve.name}"
        case _:
            return type(key).__name__
