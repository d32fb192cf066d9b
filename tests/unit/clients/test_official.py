"""An official signs, a clerk seals; what may not be signed is refused in words."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.errors import ClientError
from clients.official import Appearance, Official
from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.errors import PkiError
from pki.files import PRIVATE, PUBLIC, write_atomically
from pki.keys.software import save_pkcs12
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from signing.errors import SigningError
from signing.profiles import SignerRole
from tests.support.pki import NOW
from tests.support.signed_pdf import (
    LETTER,
    SEAL_PNG,
    SIGNATURE_PNG,
    letter_place,
    signatures,
)

PASSPHRASE = "mật khẩu".encode()
PDF = LETTER.read_bytes()


@pytest.fixture(scope="module")
def hierarchy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hierarchy]:
    """A CA that issues for people and agencies."""
    folder = tmp_path_factory.mktemp("official") / "pki"
    settings = HierarchySettings(name="Thử")
    with create_hierarchy(folder, settings, lambda: NOW) as created:
        yield created


def official(hierarchy: Hierarchy, kind: CertificateKind, name: str) -> Official:
    fields = SubjectFields(common_name=name, organ_id=OrganId("H99.151"))
    return Official(hierarchy.issue_credential(kind, fields), clock=lambda: NOW)


@pytest.fixture(scope="module")
def person(hierarchy: Hierarchy) -> Official:
    """An official."""
    return official(hierarchy, CertificateKind.PERSON, "Đoàn Thạch Khuê")


@pytest.fixture(scope="module")
def seal(hierarchy: Hierarchy) -> Official:
    """A clerk with the seal."""
    return official(hierarchy, CertificateKind.AGENCY_SEAL, "UBND xã Suối Mây")


def test_person_and_seal_sign_one_after_the_other(
    person: Official, seal: Official
) -> None:
    look = Appearance(image=SIGNATURE_PNG, placement=letter_place())

    signed = person.sign(PDF, appearance=look)
    sealed = seal.sign(
        signed, role=SignerRole.AGENCY_SEAL, appearance=Appearance(image=SEAL_PNG)
    )

    assert signed.startswith(PDF)
    assert sealed.startswith(signed)
    names = [
        one.signer_cert.subject.native["common_name"] for one in signatures(sealed)
    ]
    assert names == [person.name, seal.name]


@pytest.mark.parametrize(
    ("document", "role", "code"),
    [
        (b"", SignerRole.PERSON, ErrorCode.PDF_MALFORMED),
        (b"%PDF-1.7 cut", SignerRole.PERSON, ErrorCode.PDF_MALFORMED),
        (PDF, SignerRole.AGENCY_SEAL, ErrorCode.CERTIFICATE_USAGE_WRONG),
    ],
    ids=["empty", "cut short", "a person as the agency"],
)
def test_what_may_not_be_signed_is_refused_with_a_code(
    person: Official, document: bytes, role: SignerRole, code: ErrorCode
) -> None:
    with pytest.raises(SigningError) as caught:
        person.sign(document, role=role)

    assert caught.value.code is code


def test_seal_without_a_person_is_refused(seal: Official) -> None:
    with pytest.raises(SigningError) as caught:
        seal.sign(PDF, role=SignerRole.AGENCY_SEAL)

    assert caught.value.code is ErrorCode.PERSON_SIGNATURE_MISSING


def write(
    folder: Path, person: Official, *, mode: int = PRIVATE, opened: bytes = PASSPHRASE
) -> tuple[Path, Path]:
    key, passphrase = folder / "key.p12", folder / "passphrase"
    packed = save_pkcs12(person.credential, "khóa", PASSPHRASE)
    write_atomically(key, packed, mode=mode)
    write_atomically(passphrase, opened + b"\n", mode=PRIVATE)
    return key, passphrase


def test_key_opens_from_its_files(tmp_path: Path, person: Official) -> None:
    opened = Official.from_files(*write(tmp_path, person))

    assert opened.name == "Đoàn Thạch Khuê"


@pytest.mark.parametrize(
    ("mode", "passphrase", "code"),
    [
        (PUBLIC, PASSPHRASE, ErrorCode.KEY_FILE_EXPOSED),
        (PRIVATE, b"sai", ErrorCode.KEY_UNREADABLE),
    ],
    ids=["exposed", "wrong passphrase"],
)
def test_key_that_may_not_be_opened_is_refused(
    tmp_path: Path, person: Official, mode: int, passphrase: bytes, code: ErrorCode
) -> None:
    files = write(tmp_path, person, mode=mode, opened=passphrase)

    with pytest.raises(PkiError) as caught:
        Official.from_files(*files)

    assert caught.value.code is code


def test_signing_without_the_extra_says_what_to_install(
    person: Official, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "signing.pades.signer", None)

    with pytest.raises(ClientError) as caught:
        person.sign(PDF)

    assert caught.value.code is ErrorCode.EXTRA_MISSING
    assert caught.value.place == "pip install 'lienthong[sign]'"
