"""Where keys of CAs are kept."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pki.ca.founding import (
    CaKeySettings,
    HierarchySettings,
    create_generation,
    create_hierarchy,
)
from pki.ca.hierarchy import Hierarchy
from pki.ca.key_place import KeyPlace, read_place
from pki.ca.layout import list_path, private_folder
from pki.errors import PkiError
from pki.files import PRIVATE, write_atomically
from pki.journal.store import Act, CaAction
from pki.keys.software import KeyKind, generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId
from tests.support.pki import NOW

ROOT, PERSONS = CertificateKind.ROOT, CertificateKind.ISSUING_PERSONS
SYSTEMS = CertificateKind.ISSUING_SYSTEMS
SYSTEM = SubjectFields(
    common_name="QLVB", organ_id=OrganId("H99"), system_id=SystemId("qlvb")
)
SYSTEM_KEY = generate().public_key
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


@pytest.mark.parametrize("brought", [(one,) for one in OPERATORS.values()])
def test_one_operator_alone_does_not_open_the_root(
    folder: Path, brought: tuple[bytes, ...]
) -> None:
    with pytest.raises(PkiError) as refusal:
        Hierarchy.open(
            folder, clock=clock, passphrase=b"of the issuing CAs", operators=brought
        )
    assert refusal.value.code is ErrorCode.OPERATOR_SECRETS_WRONG


def test_root_whose_operators_are_not_here_counts_as_away(folder: Path) -> None:
    before = list_path(folder, ROOT).read_bytes()
    with Hierarchy.open(
        folder, clock=clock, passphrase=b"of the issuing CAs"
    ) as opened:
        opened.revoke(issue(opened).serial_number)
        assert len(opened.write_crls()) == 3
        assert "root" not in opened.labels
    assert list_path(folder, ROOT).read_bytes() == before


@pytest.fixture(scope="module")
def half_locked_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("half") / "pki"
    together = CaKeySettings(by_operators=True)
    keys = {ROOT: together, SYSTEMS: together}
    with create_hierarchy(
        folder, HierarchySettings(operators=OPERATORS, keys=keys), clock
    ) as hierarchy:
        hierarchy.issue(CertificateKind.SYSTEM, SYSTEM, SYSTEM_KEY)
    return folder


@pytest.fixture
def half_locked(tmp_path: Path, half_locked_once: Path) -> Iterator[Hierarchy]:
    """Opened by one person alone: two operators lock its root and its systems CA."""
    folder = shutil.copytree(half_locked_once, tmp_path / "pki")
    with Hierarchy.open(folder, clock=clock) as opened:
        yield opened


def test_ca_whose_operators_are_not_here_holds_up_no_other(
    half_locked: Hierarchy,
) -> None:
    half_locked.revoke(issue(half_locked).serial_number)
    assert {path.stem for path in half_locked.write_crls()} == {
        *("issuing-persons", "issuing-organisations"),
    }


def test_ca_whose_operators_are_not_here_says_that_it_needs_them(
    half_locked: Hierarchy,
) -> None:
    (held,) = half_locked.holders_of_key(SYSTEM_KEY)
    for verb in (
        lambda: half_locked.issue(CertificateKind.SYSTEM, SYSTEM, SYSTEM_KEY),
        lambda: half_locked.issue_responder(SYSTEMS),
        lambda: half_locked.revoke(held.serial),
        lambda: half_locked.suspend(held.serial),
    ):
        with pytest.raises(PkiError) as refusal:
            verb()
        assert refusal.value.code is ErrorCode.OPERATOR_SECRETS_WRONG
        assert refusal.value.place == "issuing-systems"
    (after,) = half_locked.holders_of_key(SYSTEM_KEY)
    assert after.revoked_at is None


def test_many_are_revoked_only_if_all_their_cas_can(half_locked: Hierarchy) -> None:
    (held,) = half_locked.holders_of_key(SYSTEM_KEY)
    own = issue(half_locked).serial_number
    reason = x509.ReasonFlags.affiliation_changed
    with pytest.raises(PkiError) as refusal:
        half_locked.revoke_all((own, held.serial), reason, act=Act(actor="khue"))
    assert refusal.value.code is ErrorCode.OPERATOR_SECRETS_WRONG
    assert half_locked.find(own).revoked_at is None


def test_key_certified_by_a_ca_whose_operators_are_not_here_is_known(
    half_locked: Hierarchy,
) -> None:
    with pytest.raises(PkiError) as refusal:
        half_locked.issue(CertificateKind.PERSON, NAMES, SYSTEM_KEY)
    assert refusal.value.code is ErrorCode.KEY_REUSED
    (held,) = half_locked.certificates()[-1:]
    assert half_locked.certificates_of(OrganId("H99")) == (held,)


def test_what_a_ca_issued_whose_operators_are_not_here_can_be_read(
    half_locked: Hierarchy,
) -> None:
    (held,) = half_locked.holders_of_key(SYSTEM_KEY)
    assert half_locked.find(held.serial) == held
    about = half_locked.journal_about(held.serial)
    assert CaAction.CERTIFICATE_ISSUED in {one.action for one in about}


def test_certificate_renewed_by_a_ca_whose_operators_are_not_here_is_renewed(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "pki"
    create(folder, HierarchySettings())
    with Hierarchy.open(folder, clock=clock) as opened:
        old = opened.issue(CertificateKind.SYSTEM, SYSTEM, SYSTEM_KEY, days=20)
    together = {SYSTEMS: CaKeySettings(by_operators=True)}
    settings = HierarchySettings(operators=OPERATORS, keys=together)
    create_generation(folder, SYSTEMS, settings, clock)
    soon = NOW + timedelta(days=60)
    with Hierarchy.open(folder, clock=clock) as opened:
        assert [one.serial for one in opened.unrenewed(soon)] == [old.serial_number]
    everybody = tuple(OPERATORS.values())
    with Hierarchy.open(folder, clock=clock, operators=everybody) as opened:
        opened.issue(CertificateKind.SYSTEM, SYSTEM, generate().public_key)
    with Hierarchy.open(folder, clock=clock) as opened:
        assert opened.unrenewed(soon) == ()


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
