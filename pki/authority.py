"""One certification authority: issue, revoke, publish the revocation list."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import PkiError
from pki.keys.api import Credential, PublicKey, SigningKey
from pki.kinds import CertificateKind
from pki.labels import CaLabel
from pki.lint import BACKDATING, LintCase, refuse_if_broken
from pki.names import SubjectFields
from pki.places import PublicPlaces, places_below
from pki.profiles import PROFILES
from pki.registry import CertificateRegistry, RegisteredCertificate, revoked_entries
from pki.requests import check_new_key
from pki.signing import sign_certificate, sign_revocation_list
from pki.template import CertificatePlan, authority_key_identifier, builder_for
from schemas.errors import ErrorCode

Clock = Callable[[], datetime]

LIST_LIFETIME = timedelta(days=7)
"""How long a list of an issuing CA counts (CA/Browser Forum BR 4.9.7)."""

ROOT_LIST_LIFETIME = timedelta(days=180)
"""How long a list of the offline root counts."""

# A revocation here is final; suspension would need a way back (RFC 5280 5.3.1).
TEMPORARY_REASONS = frozenset(
    {x509.ReasonFlags.certificate_hold, x509.ReasonFlags.remove_from_crl}
)

_SERIAL_BITS = 159  # 20 octets with the sign bit clear (RFC 5280 4.1.2.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRequest:
    """What a registrar decided to certify.

    Args:
        kind: which profile.
        names: whom it names.
        public_key: proven to be held by the subject (`pki.requests`).
        lifetime: how long; by default as long as profile and issuer allow.
    """

    kind: CertificateKind
    names: SubjectFields
    public_key: PublicKey
    lifetime: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A CA with its key, its registry and its clock.

    Args:
        kind: which CA it is; it issues what the profiles assign to it.
        credential: its key and certificate.
        registry: what it issued.
        clock: gives the time, aware of its zone.
        demo: it stands under a demo root.
        public_url: under it, lists and answers are published for anybody; empty:
            nowhere.
        generation: which of the keys this CA has had.
    """

    kind: CertificateKind
    credential: Credential
    registry: CertificateRegistry
    clock: Clock
    demo: bool
    public_url: str = ""
    generation: int = 1

    @property
    def label(self) -> CaLabel:
        """What its files are called."""
        return CaLabel(self.kind, self.generation)

    def issue(self, request: IssueRequest) -> x509.Certificate:
        """Issue a certificate.

        Raises:
            PkiError: not this CA's to issue, a weak key, a lifetime beyond profile or
                issuer, a malformed name, or a broken lint rule.
        """
        if PROFILES[request.kind].issuer is not self.kind:
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=request.kind)
        now = _whole_second(self.clock())
        issuer = self.credential.certificate
        not_after = _not_after(request, now, issuer.not_valid_after_utc)
        plan = _plan(request, issuer, now=now, not_after=not_after, demo=self.demo)
        plan = replace(plan, places=self._places(request.kind))
        certificate = _sign(plan, self.credential.key, now)
        self.registry.add(_registered(certificate, request.kind, now))
        return certificate

    def _places(self, kind: CertificateKind) -> PublicPlaces | None:
        """Return what a new certificate names; a responder is not checked itself."""
        profile = PROFILES[kind]
        if not self.public_url or profile.is_ca or profile.is_responder:
            return None
        return places_below(self.public_url, self.label)

    def revoke(
        self,
        serial: int,
        reason: x509.ReasonFlags = x509.ReasonFlags.unspecified,
    ) -> None:
        """Revoke a certificate, from now on.

        Raises:
            PkiError: unknown, already revoked, or a reason that is not final.
        """
        if reason in TEMPORARY_REASONS:
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=reason.value)
        self.registry.revoke(serial, _whole_second(self.clock()), reason)

    def crl(self) -> x509.CertificateRevocationList:
        """Make a complete revocation list; entries stay for ever."""
        now = _whole_second(self.clock())
        is_root = self.kind is CertificateKind.ROOT
        issuer = self.credential.certificate
        number = x509.CRLNumber(self.registry.next_crl_number())
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.subject)
            .last_update(now)
            .next_update(now + (ROOT_LIST_LIFETIME if is_root else LIST_LIFETIME))
            .add_extension(number, critical=False)
            .add_extension(authority_key_identifier(issuer), critical=False)
        )
        for serial, at, reason in revoked_entries(self.registry.list()):
            builder = builder.add_revoked_certificate(_list_entry(serial, at, reason))
        return sign_revocation_list(builder, self.credential.key)


def issue_root(
    key: SigningKey, names: SubjectFields, *, clock: Clock, demo: bool
) -> x509.Certificate:
    """Make a self-signed root.

    Raises:
        PkiError: a weak key, a malformed name, or a broken lint rule.
    """
    request = IssueRequest(
        kind=CertificateKind.ROOT, names=names, public_key=key.public_key
    )
    now = _whole_second(clock())
    not_after = now + PROFILES[CertificateKind.ROOT].lifetime
    return _sign(
        _plan(request, None, now=now, not_after=not_after, demo=demo), key, now
    )


def _plan(
    request: IssueRequest,
    issuer: x509.Certificate | None,
    *,
    now: datetime,
    not_after: datetime,
    demo: bool,
) -> CertificatePlan:
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
    )


def _sign(plan: CertificatePlan, key: SigningKey, now: datetime) -> x509.Certificate:
    def inspect(draft: x509.Certificate) -> None:
        refuse_if_broken(
            LintCase(
                certificate=draft,
                profile=plan.profile,
                issuer=plan.issuer,
                now=now,
                demo=plan.demo,
                places=plan.places,
            )
        )

    return sign_certificate(builder_for(plan), key, inspect)


def _not_after(request: IssueRequest, now: datetime, issuer_ends: datetime) -> datetime:
    longest = PROFILES[request.kind].lifetime
    if request.lifetime is None:
        return min(now + longest, issuer_ends)
    wanted = now + request.lifetime
    if not timedelta() < request.lifetime <= longest or wanted > issuer_ends:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="validity")
    return wanted


def _registered(
    certificate: x509.Certificate, kind: CertificateKind, now: datetime
) -> RegisteredCertificate:
    return RegisteredCertificate(
        serial=certificate.serial_number,
        kind=kind,
        der=certificate.public_bytes(Encoding.DER),
        issued_at=now,
    )


def _list_entry(
    serial: int, at: datetime, reason: x509.ReasonFlags
) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
    if reason is not x509.ReasonFlags.unspecified:
        # RFC 5280 5.3.1: absent rather than "unspecified".
        builder = builder.add_extension(x509.CRLReason(reason), critical=False)
    return builder.build()


def _serial() -> int:
    """Draw a serial number; the first bit is set, so that all have one length."""
    return secrets.randbits(_SERIAL_BITS - 1) | 1 << (_SERIAL_BITS - 1)


def _whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
