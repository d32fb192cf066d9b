"""Certificates read completely, and the search for paths between them."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import CertificateBuilder
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.certificates import read_certificate
from pki.errors import PkiError
from pki.path.building import PathSearch
from pki.trust import TrustStore
from schemas.errors import ErrorCode
from tests.support.certificates import (
    SIGNER,
    Shape,
    authority,
    ca_shape,
    der,
    make,
    p256,
)
from tests.support.keys import rsa_key
from tests.support.pki import NOW, TestPki, name

PKI = TestPki.create()


def test_everything_judging_needs_is_read() -> None:
    read = read_certificate(der(PKI.system().certificate))
    issuing = read_certificate(PKI.issuing.credential.certificate)
    assert read.issuer == issuing.subject
    assert read.authority_key_id == issuing.subject_key_id
    assert read.key_usage == SIGNER
    assert read.extended_key_usage == frozenset({ExtendedKeyUsageOID.CLIENT_AUTH})
    assert read.strong_key
    assert read.strong_signature
    assert issuing.is_ca
    assert not read.is_ca


def test_absent_extensions_are_told_from_empty_ones() -> None:
    shape = Shape(key_usage=None, basic_constraints=False, authority_key_id=False)
    read = read_certificate(make(PKI.issuing, shape).certificate)
    assert read.key_usage is None
    assert read.extended_key_usage is None
    assert read.authority_key_id is None
    assert read.policies == frozenset()
    assert not read.is_ca


def test_issuer_is_matched_by_name_and_key() -> None:
    twin = TestPki.create()
    leaf = read_certificate(PKI.person().certificate)
    assert read_certificate(PKI.issuing.credential.certificate).may_have_issued(leaf)
    assert not read_certificate(PKI.root.root).may_have_issued(leaf)
    other = read_certificate(twin.issuing.credential.certificate)
    assert not other.may_have_issued(leaf)


def test_signature_with_an_unknown_digest_is_not_strong() -> None:
    key = rsa_key(2048)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    builder = CertificateBuilder(
        name("CA"), name("Ai đó"), key.public_key(), 5, NOW, NOW
    )
    whole = der(builder.sign(key, hashes.SHA256(), rsa_padding=pss))
    sha256, unknown = (bytes.fromhex(f"6086480165030402{one}") for one in ("01", "7f"))
    assert read_certificate(whole).strong_signature
    assert not read_certificate(whole.replace(sha256, unknown)).strong_signature


@pytest.mark.parametrize("data", [b"", b"\x30\x00", der(PKI.root.root)[:-1]])
def test_malformed_certificate_is_a_coded_refusal(data: bytes) -> None:
    with pytest.raises(PkiError) as refusal:
        read_certificate(data)
    assert refusal.value.code is ErrorCode.CERTIFICATE_MALFORMED


def test_search_ends_after_eight_paths() -> None:
    key = p256()
    twins = [authority(PKI.root, ca_shape("Gia hạn"), key=key) for _ in range(9)]
    embedded = [read_certificate(one.credential.certificate) for one in twins]
    search = PathSearch(TrustStore.from_material(PKI.material()), embedded)
    leaf = read_certificate(make(twins[0], Shape()).certificate)
    assert len(list(search.paths(leaf))) == 8
