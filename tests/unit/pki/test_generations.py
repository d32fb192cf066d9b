"""A CA gets a new key, and the old one goes on for what it issued."""

from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from pki.ca.audit import audit_folder
from pki.ca.founding import HierarchySettings, create_generation, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.ca.labels import CaLabel, parse_label
from pki.ca.layout import (
    certificate_path,
    list_path,
    load_certificate,
    private_folder,
)
from pki.errors import PkiError
from pki.journal.store import Act, CaAction
from pki.keys.software import generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields, common_name
from pki.path.judging import ChainJudgement, KeyPurpose, judge_chain
from pki.trust import TrustStore
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.verdict import Indication, SubIndication
from tests.support.pki import NOW

PERSONS = CertificateKind.ISSUING_PERSONS
FIRST, SECOND = CaLabel(PERSONS), CaLabel(PERSONS, 2)
NAMES = SubjectFields(common_name="Đoàn Thạch Khuê", organ_id=OrganId("H99.151"))
SETTINGS = HierarchySettings(name="Thử", public_url="http://ca.example")


def clock() -> datetime:
    return NOW


def opened(folder: Path) -> Hierarchy:
    return Hierarchy.open(folder, clock=clock)


def issue(hierarchy: Hierarchy) -> x509.Certificate:
    return hierarchy.issue(CertificateKind.PERSON, NAMES, generate().public_key)


def judge(hierarchy: Hierarchy, certificate: x509.Certificate) -> ChainJudgement:
    trust = TrustStore.from_material(hierarchy.material())
    purpose = KeyPurpose.DOCUMENT_PERSON
    return judge_chain(certificate, trust=trust, at=NOW, usage=purpose)


@pytest.fixture
def old(tmp_path: Path) -> x509.Certificate:
    """What the first generation issued, before there was a second one."""
    with create_hierarchy(tmp_path / "pki", SETTINGS, clock) as hierarchy:
        certificate = issue(hierarchy)
    assert create_generation(tmp_path / "pki", PERSONS, SETTINGS, clock) == SECOND
    return certificate


def test_new_certificates_come_from_the_newest_and_all_are_valid(
    tmp_path: Path, old: x509.Certificate
) -> None:
    with opened(tmp_path / "pki") as hierarchy:
        new = issue(hierarchy)
        assert common_name(load_certificate(tmp_path / "pki", SECOND)) == (
            "Thử Persons CA 2"
        )
        assert "Persons CA 2" in new.issuer.rfc4514_string()
        assert "Persons CA 2" not in old.issuer.rfc4514_string()
        for certificate in (old, new):
            indication = judge(hierarchy, certificate).indication
            assert indication is Indication.TOTAL_PASSED


def test_certificates_name_the_list_of_their_own_generation(
    tmp_path: Path, old: x509.Certificate
) -> None:
    with opened(tmp_path / "pki") as hierarchy:
        new = issue(hierarchy)
    named = [_list_named_in(one) for one in (old, new)]
    base = "http://ca.example/crl/issuing-persons"
    assert named == [f"{base}.crl", f"{base}-2.crl"]


def test_older_generation_revokes_in_its_own_list(
    tmp_path: Path, old: x509.Certificate
) -> None:
    folder = tmp_path / "pki"
    with opened(folder) as hierarchy:
        new = issue(hierarchy)
        hierarchy.revoke(old.serial_number)
        judgement = judge(hierarchy, old)
        assert judgement.sub_indication is SubIndication.REVOKED_NO_POE
        assert judge(hierarchy, new).indication is Indication.TOTAL_PASSED
    listed = [_listed(folder, one, old.serial_number) for one in (FIRST, SECOND)]
    assert listed == [True, False]


def test_older_generation_has_a_responder_of_its_own(
    tmp_path: Path, old: x509.Certificate
) -> None:
    with opened(tmp_path / "pki") as hierarchy:
        former = hierarchy.issue_responder(FIRST).certificate
        newest = hierarchy.issue_responder(PERSONS).certificate
    assert former.issuer == old.issuer
    assert newest.issuer == load_certificate(tmp_path / "pki", SECOND).subject


