"""OCSP answers as evidence of what a certificate's status was (RFC 6960 3.2, 4.2).

An answer counts for a certificate only if it names it by its very issuer, and that
issuer signed it or certified the one who did. Everything else is passed over, as if
the answer were not there: only what is proven to be said is heard.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha1, sha256
from types import MappingProxyType

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from pki.certificates import ReadCertificate, read_certificate
from pki.der import (
    BIT_STRING,
    GENERALIZED_TIME,
    SEQUENCE,
    DerReader,
    read_generalized_time,
)
from pki.errors import PkiError
from pki.names import UNREADABLE_CERTIFICATE
from pki.path.structure import UNDERSTOOD
from pki.revocation.ocsp_signature import RsaPadding, signature_of
from schemas.errors import ErrorCode

ANSWER_BYTES = 64 * 1024
"""Largest answer read."""

UNSTATED_LIFE = timedelta(minutes=30)
"""How long an answer is fresh that does not say when the next one is due."""

_ARCHIVE_CUTOFF = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.6")
_MOST_SINGLES = 100
_MOST_CERTIFICATES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAnswer:
    """One whole answer, about one certificate or several, read completely.

    Args:
        der: as it was given.
        data: what is signed.
        signature: over it.
        digest: of the signature.
        padding: of the signature, if it is by an RSA key.
        responder_name: DER of the name the responder goes by; None if by its key.
        responder_key_hash: SHA-1 of its key; None if it goes by its name.
        certificates: those that came along.
        produced_at: when it was signed.
    """

    der: bytes
    data: bytes
    signature: bytes
    digest: HashAlgorithm
    padding: RsaPadding
    responder_name: bytes | None
    responder_key_hash: bytes | None
    certificates: tuple[ReadCertificate, ...]
    produced_at: datetime
    _signers: dict[bytes, ReadCertificate | None] = field(default_factory=dict)

    def signer_for(self, issuer: ReadCertificate) -> ReadCertificate | None:
        """Return who signed it, if `issuer` allows that (4.2.2.2); None if not.

        What was found is kept, since one answer is asked about often.
        """
        if issuer.fingerprint not in self._signers:
            self._signers[issuer.fingerprint] = self._find_signer(issuer)
        return self._signers[issuer.fingerprint]

    def _find_signer(self, issuer: ReadCertificate) -> ReadCertificate | None:
        if self._is_signed_by(issuer):
            return issuer
        for one in self.certificates:
            if _answers_for(one, issuer, self.produced_at) and self._is_signed_by(one):
                return one
        return None

    def _is_signed_by(self, one: ReadCertificate) -> bool:
        if not one.strong_key or not self._names(one):
            return False
        key = one.certificate.public_key()
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(self.signature, self.data, self.padding, self.digest)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(self.signature, self.data, ec.ECDSA(self.digest))
            else:
                return False
        except InvalidSignature:
            return False
        return True

    def _names(self, one: ReadCertificate) -> bool:
        """Tell whether the responder's identifier means this certificate (4.2.1)."""
        if self.responder_name is not None:
            return self.responder_name == one.subject
        return self.responder_key_hash == _sha1(_key_bits(one.certificate))


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspAnswer:
    """What one answer says about one certificate, read completely.

    Args:
        signed: the answer it stands in.
        digest: by which the issuer is named.
        issuer_name_hash: of the issuer's name.
        issuer_key_hash: of its public key.
        serial: serial number of the certificate meant.
        is_known: the responder knows the certificate.
        revoked_at: when it was revoked; None if it was not.
        this_update: as of when it is said.
        next_update: until when it is fresh.
        archived_from: what ended at this time or later is still known; None if the
            responder does not say.
    """

    signed: SignedAnswer
    digest: type[HashAlgorithm]
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    is_known: bool
    revoked_at: datetime | None
    this_update: datetime
    next_update: datetime
    archived_from: datetime | None

    @property
    def precedence(self) -> tuple[datetime, bool]:
        """What is higher for what counts: the newer, or "revoked" at the same time."""
        return self.this_update, self.revoked_at is not None

    def is_fresh(self, at: datetime) -> bool:
        """Tell whether a newer answer was not yet due at `at`."""
        return at <= self.next_update

    def until(self, ended: datetime) -> "OcspAnswer":
        """Return it as fresh no longer than whoever signed it may answer.

        Nobody asks whether a responder is revoked, so its certificate is short-lived
        (RFC 6960 4.2.2.2.1); what it promises for later is not its to promise.
        """
        return replace(self, next_update=min(self.next_update, ended))

    def concerns(self, certificate: ReadCertificate, issuer: ReadCertificate) -> bool:
        """Tell whether it is about this certificate of this issuer (4.1.1).

        Once a certificate expired, a responder need not know it any more, unless it
        says for how long it does (archiveCutoff, 4.4.4).
        """
        hashed = _ID_DIGESTS[self.digest]
        return (
            self.serial == certificate.serial
            and self.issuer_name_hash == hashed(issuer.subject)
            and self.issuer_key_hash == hashed(_key_bits(issuer.certificate))
            and self._still_knows(certificate.not_after)
        )

    def _still_knows(self, ended: datetime) -> bool:
        archived = self.archived_from is not None and self.archived_from <= ended
        return archived or self.this_update <= ended


