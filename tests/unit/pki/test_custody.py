"""Where keys of CAs are kept."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509

from pki.ca.founding import CaKeySettings, HierarchySettings, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.ca.key_place import KeyPlace, read_place
from pki.ca.layout import private_folder
from pki.errors import PkiError
from pki.files import PRIVATE, write_atomically
from pki.keys.software import KeyKind, generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.pki import NOW

ROOT, PERSONS = CertificateKind.ROOT, CertificateKind.ISSUING_PERSONS
OPERATORS = {"Hoa": b"first of the keepers", "Bình": b"second of the keepers"}
NAMES = SubjectFields(common_name="Đoàn Thạch Khuê", organ_id=OrganId("H99.151"))


def clock() -> datetime:
    return NOW


def create(folder: Path, settings: HierarchySettings) -> None:
    create_hierarchy(folder, settings, clock).close()


def issue(hierarchy: Hierarchy) -> x509.Certificate:
    key = generate().public_key
    return hierarchy.issue(CertificateKind.PERSON, NAMES, key)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("locked") / "pki"
    root = CaKeySettings(by_operators=True)
    settings = HierarchySettings(
        passphrase=b"of the issuing CAs", operators=OPERATORS, keys={ROOT: root}
    )
    create(folder, settings)
    return folder


@pytest.fixture
def folder(tmp_path: Path, locked: Path) -> Path:
    """A hierarchy whose root two operators lock."""
    return shutil.copytree(locked, tmp_path / "pki")


def test_root_under_operators_takes_both_of_them(folder: Path) -> None:
    one, two = OPERATORS.values()
    for brought in ((one, two), (two, one)):
        with Hierarchy.open(
            folder, clock=clock, passphrase=b"of the issuing CAs", operators=brought
        ) as opened:
            opened.write_crls()


@pytest.mark.parametrize("brought", [(), *((one,) for one in OPERATORS.values())])
def test_one_operator_alone_does_not_open_the_root(
    folder: Path, brought: tuple[bytes, ...]
) -> None:
    with pytest.raises(PkiError) as refusal:
        Hierarchy.open(
            folder, clock=clock, passphrase=b"of the issuing CAs", operators=brought
        )
    assert refusal.value.code is ErrorCode.OPERATOR_SECRETS_WRONG


def test_passphrase_of_one_operator_is_not_the_keys(folder: Path) -> None:
    """Without its lock the key file is encrypted with neither passphrase."""
    (private_folder(folder, ROOT) / "key.toml").unlink()
    for one in (*OPERATORS.values(), None):
        with pytest.raises(PkiError) as refusal:
            Hierarchy.open(folder, clock=clock, passphrase=one)
        assert refusal.value.code is ErrorCode.KEY_UNREADABLE


def test_issuing_cas_need_no_operator_when_the_root_is_away(folder: Path) -> None:
    private_folder(folder, ROOT).rename(folder.parent / "vault")
    with Hierarchy.open(
        folder, clock=clock, passphrase=b"of the issuing CAs"
    ) as opened:
        assert issue(opened).serial_number


def test_key_in_pkcs12_opens_with_a_passphrase_file_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "persons.pass"
    write_atomically(own, b"a word of its own\n", mode=PRIVATE)
    place = KeyPlace(uri="pkcs12:persons.p12", passphrase_file=own)
    keys = {PERSONS: CaKeySettings(kind=KeyKind.P384, place=place)}
    create(tmp_path / "pki", HierarchySettings(passphrase=b"common", keys=keys))
    folder = private_folder(tmp_path / "pki", PERSONS)
    assert {one.name for one in folder.iterdir()} >= {"persons.p12", "key.toml"}
    assert not (folder / "key.pem").exists()
    assert read_place(folder) == place
    with Hierarchy.open(tmp_path / "pki", clock=clock, passphrase=b"common") as opened:
        assert issue(opened).signature_hash_algorithm is not None
    write_atomically(own, b"another word\n", mode=PRIVATE)
    with pytest.raises(PkiError) as refusal:
        Hierarchy.open(tmp_path / "pki", clock=clock, passphrase=b"common")
    assert refusal.value.code is ErrorCode.KEY_UNREADABLE


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("uri = 'ftp:x'", "uri"),
        ("uri = 7", "uri"),
        ("url = 'file:key.pem'", "url"),
        ("uri = ", "key.toml"),
        ("check = 'ff'", "operators"),
        ("[[operators]]\nname = 'Hoa'\nsalt = 'ff'", "operators"),
        ("check = 'xy'\n[[operators]]\nname = 'Hoa'\nsalt = 'ff'", "key.toml"),
        ("check = 'ff'\n[[operators]]\nname = 'Hoa'", "operators"),
    ],
)
def test_wrong_key_toml_is_refused_by_code(
    tmp_path: Path, text: str, place: str
) -> None:
    create(tmp_path / "pki", HierarchySettings())
    path = private_folder(tmp_path / "pki", PERSONS) / "key.toml"
    write_atomically(path, text.encode(), mode=PRIVATE)
    with pytest.raises(PkiError) as refusal:
        Hierarchy.open(tmp_path / "pki", clock=clock)
    assert refusal.value.code is ErrorCode.KEY_CUSTODY_INVALID
    assert refusal.value.place == place


@pytest.mark.parametrize(
    "uri",
    ["file:../key.pem", "file:/key.pem", "file:", "pkcs12:registry.sqlite", "data:x"],
)
def test_new_key_has_no_other_place_than_its_folder(tmp_path: Path, uri: str) -> None:
    keys = {PERSONS: CaKeySettings(place=KeyPlace(uri=uri))}
    with pytest.raises(PkiError) as refusal:
        create(tmp_path / "pki", HierarchySettings(keys=keys))
    assert refusal.value.code is ErrorCode.KEY_CUSTODY_INVALID
    assert not (tmp_path / "pki").exists()
