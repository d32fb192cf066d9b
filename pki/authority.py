"""One certification authority: issue, revoke, publish the revocation list."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.accounts import account_name
from pki.ca_limits import ANY_HOST, PermittedHosts
from pki.errors import PkiError
from pki.journal import Act, CaAction
from pki.keys.api import Credential, PublicKey, SigningKey
from pki.kinds import CertificateKind
from pki.labels import CaLabel
from pki.lint import BACKDATING, LintCase, refuse_if_broken
from pki.list_lint import ListCase, refuse_list_if_broken
from pki.list_template import ListPlan, list_builder_for
from pki.names import SubjectFields
from pki.places import PublicPlaces, places_below
from pki.profiles import PROFILES
from pki.registry import (
    BegunIssuance,
    CertificateChange,
    CertificateRegistry,
    RegisteredCertificate,
    RevokedEntry,
    SignedList,
)
from pki.registry_records import digest_of, key_digest
from pki.requests import check_new_key
from pki.signing import draft_certificate, sign_draft, sign_revocation_list
from pki.template import CertificatePlan, builder_for
from schemas.errors import ErrorCode

Clock = Callable[[], datetime]

LIST_LIFETIME = timedelta(days=7)
"""How long a list of an issuing CA counts (CA/Browser Forum BR 4.9.7)."""

ROOT_LIST_LIFETIME = timedelta(days=180)
"""How long a list of the offline root counts."""

# A revocation is final; suspension is a verb of its own (RFC 5280 5.3.1).
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

    def issue(self, request: IssueRequest, act: Act | None = None) -> x509.Certificate:
        """Issue a certificate.

        Raises:
            PkiError: as `draft`, or it cannot be recorded.
        """
        drafts = (self.draft(request),)
        self.reserve(drafts, act or own_act())
        return self.finish(drafts, act or own_act())[0]

    def draft(self, request: IssueRequest) -> Draft:
        """Make what will be signed, and inspect it; nothing is recorded yet.

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
        return _draft(plan, self.credential.key.public_key, request.kind, now)

    def reserve(self, drafts: Sequence[Draft], act: Act) -> None:
        """Record that drafts are about to be signed, durable at return.

        Raises:
            PkiError: it cannot be recorded.
        """
        self.registry.reserve([one.begun for one in drafts], act)

    def finish(self, drafts: Sequence[Draft], act: Act) -> tuple[x509.Certificate, ...]:
        """Sign what was reserved; it is recorded, durable, when it is returned.

        Raises:
            PkiError: the key does not sign, or the certificates cannot be recorded.
        """
        signed = [sign_draft(one.certificate, self.credential.key) for one in drafts]
        entries = [
            RegisteredCertificate(
                serial=certificate.serial_number,
                kind=one.begun.kind,
                der=certificate.public_bytes(Encoding.DER),
                issued_at=one.begun.at,
            )
            for one, certificate in zip(drafts, signed, strict=True)
        ]
        self.registry.add(entries, act)
        return tuple(signed)

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
        *,
        invalidity_date: datetime | None = None,
        act: Act | None = None,
    ) -> None:
        """Revoke a certificate for good; a suspended one since its suspension.

        Args:
            serial: which.
            reason: why (RFC 5280 5.3.1); a final one.
            invalidity_date: since when its key is known or suspected not to be
                trusted (5.3.2); not in the future.
            act: who does it, and why.

        Raises:
            PkiError: unknown, already revoked, a reason that is not final, or an
                invalidity date in the future.
        """
        now = _whole_second(self.clock())
        if reason in TEMPORARY_REASONS:
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=reason.value)
        if invalidity_date and invalidity_date > now:
            raise PkiError(ErrorCode.INVALIDITY_DATE_REFUSED)
        change = CertificateChange(
            serial=serial,
            action=CaAction.CERTIFICATE_REVOKED,
            at=now,
            reason=reason,
            invalidity_date=_whole_second(invalidity_date) if invalidity_date else None,
        )
        self.registry.change(change, act or own_act())

    def suspend(self, serial: int, act: Act | None = None) -> None:
        """Revoke a certificate for a time (certificateHold).

        Raises:
            PkiError: unknown, already suspended, or revoked.
        """
        self._change(serial, CaAction.CERTIFICATE_SUSPENDED, act)

    def release(self, serial: int, act: Act | None = None) -> None:
        """End a suspension: the certificate is gone from the next list.

        Raises:
            PkiError: unknown, or not suspended.
        """
        self._change(serial, CaAction.CERTIFICATE_RELEASED, act)

    def crl(self, act: Act | None = None) -> x509.CertificateRevocationList:
        """Make a complete revocation list; entries stay for ever.

        Raises:
            PkiError: the key does not sign, or the list cannot be recorded.
        """
        last = self.registry.journal.last((CaAction.LIST_PUBLISHED,))
        number = int(last.subject) if last else None
        sign = partial(self._sign_list, number)
        signed = self.registry.publish_list(sign, act or own_act())
        return x509.load_der_x509_crl(signed.der)

    def record_founding(self, act: Act | None = None) -> None:
        """Enter in the journal which CA this is, if that was not done yet."""
        if self.registry.journal.last((CaAction.CA_FOUNDED,)):
            return
        own = self.credential.certificate.public_bytes(Encoding.DER)
        facts = {"sha256": digest_of(own)}
        subject, now = str(self.label), self.clock()
        self.registry.record(CaAction.CA_FOUNDED, act or own_act(), subject, facts, now)

    def _change(self, serial: int, action: CaAction, act: Act | None) -> None:
        at = _whole_second(self.clock())
        change = CertificateChange(serial=serial, action=action, at=at)
        self.registry.change(change, act or own_act())

    def _sign_list(
        self, last_number: int | None, number: int, entries: Sequence[RevokedEntry]
    ) -> SignedList:
        now = _whole_second(self.clock())
        is_root = self.kind is CertificateKind.ROOT
        longest = ROOT_LIST_LIFETIME if is_root else LIST_LIFETIME
        plan = ListPlan(
            issuer=self.credential.certificate,
            number=number,
            this_update=now,
            next_update=now + longest,
            entries=entries,
        )

        def inspect(draft: x509.CertificateRevocationList) -> None:
            refuse_list_if_broken(
                ListCase(
                    revocation_list=draft,
                    issuer=plan.issuer,
                    last_number=last_number,
                    now=now,
                    longest=longest,
                )
            )

        builder, key = list_builder_for(plan), self.credential.key
        signed = sign_revocation_list(builder, key, inspect)
        return SignedList(
            der=signed.public_bytes(Encoding.DER),
            this_update=plan.this_update,
            next_update=plan.next_update,
        )


def own_act(reason: str = "") -> Act:
    """Return who runs this process as the one who acts."""
    return Act(actor=account_name(), reason=reason)


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
    plan = _plan(request, None, now=now, not_after=not_after, demo=demo)
    draft = _draft(plan, key.public_key, request.kind, now)
    return sign_draft(draft.certificate, key)


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
        hosts=request.hosts,
    )


def _draft(
    plan: CertificatePlan, signing: PublicKey, kind: CertificateKind, now: datetime
) -> Draft:
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


def _not_after(request: IssueRequest, now: datetime, issuer_ends: datetime) -> datetime:
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


def _whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
