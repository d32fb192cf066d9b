"""Keys named in the configuration."""

from pathlib import Path

import pytest

from pki.errors import PkiError
from pki.files import PRIVATE, write_atomically
from pki.keys.api import Credential
from pki.keys.loader import load_credential, load_key_file, read_passphrase
from pki.keys.software import generate, save_pem, save_pkcs8, save_pkcs12
from schemas.errors import ErrorCode
from tests.support.certificates import Shape, make
from tests.support.pki import TestPki


def _credential() -> Credential:
    pki, key = TestPki.create(), generate()
    certificate = make(pki.issuing, Shape(), key=key.private).certificate
    return Credential(key, certificate, (pki.issuing.credential.certificate,))


def _private(path: Path, data: bytes) -> Path:
    write_atomically(path, data, mode=PRIVATE)
    return path


def test_pkcs12_uri_loads_with_its_passphrase_file(tmp_path: Path) -> None:
    credential = _credential()
    _private(tmp_path / "hub.p12", save_pkcs12(credential, "hub", "mật".encode()))
    secret = _private(tmp_path / "hub.pass", "mật\r\nghi chú\n".encode())
    loaded = load_credential(f"pkcs12:{tmp_path}/hub.p12", passphrase_file=secret)
    assert loaded.certificate == credential.certificate
    assert loaded.chain == credential.chain


@pytest.mark.parametrize("passphrase", [None, b"123456"])
def test_file_uri_loads_key_certificate_and_chain(
    tmp_path: Path, passphrase: bytes | None
) -> None:
    credential = _credential()
    _private(tmp_path / "hub.pem", save_pem(credential, passphrase))
    secret = _private(tmp_path / "pass", passphrase) if passphrase else None
    loaded = load_credential(f"file:{tmp_path}/hub.pem", passphrase_file=secret)
    assert loaded.key.public_key == credential.key.public_key
    assert loaded.certificate == credential.certificate
    assert loaded.chain == credential.chain


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o601])
def test_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = _private(tmp_path / "hub.pem", save_pem(_credential()))
    path.chmod(mode)
    with pytest.raises(PkiError) as refusal:
        load_credential(f"file:{path}")
    assert refusal.value.code is ErrorCode.KEY_FILE_EXPOSED
    assert refusal.value.place == "hub.pem"


def test_key_file_readable_by_its_group_is_loaded(tmp_path: Path) -> None:
    path = _private(tmp_path / "hub.pem", save_pem(_credential()))
    path.chmod(0o640)
    assert load_credential(f"file:{path}").chain


def test_exposed_passphrase_file_is_refused(tmp_path: Path) -> None:
    path = _private(tmp_path / "pass", b"123456")
    path.chmod(0o644)
    with pytest.raises(PkiError) as refusal:
        read_passphrase(path)
    assert refusal.value.code is ErrorCode.KEY_FILE_EXPOSED


def test_certificate_of_another_key_is_refused(tmp_path: Path) -> None:
    one, other = _credential(), _credential()
    mixed = Credential(one.key, other.certificate)
    path = _private(tmp_path / "hub.pem", save_pem(mixed))
    with pytest.raises(PkiError) as refusal:
        load_credential(f"file:{path}")
    assert refusal.value.code is ErrorCode.CERTIFICATE_MALFORMED


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ErrorCode.KEY_UNREADABLE),
        (save_pkcs8(generate(), None), ErrorCode.CERTIFICATE_MALFORMED),
        (b"x" * (1024 * 1024 + 1), ErrorCode.KEY_UNREADABLE),
    ],
    ids=["empty", "no-certificate", "too-large"],
)
def test_file_without_its_parts_is_refused(
    tmp_path: Path, content: bytes, code: ErrorCode
) -> None:
    path = _private(tmp_path / "hub.pem", content)
    with pytest.raises(PkiError) as refusal:
        load_credential(f"file:{path}")
    assert refusal.value.code is code


def test_absent_file_is_a_coded_refusal(tmp_path: Path) -> None:
    for scheme in ("file", "pkcs12"):
        with pytest.raises(PkiError) as refusal:
            load_credential(f"{scheme}:{tmp_path}/absent")
        assert refusal.value.code is ErrorCode.FILE_UNREADABLE


@pytest.mark.parametrize("uri", ["pkcs11:token", "/etc/key.pem", ""])
def test_unknown_scheme_is_a_configuration_fault(uri: str) -> None:
    with pytest.raises(PkiError) as refusal:
        load_credential(uri)
    assert refusal.value.code is ErrorCode.CONFIGURATION_INVALID


def test_key_file_loads_without_a_certificate(tmp_path: Path) -> None:
    key = generate()
    path = _private(tmp_path / "key.pem", save_pkcs8(key, b"1"))
    assert load_key_file(path, b"1").public_key == key.public_key
