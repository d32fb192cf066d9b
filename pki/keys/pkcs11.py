"""Keys that stay in a token: smart cards, HSMs (PKCS #11 v2.40).

Hashing happens here; the token gets a digest. RSA values come as they are used, ECDSA
values are made DER. Needs the extra `hsm`; import it where a token is really used.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import MGF, Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.types import SignMixin

from pki.algorithms import default_scheme, fits, hash_of, is_accepted_key
from pki.errors import PkiError
from pki.keys.api import Credential, PublicKey, SignatureScheme
from pki.keys.software import chain_above, verify_signature
from pki.keys.token_address import TokenAddress
from pki.keys.token_session import TokenSession, find_key, open_token
from pki.names import UNREADABLE_CERTIFICATE
from schemas.errors import ErrorCode

# DigestInfo of SHA-256 up to the digest (RFC 8017 clause 9.2, note 1).
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
_PSS = (Mechanism.SHA256, MGF.SHA256, 32)
_CURVES = {
    "06082a8648ce3d030107": ec.SECP256R1(),
    "06052b81040022": ec.SECP384R1(),
}
_CHALLENGE_OCTETS = 32


@dataclass(frozen=True, slots=True, repr=False)
class Pkcs11Key:
    """A private key in a token.

    Args:
        public_key: the public half.
        address: which key.
        session: with its token.
        asks_each_time: the token wants the PIN for every signature.
    """

    public_key: PublicKey
    address: TokenAddress
    session: TokenSession
    asks_each_time: bool

    def sign(self, data: bytes, scheme: SignatureScheme) -> bytes:
        """Sign `data` (hashed here); an ECDSA value is DER (RFC 3279 2.2.3).

        The value is checked before it leaves: handles of a module that was started
        again elsewhere may mean other keys.

        Raises:
            PkiError: the scheme does not fit the key, or the token does not sign.
            SignatureInvalidError: the token signed with another key.
        """
        if not fits(self.public_key, scheme):
            raise PkiError(ErrorCode.SIGNATURE_ALGORITHM_REFUSED, place=scheme)
        digest = _digest(data, scheme)

        def work(key: SignMixin, pin: str) -> bytes:
            again = pin if self.asks_each_time else None
            value = _sign(key, digest, scheme, again)
            verify_signature(self.public_key, scheme, value, data)
            return value

        return self.session.sign(self.address, work)


def open_token_key(address: TokenAddress, pin: str) -> Pkcs11Key:
    """Open a key, with or without a certificate (a CA's comes later).

    Raises:
        PkiError: module, token or key is absent, the PIN is refused, or it is a weak
            or foreign kind of key.
    """
    session = open_token(address, pin)
    public_key, asks = session.use(lambda one: _described(one, address))
    if not is_accepted_key(public_key):
        raise PkiError(ErrorCode.KEY_WEAK, place=address.place)
    return Pkcs11Key(public_key, address, session, asks)


def load_token_credential(
    address: TokenAddress, pin: str, certificate: Path | None = None
) -> Credential:
    """Open a key with its certificates: of a PEM file, or else of the token.

    The key signs once here, so that a key that cannot sign shows before it matters.

    Raises:
        PkiError: as `open_token_key`, or no certificate of this key.
    """
    key = open_token_key(address, pin)
    own, *others = (
        _in_file(certificate) if certificate else _in_token(key.session, address)
    )
    if own.public_key() != key.public_key:
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED, place=address.place)
    key.sign(secrets.token_bytes(_CHALLENGE_OCTETS), default_scheme(key.public_key))
    return Credential(key, own, chain_above(own, others))


def _digest(data: bytes, scheme: SignatureScheme) -> bytes:
    digest = hashes.Hash(hash_of(scheme))
    digest.update(data)
    return digest.finalize()


def _sign(
    key: SignMixin, digest: bytes, scheme: SignatureScheme, pin: str | None
) -> bytes:
    match scheme:
        case SignatureScheme.RSA_PKCS1V15_SHA256:
            encoded = _SHA256_PREFIX + digest
            return key.sign(encoded, mechanism=Mechanism.RSA_PKCS, pin=pin)
        case SignatureScheme.RSA_PSS_SHA256:
            mechanism = Mechanism.RSA_PKCS_PSS
            return key.sign(digest, mechanism=mechanism, mechanism_param=_PSS, pin=pin)
        case SignatureScheme.ECDSA_SHA256 | SignatureScheme.ECDSA_SHA384:
            return _ecdsa_der(key.sign(digest, mechanism=Mechanism.ECDSA, pin=pin))


def _ecdsa_der(value: bytes) -> bytes:
    """Make DER of r and s, which a token gives side by side (2.3.1 of PKCS #11)."""
    half = len(value) // 2
    r, s = (int.from_bytes(part, "big") for part in (value[:half], value[half:]))
    return encode_dss_signature(r, s)


def _described(
    session: pkcs11.Session, address: TokenAddress
) -> tuple[PublicKey, bool]:
    key = find_key(session, address)
    public_key = _public_key(session, key)
    if public_key is None:
        raise PkiError(ErrorCode.KEY_WEAK, place=address.place)
    return public_key, _asks_each_time(key)


def _asks_each_time(key: pkcs11.PrivateKey) -> bool:
    try:
        return bool(key[Attribute.ALWAYS_AUTHENTICATE])
    except pkcs11.AttributeTypeInvalid:
        return False


def _public_key(session: pkcs11.Session, key: pkcs11.PrivateKey) -> PublicKey | None:
    """Return the public half; None for a kind this project does not know."""
    if key.key_type is KeyType.RSA:
        return _rsa_key(key)
    if key.key_type is not KeyType.EC:
        return None
    wanted = {
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.ID: key[Attribute.ID],
    }
    for found in list(session.get_objects(wanted)):
        return _curve_key(found)
    raise PkiError(ErrorCode.KEY_NOT_FOUND, place="public key")


def _rsa_key(key: pkcs11.PrivateKey) -> PublicKey:
    modulus = int.from_bytes(key[Attribute.MODULUS], "big")
    exponent = int.from_bytes(key[Attribute.PUBLIC_EXPONENT], "big")
    try:
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError as error:
        raise PkiError(ErrorCode.KEY_WEAK) from error


def _curve_key(found: pkcs11.Object) -> PublicKey | None:
    curve = _CURVES.get(found[Attribute.EC_PARAMS].hex())
    if curve is None:
        return None
    point = found[Attribute.EC_POINT]
    octets = 2 * ((curve.key_size + 7) // 8) + 1
    # The point stands in an OCTET STRING (2.3.3); some tokens leave the string out.
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, point[-octets:])
    except ValueError as error:
        raise PkiError(ErrorCode.KEY_WEAK) from error


def _in_file(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error
    except UNREADABLE_CERTIFICATE as error:
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED, place=path.name) from error


def _in_token(session: TokenSession, address: TokenAddress) -> list[x509.Certificate]:
    """Return the certificates of a token, those with the key's id first.

    A renewed key has several of them; the one that ends last comes first.
    """
    own, others = session.use(lambda one: _certificates(one, address))
    return sorted(own, key=lambda one: one.not_valid_after_utc, reverse=True) + others


def _certificates(
    session: pkcs11.Session, address: TokenAddress
) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """Return the certificates with the key's id, and the others."""
    key_id = find_key(session, address)[Attribute.ID]
    wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE}
    stored = list(session.get_objects(wanted))
    own = [one for one in stored if one[Attribute.ID] == key_id]
    if not own:
        raise PkiError(ErrorCode.CERTIFICATE_NOT_FOUND, place=address.place)
    others = [one for one in stored if one not in own]
    try:
        return _loaded(own), _loaded(others)
    except UNREADABLE_CERTIFICATE as error:
        place = address.place
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED, place=place) from error


def _loaded(stored: Iterable[pkcs11.Object]) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(one[Attribute.VALUE]) for one in stored]
