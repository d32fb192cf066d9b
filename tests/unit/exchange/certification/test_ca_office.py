"""What a CA process opens, and what it leaves to others."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.certification.list_keeper import list_facts
from exchange.certification.office import CaOffice
from pki.ca.founding import (
    CaKeySettings,
    HierarchySettings,
    create_generation,
    create_hierarchy,
)
from pki.ca.layout import private_folder
from pki.errors import PkiError
from pki.keys.software import generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.ca_office import SetClock

ROOT, PERSONS = CertificateKind.ROOT, CertificateKind.ISSUING_PERSONS
OPERATORS = {"Hoa": b"first of the keepers", "Bình": b"second of the keepers"}
TOGETHER = CaKeySettings(by_operators=True)
NAMES = SubjectFields(common_name="Đoàn Thạch Khuê", organ_id=OrganId("H99.151"))


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    """A CA in `pki`; its root, which operators lock, is in this folder."""
    settings = HierarchySettings(operators=OPERATORS, keys={ROOT: TOGETHER})
    create_hierarchy(tmp_path / "pki", settings, SetClock()).close()
    own = private_folder(tmp_path / "pki", ROOT)
    return own.rename(tmp_path / "vault")


@pytest.fixture
def office(vault: Path) -> Iterator[CaOffice]:
    opened = CaOffice(vault.parent / "pki", None, SetClock())
    yield opened
    opened.close()


def serial_of_a_new_person(office: CaOffice) -> int:
    key = generate().public_key
    return office.hierarchy.issue(CertificateKind.PERSON, NAMES, key).serial_number


def test_root_that_is_back_for_its_list_keeps_the_process_from_nothing(
    office: CaOffice, vault: Path
) -> None:
    own = private_folder(office.folder, ROOT)
    shutil.copytree(vault, own)
    office.hierarchy.revoke(serial_of_a_new_person(office))
    assert office.desk.list() == []
    assert {one.label: one.is_ours for one in list_facts(office)} == {
        "root": False,
        "issuing-persons": True,
        "issuing-organisations": True,
        "issuing-systems": True,
    }
    second = CaOffice(office.folder, None, SetClock())
    assert serial_of_a_new_person(second)
    second.close()
    shutil.rmtree(own)
    assert serial_of_a_new_person(office)


def test_generation_that_operators_open_is_not_passed_over_for_an_older_key(
    office: CaOffice, vault: Path
) -> None:
    own = private_folder(office.folder, ROOT)
    shutil.copytree(vault, own)
    former = serial_of_a_new_person(office)
    settings = HierarchySettings(operators=OPERATORS, keys={PERSONS: TOGETHER})
    label = create_generation(office.folder, PERSONS, settings, SetClock())
    with pytest.raises(PkiError) as refusal:
        serial_of_a_new_person(office)
    assert refusal.value.code is ErrorCode.OPERATOR_SECRETS_WRONG
    assert refusal.value.place == str(label)
    office.hierarchy.revoke(former)