def test_third_generation_follows(tmp_path: Path, old: x509.Certificate) -> None:
    label = create_generation(tmp_path / "pki", PERSONS, SETTINGS, clock)
    assert str(label) == "issuing-persons-3"
    with opened(tmp_path / "pki") as hierarchy:
        assert "Persons CA 3" in issue(hierarchy).issuer.rfc4514_string()
    assert old.issuer == load_certificate(tmp_path / "pki", FIRST).subject


def test_new_generation_needs_the_root(tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    create_hierarchy(folder, SETTINGS, clock).close()
    private_folder(folder, CertificateKind.ROOT).rename(tmp_path / "vault")
    with pytest.raises(PkiError) as refusal:
        create_generation(folder, PERSONS, SETTINGS, clock)
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE
    assert not (folder / "issuing-persons-2.pem").exists()


def test_list_that_a_kill_kept_from_a_generation_is_made_at_the_next_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pki"
    create_hierarchy(folder, SETTINGS, clock).close()
    with monkeypatch.context() as killed:
        killed.setattr(Hierarchy, "open", _killed)
        with pytest.raises(_Killed):
            create_generation(folder, PERSONS, SETTINGS, clock)
    assert certificate_path(folder, SECOND).exists()
    assert not list_path(folder, SECOND).exists()
    private_folder(folder, CertificateKind.ROOT).rename(tmp_path / "vault")
    with opened(folder) as hierarchy:
        assert _lists_of(hierarchy, SECOND) == ["found unpublished"]
        certificate = issue(hierarchy)
        assert judge(hierarchy, certificate).indication is Indication.TOTAL_PASSED
    assert [one.findings for one in audit_folder(folder) if one.findings] == []


def test_first_list_is_made_once_by_who_founds(tmp_path: Path) -> None:
    folder, act = tmp_path / "pki", Act(actor="khue", reason="HSM")
    with create_hierarchy(folder, SETTINGS, clock) as hierarchy:
        for label in map(parse_label, hierarchy.labels):
            assert _lists_of(hierarchy, label) == [""]
    create_generation(folder, PERSONS, SETTINGS, clock, act=act)
    with opened(folder) as hierarchy:
        assert _lists_of(hierarchy, SECOND) == ["HSM"]
        assert _lists_of(hierarchy, FIRST) == ["", "HSM"]


@pytest.mark.parametrize("kind", [CertificateKind.ROOT, CertificateKind.PERSON])
def test_only_issuing_cas_have_generations(
    tmp_path: Path, kind: CertificateKind
) -> None:
    create_hierarchy(tmp_path / "pki", SETTINGS, clock).close()
    with pytest.raises(PkiError) as refusal:
        create_generation(tmp_path / "pki", kind, SETTINGS, clock)
    assert refusal.value.code is ErrorCode.CA_LABEL_INVALID


def test_generation_whose_key_is_away_issues_nothing(
    tmp_path: Path, old: x509.Certificate
) -> None:
    """The older key must not take over in silence."""
    private_folder(tmp_path / "pki", SECOND).rename(tmp_path / "away")
    with opened(tmp_path / "pki") as hierarchy:
        with pytest.raises(PkiError) as refusal:
            issue(hierarchy)
        hierarchy.revoke(old.serial_number)
    assert refusal.value.code is ErrorCode.KEY_UNREADABLE


class _Killed(BaseException):
    """The process ended here."""


def _killed(*_arguments: object, **_named: object) -> Hierarchy:
    raise _Killed


def _lists_of(hierarchy: Hierarchy, label: CaLabel) -> list[str]:
    """Return why each list of a CA was made."""
    entries = hierarchy.journal_of(str(label))
    return [one.act.reason for one in entries if one.action is CaAction.LIST_PUBLISHED]


def _list_named_in(certificate: x509.Certificate) -> str:
    oid = ExtensionOID.CRL_DISTRIBUTION_POINTS
    points = certificate.extensions.get_extension_for_oid(oid).value
    assert isinstance(points, x509.CRLDistributionPoints)
    (point,) = points
    assert point.full_name is not None
    return str(point.full_name[0].value)


def _listed(folder: Path, label: CaLabel, serial: int) -> bool:
    found = x509.load_der_x509_crl(list_path(folder, label).read_bytes())
    return found.get_revoked_certificate_by_serial_number(serial) is not None
