"""Keys in memory: made, saved, loaded, used."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from pki.algorithms import default_scheme
from pki.errors import PkiError, SignatureInvalidError
from pki.keys.api import Credential, SignatureScheme
from pki.keys.software import (
    KeyKind,
    SoftwareKey,
    chain_above,
    generate,
    load_pkcs12,
    load_private_key,
    save_pem,
    save_pkcs8,
    save_pkcs12,
    verify_signature,
)
from schemas.errors import ErrorCode
from tests.support.certificates import Shape, make
from tests.support.keys import rsa_key
from tests.support.pki import HeldKey, TestCa, TestPki

RSA_SCHEMES = (SignatureScheme.RSA_PKCS1V15_SHA256, SignatureScheme.RSA_PSS_SHA256)


def person(pki: TestPki, key: SoftwareKey) -> Credential:
    certificate = make(pki.issuing, Shape(), key=key.private).certificate
    return Credential(key, certificate, (pki.issuing.credential.certificate,))


@pytest.mark.parametrize("kind", list(KeyKind))
def test_generated_key_signs_what_its_public_key_verifies(kind: KeyKind) -> None:
    key = generate(kind)
    scheme = default_scheme(key.public_key)
    verify_signature(key.public_key, scheme, key.sign(b"data", scheme), b"data")


@pytest.mark.parametrize("scheme", RSA_SCHEMES)
def test_rsa_key_signs_with_either_padding(scheme: SignatureScheme) -> None:
    key = SoftwareKey(rsa_key(2048))
    verify_signature(key.public_key, scheme, key.sign(b"data", scheme), b"data")


def test_other_data_or_other_key_is_refused() -> None:
    key = generate()
    value = key.sign(b"data", SignatureScheme.ECDSA_SHA256)
    for public_key, data in (
        (key.public_key, b"datA"),
        (generate().public_key, b"data"),
    ):
        with pytest.raises(SignatureInvalidError) as refusal:
            verify_signature(public_key, SignatureScheme.ECDSA_SHA256, value, data)
        assert refusal.value.code is ErrorCode.SIGNATURE_INVALID


@pytest.mark.parametrize("scheme", RSA_SCHEMES)
def test_scheme_of_another_family_is_refused(scheme: SignatureScheme) -> None:
    key = generate()
    with pytest.raises(PkiError) as refusal:
        key.sign(b"data", scheme)
    assert refusal.value.code is ErrorCode.SIGNATURE_ALGORITHM_REFUSED
    with pytest.raises(PkiError) as refusal:
        verify_signature(key.public_key, scheme, b"", b"data")
    assert refusal.value.code is ErrorCode.SIGNATURE_ALGORITHM_REFUSED


def test_signature_by_a_weak_key_does_not_count() -> None:
    weak = rsa_key(1024)
    scheme = SignatureScheme.RSA_PKCS1V15_SHA256
    value = SoftwareKey(weak).sign(b"data", scheme)
    with pytest.raises(PkiError) as refusal:
        verify_signature(weak.public_key(), scheme, value, b"data")
    assert refusal.value.code is ErrorCode.SIGNATURE_ALGORITHM_REFUSED


@pytest.mark.parametrize("passphrase", [None, b"bi mat"])
def test_pkcs8_survives_saving_and_loading(passphrase: bytes | None) -> None:
    key = generate()
    loaded = load_private_key(save_pkcs8(key, passphrase), passphrase)
    assert loaded.public_key == key.public_key


def test_pkcs8_loads_from_der() -> None:
    key = generate()
    encoded = key.private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    assert load_private_key(encoded).public_key == key.public_key


@pytest.mark.parametrize("passphrase", [None, b"sai"])
def test_wrong_passphrase_is_a_coded_refusal(passphrase: bytes | None) -> None:
    with pytest.raises(PkiError) as refusal:
        load_private_key(save_pkcs8(generate(), b"bi mat"), passphrase)
    assert refusal.value.code is ErrorCode.KEY_UNREADABLE


@pytest.mark.parametrize("data", [b"", b"-----BEGIN PRIVATE KEY-----", b"\x30\x00"])
def test_unreadable_key_is_a_coded_refusal(data: bytes) -> None:
    with pytest.raises(PkiError) as refusal:
        load_private_key(data)
    assert refusal.value.code is ErrorCode.KEY_UNREADABLE


@pytest.mark.parametrize(
    "private",
    [
        pytest.param(rsa_key(1024), id="rsa-1024"),
        pytest.param(ed25519.Ed25519PrivateKey.generate(), id="ed25519"),
    ],
)
def test_weak_or_foreign_key_is_refused(
    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
) -> None:
    encoded = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(PkiError) as refusal:
        load_private_key(encoded)
    assert refusal.value.code is ErrorCode.KEY_WEAK


def test_pkcs12_survives_saving_and_loading() -> None:
    pki = TestPki.create()
    credential = person(pki, generate())
    data = save_pkcs12(credential, "Khuê", b"123456", pki.root.root)
    loaded = load_pkcs12(data, b"123456")
    assert loaded.certificate == credential.certificate
    assert loaded.key.public_key == credential.key.public_key
    assert loaded.chain == credential.chain


def test_pkcs12_with_wrong_passphrase_is_a_coded_refusal() -> None:
    data = save_pkcs12(person(TestPki.create(), generate()), "Khuê", b"123456")
    for passphrase in (None, b"654321"):
        with pytest.raises(PkiError) as refusal:
            load_pkcs12(data, passphrase)
        assert refusal.value.code is ErrorCode.KEY_UNREADABLE


def test_pkcs12_needs_key_and_certificate() -> None:
    certificate = person(TestPki.create(), generate()).certificate
    no_key = pkcs12.serialize_key_and_certificates(
        b"", None, certificate, None, serialization.NoEncryption()
    )
    no_certificate = pkcs12.serialize_key_and_certificates(
        b"", generate().private, None, None, serialization.NoEncryption()
    )
    for data in (no_key, no_certificate, b"", b"\x30\x00"):
        with pytest.raises(PkiError) as refusal:
            load_pkcs12(data)
        assert refusal.value.code is ErrorCode.KEY_UNREADABLE


def test_pkcs12_of_another_key_is_not_written() -> None:
    credential = person(TestPki.create(), generate())
    with pytest.raises(PkiError) as refusal:
        save_pkcs12(Credential(generate(), credential.certificate), "Khuê", None)
    assert refusal.value.code is ErrorCode.CERTIFICATE_MALFORMED


def test_chain_of_a_pkcs12_is_ordered_upwards() -> None:
    pki = TestPki.create()
    credential = person(pki, generate())
    key = credential.key
    assert isinstance(key, SoftwareKey)
    data = pkcs12.serialize_key_and_certificates(
        b"",
        key.private,
        credential.certificate,
        [pki.root.root, *credential.chain, TestPki.create("Khác").root.root],
        serialization.NoEncryption(),
    )
    assert load_pkcs12(data).chain == credential.chain


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("issuer", [0, 1])
def test_of_cas_of_one_name_the_one_that_signed_is_in_the_chain(
    issuer: int, order: tuple[int, int]
) -> None:
    """A CA that got a new key may keep its name, and files carry both of it."""
    pki = TestPki.create()
    cas = [pki.root.issue("Nơi cấp", ca=True) for _ in range(2)]
    signed = TestCa(cas[issuer], pki.root.root).issue("Khuê", key=generate().private)
    certificates = [cas[at].certificate for at in order]
    assert chain_above(signed.certificate, certificates) == (cas[issuer].certificate,)


def test_of_certificates_of_one_ca_the_one_that_ends_last_is_in_the_chain() -> None:
    pki, key = TestPki.create(), generate().private
    old, new = (pki.root.issue("Nơi cấp", ca=True, key=key, days=n) for n in (9, 99))
    signed = TestCa(new, pki.root.root).issue("Khuê")
    for others in ((old, new), (new, old)):
        certificates = [one.certificate for one in others]
        assert chain_above(signed.certificate, certificates) == (new.certificate,)


def test_key_kept_elsewhere_is_not_saved() -> None:
    credential = TestPki.create().person()
    assert isinstance(credential.key, HeldKey)
    with pytest.raises(PkiError) as refusal:
        save_pkcs12(credential, "Khuê", None)
    assert refusal.value.code is ErrorCode.KEY_UNREADABLE
    with pytest.raises(PkiError) as refusal:
        save_pem(credential)
    assert refusal.value.code is ErrorCode.KEY_UNREADABLE


def test_key_shows_nothing_of_itself() -> None:
    key = generate()
    number = key.private.private_numbers()
    assert str(number) not in repr(key)
    assert "private" not in repr(key)
