"""The OCSP responder of issuing CAs: bytes in, bytes out (RFC 6960, 5019, 9654).

An answer about one certificate is signed once and kept until half of its life is over.
A kept answer is given only while it says what the source says at that moment, so a
revocation shows at once. Answers with a nonce, or about several certificates, are
signed for the one who asks; how many are signed in a second is limited, so that asking
costs others little.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1, sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.ca.status import CertificateStatus, StatusSource
from pki.certificates import read_certificate
from pki.der import NULL, OCTET_STRING, element, object_identifier, sequence
from pki.errors import PkiError
from pki.keys.api import Credential, PublicKey
from pki.ocsp.answer import (
    Finding,
    Period,
    ResponseStatus,
    refusal,
    signed_answer,
)
from pki.ocsp.request import CertificateId, OcspRequest, read_ocsp_request
from schemas.errors import ErrorCode

Clock = Callable[[], datetime]

_SHA1 = x509.ObjectIdentifier("1.3.14.3.2.26")
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspPolicy:
    """How long answers count and how many are made.

    Args:
        lifetime: from thisUpdate to nextUpdate, at most.
        kept: most signed answers kept per CA.
        signatures_per_second: most signatures in one second, for all CAs together.
    """

    lifetime: timedelta = timedelta(hours=8)
    kept: int = 20_000
    signatures_per_second: int = 200


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """An answer, and how long others may keep it.

    Args:
        body: the DER.
        period: when it counts; None where it must not be kept.
        refresh_at: when a new one will be signed; None likewise.
        entity_tag: names these bytes in HTTP; empty where they must not be kept.
    """

    body: bytes
    period: Period | None = None
    refresh_at: datetime | None = None
    entity_tag: str = ""


@dataclass(frozen=True, slots=True)
class AnsweringCa:
    """One issuing CA and what answers for it.

    Args:
        certificate: of the CA.
        credential: of the responder, certified by this very CA.
        source: what the CA says.

    Raises:
        PkiError: the CA did not certify the responder for this.
    """

    certificate: x509.Certificate
    credential: Credential
    source: StatusSource

    def __post_init__(self) -> None:
        """Refuse a responder nobody would believe (RFC 6960 4.2.2.2)."""
        responder = self.credential.certificate
        named = read_certificate(responder).extended_key_usage or frozenset()
        if ExtendedKeyUsageOID.OCSP_SIGNING not in named:
            raise PkiError(ErrorCode.CERTIFICATE_USAGE_WRONG, place="OCSP")
        try:
            responder.verify_directly_issued_by(self.certificate)
        except (InvalidSignature, ValueError, TypeError) as error:
            raise PkiError(ErrorCode.CHAIN_INVALID, place="OCSP") from error

    def period(self, now: datetime, lifetime: timedelta) -> Period | None:
        """Return how long an answer signed now counts; None if none can be given.

        It ends before the list it rests on, and before the responder's certificate.
        """
        responder = self.credential.certificate
        if now < responder.not_valid_before_utc:
            return None
        begin = now.replace(microsecond=0)
        ends = (
            begin + lifetime,
            self.source.good_until,
            responder.not_valid_after_utc,
        )
        return Period(begin, min(ends)) if min(ends) > now else None

    def names(self) -> Iterable[bytes]:
        """Yield the spellings by which a CertID may name this CA (4.1.1)."""
        subject = self.certificate.subject.public_bytes()
        # read_certificate and the profiles let only RSA and EC keys sign.
        key = _key_bits(self.certificate.public_key())  # type: ignore[arg-type]
        for identifier, digest in ((_SHA1, _sha1), (_SHA256, _sha256)):
            hashes = element(OCTET_STRING, digest(subject))
            hashes += element(OCTET_STRING, digest(key))
            name = object_identifier(identifier)
            yield sequence(name, element(NULL, b"")) + hashes
            yield sequence(name) + hashes


class OcspResponder:
    """Answers for several issuing CAs.

    Args:
        authorities: the CAs.
        policy: times and limits.
        clock: gives the time.
    """

    def __init__(
        self, authorities: Iterable[AnsweringCa], *, policy: OcspPolicy, clock: Clock
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._budget = _Budget(policy.signatures_per_second)
        self._desks: dict[bytes, _Desk] = {}
        self.replace_authorities(authorities)

    def replace_authorities(self, authorities: Iterable[AnsweringCa]) -> None:
        """Go on with other keys or newer data; kept answers of old keys are dropped."""
        kept = {desk.responder: desk for desk in self._desks.values()}
        desks: dict[bytes, _Desk] = {}
        for authority in authorities:
            responder = authority.credential.certificate
            desk = kept.get(responder) or _Desk(responder, self._policy.kept)
            desk.authority = authority
            desks |= dict.fromkeys(authority.names(), desk)
        self._desks = desks

    def answer(self, request: bytes) -> OcspAnswer:
        """Answer a request, whatever its bytes; this never raises for bad ones."""
        try:
            asked = read_ocsp_request(request)
        except ValueError:
            return _refused(ResponseStatus.MALFORMED_REQUEST)
        desks = {self._desks.get(one.issuer) for one in asked.certificates}
        desk = desks.pop()
        if desk is None or desks:
            # One signature cannot speak for two CAs, nor for a CA unknown here.
            return _refused(ResponseStatus.UNAUTHORIZED)
        if asked.nonce is None and len(asked.certificates) == 1:
            return self._kept_or_signed(desk, asked.certificates[0])
        return self._signed_for_one(desk, asked)

    def _kept_or_signed(self, desk: "_Desk", asked: CertificateId) -> OcspAnswer:
        now = self._clock()
        status = desk.authority.source.status_of(asked.serial)
        kept = desk.find(asked, status, now)
        if kept and kept.refresh_at and now < kept.refresh_at:
            return kept
        period = desk.authority.period(now, self._policy.lifetime)
        if period is None:
            return _refused(ResponseStatus.TRY_LATER)
        if not self._budget.take(now):
            return kept or _refused(ResponseStatus.TRY_LATER)
        body = signed_answer(
            [(asked, status)], credential=desk.authority.credential, period=period
        )
        answer = OcspAnswer(
            body,
            period,
            now + (period.next_update - now) / 2,
            sha256(body).hexdigest(),
        )
        desk.keep(asked, status, answer)
        return answer

    def _signed_for_one(self, desk: "_Desk", asked: OcspRequest) -> OcspAnswer:
        now, authority = self._clock(), desk.authority
        period = authority.period(now, self._policy.lifetime)
        if period is None or not self._budget.take(now):
            return _refused(ResponseStatus.TRY_LATER)
        findings: list[Finding] = [
            (one, authority.source.status_of(one.serial)) for one in asked.certificates
        ]
        return OcspAnswer(
            signed_answer(
                findings,
                credential=authority.credential,
                period=period,
                nonce=asked.nonce,
            )
        )


class _Desk:
    """The kept answers of one responder key, the longest unused dropped first."""

    authority: AnsweringCa

    def __init__(self, responder: x509.Certificate, capacity: int) -> None:
        self.responder = responder
        self._capacity = capacity
        self._kept: OrderedDict[bytes, tuple[CertificateStatus, OcspAnswer]] = (
            OrderedDict()
        )

    def find(
        self, asked: CertificateId, status: CertificateStatus, now: datetime
    ) -> OcspAnswer | None:
        """Return what is kept if it says the same and still counts."""
        found = self._kept.get(asked.encoded)
        if found is None or found[0] != status:
            return None
        answer = found[1]
        period = answer.period
        if period is None or not period.this_update <= now < period.next_update:
            return None
        self._kept.move_to_end(asked.encoded)
        return answer

    def keep(
        self, asked: CertificateId, status: CertificateStatus, answer: OcspAnswer
    ) -> None:
        """Keep an answer."""
        self._kept[asked.encoded] = status, answer
        self._kept.move_to_end(asked.encoded)
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)


class _Budget:
    """Signatures that may still be made; they come back evenly.

    A tenth of a second's worth may be used up at once, so that the one thread that
    answers everybody is never held for long.
    """

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second / 10)
        self._left = self._most
        self._at: datetime | None = None

    def take(self, now: datetime) -> bool:
        """Take one if one is left."""
        passed = (now - self._at).total_seconds() if self._at else 0.0
        gained = max(0.0, passed) * self._per_second
        self._left, self._at = min(self._most, self._left + gained), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _refused(status: ResponseStatus) -> OcspAnswer:
    return OcspAnswer(refusal(status))


def _key_bits(key: PublicKey) -> bytes:
    """Return what stands in the BIT STRING of the subject's public key."""
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _sha1(data: bytes) -> bytes:
    # RFC 5019 2.1.1: what clients in the field name a CA by; nothing rests on it.
    return sha1(data, usedforsecurity=False).digest()


def _sha256(data: bytes) -> bytes:
    return sha256(data).digest()
