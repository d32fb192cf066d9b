"""Revocation on a path: what counts as checked, and what a revocation means."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from pki.der import GENERALIZED_TIME, element
from pki.keys.api import Credential
from pki.path.judging import ChainJudgement, KeyPurpose, judge_chain
from pki.trust import TrustMaterial, TrustStore
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from tests.support.certificates import CA, Shape, authority, ca_shape, make, p256
from tests.support.pki import NOW, HeldKey, TestCa, TestPki
from tests.support.pki import name as _name

HOUR = timedelta(hours=1)


@pytest.fixture
def pki() -> TestPki:
    return TestPki.create()


def judge(
    pki: TestPki,
    certificate: x509.Certificate,
    crls: tuple[bytes, ...] | None = None,
    *,
    at: datetime = NOW,
    proven_at: datetime | None = None,
    intermediates: tuple[x509.Certificate, ...] = (),
) -> ChainJudgement:
    lists = pki.crls() if crls is None else crls
    known = pki.material()
    material = TrustMaterial(known.roots, known.intermediates, lists)
    return judge_chain(
        certificate,
        intermediates=intermediates,
        trust=TrustStore.from_material(material),
        at=at,
        usage=KeyPurpose.DOCUMENT_ANY,
        proven_at=proven_at,
    )


def assert_try_later(judgement: ChainJudgement, code: ErrorCode) -> None:
    assert judgement.indication is Indication.INDETERMINATE
    assert judgement.sub_indication is SubIndication.TRY_LATER
    assert [one.code for one in judgement.reasons] == [code]


def test_without_lists_revocation_is_unchecked(pki: TestPki) -> None:
    assert_try_later(
        judge(pki, pki.person().certificate, ()), ErrorCode.REVOCATION_UNCHECKED
    )


@pytest.mark.parametrize("missing", [0, 1], ids=["of-the-root", "of-the-issuing-ca"])
def test_each_list_is_needed(pki: TestPki, missing: int) -> None:
    lists = pki.crls()[1 - missing : 2 - missing]
    assert_try_later(
        judge(pki, pki.person().certificate, lists), ErrorCode.REVOCATION_UNCHECKED
    )


def test_list_counts_until_its_next_update(pki: TestPki) -> None:
    leaf = pki.person().certificate
    due = NOW + timedelta(days=7)
    assert judge(pki, leaf, at=due).indication is Indication.TOTAL_PASSED
    assert_try_later(
        judge(pki, leaf, at=due + timedelta(seconds=1)), ErrorCode.REVOCATION_STALE
    )


def test_list_issued_after_the_control_time_counts(pki: TestPki) -> None:
    leaf = pki.person().certificate
    later = (pki.root.crl(NOW + HOUR), pki.issuing.crl(NOW + HOUR))
    assert judge(pki, leaf, later).indication is Indication.TOTAL_PASSED


def test_list_made_after_expiry_may_have_dropped_the_entry(pki: TestPki) -> None:
    leaf = make(pki.issuing, Shape(not_after=NOW + HOUR)).certificate
    late = (pki.root.crl(), pki.issuing.crl(NOW + 2 * HOUR))
    assert_try_later(judge(pki, leaf, late), ErrorCode.REVOCATION_STALE)


def test_revoked_certificate_without_a_proven_time(pki: TestPki) -> None:
    leaf = pki.person().certificate
    pki.issuing.revoke(leaf, NOW - HOUR)
    judgement = judge(pki, leaf)
    assert judgement.indication is Indication.INDETERMINATE
    assert judgement.sub_indication is SubIndication.REVOKED_NO_POE
    assert [one.code for one in judgement.reasons] == [ErrorCode.CERTIFICATE_REVOKED]


def test_revocation_after_the_proven_time_does_not_count(pki: TestPki) -> None:
    leaf = pki.person().certificate
    pki.issuing.revoke(leaf, NOW - HOUR)
    judgement = judge(pki, leaf, proven_at=NOW - HOUR - timedelta(seconds=1))
    assert judgement.indication is Indication.TOTAL_PASSED


def test_revocation_at_or_before_the_proven_time_is_final(pki: TestPki) -> None:
    leaf = pki.person().certificate
    pki.issuing.revoke(leaf, NOW - HOUR)
    judgement = judge(pki, leaf, proven_at=NOW - HOUR)
    assert judgement.indication is Indication.TOTAL_FAILED
    assert judgement.sub_indication is SubIndication.REVOKED


def test_revoked_issuing_ca_takes_its_certificates_along(pki: TestPki) -> None:
    pki.root.revoke(pki.issuing.credential.certificate, NOW - HOUR)
    judgement = judge(pki, pki.person().certificate)
    assert judgement.indication is Indication.INDETERMINATE
    assert judgement.sub_indication is SubIndication.REVOKED_CA_NO_POE


def test_stale_list_still_tells_who_was_revoked(pki: TestPki) -> None:
    leaf = pki.person().certificate
    pki.issuing.revoke(leaf, NOW - HOUR)
    judgement = judge(pki, leaf, at=NOW + timedelta(days=30))
    assert judgement.sub_indication is SubIndication.REVOKED_NO_POE


def test_newest_list_decides(pki: TestPki) -> None:
    leaf = pki.person().certificate
    before = pki.issuing.crl(NOW - HOUR)
    pki.issuing.revoke(leaf, NOW - HOUR)
    lists = (*pki.crls(), before)
    assert judge(pki, leaf, lists).sub_indication is SubIndication.REVOKED_NO_POE


def test_list_of_a_ca_with_the_same_name_does_not_count(pki: TestPki) -> None:
    twin = TestPki.create()
    lists = (pki.root.crl(), twin.issuing.crl())
    assert_try_later(
        judge(pki, pki.person().certificate, lists), ErrorCode.REVOCATION_UNCHECKED
    )


def test_ca_without_crl_sign_publishes_nothing(pki: TestPki) -> None:
    silent = authority(pki.root, ca_shape(key_usage=CA - {"crl_sign"}))
    leaf = make(silent, Shape()).certificate
    judgement = judge(
        pki,
        leaf,
        (*pki.crls(), silent.crl()),
        intermediates=(silent.credential.certificate,),
    )
    assert_try_later(judgement, ErrorCode.REVOCATION_UNCHECKED)


def _list(
    ca: TestCa,
    *extensions: tuple[x509.ExtensionType, bool],
    signed_by: TestCa | None = None,
    next_update: datetime = NOW + HOUR,
    numbered: bool = True,
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.credential.certificate.subject)
        .last_update(NOW - HOUR)
        .next_update(next_update)
    )
    stated = {extension.oid for extension, _ in extensions}
    if numbered and x509.CRLNumber.oid not in stated:
        builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    crl = builder.sign((signed_by or ca).private, hashes.SHA256())
    return crl.public_bytes(Encoding.DER)


def _other_key_id() -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(p256().public_key())


def _distribution_point() -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=True,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


_UNKNOWN = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.2"), b"\5\0"
)


def _kept_since(at: datetime | str) -> x509.UnrecognizedExtension:
    """Build expiredCertsOnCRL (ITU-T X.509 9.5.2.8)."""
    text = at if isinstance(at, str) else at.strftime("%Y%m%d%H%M%SZ")
    value = element(GENERALIZED_TIME, text.encode())
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), value)


def test_list_that_keeps_expired_certificates_covers_them(pki: TestPki) -> None:
    expires = NOW - 2 * HOUR
    leaf = make(pki.issuing, Shape(not_after=expires)).certificate
    for since, covers in ((expires, True), (expires + timedelta(seconds=1), False)):
        lists = (pki.root.crl(), _list(pki.issuing, (_kept_since(since), False)))
        judgement = judge(pki, leaf, lists, at=expires)
        assert (judgement.indication is Indication.TOTAL_PASSED) is covers
        if not covers:
            assert_try_later(judgement, ErrorCode.REVOCATION_STALE)


def _entries(
    ca: TestCa,
    leaf: x509.Certificate,
    reason: x509.ReasonFlags,
    *extensions: tuple[x509.ExtensionType, bool],
    of_entry: tuple[x509.ExtensionType, ...] = (),
) -> bytes:
    listed = (
        x509.RevokedCertificateBuilder()
        .serial_number(leaf.serial_number)
        .revocation_date(NOW - HOUR)
        .add_extension(x509.CRLReason(reason), critical=False)
    )
    for extension in of_entry:
        listed = listed.add_extension(extension, critical=True)
    entry = listed.build()
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.credential.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + HOUR)
        .add_revoked_certificate(entry)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(ca.private, hashes.SHA256()).public_bytes(Encoding.DER)


def test_suspended_certificate_counts_as_revoked(pki: TestPki) -> None:
    leaf = pki.person().certificate
    hold = _entries(pki.issuing, leaf, x509.ReasonFlags.certificate_hold)
    lists = (pki.root.crl(), hold)
    assert judge(pki, leaf, lists).sub_indication is SubIndication.REVOKED_NO_POE
    earlier = NOW - HOUR - timedelta(seconds=1)
    proven = judge(pki, leaf, lists, proven_at=earlier)
    assert proven.indication is Indication.TOTAL_PASSED
    late = judge(pki, leaf, lists, proven_at=NOW)
    assert late.sub_indication is SubIndication.REVOKED


@pytest.mark.parametrize(
    ("reason", "revokes"),
    [
        (x509.ReasonFlags.key_compromise, True),
        (x509.ReasonFlags.remove_from_crl, False),
    ],
)
def test_delta_list_revokes_and_never_makes_good(
    pki: TestPki, reason: x509.ReasonFlags, revokes: bool
) -> None:
    leaf = pki.person().certificate
    delta = _entries(pki.issuing, leaf, reason, (x509.DeltaCRLIndicator(1), True))
    both = judge(pki, leaf, (*pki.crls(), delta))
    assert (both.sub_indication is SubIndication.REVOKED_NO_POE) is revokes
    alone = judge(pki, leaf, (pki.root.crl(), delta))
    assert alone.indication is Indication.INDETERMINATE
    later = judge(pki, leaf, (pki.root.crl(), pki.issuing.crl(NOW + HOUR), delta))
    assert later.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    "extension",
    [
        pytest.param(_UNKNOWN, id="unknown"),
        pytest.param(
            x509.CertificateIssuer([x509.DirectoryName(_name("CA khác"))]),
            id="of-another-issuer",
        ),
    ],
)
def test_list_with_an_entry_that_is_not_understood_makes_nobody_good(
    pki: TestPki, extension: x509.ExtensionType
) -> None:
    """RFC 5280 5.3: such a list says nothing about others; whom it names is heard."""
    listed, other = (pki.person().certificate for _ in range(2))
    reason = x509.ReasonFlags.key_compromise
    odd = _entries(pki.issuing, listed, reason, of_entry=(extension,))

    alone = judge(pki, other, (pki.root.crl(), odd))
    assert_try_later(alone, ErrorCode.REVOCATION_UNCHECKED)
    assert judge(pki, other, (*pki.crls(), odd)).indication is Indication.TOTAL_PASSED
    for lists in ((pki.root.crl(), odd), (*pki.crls(), odd)):
        named = judge(pki, listed, lists)
        assert named.sub_indication is SubIndication.REVOKED_NO_POE


def test_list_with_a_critical_reason_counts(pki: TestPki) -> None:
    listed, other = (pki.person().certificate for _ in range(2))
    since = x509.InvalidityDate(NOW.replace(tzinfo=None))
    reason = x509.ReasonFlags.key_compromise
    lists = (
        pki.root.crl(),
        _entries(pki.issuing, listed, reason, of_entry=(since,)),
    )
    assert judge(pki, other, lists).indication is Indication.TOTAL_PASSED


def test_list_with_a_number_alone_counts(pki: TestPki) -> None:
    lists = (pki.root.crl(), _list(pki.issuing))
    judgement = judge(pki, pki.person().certificate, lists)
    assert judgement.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(
            lambda ca: _list(ca, signed_by=TestCa(_key_only(ca), ca.root)),
            id="signed-by-another-key",
        ),
        pytest.param(lambda ca: _list(ca, (_other_key_id(), False)), id="key-id"),
        pytest.param(
            lambda ca: _list(ca, (_distribution_point(), True)), id="partitioned"
        ),
        pytest.param(
            lambda ca: _list(ca, (x509.DeltaCRLIndicator(1), True)), id="delta"
        ),
        pytest.param(lambda ca: _list(ca, (_UNKNOWN, True)), id="unknown-critical"),
        pytest.param(lambda ca: _list(ca, numbered=False), id="no-number"),
        pytest.param(
            lambda ca: _list(ca, (x509.CRLNumber(1), True)), id="critical-number"
        ),
        pytest.param(
            lambda ca: _list(ca, (_kept_since(NOW), True)), id="critical-kept-expired"
        ),
        pytest.param(
            lambda ca: _list(ca, (_kept_since("?"), False)), id="malformed-kept-expired"
        ),
        pytest.param(lambda ca: ca.crl()[:-9], id="cut"),
        pytest.param(lambda _ca: b"", id="empty"),
    ],
)
def test_unsound_list_is_no_list(
    pki: TestPki, forge: Callable[[TestCa], bytes]
) -> None:
    lists = (pki.root.crl(), forge(pki.issuing))
    assert_try_later(
        judge(pki, pki.person().certificate, lists), ErrorCode.REVOCATION_UNCHECKED
    )


def _key_only(ca: TestCa) -> Credential:
    return Credential(HeldKey(p256()), ca.credential.certificate)


def _compromised(ca: TestCa, leaf: x509.Certificate, since: datetime) -> bytes:
    """Revoke now a key that was known to be in other hands since then."""
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(leaf.serial_number)
        .revocation_date(NOW)
        .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        .add_extension(x509.InvalidityDate(since.replace(tzinfo=None)), critical=False)
        .build()
    )
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.credential.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + HOUR)
        .add_revoked_certificate(entry)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    return builder.sign(ca.private, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("proven_before", "expected"),
    [
        (3 * HOUR, Indication.TOTAL_PASSED),  # before anybody else had the key
        (HOUR, Indication.TOTAL_FAILED),  # after that, and before the revocation
    ],
)
def test_key_is_not_trusted_since_its_invalidity_date(
    pki: TestPki, proven_before: timedelta, expected: Indication
) -> None:
    leaf = pki.person().certificate
    lists = (pki.root.crl(), _compromised(pki.issuing, leaf, NOW - 2 * HOUR))
    judgement = judge(pki, leaf, lists, proven_at=NOW - proven_before)
    assert judgement.indication is expected


def test_invalidity_date_after_the_revocation_changes_nothing(pki: TestPki) -> None:
    leaf = pki.person().certificate
    lists = (pki.root.crl(), _compromised(pki.issuing, leaf, NOW + HOUR))
    judgement = judge(pki, leaf, lists, proven_at=NOW)
    assert judgement.indication is Indication.TOTAL_FAILED
