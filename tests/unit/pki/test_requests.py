"""Certificate requests: proof of possession, and keys worth certifying."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki.ca.requests import (
    check_new_key,
    has_close_primes,
    has_roca_fingerprint,
    read_request,
)
from pki.errors import PkiError
from schemas.errors import ErrorCode
from tests.support.certificates import p256
from tests.support.keys import rsa_key
from tests.support.pki import name

KEY = p256()


def request(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = KEY) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("Ai đó"))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_request_is_found_behind_what_openssl_prints_of_it() -> None:
    pem = x509.load_der_x509_csr(request()).public_bytes(Encoding.PEM)

    printed = b"Certificate Request:\n    Data:\n" + pem

    assert read_request(printed) == KEY.public_key()


def _rsa(modulus: int, exponent: int = 65537) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def test_key_is_read_from_der_and_pem() -> None:
    pem = x509.load_der_x509_csr(request()).public_bytes(Encoding.PEM)
    assert read_request(request()) == KEY.public_key()
    assert read_request(pem) == KEY.public_key()


def test_request_for_a_key_not_held_is_refused() -> None:
    """The key in the request is replaced; its signature is by the old one."""
    point = (Encoding.X962, PublicFormat.UncompressedPoint)
    own = KEY.public_key().public_bytes(*point)
    other = p256().public_key().public_bytes(*point)
    with pytest.raises(PkiError) as refusal:
        read_request(request().replace(own, other))
    assert refusal.value.code is ErrorCode.REQUEST_PROOF_INVALID


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.ISSUANCE_REFUSED),
        (b"-----BEGIN CERTIFICATE REQUEST-----", ErrorCode.ISSUANCE_REFUSED),
        (request()[:-1], ErrorCode.ISSUANCE_REFUSED),
        (b"\x30" * (64 * 1024 + 1), ErrorCode.BODY_TOO_LARGE),
    ],
)
def test_malformed_request_is_a_coded_refusal(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(PkiError) as refusal:
        read_request(data)
    assert refusal.value.code is code


def test_request_with_an_unlisted_signature_is_refused() -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("Ai đó"))
    signed = builder.sign(ed25519.Ed25519PrivateKey.generate(), None)
    with pytest.raises(PkiError) as refusal:
        read_request(signed.public_bytes(Encoding.DER))
    assert refusal.value.code is ErrorCode.REQUEST_PROOF_INVALID


def test_request_with_a_weak_key_is_refused() -> None:
    with pytest.raises(PkiError) as refusal:
        read_request(request(rsa_key(2048)))
    assert refusal.value.code is ErrorCode.KEY_WEAK


def test_sound_keys_are_certified() -> None:
    sound = rsa_key().public_key()
    assert check_new_key(sound) == sound
    assert check_new_key(KEY.public_key()) == KEY.public_key()


def test_key_of_the_flawed_generator_is_refused() -> None:
    """Its moduli are powers of 65537 modulo the product of the first primes."""
    product = 1
    for prime in (one for one in range(3, 168) if all(one % d for d in range(2, one))):
        product *= prime
    modulus = pow(65537, 4321, product)
    modulus += product * ((1 << 3071) // product + 1)
    modulus += product * (1 - modulus % 2)
    assert has_roca_fingerprint(modulus)
    with pytest.raises(PkiError) as refusal:
        check_new_key(_rsa(modulus))
    assert refusal.value.code is ErrorCode.KEY_WEAK


def test_key_with_close_primes_is_refused() -> None:
    middle = (1 << 1536) + 12345
    modulus = (middle - 2) * (middle + 2)
    assert has_close_primes(modulus)
    assert has_close_primes(middle * middle)
    with pytest.raises(PkiError) as refusal:
        check_new_key(_rsa(modulus))
    assert refusal.value.code is ErrorCode.KEY_WEAK


def test_sound_modulus_shows_neither_flaw() -> None:
    modulus = rsa_key(2048).public_key().public_numbers().n
    assert not has_roca_fingerprint(modulus)
    assert not has_close_primes(modulus)


@pytest.mark.parametrize("key", [None, ed25519.Ed25519PrivateKey.generate()])
def test_other_kinds_of_key_are_refused(key: object) -> None:
    with pytest.raises(PkiError) as refusal:
        check_new_key(key)
    assert refusal.value.code is ErrorCode.KEY_WEAK
