"""A whole PKI in one folder."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.hierarchy import Hierarchy, system_clock
from pki.ca.profiles import PROFILES
from pki.ca.serials import read_serials
from pki.errors import PkiError
from pki.keys.software import KeyKind, generate
from pki.kinds import RESPONDERS, CertificateKind
from pki.names import SubjectFields, agency_of, system_of
from pki.path.judging import ChainJudgement, KeyPurpose, judge_chain
from pki.trust import TrustStore, load_material
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId
from schemas.verdict import Indication, SubIndication
from tests.support.pki import NOW

NAMES = SubjectFields(
    common_name="Đoàn Thạch Khuê",
    organisation="UBND xã Suối Mây",
    organ_id=OrganId("H99.151"),
)
SYSTEM = replace(NAMES, system_id=SystemId("qlvb"))
SERVER = SubjectFields(common_name="truc.test", dns_names=("truc.test",))
HUB = SubjectFields(common_name="Trục liên thông")

SERVED = [
    (CertificateKind.PERSON, NAMES, KeyPurpose.DOCUMENT_PERSON),
    (CertificateKind.SIGN_IN, NAMES, KeyPurpose.TLS_PERSON),
    (CertificateKind.AGENCY_SEAL, NAMES, KeyPurpose.DOCUMENT_SEAL),
    (CertificateKind.AGENCY_SEAL, NAMES, KeyPurpose.ENVELOPE),
    (CertificateKind.AGENCY_ENCRYPTION, NAMES, KeyPurpose.ENCRYPTION),
    (CertificateKind.SYSTEM, SYSTEM, KeyPurpose.ENVELOPE),
    (CertificateKind.SYSTEM, SYSTEM, KeyPurpose.TLS_CLIENT),
    (CertificateKind.TLS_SERVER, SERVER, KeyPurpose.TLS_SERVER),
    (CertificateKind.RECEIPT, HUB, KeyPurpose.RECEIPT),
    (CertificateKind.LOG, HUB, KeyPurpose.LOG),
    (CertificateKind.TSA, HUB, KeyPurpose.TIME_STAMP),
]


def clock() -> datetime:
    return NOW


def create(folder: Path, settings: HierarchySettings | None = None) -> Hierarchy:
    return create_hierarchy(folder, settings or HierarchySettings(), clock)


def judge(
    hierarchy: Hierarchy, certificate: x509.Certificate, usage: KeyPurpose
) -> ChainJudgement:
    trust = TrustStore.from_material(hierarchy.material())
    return judge_chain(certificate, trust=trust, at=NOW, usage=usage)


@pytest.mark.parametrize(
    ("kind", "names", "usage"), SERVED, ids=[f"{k}-{u}" for k, _, u in SERVED]
)
def test_issued_certificate_serves_its_purpose(
    tmp_path: Path, kind: CertificateKind, names: SubjectFields, usage: KeyPurpose
) -> None:
    with create(tmp_path / "pki") as hierarchy:
        credential = hierarchy.issue_credential(kind, names)
        judgement = judge(hierarchy, credential.certificate, usage)
    assert judgement.indication is Indication.TOTAL_PASSED
    assert judgement.chain[1:-1] == credential.chain
    assert judgement.chain[-1] == hierarchy.root


def test_no_certificate_serves_a_purpose_of_another_kind(tmp_path: Path) -> None:
    allowed = {(kind, usage) for kind, _, usage in SERVED}
    both = {CertificateKind.PERSON, CertificateKind.AGENCY_SEAL}
    allowed |= {(kind, KeyPurpose.DOCUMENT_ANY) for kind in both}
    with create(tmp_path / "pki") as hierarchy:
        for kind, names in {(kind, names) for kind, names, _ in SERVED}:
            certificate = hierarchy.issue_credential(kind, names).certificate
            for usage in KeyPurpose:
                passed = judge(hierarchy, certificate, usage).indication
                expected = (kind, usage) in allowed
                assert (passed is Indication.TOTAL_PASSED) is expected, (kind, usage)


def test_names_are_read_back_from_issued_certificates(tmp_path: Path) -> None:
    with create(tmp_path / "pki") as hierarchy:
        system = hierarchy.issue_credential(CertificateKind.SYSTEM, SYSTEM).certificate
    assert agency_of(system) == "H99.151"
    assert system_of(system) == "qlvb"


def test_reopened_hierarchy_goes_on(tmp_path: Path) -> None:
    with create(tmp_path / "pki") as hierarchy:
        first = hierarchy.issue_credential(CertificateKind.PERSON, NAMES).certificate
    with Hierarchy.open(tmp_path / "pki", clock=clock) as reopened:
        second = reopened.issue_credential(CertificateKind.PERSON, NAMES).certificate
        serials = {one.serial for one in reopened.certificates()}
        assert {first.serial_number, second.serial_number} <= serials
        assert len(serials) == 5


def test_revocation_is_published_at_once(tmp_path: Path) -> None:
    with create(tmp_path / "pki") as hierarchy:
        certificate = hierarchy.issue_credential(
            CertificateKind.PERSON, NAMES
        ).certificate
        hierarchy.revoke(certificate.serial_number, x509.ReasonFlags.superseded)
        judgement = judge(hierarchy, certificate, KeyPurpose.DOCUMENT_PERSON)
        assert judgement.sub_indication is SubIndication.REVOKED_NO_POE
        with pytest.raises(PkiError) as refusal:
            hierarchy.revoke(certificate.serial_number)
        assert refusal.value.code is ErrorCode.ALREADY_REVOKED


def test_revoked_issuing_ca_is_on_the_roots_list(tmp_path: Path) -> None:
    with create(tmp_path / "pki") as hierarchy:
        leaf = hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
        hierarchy.revoke(leaf.chain[0].serial_number)
        judgement = judge(hierarchy, leaf.certificate, KeyPurpose.DOCUMENT_PERSON)
    assert judgement.sub_indication is SubIndication.REVOKED_CA_NO_POE


def test_unknown_serial_is_not_revoked(tmp_path: Path) -> None:
    with create(tmp_path / "pki") as hierarchy, pytest.raises(PkiError) as refusal:
        hierarchy.revoke(1)
    assert refusal.value.code is ErrorCode.CERTIFICATE_NOT_FOUND


def test_lists_are_refreshed(tmp_path: Path) -> None:
    with create(tmp_path / "pki"):
        pass
    later = NOW + timedelta(days=3)
    with Hierarchy.open(tmp_path / "pki", clock=lambda: later) as hierarchy:
        written = hierarchy.write_crls()
    assert len(written) == 4
    for path in written:
        assert x509.load_der_x509_crl(path.read_bytes()).last_update_utc == later


def test_published_files_are_public_and_keys_private(tmp_path: Path) -> None:
    with create(tmp_path / "pki") as hierarchy:
        public = {one.name for one in (tmp_path / "pki").iterdir()} - {"private"}
        stored = load_material([tmp_path / "pki" / "root.pem"]).roots[0]
    kinds = ("root", "issuing-persons", "issuing-organisations", "issuing-systems")
    ends = ("pem", "crl", "journal")
    expected = {f"{kind}.{end}" for kind in kinds for end in ends}
    assert public == expected | {f"{kind}.serials" for kind in kinds[1:]}
    assert stored == hierarchy.root.public_bytes(Encoding.DER)
    assert (tmp_path / "pki" / "private").stat().st_mode & 0o777 == 0o700
    for key in (tmp_path / "pki" / "private").glob("*/key.pem"):
        assert key.stat().st_mode & 0o777 == 0o600


def test_without_the_offline_root_the_rest_goes_on(tmp_path: Path) -> None:
    with create(tmp_path / "pki"):
        pass
    shutil.move(tmp_path / "pki" / "private" / "root", tmp_path / "safe")
    with Hierarchy.open(tmp_path / "pki", clock=clock) as hierarchy:
        hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
        assert len(hierarchy.write_crls()) == 3


def test_without_the_issuing_key_nothing_is_issued(tmp_path: Path) -> None:
    with create(tmp_path / "pki"):
        pass
    shutil.rmtree(tmp_path / "pki" / "private" / "issuing-persons")
    with (
        Hierarchy.open(tmp_path / "pki", clock=clock) as hierarchy,
        pytest.raises(PkiError) as refusal,
    ):
        hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
    assert refusal.value.code is ErrorCode.KEY_UNREADABLE


def test_demo_root_says_so(tmp_path: Path) -> None:
    with create(tmp_path / "demo", HierarchySettings(demo=True)) as demo:
        assert demo.is_demo
        assert "DEMO" in demo.root.subject.rfc4514_string()
    with create(tmp_path / "real") as real:
        assert not real.is_demo


def test_ca_keys_may_be_encrypted(tmp_path: Path) -> None:
    settings = HierarchySettings(passphrase=b"123456", key_kind=KeyKind.P384)
    with create(tmp_path / "pki", settings):
        pass
    with pytest.raises(PkiError) as refusal:
        Hierarchy.open(tmp_path / "pki", clock=clock)
    assert refusal.value.code is ErrorCode.KEY_UNREADABLE
    with Hierarchy.open(
        tmp_path / "pki", clock=clock, passphrase=b"123456"
    ) as hierarchy:
        hierarchy.issue_credential(CertificateKind.PERSON, NAMES)


def test_swapped_key_is_refused(tmp_path: Path) -> None:
    with create(tmp_path / "pki"):
        pass
    private = tmp_path / "pki" / "private"
    shutil.copy(private / "root" / "key.pem", private / "issuing-persons" / "key.pem")
    with pytest.raises(PkiError) as refusal:
        Hierarchy.open(tmp_path / "pki", clock=clock)
    assert refusal.value.code is ErrorCode.CERTIFICATE_MALFORMED


def test_existing_hierarchy_is_not_overwritten(tmp_path: Path) -> None:
    with create(tmp_path / "pki") as hierarchy:
        before = hierarchy.root
    with pytest.raises(PkiError) as refusal:
        create(tmp_path / "pki")
    assert refusal.value.code is ErrorCode.ISSUANCE_REFUSED
    assert hierarchy.root == before


def test_folder_that_cannot_be_made_is_a_coded_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PkiError) as refusal:
        create(tmp_path / "file" / "pki")
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE


def test_system_clock_knows_its_zone() -> None:
    assert system_clock().utcoffset() == timedelta()


def test_failed_creation_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(PkiError):
        create(tmp_path / "pki", HierarchySettings(name="x" * 65))
    assert list(tmp_path.iterdir()) == []


def test_absent_hierarchy_is_a_coded_refusal(tmp_path: Path) -> None:
    with pytest.raises(PkiError) as refusal:
        Hierarchy.open(tmp_path)
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE


def test_ca_kinds_are_not_issued_by_hand(tmp_path: Path) -> None:
    with create(tmp_path / "pki") as hierarchy, pytest.raises(PkiError) as refusal:
        hierarchy.issue(CertificateKind.ISSUING_PERSONS, NAMES, generate().public_key)
    assert refusal.value.code is ErrorCode.ISSUANCE_REFUSED


def test_days_limit_the_validity(tmp_path: Path) -> None:
    with create(tmp_path / "pki") as hierarchy:
        key = generate().public_key
        certificate = hierarchy.issue(CertificateKind.PERSON, NAMES, key, days=30)
    assert certificate.not_valid_after_utc == NOW + timedelta(days=30)


def places_in(certificate: x509.Certificate) -> set[str]:
    found: set[str] = set()
    for one in certificate.extensions:
        if isinstance(one.value, x509.AuthorityInformationAccess):
            found |= {access.access_location.value for access in one.value}
        if isinstance(one.value, x509.CRLDistributionPoints):
            found |= {
                name.value for point in one.value for name in point.full_name or ()
            }
    return found


def test_certificates_name_the_public_places_of_their_issuer(tmp_path: Path) -> None:
    """Who judges a chain asks about its CAs too (RFC 5280 4.2.1.13, BR 7.1.2.2)."""
    settings = HierarchySettings(public_url="http://ca.example:8480/")
    create(tmp_path / "pki", settings).close()
    with Hierarchy.open(tmp_path / "pki", clock=clock) as hierarchy:
        person = hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
        responder = hierarchy.issue_responder(CertificateKind.ISSUING_PERSONS)
        root = hierarchy.root
    assert places_in(person.certificate) == {
        "http://ca.example:8480/ocsp",
        "http://ca.example:8480/ca/issuing-persons.cer",
        "http://ca.example:8480/crl/issuing-persons.crl",
    }
    # Nobody answers for the root over OCSP: its key is offline.
    assert [places_in(one) for one in person.chain] == [
        {"http://ca.example:8480/ca/root.cer", "http://ca.example:8480/crl/root.crl"}
    ]
    assert not any(map(places_in, (responder.certificate, root)))


def test_without_a_public_url_no_certificate_names_a_place(tmp_path: Path) -> None:
    with create(tmp_path / "pki") as hierarchy:
        person = hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
    assert not any(map(places_in, (person.certificate, *person.chain)))


@pytest.mark.parametrize(
    "url",
    [
        "https://ca.example",
        "ftp://ca.example",
        "http://",
        "http://ca.example/?a",
        "http://u@ca.example",
        "http://ca.example:99999",
        "http://ca.example/\n",
        "http://cá.example",
        "http://ca.example/" + "a" * 200,
    ],
)
def test_unusable_public_url_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(PkiError) as refusal:
        create(tmp_path / "pki", HierarchySettings(public_url=url))
    assert refusal.value.code is ErrorCode.CONFIGURATION_INVALID
    assert not (tmp_path / "pki").exists()


@pytest.mark.parametrize(("issuer", "kind"), list(RESPONDERS.items()))
def test_responder_is_bound_to_its_ca_and_short_lived(
    tmp_path: Path, issuer: CertificateKind, kind: CertificateKind
) -> None:
    with create(tmp_path / "pki") as hierarchy:
        made = hierarchy.issue_responder(issuer)
        kinds = {one.serial: one.kind for one in hierarchy.certificates()}
    certificate, (authority,) = made.certificate, made.chain
    certificate.verify_directly_issued_by(authority)
    assert kinds[certificate.serial_number] is kind
    assert certificate.not_valid_after_utc - NOW <= timedelta(days=30)
    get = certificate.extensions.get_extension_for_class
    assert list(get(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert get(x509.OCSPNoCheck).value == x509.OCSPNoCheck()


def test_no_ca_may_answer_for_the_one_above_it(tmp_path: Path) -> None:
    with create(tmp_path / "pki") as hierarchy:
        made = hierarchy.issue_responder(CertificateKind.ISSUING_SYSTEMS)
        with pytest.raises(PkiError):
            hierarchy.issue_responder(CertificateKind.ROOT)
    usage = made.chain[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert ExtendedKeyUsageOID.OCSP_SIGNING not in usage.value


def test_issued_serials_are_published_at_once_and_repaired(tmp_path: Path) -> None:
    record = tmp_path / "pki" / "issuing-persons.serials"
    with create(tmp_path / "pki") as hierarchy:
        first = hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
        with record.open("ab") as file:
            file.write(b"0123")
        second = hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
        both = {one.certificate.serial_number for one in (first, second)}
        assert read_serials(record) == both
        record.unlink()
        third = hierarchy.issue_credential(CertificateKind.PERSON, NAMES)
        everything = both | {third.certificate.serial_number}
        assert read_serials(record) == everything
        record.write_bytes(b"")
        hierarchy.write_crls()
    assert read_serials(record) == everything
    record.write_bytes(b"x" * 41)
    with pytest.raises(PkiError):
        read_serials(record)


def test_ca_does_not_open_with_profiles_that_contradict_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(tmp_path / "pki").close()
    person = replace(PROFILES[CertificateKind.PERSON], path_length=0)
    wrong = {**PROFILES, CertificateKind.PERSON: person}
    monkeypatch.setattr("pki.ca.hierarchy.PROFILES", wrong)
    with pytest.raises(PkiError) as refusal:
        Hierarchy.open(tmp_path / "pki", clock=clock)
    assert refusal.value.code is ErrorCode.PROFILE_INVALID