def read_ocsp_answers(data: bytes) -> tuple[OcspAnswer, ...]:
    """Read a DER OCSPResponse: one statement per certificate in it.

    Raises:
        PkiError: it is too large, malformed, not successful, weakly signed, or says
            what was so after it was signed; or an extension is critical (none is
            understood).
    """
    if len(data) > ANSWER_BYTES:
        raise PkiError(ErrorCode.OCSP_ANSWER_INVALID)
    try:
        return tuple(_read(data))
    except (*UNREADABLE_CERTIFICATE, UnsupportedAlgorithm, OverflowError) as error:
        # Overflow: half an hour after the last second of the year 9999.
        raise PkiError(ErrorCode.OCSP_ANSWER_INVALID) from error


def _read(data: bytes) -> Iterator[OcspAnswer]:
    response = ocsp.load_der_ocsp_response(data)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise ValueError("not a successful answer")
    singles = list(response.responses)
    alone = [*response.single_extensions] if len(singles) == 1 else []
    extensions = (*response.extensions, *alone)
    if any(one.critical for one in extensions) or len(singles) > _MOST_SINGLES:
        raise ValueError("critical extension, or too many statements")
    signed = _read_signed(data, response)
    archived_from = _archived_from(alone)
    for single in singles:
        if type(single.hash_algorithm) in _ID_DIGESTS:
            yield _read_single(signed, single, archived_from)


def _read_signed(data: bytes, response: ocsp.OCSPResponse) -> SignedAnswer:
    digest, padding = signature_of(data, response)
    name = response.responder_name
    certificates = response.certificates[:_MOST_CERTIFICATES]
    return SignedAnswer(
        der=data,
        data=response.tbs_response_bytes,
        signature=response.signature,
        digest=digest,
        padding=padding,
        responder_name=None if name is None else name.public_bytes(),
        responder_key_hash=response.responder_key_hash,
        certificates=tuple(map(read_certificate, certificates)),
        produced_at=response.produced_at_utc,
    )


def _archived_from(
    extensions: Iterable[x509.Extension[x509.ExtensionType]],
) -> datetime | None:
    """Read since when the responder keeps what ended (4.4.4)."""
    for one in extensions:
        if one.oid == _ARCHIVE_CUTOFF and isinstance(
            one.value, x509.UnrecognizedExtension
        ):
            reader = DerReader(one.value.value)
            archived_from = read_generalized_time(reader.content(GENERALIZED_TIME))
            reader.finish()
            return archived_from
    return None


def _read_single(
    signed: SignedAnswer,
    single: ocsp.OCSPSingleResponse,
    archived_from: datetime | None,
) -> OcspAnswer:
    this_update, next_update = single.this_update_utc, single.next_update_utc
    if this_update > signed.produced_at:
        # Else a responder that ended could speak of today by the time it puts (3.2).
        raise ValueError("known before it was so")
    return OcspAnswer(
        signed=signed,
        digest=type(single.hash_algorithm),
        issuer_name_hash=single.issuer_name_hash,
        issuer_key_hash=single.issuer_key_hash,
        serial=single.serial_number,
        is_known=single.certificate_status is not ocsp.OCSPCertStatus.UNKNOWN,
        revoked_at=single.revocation_time_utc,
        this_update=this_update,
        next_update=next_update or this_update + UNSTATED_LIFE,
        archived_from=archived_from,
    )


def _answers_for(
    responder: ReadCertificate, issuer: ReadCertificate, at: datetime
) -> bool:
    """Tell whether `issuer` itself certified a responder, valid at `at` (4.2.2.2)."""
    purposes = responder.extended_key_usage or frozenset()
    usages = responder.key_usage
    if (
        ExtendedKeyUsageOID.OCSP_SIGNING not in purposes
        or not (usages is None or usages & {"digital_signature", "content_commitment"})
        or not responder.not_before <= at <= responder.not_after
        or not responder.critical_extensions <= UNDERSTOOD
        or not (responder.strong_key and responder.strong_signature)
        or not issuer.may_have_issued(responder)
    ):
        return False
    try:
        responder.certificate.verify_directly_issued_by(issuer.certificate)
    except (InvalidSignature, UnsupportedAlgorithm, *UNREADABLE_CERTIFICATE):
        return False
    return True


def is_not_checked(responder: ReadCertificate) -> bool:
    """Tell whether its CA says not to ask for its revocation (4.2.2.2.1)."""
    return ExtensionOID.OCSP_NO_CHECK in responder.extensions


def _key_bits(certificate: x509.Certificate) -> bytes:
    """Return what stands in the BIT STRING of the public key."""
    encoded = certificate.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    parts = DerReader(DerReader(encoded).content(SEQUENCE))
    parts.content(SEQUENCE)
    return parts.content(BIT_STRING)[1:]


def _sha1(data: bytes) -> bytes:
    # RFC 6960 4.2.1, RFC 5019 2.1.1: names a key; nothing rests on it.
    return sha1(data, usedforsecurity=False).digest()


def _sha256(data: bytes) -> bytes:
    return sha256(data).digest()


_ID_DIGESTS: Mapping[type[HashAlgorithm], Callable[[bytes], bytes]] = MappingProxyType(
    {SHA1: _sha1, SHA256: _sha256}
)
