"""Verbs of a hierarchy that change something: recorded, published, repaired."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from threading import Thread
from unicodedata import normalize

import pytest
from cryptography import x509

from pki.ca.audit import audit_folder
from pki.ca.drafting import IssueRequest
from pki.ca.file_lock import file_lock
from pki.ca.founding import HierarchySettings, create_generation, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.ca.issuing import IssueOrder
from pki.ca.serials import read_serials
from pki.errors import PkiError
from pki.journal.published import read_published_journal
from pki.journal.store import Act, CaAction
from pki.keys.software import generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields, subject_name
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.pki import NOW

PERSON = CertificateKind.PERSON
SEAL = CertificateKind.AGENCY_SEAL
KHUE = "Đoàn Thạch Khuê"
NAMES = SubjectFields(common_name=KHUE, organ_id=OrganId("H99.151"))
OTHERS = SubjectFields(common_name="Lò Minh Hạ", organ_id=OrganId("H99.152"))
ACT = Act(actor="khue", reason="thẻ bị mất")
LABEL = "issuing-persons"


def clock() -> datetime:
    return NOW


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_hierarchy(tmp_path / "pki", HierarchySettings(), clock).close()
    return tmp_path / "pki"


@pytest.fixture
def hierarchy(folder: Path) -> Iterator[Hierarchy]:
    with Hierarchy.open(folder, clock=clock, actor="ha") as opened:
        yield opened


def later(folder: Path, **since: float) -> Hierarchy:
    return Hierarchy.open(folder, clock=lambda: NOW + timedelta(**since))


def issue(hierarchy: Hierarchy, names: SubjectFields = NAMES) -> int:
    return hierarchy.issue_credential(PERSON, names).certificate.serial_number


def crl(folder: Path, label: str = LABEL) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl((folder / f"{label}.crl").read_bytes())


def number(listed: x509.CertificateRevocationList) -> int:
    found = listed.extensions.get_extension_for_class(x509.CRLNumber)
    return found.value.crl_number


def actions(hierarchy: Hierarchy, label: str = LABEL) -> list[CaAction]:
    return [one.action for one in hierarchy.journal_of(label)]


def is_sound(folder: Path) -> bool:
    audited = audit_folder(folder)
    assert [one.findings for one in audited] == [[]] * len(audited)
    return True


def test_suspension_is_listed_as_hold_and_release_takes_it_off(
    hierarchy: Hierarchy, folder: Path
) -> None:
    serial = issue(hierarchy)
    hierarchy.suspend(serial, act=ACT)
    entry = crl(folder).get_revoked_certificate_by_serial_number(serial)
    assert entry is not None
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.certificate_hold
    hierarchy.release(serial, act=ACT)
    assert crl(folder).get_revoked_certificate_by_serial_number(serial) is None
    assert hierarchy.find(serial).revoked_at is None
    hierarchy.suspend(serial)
    hierarchy.revoke(serial, x509.ReasonFlags.key_compromise)
    with pytest.raises(PkiError) as refusal:
        hierarchy.release(serial)
    assert refusal.value.code is ErrorCode.NOT_SUSPENDED
    assert is_sound(folder)


def test_list_says_since_when_expired_certificates_are_kept(
    hierarchy: Hierarchy, folder: Path
) -> None:
    issuer = hierarchy.chain_above(PERSON)[0]
    oid = x509.ObjectIdentifier("2.5.29.60")
    found = crl(folder).extensions.get_extension_for_oid(oid)
    assert isinstance(found.value, x509.UnrecognizedExtension)
    begin = issuer.not_valid_before_utc.strftime("%Y%m%d%H%M%SZ").encode()
    assert found.value.value == b"\x18\x0f" + begin
    assert not found.critical


def test_expired_certificate_stays_on_the_list(
    hierarchy: Hierarchy, folder: Path
) -> None:
    key = generate().public_key
    serial = hierarchy.issue(PERSON, NAMES, key, days=1).serial_number
    hierarchy.revoke(serial)
    with later(folder, days=30) as opened:
        opened.write_crls()
    assert crl(folder).get_revoked_certificate_by_serial_number(serial) is not None


def test_invalidity_date_is_listed_and_never_lies_ahead(
    hierarchy: Hierarchy, folder: Path
) -> None:
    serial = issue(hierarchy)
    ahead = NOW + timedelta(seconds=1)
    with pytest.raises(PkiError) as refusal:
        hierarchy.revoke(serial, invalidity_date=ahead)
    assert refusal.value.code is ErrorCode.INVALIDITY_DATE_REFUSED
    early = NOW - timedelta(days=2)
    hierarchy.revoke(serial, invalidity_date=early)
    entry = crl(folder).get_revoked_certificate_by_serial_number(serial)
    assert entry is not None
    found = entry.extensions.get_extension_for_class(x509.InvalidityDate)
    assert found.value.invalidity_date_utc == early
    assert not found.critical


def test_every_verb_is_told_with_who_and_why(hierarchy: Hierarchy) -> None:
    serial = hierarchy.issue(
        PERSON, NAMES, generate().public_key, act=ACT
    ).serial_number
    hierarchy.suspend(serial)
    about = hierarchy.journal_about(serial)
    assert [(one.action, one.act) for one in about] == [
        (CaAction.ISSUANCE_BEGUN, ACT),
        (CaAction.CERTIFICATE_ISSUED, ACT),
        (CaAction.CERTIFICATE_SUSPENDED, Act(actor="ha")),
    ]
    assert actions(hierarchy)[:2] == [CaAction.CA_FOUNDED, CaAction.LIST_PUBLISHED]
    assert hierarchy.labels[0] == "root"


def test_digests_alone_are_published(hierarchy: Hierarchy, folder: Path) -> None:
    issue(hierarchy)
    for label in hierarchy.labels:
        digests = [one.digest() for one in hierarchy.journal_of(label)]
        read = read_published_journal(folder / f"{label}.journal")
        assert list(read.digests) == digests
        assert len(digests) > 1


@pytest.mark.parametrize("lost", ["whole", "line", "half"])
def test_what_was_not_published_is_published_at_the_next_opening(
    hierarchy: Hierarchy, folder: Path, lost: str
) -> None:
    issue(hierarchy)
    files = [folder / f"{LABEL}.{end}" for end in ("journal", "serials")]
    whole = [path.read_bytes() for path in files]
    for path, data, width in zip(files, whole, (65, 41), strict=True):
        cut = {"whole": data, "line": data[-width:], "half": data[-7:]}[lost]
        path.write_bytes(data[: -len(cut)])
    with Hierarchy.open(folder, clock=clock):
        assert [path.read_bytes() for path in files] == whole


def test_revocation_that_was_not_published_is_published_at_the_next_opening(
    hierarchy: Hierarchy, folder: Path
) -> None:
    serial = issue(hierarchy)
    before = crl(folder)
    for authority in hierarchy._authorities.values():
        if serial in authority.registry:
            authority.revoke(serial)
    with Hierarchy.open(folder, clock=clock):
        assert crl(folder).get_revoked_certificate_by_serial_number(serial)
        assert number(crl(folder)) == number(before) + 1
    with Hierarchy.open(folder, clock=clock):
        assert number(crl(folder)) == number(before) + 1


def test_older_list_put_back_is_replaced_at_the_next_opening(
    hierarchy: Hierarchy, folder: Path
) -> None:
    old = (folder / f"{LABEL}.crl").read_bytes()
    serial = issue(hierarchy)
    hierarchy.revoke(serial)
    (folder / f"{LABEL}.crl").write_bytes(old)
    with Hierarchy.open(folder, clock=clock):
        assert crl(folder).get_revoked_certificate_by_serial_number(serial)
    assert is_sound(folder)


def test_registry_put_back_from_an_older_copy_is_refused(
    hierarchy: Hierarchy, folder: Path
) -> None:
    """Serial numbers would be given twice, and revocations forgotten."""
    copied = folder / "private" / LABEL / "registry.sqlite"
    hierarchy.close()
    old = copied.read_bytes()
    with Hierarchy.open(folder, clock=clock) as opened:
        opened.revoke(issue(opened))
    copied.write_bytes(old)
    with pytest.raises(PkiError) as refusal:
        Hierarchy.open(folder, clock=clock)
    assert refusal.value.code is ErrorCode.PUBLISHED_DIFFERS
    assert refusal.value.place == f"{LABEL}.journal"


def test_lists_are_written_when_half_of_their_life_is_over(
    hierarchy: Hierarchy, folder: Path
) -> None:
    with later(folder, days=3.4) as opened:
        assert opened.write_due_crls() == ()
    with later(folder, days=3.6) as opened:
        written = {path.stem for path in opened.write_due_crls()}
        assert written == set(opened.labels) - {"root"}
        assert opened.write_due_crls() == ()
    with later(folder, days=91) as opened:
        assert len(opened.write_due_crls()) == 4
    (folder / "root.crl").unlink()
    with later(folder, days=91) as opened:
        assert (folder / "root.crl").exists()


def test_key_is_certified_for_one_purpose_and_subject(
    hierarchy: Hierarchy, folder: Path
) -> None:
    key = generate().public_key
    hierarchy.issue(PERSON, NAMES, key)
    renewed = hierarchy.issue(PERSON, NAMES, key)
    for kind, names in ((SEAL, NAMES), (PERSON, OTHERS)):
        with pytest.raises(PkiError) as refusal:
            hierarchy.issue(kind, names, key)
        assert refusal.value.code is ErrorCode.KEY_REUSED
    hierarchy.suspend(renewed.serial_number)
    with pytest.raises(PkiError) as refusal:
        hierarchy.issue(PERSON, NAMES, key)
    assert refusal.value.code is ErrorCode.KEY_REUSED
    assert len(hierarchy.holders_of_key(key)) == 2
    assert len(hierarchy.certificates_of(OrganId("H99.151"))) == 2


def test_name_certified_as_it_was_typed_is_the_same_when_composed(
    hierarchy: Hierarchy,
) -> None:
    """Names were not composed before; whoever has such a certificate renews its key."""
    key = generate().public_key
    typed = replace(NAMES, common_name=normalize("NFD", KHUE))
    soon = hierarchy.issue(PERSON, typed, key, days=10)
    assert hierarchy.unrenewed(NOW + timedelta(days=30))
    renewed = hierarchy.issue(PERSON, NAMES, key)
    assert soon.subject != renewed.subject == subject_name(NAMES)
    assert hierarchy.unrenewed(NOW + timedelta(days=30)) == ()
    with pytest.raises(PkiError) as refusal:
        hierarchy.issue(PERSON, replace(NAMES, common_name="Đoàn Thạch Khuế"), key)
    assert refusal.value.code is ErrorCode.KEY_REUSED


def test_key_of_a_ca_is_not_certified_even_without_the_roots_registry(
    hierarchy: Hierarchy, folder: Path
) -> None:
    seals = hierarchy.chain_above(SEAL)[0].public_key()
    hierarchy.close()
    (folder / "private" / "root").rename(folder.parent / "safe")
    with Hierarchy.open(folder, clock=clock) as opened:
        for key in (seals, opened.root.public_key()):
            with pytest.raises(PkiError) as refusal:
                opened.issue(PERSON, NAMES, key)  # type: ignore[arg-type]  # an EC key
            assert refusal.value.code is ErrorCode.KEY_REUSED


def test_key_certified_by_an_earlier_generation_is_known(
    hierarchy: Hierarchy, folder: Path
) -> None:
    key = generate().public_key
    first = hierarchy.issue(PERSON, NAMES, key)
    hierarchy.close()
    kind = CertificateKind.ISSUING_PERSONS
    create_generation(folder, kind, HierarchySettings(), clock)
    with Hierarchy.open(folder, clock=clock) as opened:
        assert opened.find(first.serial_number).kind is PERSON
        with pytest.raises(PkiError) as refusal:
            opened.issue(PERSON, OTHERS, key)
        assert refusal.value.code is ErrorCode.KEY_REUSED


def orders(count: int, names: SubjectFields = NAMES) -> list[IssueOrder]:
    return [
        IssueOrder(kind=kind, names=names, public_key=generate().public_key)
        for kind in islice((PERSON, SEAL) * count, count)
    ]


def test_many_are_issued_in_order_across_cas_in_few_commits(
    hierarchy: Hierarchy, folder: Path
) -> None:
    wanted = orders(70)
    made = list(hierarchy.issue_many(wanted, ACT))
    assert [one.public_key() for one in made] == [one.public_key for one in wanted]
    assert {one.serial_number for one in made[::2]} <= read_serials(
        folder / f"{LABEL}.serials"
    )
    begun = [one is CaAction.ISSUANCE_BEGUN for one in actions(hierarchy)]
    assert begun[2:34] == [True] * 32
    assert is_sound(folder)


def test_certificate_is_durable_before_it_is_returned(
    hierarchy: Hierarchy, folder: Path
) -> None:
    first = next(hierarchy.issue_many(orders(3)))
    assert first.serial_number in read_serials(folder / f"{LABEL}.serials")
    with Hierarchy.open(folder, clock=clock) as opened:
        assert opened.find(first.serial_number).kind is PERSON


def test_refused_order_ends_the_run_after_those_before_it(
    hierarchy: Hierarchy, folder: Path
) -> None:
    first, second, third, fourth = orders(4)
    taken = IssueOrder(kind=SEAL, names=OTHERS, public_key=first.public_key)
    malformed = IssueOrder(
        kind=PERSON,
        names=SubjectFields(common_name="x" * 65),
        public_key=third.public_key,
    )
    for refused, code in (
        (taken, ErrorCode.KEY_REUSED),
        (malformed, ErrorCode.ISSUANCE_REFUSED),
    ):
        made: list[x509.Certificate] = []
        with pytest.raises(PkiError) as refusal:
            made.extend(hierarchy.issue_many([first, second, refused, fourth]))
        assert refusal.value.code is code
    assert hierarchy.holders_of_key(fourth.public_key) == ()
    assert len(hierarchy.holders_of_key(second.public_key)) == 2
    assert is_sound(folder)


def test_expiring_certificates_are_found_by_their_end(hierarchy: Hierarchy) -> None:
    key, other = generate().public_key, generate().public_key
    soon = hierarchy.issue(PERSON, NAMES, key, days=10)
    hierarchy.issue(PERSON, NAMES, other, days=40)
    found = hierarchy.expiring(NOW + timedelta(days=30))
    assert [one.serial for one in found] == [soon.serial_number]


def test_list_waits_for_another_publication_that_is_under_way(
    hierarchy: Hierarchy, folder: Path
) -> None:
    """Else a list that was signed first could take the place of a newer one."""
    serial = issue(hierarchy)
    before = (folder / f"{LABEL}.crl").read_bytes()
    waiting = Thread(target=hierarchy.revoke, args=(serial,))
    with file_lock(folder / "private" / LABEL / "publication.lock"):
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        assert (folder / f"{LABEL}.crl").read_bytes() == before
    waiting.join(20)
    assert crl(folder).get_revoked_certificate_by_serial_number(serial) is not None


def test_key_is_not_looked_up_while_another_process_reserves(
    hierarchy: Hierarchy, folder: Path
) -> None:
    key = generate().public_key
    refused: list[ErrorCode] = []

    def certify_otherwise() -> None:
        try:
            hierarchy.issue(SEAL, NAMES, key)
        except PkiError as refusal:
            refused.append(refusal.code)

    with Hierarchy.open(folder, clock=clock) as other:
        (persons,) = (
            one for label, one in other._authorities.items() if str(label) == LABEL
        )
        request = IssueRequest(
            kind=PERSON, names=NAMES, public_key=key, lifetime=timedelta(days=1)
        )
        waiting = Thread(target=certify_otherwise)
        with file_lock(folder / "private" / "issuing.lock"):
            waiting.start()
            waiting.join(0.3)
            persons.reserve((persons.draft(request),), ACT)
        waiting.join(20)
    assert refused == [ErrorCode.KEY_REUSED]
