"""A file that says it is a certificate and is none is refused by its code."""

from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clients.own_certificate import not_held
from exchange.commands.backup_files import read_certificate_file
from exchange.commands.encryption import recipients_in
from exchange.errors import ExchangeError
from pki.errors import PkiError
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.pki import NOW, TestPki

CODE = OrganId("H99.151")


@pytest.fixture
def unreadable(tmp_path: Path) -> Path:
    """A certificate of version 8, for which cryptography has an error of its own."""
    der = TestPki.create().receipt().certificate.public_bytes(Encoding.DER)
    hostile = der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020107"), 1)
    path = tmp_path / f"{CODE}.pem"
    path.write_bytes(
        b"-----BEGIN CERTIFICATE-----\n"
        + b64encode(hostile)
        + b"\n-----END CERTIFICATE-----\n"
    )
    return path


def test_of_a_signer_of_backups(unreadable: Path) -> None:
    with pytest.raises(ExchangeError) as refused:
        read_certificate_file(unreadable)
    assert refused.value.code is ErrorCode.FILE_UNREADABLE


def test_of_a_recipient_of_what_is_encrypted(unreadable: Path) -> None:
    with pytest.raises(PkiError) as refused:
        recipients_in(unreadable.parent, [CODE])
    assert refused.value.code is ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE


def test_of_the_system_itself(unreadable: Path) -> None:
    assert not_held(unreadable, NOW) == ""
