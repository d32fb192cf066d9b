"""What other programs write around a certificate does not hide it."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.keys.software import generate, load_private_key, save_pkcs8
from pki.pem import is_pem, load_certificate
from tests.support.pki import TestPki

PRINTED = "subject=C = VN, CN = Trục\nissuer=C = VN\n".encode()
ATTRIBUTES = b"Bag Attributes\n    friendlyName: Tr\xe1\xbb\xa5c\n0 s:/CN=x\n"


@pytest.mark.parametrize(
    "before", [b"", b"\r\n", PRINTED, ATTRIBUTES, b"0 s:CN = x\n"], ids=len
)
def test_certificate_is_found_behind_words(before: bytes) -> None:
    wanted = TestPki.create().person().certificate

    found = load_certificate(before + wanted.public_bytes(Encoding.PEM))

    assert found == wanted


def test_certificate_in_der_is_der_whatever_it_says() -> None:
    wanted = TestPki.create().person().certificate
    der = wanted.public_bytes(Encoding.DER)

    assert load_certificate(der) == wanted
    assert not is_pem(der + b"-----BEGIN CERTIFICATE-----")


def test_words_without_a_certificate_are_none() -> None:
    with pytest.raises(ValueError, match=r"."):
        load_certificate(PRINTED)


def test_key_is_found_behind_the_words_of_openssl() -> None:
    key = generate()
    pem = b"Key Attributes: <No Attributes>\n" + save_pkcs8(key, None)

    assert load_private_key(pem).public_key == key.public_key
