"""Every form of the certificate registry behaves the same."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.registry import (
    CertificateRegistry,
    MemoryRegistry,
    RegisteredCertificate,
    SqliteRegistry,
)
from schemas.errors import ErrorCode
from tests.support.pki import NOW

KEY_COMPROMISE = x509.ReasonFlags.key_compromise


@pytest.fixture(params=["memory", "sqlite"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> CertificateRegistry:
    forms: dict[str, Callable[[], CertificateRegistry]] = {
        "memory": MemoryRegistry,
        "sqlite": lambda: SqliteRegistry(tmp_path / "registry.sqlite"),
    }
    return forms[request.param]()


def entry(serial: int, age: int = 0) -> RegisteredCertificate:
    return RegisteredCertificate(
        serial=serial,
        kind=CertificateKind.PERSON,
        der=b"\x30\x00",
        issued_at=NOW - timedelta(seconds=age),
    )


def test_added_certificate_is_found(registry: CertificateRegistry) -> None:
    registry.add(entry(1 << 158))
    assert registry.get(1 << 158) == entry(1 << 158)
    assert 1 << 158 in registry
    assert 1 not in registry
    assert "1" not in registry


def test_serial_number_is_taken_once(registry: CertificateRegistry) -> None:
    registry.add(entry(7))
    with pytest.raises(PkiError) as refusal:
        registry.add(entry(7, age=5))
    assert refusal.value.code is ErrorCode.ISSUANCE_REFUSED
    assert registry.list() == [entry(7)]


def test_unknown_serial_is_a_coded_refusal(registry: CertificateRegistry) -> None:
    with pytest.raises(PkiError) as refusal:
        registry.get(0xAB)
    assert refusal.value.code is ErrorCode.CERTIFICATE_NOT_FOUND
    assert refusal.value.place == "ab"
    with pytest.raises(PkiError) as refusal:
        registry.revoke(0xAB, NOW, KEY_COMPROMISE)
    assert refusal.value.code is ErrorCode.CERTIFICATE_NOT_FOUND


def test_list_is_oldest_first(registry: CertificateRegistry) -> None:
    for serial, age in ((1, 10), (2, 30), (3, 20)):
        registry.add(entry(serial, age))
    assert [one.serial for one in registry.list()] == [2, 3, 1]


def test_revocation_is_remembered_and_final(registry: CertificateRegistry) -> None:
    registry.add(entry(1))
    registry.revoke(1, NOW, KEY_COMPROMISE)
    with pytest.raises(PkiError) as refusal:
        registry.revoke(1, NOW + timedelta(days=1), x509.ReasonFlags.unspecified)
    assert refusal.value.code is ErrorCode.ALREADY_REVOKED
    read = registry.get(1)
    assert read.revoked_at == NOW
    assert read.reason is KEY_COMPROMISE


def test_list_numbers_grow(registry: CertificateRegistry) -> None:
    numbers = [registry.next_crl_number() for _ in range(5)]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > 0


def test_closing_twice_is_harmless(registry: CertificateRegistry) -> None:
    registry.close()
    registry.close()


def test_file_keeps_what_another_process_wrote(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    first = SqliteRegistry(path)
    first.add(entry(1))
    first.revoke(1, NOW, KEY_COMPROMISE)
    number = first.next_crl_number()
    second = SqliteRegistry(path)
    assert second.get(1).revoked_at == NOW
    assert second.next_crl_number() > number
    assert first.next_crl_number() > number + 1


def test_file_is_durable_at_every_return(tmp_path: Path) -> None:
    registry = SqliteRegistry(tmp_path / "registry.sqlite")
    pragmas = ("journal_mode", "synchronous")
    values = [registry._database.execute(f"PRAGMA {one}").fetchone() for one in pragmas]
    assert values == [("wal",), (2,)]


def test_file_of_another_kind_is_a_coded_refusal(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(PkiError) as refusal:
        SqliteRegistry(path)
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE
