"""A new generation of a CA at the command line, and what is published of it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from structlog.testing import capture_logs

from exchange.config import Settings
from exchange.publication import FollowedPublication
from exchange.settings.certification import PublicationSettings
from exchange.settings.keys import KeySettings, KeysSettings, KeyUri, OcspKeysSettings
from pki.ca.labels import CaLabel
from pki.ca.layout import load_certificate, private_folder
from pki.keys.software import load_pkcs12
from pki.kinds import CertificateKind
from tests.support.cli import Said, lienthong, passphrase
from tests.support.ocsp import request_for
from tests.support.requests import csr

PERSONS = CertificateKind.ISSUING_PERSONS


def pki(var: Path, *words: str | Path) -> Said:
    said = lienthong("pki", *words, "--var", var, "--json")
    assert said.code == 0, said.err
    return said


@pytest.fixture
def var(tmp_path: Path) -> Path:
    """A CA that issued to persons, then got a new key for them and issued again."""
    var = tmp_path / "var"
    pki(var, "init", "--name", "Thử", "--approvals", "none")
    _issue(var, "first")
    said = pki(var, "generation", "issuing-persons", "--key-kind", "p384")
    assert said.json["label"] == "issuing-persons-2"
    _issue(var, "second")
    _make_responders(var)
    return var


def test_answers_are_given_for_both_generations(var: Path) -> None:
    publication = _publication(var)
    for label, name in zip(_LABELS, ("first", "second"), strict=True):
        issuer = load_certificate(var / "pki", label)
        told = ocsp.load_der_ocsp_response(
            publication.answer(request_for(_held(var, name), issuer=issuer)).body
        )
        assert told.certificate_status is ocsp.OCSPCertStatus.GOOD
        assert told.certificates[0].issuer == issuer.subject


def test_files_of_both_generations_are_served(var: Path) -> None:
    served = _publication(var).files
    for label in ("issuing-persons", "issuing-persons-2"):
        assert {f"/ca/{label}.cer", f"/crl/{label}.crl"} <= served.keys()


def test_responder_of_the_old_key_answers_until_it_is_renewed(var: Path) -> None:
    """A service that runs takes a new generation up without falling silent."""
    publication = _publication(var, further=False)
    pki(var, "generation", "issuing-persons")
    assert asyncio.run(publication.refresh())
    assert "/ca/issuing-persons-3.cer" in publication.files
    status = _status(publication, var, _held(var, "second"), _LABELS[1])
    assert status is ocsp.OCSPCertStatus.GOOD


def test_list_that_is_not_there_yet_keeps_no_other_from_being_taken_up(
    var: Path,
) -> None:
    """A kill came between the certificate of a generation and its first list."""
    publication, first = _publication(var), _held(var, "first")
    pki(var, "generation", "issuing-systems")
    pki(var, "revoke", f"{first.serial_number:x}")
    (var / "pki" / "issuing-systems-2.crl").unlink()
    with capture_logs() as told:
        assert asyncio.run(publication.refresh())
    missing = [one for one in told if one["event"] == "publication.list_missing"]
    assert [one["ca"] for one in missing] == ["issuing-systems-2"]
    for taken_up in (publication, _publication(var)):
        assert "/ca/issuing-systems-2.cer" in taken_up.files
        assert "/crl/issuing-systems-2.crl" not in taken_up.files
        assert _status(taken_up, var, first) is ocsp.OCSPCertStatus.REVOKED


def test_new_generation_without_the_root_is_refused(var: Path) -> None:
    private_folder(var / "pki", CertificateKind.ROOT).rename(var / "vault")
    said = lienthong("pki", "generation", "issuing-systems", "--var", var, "--json")
    assert (said.code, said.error) == (1, "file_unreadable")


def test_request_issued_before_a_generation_is_written_with_its_own_issuer(
    var: Path,
) -> None:
    request, out = var / "request.csr", (var / "a.pem", var / "b.pem")
    request.write_bytes(csr())
    words = ("issue", "person", "--name", "Thử", "--agency", "H99.151")
    first = pki(var, *words, "--request", request, "--out", out[0])
    pki(var, "generation", "issuing-persons")
    again = pki(var, *words, "--request", request, "--out", out[1])
    assert again.json["serial"] == first.json["serial"]
    leaf, issuer = x509.load_pem_x509_certificates(out[1].read_bytes())
    leaf.verify_directly_issued_by(issuer)
    assert out[1].read_bytes() == out[0].read_bytes()


_LABELS = (CaLabel(PERSONS), CaLabel(PERSONS, 2))


def _status(
    publication: FollowedPublication,
    var: Path,
    certificate: x509.Certificate,
    label: CaLabel = _LABELS[0],
) -> ocsp.OCSPCertStatus:
    issuer = load_certificate(var / "pki", label)
    answer = publication.answer(request_for(certificate, issuer=issuer))
    return ocsp.load_der_ocsp_response(answer.body).certificate_status


def _issue(var: Path, name: str) -> None:
    out, word = var / f"{name}.p12", passphrase(var)
    subject = ("person", "--name", name, "--agency", "H99.151")
    pki(var, "issue", *subject, "--out", out, "--passphrase-file", word)


def _make_responders(var: Path) -> None:
    folder = var / "responders"
    folder.mkdir()
    word = passphrase(var)
    pki(var, "responders", "--out", folder, "--passphrase-file", word)
    names = {one.name for one in folder.iterdir()}
    assert {"ocsp-persons.p12", "issuing-persons.p12"} <= names


def _held(var: Path, name: str) -> x509.Certificate:
    data = (var / f"{name}.p12").read_bytes()
    return load_pkcs12(data, "mật khẩu thử".encode()).certificate


def _publication(var: Path, *, further: bool = True) -> FollowedPublication:
    folder, word = var / "responders", passphrase(var)
    persons = KeySettings(
        uri=KeyUri(f"pkcs12:{folder}/ocsp-persons.p12"), passphrase_file=word
    )
    settings = Settings(
        keys=KeysSettings(ocsp=OcspKeysSettings(persons=persons)),
        publication=PublicationSettings(
            folder=var / "pki",
            responders=folder if further else None,
            responders_passphrase_file=word,
        ),
    )
    return FollowedPublication(var / "pki", settings, lambda: datetime.now(UTC))
