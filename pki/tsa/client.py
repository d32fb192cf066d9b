"""Judging the answer of a time stamping authority before it is used.

A stamp that is embedded unchecked makes a signature worthless years later, when
nobody can ask again; so every part is checked while there is still time to.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import new as new_hash
from types import MappingProxyType

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import SignatureAlgorithmOID

from pki.certificates import ReadCertificate
from pki.der import object_identifier
from pki.errors import PkiError, SignatureInvalidError
from pki.keys.api import PublicKey
from pki.path.judging import ChainJudgement, KeyPurpose, judge_chain
from pki.trust import TrustStore, read_certificates
from pki.tsa.reply import ReadToken, read_response, read_token
from pki.tsa.request import (
    FailureInfo,
    TimeStampRefusedError,
    read_imprint,
    write_time_stamp_request,
)
from schemas.errors import ErrorCode
from schemas.verdict import Indication

CLOCKS_APART = timedelta(minutes=5)
"""How far a fresh stamp may be from the time here."""

Hash = hashes.SHA256 | hashes.SHA384 | hashes.SHA512

_HASHES: Mapping[str, Hash] = MappingProxyType(
    {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
)
_RSA_PLAIN = object_identifier(ObjectIdentifier("1.2.840.113549.1.1.1"))
_RSA_PSS = object_identifier(SignatureAlgorithmOID.RSASSA_PSS)
_HASH_OF: Mapping[bytes, str] = MappingProxyType(
    {
        object_identifier(oid): name
        for oid, name in (
            (SignatureAlgorithmOID.ECDSA_WITH_SHA256, "sha256"),
            (SignatureAlgorithmOID.ECDSA_WITH_SHA384, "sha384"),
            (SignatureAlgorithmOID.ECDSA_WITH_SHA512, "sha512"),
            (SignatureAlgorithmOID.RSA_WITH_SHA256, "sha256"),
            (SignatureAlgorithmOID.RSA_WITH_SHA384, "sha384"),
            (SignatureAlgorithmOID.RSA_WITH_SHA512, "sha512"),
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedStamp:
    """What a client asked for.

    Args:
        digest: what is to be stamped.
        hash_name: digest algorithm, by its `hashlib` name.
        nonce: drawn for this request.
        policy: the policy wanted; None for any.
    """

    digest: bytes
    hash_name: str
    nonce: int
    policy: ObjectIdentifier | None = None

    def encode(self) -> bytes:
        """Return the request."""
        return write_time_stamp_request(
            self.digest,
            hash_name=self.hash_name,
            nonce=self.nonce,
            policy=self.policy,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """A time stamp that was checked.

    Args:
        token: the TimeStampToken, to be embedded.
        serial: its serial number.
        at: the time stamped.
        accuracy: how far it may be off, if stated.
        certificate: the authority's.
        chain: what was found out about it.
    """

    token: bytes
    serial: int
    at: datetime
    accuracy: timedelta | None
    certificate: x509.Certificate
    chain: ChainJudgement


def check_response(
    response: bytes, asked: AskedStamp, *, trust: TrustStore, at: datetime
) -> TimeStamp:
    """Check the answer to a request sent a moment ago.

    Args:
        response: the answer.
        asked: the request it must answer.
        trust: whom to believe, and revocation lists.
        at: the time now.

    Raises:
        PkiError: refused, malformed, not an answer to this request, of another time,
            or not signed by a trusted authority.
    """
    try:
        answer = read_response(response)
        token = None if answer.token is None else read_token(answer.token)
    except ValueError as error:
        raise PkiError(ErrorCode.TIME_STAMP_MALFORMED) from error
    if token is None:
        raise _refusal(answer.failures)
    _require_answer(token, asked)
    if abs(token.info.at - at) > CLOCKS_APART:
        raise PkiError(ErrorCode.TIME_STAMP_MISMATCH, place="genTime")
    return _trusted(token, trust, at)


def check_token(
    encoded: bytes, digest: bytes, *, hash_name: str, trust: TrustStore, at: datetime
) -> TimeStamp:
    """Check a stored time stamp of `digest` at the control time `at`.

    Raises:
        PkiError: malformed, of something else, or not signed by an authority that is
            trusted at that time.
    """
    try:
        token = read_token(encoded)
    except ValueError as error:
        raise PkiError(ErrorCode.TIME_STAMP_MALFORMED) from error
    _require_imprint(token, digest, hash_name)
    return _trusted(token, trust, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedToken:
    """A time stamp that is sound in itself; whose it is was not judged.

    Args:
        at: the time stamped.
        certificate: the signer's, DER; the signature is its.
        certificates: what came along, DER.
    """

    at: datetime
    certificate: bytes
    certificates: tuple[bytes, ...]


def open_token(encoded: bytes, digest_of: Callable[[str], bytes]) -> OpenedToken:
    """Check a stored time stamp but for the chain of whom it is by.

    Args:
        encoded: the token.
        digest_of: gives the digest of what it should have stamped, by the `hashlib`
            name of a digest algorithm.

    Raises:
        PkiError: malformed, of something else, or not signed by who it names.
    """
    try:
        token = read_token(encoded)
        hash_name, digest = read_imprint(token.info.imprint)
    except (ValueError, TimeStampRefusedError) as error:
        raise PkiError(ErrorCode.TIME_STAMP_MALFORMED) from error
    if not hmac.compare_digest(digest, digest_of(hash_name)):
        raise PkiError(ErrorCode.TIME_STAMP_MISMATCH, place="messageImprint")
    signer = _signer(token)
    _verify(token, signer)
    return OpenedToken(
        at=token.info.at,
        certificate=signer.certificate.public_bytes(Encoding.DER),
        certificates=token.certificates,
    )


def _refusal(failures: tuple[int, ...]) -> PkiError:
    for failure in FailureInfo:
        if failure in failures:
            return TimeStampRefusedError(failure)
    return PkiError(ErrorCode.TIME_STAMP_REFUSED)


def _require_answer(token: ReadToken, asked: AskedStamp) -> None:
    _require_imprint(token, asked.digest, asked.hash_name)
    if token.info.nonce != asked.nonce:
        raise PkiError(ErrorCode.TIME_STAMP_MISMATCH, place="nonce")
    if asked.policy and token.info.policy != object_identifier(asked.policy):
        raise PkiError(ErrorCode.TIME_STAMP_MISMATCH, place="policy")


def _require_imprint(token: ReadToken, digest: bytes, hash_name: str) -> None:
    try:
        imprint = read_imprint(token.info.imprint)
    except (ValueError, TimeStampRefusedError) as error:
        place = "messageImprint"
        raise PkiError(ErrorCode.TIME_STAMP_MALFORMED, place=place) from error
    if imprint != (hash_name, digest):
        raise PkiError(ErrorCode.TIME_STAMP_MISMATCH, place="messageImprint")


def _trusted(token: ReadToken, trust: TrustStore, at: datetime) -> TimeStamp:
    signer = _signer(token)
    _verify(token, signer)
    chain = judge_chain(
        signer.certificate,
        intermediates=token.certificates,
        trust=trust,
        at=at,
        usage=KeyPurpose.TIME_STAMP,
    )
    if chain.indication is not Indication.TOTAL_PASSED:
        reason = chain.reasons[0]
        raise PkiError(reason.code, place=reason.place)
    return TimeStamp(
        token=token.encoded,
        serial=token.info.serial,
        at=token.info.at,
        accuracy=token.info.accuracy,
        certificate=signer.certificate,
        chain=chain,
    )


def _signer(token: ReadToken) -> ReadCertificate:
    """Return the certificate the signed attributes name (RFC 5816 2.2.1)."""
    hash_name, fingerprint = token.certificate_hash
    for read in read_certificates(token.certificates):
        encoded = read.certificate.public_bytes(Encoding.DER)
        if hmac.compare_digest(new_hash(hash_name, encoded).digest(), fingerprint):
            return read
    raise PkiError(ErrorCode.SIGNING_CERTIFICATE_MISMATCH, place="ESSCertIDv2")


def _verify(token: ReadToken, signer: ReadCertificate) -> None:
    if new_hash(token.hash_name, token.content).digest() != token.message_digest:
        raise PkiError(ErrorCode.TIME_STAMP_MISMATCH, place="messageDigest")
    if not signer.strong_key:
        raise PkiError(ErrorCode.KEY_WEAK, place="TSA")
    # A strong key is one of RSA or of a curve.
    public_key: PublicKey = signer.certificate.public_key()  # type: ignore[assignment]
    try:
        _verify_value(token, public_key)
    except InvalidSignature as error:
        raise SignatureInvalidError(ErrorCode.SIGNATURE_INVALID, place="TSA") from error


def _verify_value(token: ReadToken, public_key: PublicKey) -> None:
    is_general = token.algorithm in {_RSA_PLAIN, _RSA_PSS}
    name = token.hash_name if is_general else _HASH_OF.get(token.algorithm)
    if name is None:
        raise PkiError(ErrorCode.SIGNATURE_ALGORITHM_REFUSED, place="TSA")
    digest, signed = _HASHES[name], token.attributes
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        public_key.verify(token.signature, signed, ec.ECDSA(digest))
        return
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if token.algorithm == _RSA_PSS:
        scheme = padding.PSS(padding.MGF1(digest), digest.digest_size)
    public_key.verify(token.signature, signed, scheme, digest)
