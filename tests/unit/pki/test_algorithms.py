"""Allow-lists: what is listed is accepted, nothing else."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from pki.algorithms import (
    SCHEMES,
    default_scheme,
    fits,
    hash_of,
    is_accepted_key,
    is_new_key_allowed,
    scheme_of_uri,
)
from pki.errors import PkiError
from pki.keys.api import SignatureScheme
from schemas.errors import ErrorCode
from tests.support.keys import rsa_key

P256 = ec.generate_private_key(ec.SECP256R1()).public_key()
P384 = ec.generate_private_key(ec.SECP384R1()).public_key()
RSA2048 = rsa_key(2048).public_key()


def _rsa_of(bits: int, exponent: int = 65537) -> rsa.RSAPublicKey:
    """Return a public key of this size; its factors do not matter here."""
    return rsa.RSAPublicNumbers(exponent, (1 << bits) - 1).public_key()


def test_every_scheme_is_found_by_its_uri() -> None:
    assert set(SCHEMES) == set(SignatureScheme)
    for scheme, definition in SCHEMES.items():
        assert scheme_of_uri(definition.xml_uri) is scheme
        assert hash_of(scheme).name == definition.hash_name


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
    ],
)
def test_uri_not_listed_is_refused(uri: str) -> None:
    with pytest.raises(PkiError) as refusal:
        scheme_of_uri(uri)
    assert refusal.value.code is ErrorCode.SIGNATURE_ALGORITHM_REFUSED


def test_default_scheme_follows_the_key() -> None:
    assert default_scheme(P256) is SignatureScheme.ECDSA_SHA256
    assert default_scheme(P384) is SignatureScheme.ECDSA_SHA384
    assert default_scheme(RSA2048) is SignatureScheme.RSA_PKCS1V15_SHA256


def test_schemes_fit_keys_of_their_family_only() -> None:
    for scheme in SignatureScheme:
        is_rsa = scheme.name.startswith("RSA")
        assert fits(RSA2048, scheme) is is_rsa
        assert fits(P256, scheme) is not is_rsa


@pytest.mark.parametrize(
    ("key", "accepted", "new"),
    [
        (P256, True, True),
        (P384, True, True),
        (ec.generate_private_key(ec.SECP521R1()).public_key(), False, False),
        (ec.generate_private_key(ec.SECP256K1()).public_key(), False, False),
        (ed25519.Ed25519PrivateKey.generate().public_key(), False, False),
        (_rsa_of(2047), False, False),
        (RSA2048, True, False),
        (_rsa_of(3071), True, False),
        (_rsa_of(3072), True, True),
        (_rsa_of(8193), False, False),
        (_rsa_of(3072, 3), False, False),
        (None, False, False),
    ],
)
def test_keys_are_accepted_and_certified_by_the_lists(
    key: object, accepted: bool, new: bool
) -> None:
    assert is_accepted_key(key) is accepted
    assert is_new_key_allowed(key) is new
