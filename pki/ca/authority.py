"""One certification authority: issue, revoke, publish the revocation list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ca.accounts import account_name
from pki.ca.drafting import (
    Draft,
    IssueRequest,
    end_of,
    inspected_draft,
    plan_for,
    whole_second,
)
from pki.ca.labels import CaLabel
from pki.ca.list_making import LIST_LIFETIME, ROOT_LIST_LIFETIME, ListSigner
from pki.ca.places import PublicPlaces, places_below
from pki.ca.profiles import PROFILES
from pki.ca.signing import sign_draft
from pki.errors import PkiError
from pki.journal.store import Act, CaAction
from pki.keys.api import Credential, SigningKey
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.registry.api import (
    CertificateChange,
    CertificateRegistry,
    RegisteredCertificate,
)
from pki.registry.records import digest_of
from schemas.errors import ErrorCode

Clock = Callable[[], datetime]

# A revocation is final; suspension is a verb of its own (RFC 5280 5.3.1).
TEMPORARY_REASONS = frozenset(
    {x509.ReasonFlags.certificate_hold, x509.ReasonFlags.remove_from_crl}
)


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
        now = whole_second(self.clock())
        issuer = self.credential.certificate
        not_after = end_of(request, now, issuer.not_valid_after_utc)
        plan = plan_for(request, issuer, now=now, not_after=not_after, demo=self.demo)
        plan = replace(plan, places=self._places(request.kind))
        return inspected_draft(plan, self.credential.key.public_key, request.kind, now)

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
        if not self.public_url or PROFILES[kind].is_responder:
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
        now = whole_second(self.clock())
        if reason in TEMPORARY_REASONS:
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=reason.value)
        if invalidity_date and invalidity_date > now:
            raise PkiError(ErrorCode.INVALIDITY_DATE_REFUSED)
        change = CertificateChange(
            serial=serial,
            action=CaAction.CERTIFICATE_REVOKED,
            at=now,
            reason=reason,
            invalidity_date=whole_second(invalidity_date) if invalidity_date else None,
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
        is_root = self.kind is CertificateKind.ROOT
        signer = ListSigner(
            credential=self.credential,
            now=whole_second(self.clock()),
            longest=ROOT_LIST_LIFETIME if is_root else LIST_LIFETIME,
            last_number=int(last.subject) if last else None,
        )
        signed = self.registry.publish_list(signer.sign, act or own_act())
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
        at = whole_second(self.clock())
        change = CertificateChange(serial=serial, action=action, at=at)
        self.registry.change(change, act or own_act())


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
    now = whole_second(clock())
    not_after = now + PROFILES[CertificateKind.ROOT].lifetime
    plan = plan_for(request, None, now=now, not_after=not_after, demo=demo)
    draft = inspected_draft(plan, key.public_key, request.kind, now)
    return sign_draft(draft.certificate, key)
