"""`lienthong pki responders`: keys for OCSP, made and renewed by commands alone."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtensionOID

from exchange.cli import main
from pki.ca.layout import load_certificate
from pki.ca.status import Standing, read_published_status
from pki.keys.loader import load_credential
from pki.kinds import RESPONDERS, CertificateKind
from pki.ocsp.responder import AnsweringCa


def made(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Make new responder keys; return what the command says."""
    told = main(
        [
            "pki", "responders", "--json", "--ca", str(folder / "pki"),
            "--passphrase-file", str(folder / "ocsp.pass"), "--out", str(folder),
        ]
    )  # fmt: skip
    assert told == 0
    answered: dict[str, dict[str, str]] = json.loads(capsys.readouterr().out)
    return answered["responders"]


def test_responder_keys_are_made_and_renewed_and_may_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ca, passphrase = tmp_path / "pki", tmp_path / "ocsp.pass"
    passphrase.touch(mode=0o600)
    passphrase.write_text("a long enough passphrase\n")
    url = ("--public-url", "http://ca.example")
    assert main(["pki", "init", "--name", "X", "--ca", str(ca), *url]) == 0
    capsys.readouterr()
    first = made(tmp_path, capsys)
    path = tmp_path / "ocsp-systems.p12"
    before = load_credential(f"pkcs12:{path}", passphrase_file=passphrase)
    assert made(tmp_path, capsys).keys() == first.keys()
    after = load_credential(f"pkcs12:{path}", passphrase_file=passphrase)
    assert set(first) == {str(tmp_path / f"{kind}.p12") for kind in RESPONDERS.values()}
    assert path.stat().st_mode & 0o777 == 0o600
    assert before.certificate != after.certificate
    extensions = {one.oid for one in after.certificate.extensions}
    assert ExtensionOID.OCSP_NO_CHECK in extensions
    issuing = CertificateKind.ISSUING_SYSTEMS
    source = read_published_status(ca, issuing)
    answering = AnsweringCa(load_certificate(ca, issuing), after, source)
    assert answering.period(datetime.now(UTC), timedelta(hours=8)) is not None
    serial = after.certificate.serial_number
    assert source.status_of(serial).standing is Standing.GOOD


def test_unusable_public_url_is_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ca = tmp_path / "pki"
    url = ("--public-url", "https://ca.example")
    assert main(["pki", "init", "--name", "X", "--ca", str(ca), *url]) != 0
    assert "public_url" in capsys.readouterr().err
    assert not ca.exists()
