"""One CA: what it issues, refuses, revokes and publishes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from pki.ca.authority import Authority, issue_root
from pki.ca.drafting import IssueRequest
from pki.ca.list_making import LIST_LIFETIME
from pki.errors import PkiError
from pki.keys.api import Credential
from pki.keys.software import KeyKind, generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.registry.api import MemoryRegistry
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.keys import rsa_key
from tests.support.pki import NOW

PERSON = SubjectFields(common_name="Đoàn Thạch Khuê", organ_id=OrganId("H99.151"))
DAY = timedelta(days=1)


def ca(
    kind: CertificateKind = CertificateKind.ISSUING_PERSONS,
    key_kind: KeyKind = KeyKind.P256,
) -> Authority:
    """Make a root and, unless the root is meant, one CA below it."""
    root_key = generate(key_kind)
    names = SubjectFields(common_name="Gốc")
    certificate = issue_root(root_key, names, clock=lambda: NOW, demo=False)
    root = _authority(CertificateKind.ROOT, Credential(root_key, certificate))
    if kind is CertificateKind.ROOT:
        return root
    key = generate(key_kind)
    below = root.issue(
        IssueRequest(
            kind=kind,
            names=SubjectFields(common_name="Phụ"),
            public_key=key.public_key,
        )
    )
    return _authority(kind, Credential(key, below))


def _authority(kind: CertificateKind, credential: Credential) -> Authority:
    return Authority(
        kind=kind,
        credential=credential,
        registry=MemoryRegistry(),
        clock=lambda: NOW,
        demo=False,
    )


def person(lifetime: timedelta | None = None) -> IssueRequest:
    return IssueRequest(
        kind=CertificateKind.PERSON,
        names=PERSON,
        public_key=generate().public_key,
        lifetime=lifetime,
    )


def revocation_number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


@pytest.mark.parametrize("key_kind", list(KeyKind))
def test_issued_certificate_is_signed_by_its_ca(key_kind: KeyKind) -> None:
    authority = ca(key_kind=key_kind)
    certificate = authority.issue(person())
    certificate.verify_directly_issued_by(authority.credential.certificate)


def test_issued_certificate_is_registered() -> None:
    authority = ca()
    certificate = authority.issue(person())
    entry = authority.registry.get(certificate.serial_number)
    assert x509.load_der_x509_certificate(entry.der) == certificate
    assert entry.kind is CertificateKind.PERSON
    assert entry.issued_at == NOW


def test_serial_numbers_fill_twenty_octets_and_differ() -> None:
    authority = ca()
    serials = {authority.issue(person()).serial_number for _ in range(20)}
    assert len(serials) == 20
    assert {serial.bit_length() for serial in serials} == {159}


def test_lifetime_is_as_asked_or_as_long_as_allowed() -> None:
    authority = ca()
    asked = authority.issue(person(30 * DAY))
    longest = authority.issue(person())
    assert asked.not_valid_after_utc == NOW + 30 * DAY
    assert longest.not_valid_after_utc == NOW + 3 * 365 * DAY


@pytest.mark.parametrize("lifetime", [timedelta(), -DAY, 3 * 365 * DAY + DAY])
def test_lifetime_beyond_the_profile_is_refused(lifetime: timedelta) -> None:
    with pytest.raises(PkiError) as refusal:
        ca().issue(person(lifetime))
    assert refusal.value.code is ErrorCode.ISSUANCE_REFUSED
    assert refusal.value.place == "validity"


def test_certificate_ends_with_its_ca() -> None:
    authority = ca()
    ends = authority.credential.certificate.not_valid_after_utc
    late = Authority(
        kind=authority.kind,
        credential=authority.credential,
        registry=authority.registry,
        clock=lambda: ends - 10 * DAY,
        demo=False,
    )
    assert late.issue(person()).not_valid_after_utc == ends
    with pytest.raises(PkiError) as refusal:
        late.issue(person(11 * DAY))
    assert refusal.value.place == "validity"


def test_ca_issues_only_its_own_kinds() -> None:
    for kind in (CertificateKind.AGENCY_SEAL, CertificateKind.ISSUING_PERSONS):
        request = IssueRequest(
            kind=kind, names=PERSON, public_key=generate().public_key
        )
        with pytest.raises(PkiError) as refusal:
            ca().issue(request)
        assert refusal.value.code is ErrorCode.ISSUANCE_REFUSED


def test_weak_key_is_not_certified() -> None:
    weak = IssueRequest(
        kind=CertificateKind.PERSON,
        names=PERSON,
        public_key=rsa_key(2048).public_key(),
    )
    with pytest.raises(PkiError) as refusal:
        ca().issue(weak)
    assert refusal.value.code is ErrorCode.KEY_WEAK


def test_broken_lint_rule_stops_the_signature() -> None:
    authority = ca()
    nameless = IssueRequest(
        kind=CertificateKind.PERSON,
        names=SubjectFields(common_name="Không rõ cơ quan"),
        public_key=generate().public_key,
    )
    with pytest.raises(PkiError) as refusal:
        authority.issue(nameless)
    assert refusal.value.code is ErrorCode.LINT_REFUSED
    assert refusal.value.place == "subject_names_what_its_kind_needs"
    assert authority.registry.list() == []


def test_list_holds_what_was_revoked() -> None:
    authority = ca()
    gone, kept = authority.issue(person()), authority.issue(person())
    authority.revoke(gone.serial_number, x509.ReasonFlags.key_compromise)
    crl = authority.crl()
    assert crl.is_signature_valid(authority.credential.key.public_key)
    assert crl.get_revoked_certificate_by_serial_number(kept.serial_number) is None
    entry = crl.get_revoked_certificate_by_serial_number(gone.serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == NOW
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise


def test_unspecified_reason_is_left_out() -> None:
    authority = ca()
    gone = authority.issue(person())
    authority.revoke(gone.serial_number)
    assert not list(authority.crl()[0].extensions)


def test_list_numbers_grow_and_lists_end_in_time() -> None:
    authority = ca()
    first, second = authority.crl(), authority.crl()
    assert revocation_number(second) > revocation_number(first)
    assert first.last_update_utc == NOW
    assert first.next_update_utc == NOW + LIST_LIFETIME


def test_list_of_the_offline_root_lasts_longer() -> None:
    ends = ca(CertificateKind.ROOT).crl().next_update_utc
    assert ends is not None
    assert NOW + LIST_LIFETIME < ends <= NOW + 365 * DAY


def test_nothing_comes_back_from_a_list() -> None:
    authority = ca()
    gone = authority.issue(person())
    flags = x509.ReasonFlags
    for reason in (flags.remove_from_crl, flags.certificate_hold):
        with pytest.raises(PkiError) as refusal:
            authority.revoke(gone.serial_number, reason)
        assert refusal.value.code is ErrorCode.ISSUANCE_REFUSED
    authority.revoke(gone.serial_number)
    with pytest.raises(PkiError) as refusal:
        authority.revoke(gone.serial_number)
    assert refusal.value.code is ErrorCode.ALREADY_REVOKED


def test_list_that_breaks_a_rule_is_not_signed() -> None:
    """A clock that went back would put an older list above what is revoked."""
    now = [NOW]
    authority = replace(ca(), clock=lambda: now[0])
    entry = authority.issue(person())
    authority.revoke(entry.serial_number)
    now[0] = NOW - DAY
    with pytest.raises(PkiError) as refusal:
        authority.crl()
    assert refusal.value.code is ErrorCode.LIST_LINT_REFUSED
    assert refusal.value.place == "entries_are_not_of_the_future"
