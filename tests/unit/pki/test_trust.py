"""Trust material: read from files, indexed, and only what was named."""

import pickle
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import PkiError
from pki.trust import TrustMaterial, TrustStore, load_material
from schemas.errors import ErrorCode
from tests.support.certificates import der
from tests.support.pki import TestPki

PKI = TestPki.create()
ROOT = PKI.root.root
ISSUING = PKI.issuing.credential.certificate


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def _pem_list(encoded: bytes) -> bytes:
    return x509.load_der_x509_crl(encoded).public_bytes(Encoding.PEM)


def test_material_crosses_a_process_border_unchanged() -> None:
    material = PKI.material()
    assert pickle.loads(pickle.dumps(material)) == material
    assert hash(material) == hash(pickle.loads(pickle.dumps(material)))


def test_files_are_read_in_pem_and_der(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(_pem(ROOT))
    (tmp_path / "issuing.der").write_bytes(der(ISSUING))
    (tmp_path / "a.crl").write_bytes(PKI.crls()[0])
    (tmp_path / "b.crl").write_bytes(_pem_list(PKI.issuing.crl()))
    material = load_material(
        trust=[tmp_path / "root.pem"],
        intermediates=[tmp_path / "issuing.der"],
        revocation=[tmp_path],
    )
    assert material.roots == (der(ROOT),)
    assert material.intermediates == (der(ISSUING),)
    assert len(material.crls) == 2


def test_one_file_may_hold_several(tmp_path: Path) -> None:
    text = b"# ghi ch\xc3\xba\n" + _pem(ROOT, ISSUING)
    (tmp_path / "all.pem").write_bytes(text)
    lists = b"".join(map(_pem_list, PKI.crls()))
    (tmp_path / "all.crl").write_bytes(text + lists)
    material = load_material(
        intermediates=[tmp_path / "all.pem"], revocation=[tmp_path / "all.crl"]
    )
    assert material.intermediates == (der(ROOT), der(ISSUING))
    assert len(material.crls) == 2


def test_folder_is_searched_by_suffix_only(tmp_path: Path) -> None:
    (tmp_path / "root.crt").write_bytes(_pem(ROOT))
    (tmp_path / "notes.txt").write_bytes(b"not a certificate")
    (tmp_path / "sub.pem").mkdir()
    assert load_material(trust=[tmp_path]).roots == (der(ROOT),)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ErrorCode.CERTIFICATE_MALFORMED),
        (b"not a certificate", ErrorCode.CERTIFICATE_MALFORMED),
        (_pem_list(PKI.issuing.crl()), ErrorCode.FILE_UNREADABLE),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            ErrorCode.CERTIFICATE_MALFORMED,
        ),
    ],
)
def test_named_file_without_a_certificate_is_a_coded_refusal(
    tmp_path: Path, content: bytes, code: ErrorCode
) -> None:
    path = tmp_path / "root.pem"
    path.write_bytes(content)
    with pytest.raises(PkiError) as refusal:
        load_material(trust=[path])
    assert refusal.value.code is code
    assert refusal.value.place == "root.pem"


def test_named_file_without_a_list_is_a_coded_refusal(tmp_path: Path) -> None:
    path = tmp_path / "root.crl"
    path.write_bytes(der(ROOT))
    with pytest.raises(PkiError) as refusal:
        load_material(revocation=[path])
    assert refusal.value.code is ErrorCode.CRL_INVALID


def test_absent_file_is_a_coded_refusal(tmp_path: Path) -> None:
    with pytest.raises(PkiError) as refusal:
        load_material(trust=[tmp_path / "absent.pem"])
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE


def test_file_beyond_any_list_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.crl"
    with path.open("wb") as file:
        file.truncate(256 * 1024 * 1024 + 1)
    with pytest.raises(PkiError) as refusal:
        load_material(revocation=[path])
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE


def test_anchor_must_be_a_ca() -> None:
    leaf = der(PKI.person().certificate)
    with pytest.raises(PkiError) as refusal:
        TrustStore.from_material(TrustMaterial(roots=(leaf,)))
    assert refusal.value.code is ErrorCode.CERTIFICATE_USAGE_WRONG


def test_malformed_anchor_is_refused() -> None:
    with pytest.raises(PkiError) as refusal:
        TrustStore.from_material(TrustMaterial(roots=(b"\x30\x00",)))
    assert refusal.value.code is ErrorCode.CERTIFICATE_MALFORMED


def test_unreadable_helpers_are_left_out() -> None:
    material = TrustMaterial(
        (der(ROOT),), (b"\0", der(ISSUING)), (b"\0", PKI.issuing.crl())
    )
    store = TrustStore.from_material(material)
    name = ISSUING.subject.public_bytes()
    assert len(store.intermediates_named(name)) == 1
    assert len(store.lists_of(name)) == 1


def test_store_knows_nothing_it_was_not_told() -> None:
    store = TrustStore.from_material(TrustMaterial())
    name = ROOT.subject.public_bytes()
    assert not store.anchors_named(name)
    assert not store.intermediates_named(name)
    assert not store.lists_of(name)
