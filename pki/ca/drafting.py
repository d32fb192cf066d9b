"""What a CA is about to sign: laid out, and inspected before its key is used."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from pki.ca.limits import ANY_HOST, PermittedHosts
from pki.ca.lint import BACKDATING, LintCase, refuse_if_broken
from pki.ca.profiles import PROFILES
from pki.ca.requests import check_new_key
from pki.ca.signing import draft_certificate
from pki.ca.template import CertificatePlan, builder_for
from pki.errors import PkiError
from pki.keys.api import PublicKey
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.registry.api import BegunIssuance
from pki.registry.records import digest_of, key_digest
from schemas.errors import ErrorCode

_SERIAL_BITS = 159  # 20 octets with the sign bit clear (RFC 5280 4.1.2.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRequest:
    """What a registrar decided to certify.

    Args:
        kind: which profile.
        names: whom it names.
        public_key: proven to be held by the subject (`pki.ca.requests`).
        lifetime: how long; by default as long as profile and issuer allow.
        hosts: to which a systems CA is held.
    """

    kind: CertificateKind
    names: SubjectFields
    public_key: PublicKey
    lifetime: timedelta | None = None
    hosts: PermittedHosts = ANY_HOST


@dataclass(frozen=True, slots=True)
class Draft:
    """A certificate that was inspected, and waits for its signature.

    Args:
        certificate: with the signature of a throw-away key.
        begun: what is recorded before it is signed.
    """

    certificate: x509.Certificate
    begun: BegunIssuance


def plan_for(
    request: IssueRequest,
    issuer: x509.Certificate | None,
    *,
    now: datetime,
    not_after: datetime,
    demo: bool,
) -> CertificatePlan:
    """Lay out a certificate.

    Raises:
        PkiError: a weak key (KEY_WEAK).
    """
    begin = now - BACKDATING
    return CertificatePlan(
        profile=PROFILES[request.kind],
        names=request.names,
        public_key=check_new_key(request.public_key),
        issuer=issuer,
        serial=_serial(),
        not_before=max(begin, issuer.not_valid_before_utc) if issuer else begin,
        not_after=not_after,
        demo=demo,
        hosts=request.hosts,
    )


def inspected_draft(
    plan: CertificatePlan, signing: PublicKey, kind: CertificateKind, now: datetime
) -> Draft:
    """Make what will be signed, signed with a throw-away key, and inspect it.

    Raises:
        PkiError: a malformed name, or a broken lint rule.
    """

    def inspect(draft: x509.Certificate) -> None:
        refuse_if_broken(
            LintCase(
                certificate=draft,
                profile=plan.profile,
                issuer=plan.issuer,
                now=now,
                demo=plan.demo,
                places=plan.places,
                hosts=plan.hosts,
            )
        )

    certificate = draft_certificate(builder_for(plan), signing, inspect)
    begun = BegunIssuance(
        serial=certificate.serial_number,
        kind=kind,
        tbs_digest=digest_of(certificate.tbs_certificate_bytes),
        key_digest=key_digest(plan.public_key),
        subject_digest=digest_of(certificate.subject.public_bytes()),
        at=now,
    )
    return Draft(certificate, begun)


def end_of(request: IssueRequest, now: datetime, issuer_ends: datetime) -> datetime:
    """Return when a new certificate ends.

    Raises:
        PkiError: longer than its profile allows, or than its issuer lives.
    """
    longest = PROFILES[request.kind].lifetime
    if request.lifetime is None:
        return min(now + longest, issuer_ends)
    wanted = now + request.lifetime
    if not timedelta() < request.lifetime <= longest or wanted > issuer_ends:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="validity")
    return wanted


def _serial() -> int:
    """Draw a serial number; the first bit is set, so that all have one length."""
    return secrets.randbits(_SERIAL_BITS - 1) | 1 << (_SERIAL_BITS - 1)


def whole_second(at: datetime) -> datetime:
    """Leave out what certificates and lists do not tell."""
    return at.replace(microsecond=0)
