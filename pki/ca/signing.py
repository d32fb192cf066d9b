"""Signing what was inspected, byte for byte.

A certificate or list is first signed with a throw-away key and inspected; then the very
bytes that were inspected are signed with the real key, which may sit in a token.
"""

from collections.abc import Callable
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.algorithms import default_scheme, hash_of
from pki.der import bit_string, sequence
from pki.keys.api import PublicKey, SignatureScheme, SigningKey
from pki.keys.software import KeyKind, SoftwareKey, generate


def draft_certificate(
    builder: x509.CertificateBuilder,
    public_key: PublicKey,
    inspect: Callable[[x509.Certificate], None],
) -> x509.Certificate:
    """Return what will be signed, with a throw-away signature.

    Args:
        builder: the whole content.
        public_key: of the key that will sign.
        inspect: sees it, and raises if it must not be signed.
    """
    scheme = default_scheme(public_key)
    draft = builder.sign(_throw_away(scheme).private, hash_of(scheme))
    inspect(draft)
    return draft


def sign_draft(draft: x509.Certificate, key: SigningKey) -> x509.Certificate:
    """Sign the very bytes of a draft."""
    encoded = draft.public_bytes(Encoding.DER)
    signed = _resign(encoded, draft.tbs_certificate_bytes, draft.signature, key)
    return x509.load_der_x509_certificate(signed)


def sign_revocation_list(
    builder: x509.CertificateRevocationListBuilder,
    key: SigningKey,
    inspect: Callable[[x509.CertificateRevocationList], None],
) -> x509.CertificateRevocationList:
    """Sign a revocation list after `inspect` has seen it and not raised."""
    scheme = default_scheme(key.public_key)
    draft = builder.sign(_throw_away(scheme).private, hash_of(scheme))
    inspect(draft)
    encoded = draft.public_bytes(Encoding.DER)
    signed = _resign(encoded, draft.tbs_certlist_bytes, draft.signature, key)
    return x509.load_der_x509_crl(signed)


@cache
def _throw_away(scheme: SignatureScheme) -> SoftwareKey:
    """Return a key no one trusts, of the family the real key has."""
    kinds = {
        SignatureScheme.ECDSA_SHA256: KeyKind.P256,
        SignatureScheme.ECDSA_SHA384: KeyKind.P384,
    }
    return generate(kinds.get(scheme, KeyKind.RSA3072))


def _resign(draft: bytes, signed: bytes, old_value: bytes, key: SigningKey) -> bytes:
    """Return `draft` with the signature value by `key`.

    A draft is SEQUENCE { signed, algorithm, BIT STRING }. The algorithm
    identifier stays: the throw-away key is of the same family.
    """
    old_field = bit_string(old_value)
    content = draft[draft.index(signed) : -len(old_field)]
    value = key.sign(signed, default_scheme(key.public_key))
    return sequence(content, bit_string(value))
