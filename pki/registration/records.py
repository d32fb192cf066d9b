"""What the registration desk remembers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509

from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.identifiers import OrganId


class RequestState(StrEnum):
    """How far a request, a batch or a merger has come."""

    PENDING = "pending"
    APPROVED = "approved"  # complete; the certificate is being made
    ISSUED = "issued"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What somebody asks for.

    Args:
        kind: which certificate.
        names: whom it is to name.
        csr: PKCS #10 request, PEM or DER.
        days: validity; as long as the profile allows if None.
        contact: how to reach the applicant; never journalled.
    """

    kind: CertificateKind
    names: SubjectFields
    csr: bytes
    days: int | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One operator's agreement.

    Args:
        operator: name of the operator.
        at: when.
        account: with which he was signed in to the console; empty elsewhere.
    """

    operator: str
    at: datetime
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRequest:
    """One request and its state.

    Args:
        id: names it.
        application: what is asked for; its request is DER here.
        submitter: who submitted it.
        submitted_at: when.
        needed: approvals that complete it.
        approvals: given so far.
        state: how far it has come.
        known: serial numbers the key had when it was submitted; any other one made
            for key, kind and names later is the answer to this request.
        serial: of the certificate, once issued.
        code: why it was refused.
        reason: the same in an operator's words.
    """

    id: str
    application: Application
    submitter: str
    submitted_at: datetime
    needed: int
    approvals: tuple[Approval, ...] = ()
    state: RequestState = RequestState.PENDING
    known: tuple[int, ...] = ()
    serial: int | None = None
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorProof:
    """An operator who shows that he is there.

    Args:
        name: his name at the desk.
        passphrase: his secret.
        reason: why he agrees, for the journal.
        account: with which he is signed in to the console; never journalled.
    """

    name: str
    passphrase: bytes
    reason: str = ""
    account: str = ""

    def __repr__(self) -> str:
        """Leave the secret out of whatever prints this."""
        return f"OperatorProof({self.name!r})"


class HashMethod(StrEnum):
    """How a secret was hashed."""

    SCRYPT = "scrypt"  # RFC 7914: for what a person chose
    HMAC_SHA256 = "hmac-sha256"  # for what was drawn at random, 128 bits or more


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedSecret:
    """A secret that cannot be read back.

    Args:
        method: how it was hashed.
        salt: random.
        digest: of the secret.
    """

    method: HashMethod
    salt: bytes
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody who approves.

    Args:
        name: as he is called here.
        secret: of his passphrase.
        added_at: since when.
        closed_at: until when.
    """

    name: str
    secret: HashedSecret
    added_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentOrder:
    """What the bearer of a code may have certified.

    Args:
        kind: which certificate.
        names: whom it names.
        days: validity; as long as the profile allows if None.
    """

    kind: CertificateKind
    names: SubjectFields
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRecord:
    """An enrolment code as it is kept.

    Args:
        id: names it.
        order: what it is for.
        secret: hash of its secret.
        maker: the operator who made it; counts as an approval. Empty: none was needed.
        made_at: when.
        expires_at: from then on it is worth nothing.
        wrong_tries: how often a wrong secret was given.
        request_id: the request it was used for.
    """

    id: str
    order: EnrolmentOrder
    secret: HashedSecret
    maker: str
    made_at: datetime
    expires_at: datetime
    wrong_tries: int = 0
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentCode:
    """A new enrolment code; its secret is told this once.

    Args:
        id: user name of the enrolment.
        secret: password of the enrolment.
        expires_at: until when it can be used.
    """

    id: str
    secret: str
    expires_at: datetime

    def __repr__(self) -> str:
        """Leave the secret out of whatever prints this."""
        return f"EnrolmentCode({self.id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What came of an enrolment.

    Args:
        request_id: the request it became.
        certificate: the certificate; None while it waits for approval.
    """

    request_id: str
    certificate: x509.Certificate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAgency:
    """An agency certificates may name.

    Args:
        code: its code.
        name: its name.
        closed_at: when it ceased to be.
        successor: who took its place.
    """

    code: OrganId
    name: str
    closed_at: datetime | None = None
    successor: OrganId | None = None

    def is_closed(self, now: datetime) -> bool:
        """Whether it has ceased to be."""
        return self.closed_at is not None and self.closed_at <= now
