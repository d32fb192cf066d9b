"""Judging chains: what passes, and the name each failure gets."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.keys.api import Credential
from pki.kinds import KIND_POLICIES, CertificateKind
from pki.path.judging import MAX_EMBEDDED, ChainJudgement, KeyPurpose, judge_chain
from pki.policy.rules import AnchorPolicy
from pki.trust import TrustMaterial, TrustStore
from schemas.errors import ErrorCode
from schemas.verdict import Indication, SubIndication
from tests.support.certificates import (
    CA,
    PrivateKey,
    Shape,
    authority,
    ca_shape,
    der,
    make,
    p256,
    signed_with_sha1,
    with_dsa_key,
)
from tests.support.keys import rsa_key
from tests.support.pki import NOW, TestCa, TestPki

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create()


def judge(
    credential: Credential | x509.Certificate | bytes,
    pki: TestPki,
    usage: KeyPurpose = KeyPurpose.DOCUMENT_ANY,
    *,
    intermediates: Sequence[x509.Certificate | bytes] = (),
    trust: TrustStore | None = None,
    at: datetime = NOW,
) -> ChainJudgement:
    return judge_chain(
        credential.certificate if isinstance(credential, Credential) else credential,
        intermediates=intermediates,
        trust=trust or TrustStore.from_material(pki.material()),
        at=at,
        usage=usage,
    )


def assert_indeterminate(
    judgement: ChainJudgement, sub_indication: SubIndication, code: ErrorCode
) -> None:
    assert judgement.indication is Indication.INDETERMINATE
    assert judgement.sub_indication is sub_indication
    assert [one.code for one in judgement.reasons] == [code]


@pytest.mark.parametrize(
    ("who", "usage"),
    [
        ("person", KeyPurpose.DOCUMENT_PERSON),
        ("seal", KeyPurpose.DOCUMENT_SEAL),
        ("seal", KeyPurpose.DOCUMENT_ANY),
        ("seal", KeyPurpose.ENVELOPE),
        ("system", KeyPurpose.ENVELOPE),
        ("system", KeyPurpose.TLS_CLIENT),
        ("server", KeyPurpose.TLS_SERVER),
        ("receipt", KeyPurpose.RECEIPT),
        ("log", KeyPurpose.LOG),
    ],
)
def test_sound_certificate_passes_for_its_use(
    pki: TestPki, who: str, usage: KeyPurpose
) -> None:
    judgement = judge(getattr(pki, who)(), pki, usage)
    assert judgement.indication is Indication.TOTAL_PASSED
    assert judgement.sub_indication is None
    assert judgement.reasons == ()


@pytest.mark.parametrize(
    ("who", "usage"),
    [
        ("system", KeyPurpose.DOCUMENT_ANY),
        ("person", KeyPurpose.RECEIPT),
        ("system", KeyPurpose.RECEIPT),
        ("receipt", KeyPurpose.LOG),
        ("log", KeyPurpose.RECEIPT),
        ("person", KeyPurpose.TLS_CLIENT),
        ("server", KeyPurpose.TLS_CLIENT),
        ("server", KeyPurpose.ENVELOPE),
        ("system", KeyPurpose.TLS_SERVER),
    ],
)
def test_certificate_of_another_use_is_a_constraint_failure(
    pki: TestPki, who: str, usage: KeyPurpose
) -> None:
    assert_indeterminate(
        judge(getattr(pki, who)(), pki, usage),
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        ErrorCode.CERTIFICATE_USAGE_WRONG,
    )


def test_judgement_tells_path_lists_and_end(pki: TestPki) -> None:
    leaf = pki.person().certificate
    judgement = judge(leaf, pki)
    root, issuing = pki.root.credential, pki.issuing.credential
    assert judgement.chain == (leaf, issuing.certificate, root.certificate)
    assert len(judgement.crls) == 2
    assert judgement.good_until == NOW + timedelta(days=7)


def test_der_is_judged_like_a_parsed_certificate(pki: TestPki) -> None:
    assert judge(der(pki.person().certificate), pki).indication is (
        Indication.TOTAL_PASSED
    )


def test_embedded_intermediate_completes_the_path(pki: TestPki) -> None:
    material = TrustMaterial(pki.material().roots, (), pki.crls())
    trust = TrustStore.from_material(material)
    leaf = pki.person()
    assert_indeterminate(
        judge(leaf, pki, trust=trust),
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        ErrorCode.CHAIN_NOT_FOUND,
    )
    found = judge(leaf, pki, trust=trust, intermediates=[der(leaf.chain[0])])
    assert found.indication is Indication.TOTAL_PASSED


def test_unknown_root_is_no_chain(pki: TestPki) -> None:
    stranger = TestPki.create("Người lạ")
    assert_indeterminate(
        judge(stranger.person(), pki),
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        ErrorCode.CHAIN_NOT_FOUND,
    )


def test_embedded_root_is_not_trusted(pki: TestPki) -> None:
    stranger = TestPki.create("Người lạ")
    own_chain = [stranger.issuing.credential.certificate, stranger.root.root]
    assert_indeterminate(
        judge(stranger.person(), pki, intermediates=own_chain),
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        ErrorCode.CHAIN_NOT_FOUND,
    )


def test_root_of_the_same_name_is_not_the_root(pki: TestPki) -> None:
    twin = TestPki.create()
    assert_indeterminate(
        judge(twin.person(), pki, intermediates=twin.person().chain),
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        ErrorCode.CHAIN_NOT_FOUND,
    )


def test_forged_signature_is_a_general_failure(pki: TestPki) -> None:
    forged = make(pki.issuing, Shape(), signed_by=p256())
    assert_indeterminate(
        judge(forged, pki),
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        ErrorCode.CHAIN_INVALID,
    )


def test_ca_certificate_does_not_sign_documents(pki: TestPki) -> None:
    both = authority(pki.issuing, ca_shape(key_usage=CA | {"digital_signature"}))
    assert_indeterminate(
        judge(both.credential, pki),
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        ErrorCode.CERTIFICATE_USAGE_WRONG,
    )


@pytest.mark.parametrize(
    "shape",
    [
        Shape(key_usage=None),
        Shape(key_usage=frozenset({"key_encipherment"})),
        Shape(eku=(ExtendedKeyUsageOID.SERVER_AUTH,)),
        Shape(policies=(KIND_POLICIES[CertificateKind.RECEIPT],)),
    ],
    ids=["no-key-usage", "encipherment", "server-only", "policy-of-another-kind"],
)
def test_wrong_usage_is_a_constraint_failure(pki: TestPki, shape: Shape) -> None:
    assert_indeterminate(
        judge(make(pki.issuing, shape), pki),
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        ErrorCode.CERTIFICATE_USAGE_WRONG,
    )


def test_person_is_no_seal_where_the_policy_tells(pki: TestPki) -> None:
    person = make(pki.issuing, Shape(policies=(KIND_POLICIES[CertificateKind.PERSON],)))
    passed = judge(person, pki, KeyPurpose.DOCUMENT_PERSON)
    assert passed.indication is Indication.TOTAL_PASSED
    assert_indeterminate(
        judge(person, pki, KeyPurpose.DOCUMENT_SEAL),
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        ErrorCode.CERTIFICATE_USAGE_WRONG,
    )


def test_extended_usage_of_a_ca_limits_what_is_below(pki: TestPki) -> None:
    web = authority(pki.root, ca_shape(eku=(ExtendedKeyUsageOID.SERVER_AUTH,)))
    leaf = make(web, Shape())
    assert_indeterminate(
        judge(leaf, pki, intermediates=[web.credential.certificate]),
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        ErrorCode.CERTIFICATE_USAGE_WRONG,
    )


def test_anchor_is_trusted_only_for_its_purposes(pki: TestPki) -> None:
    policy = AnchorPolicy(frozenset({KeyPurpose.ENVELOPE}))
    trust = TrustStore.from_material(pki.material(), policy)
    assert judge(pki.seal(), pki, KeyPurpose.ENVELOPE, trust=trust).indication is (
        Indication.TOTAL_PASSED
    )
    assert_indeterminate(
        judge(pki.seal(), pki, KeyPurpose.DOCUMENT_SEAL, trust=trust),
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        ErrorCode.CERTIFICATE_USAGE_WRONG,
    )


def test_validity_counts_to_its_last_second(pki: TestPki) -> None:
    end = NOW + timedelta(days=3)
    leaf = make(pki.issuing, Shape(not_before=NOW, not_after=end))
    last = end + timedelta(microseconds=999_999)
    assert judge(leaf, pki, at=NOW).indication is Indication.TOTAL_PASSED
    assert judge(leaf, pki, at=last).indication is Indication.TOTAL_PASSED
    assert_indeterminate(
        judge(leaf, pki, at=end + SECOND),
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        ErrorCode.CERTIFICATE_EXPIRED,
    )
    assert_indeterminate(
        judge(leaf, pki, at=NOW - SECOND),
        SubIndication.NOT_YET_VALID,
        ErrorCode.CERTIFICATE_NOT_YET_VALID,
    )


def test_expired_issuing_ca_ends_its_certificates(pki: TestPki) -> None:
    old = authority(pki.root, ca_shape(not_after=NOW - SECOND))
    leaf = make(old, Shape())
    assert_indeterminate(
        judge(leaf, pki, intermediates=[old.credential.certificate]),
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        ErrorCode.CERTIFICATE_EXPIRED,
    )


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(lambda: rsa_key(1024), id="rsa-1024"),
        pytest.param(lambda: rsa.generate_private_key(3, 2048), id="exponent-3"),
        pytest.param(
            lambda: ec.generate_private_key(ec.SECP224R1()), id="curve-not-listed"
        ),
    ],
)
def test_weak_key_is_a_crypto_constraint_failure(
    pki: TestPki, key: Callable[[], PrivateKey]
) -> None:
    leaf = make(pki.issuing, Shape(), key=key())
    assert_indeterminate(
        judge(leaf, pki),
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        ErrorCode.CERTIFICATE_ALGORITHM_REFUSED,
    )


def test_key_of_no_listed_kind_is_a_crypto_constraint_failure(pki: TestPki) -> None:
    assert_indeterminate(
        judge(with_dsa_key(pki), pki),
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        ErrorCode.CERTIFICATE_ALGORITHM_REFUSED,
    )


def test_sha1_signature_is_a_crypto_constraint_failure(pki: TestPki) -> None:
    key = rsa_key(2048)
    issuer = authority(pki.root, ca_shape(), key=key)
    leaf = signed_with_sha1(make(issuer, Shape()).certificate, key)
    assert_indeterminate(
        judge(leaf, pki, intermediates=[issuer.credential.certificate]),
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        ErrorCode.CERTIFICATE_ALGORITHM_REFUSED,
    )


def test_weak_ca_key_is_a_crypto_constraint_failure(pki: TestPki) -> None:
    weak = authority(pki.root, ca_shape(), key=rsa_key(1024))
    assert_indeterminate(
        judge(make(weak, Shape()), pki, intermediates=[weak.credential.certificate]),
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        ErrorCode.CERTIFICATE_ALGORITHM_REFUSED,
    )


_UNKNOWN = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0"
)


@pytest.mark.parametrize(
    "shape",
    [
        ca_shape(ca=False),
        ca_shape(basic_constraints=False),
        ca_shape(key_usage=frozenset({"crl_sign"})),
        ca_shape(extra=((_UNKNOWN, True),)),
    ],
    ids=["not-a-ca", "no-constraints", "no-cert-sign", "unknown-critical"],
)
def test_issuer_that_may_not_issue_is_a_general_failure(
    pki: TestPki, shape: Shape
) -> None:
    wrong = authority(pki.root, shape)
    assert_indeterminate(
        judge(make(wrong, Shape()), pki, intermediates=[wrong.credential.certificate]),
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        ErrorCode.CHAIN_INVALID,
    )


def test_end_certificate_issues_nothing(pki: TestPki) -> None:
    person = pki.person()
    false_ca = TestCa(person, pki.root.root)
    assert_indeterminate(
        judge(make(false_ca, Shape()), pki, intermediates=[person.certificate]),
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        ErrorCode.CHAIN_INVALID,
    )


def test_path_longer_than_the_ca_allows_is_a_general_failure(pki: TestPki) -> None:
    upper = authority(pki.root, ca_shape("Trên", path_length=0))
    lower = authority(upper, ca_shape("Dưới"))
    between = [upper.credential.certificate, lower.credential.certificate]
    assert_indeterminate(
        judge(make(lower, Shape()), pki, intermediates=between),
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        ErrorCode.CHAIN_INVALID,
    )


def test_unknown_critical_extension_is_a_general_failure(pki: TestPki) -> None:
    assert_indeterminate(
        judge(make(pki.issuing, Shape(extra=((_UNKNOWN, True),))), pki),
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        ErrorCode.CHAIN_INVALID,
    )


def test_unknown_extension_that_is_not_critical_passes(pki: TestPki) -> None:
    leaf = make(pki.issuing, Shape(extra=((_UNKNOWN, False),)))
    assert judge(leaf, pki).indication is Indication.TOTAL_PASSED


def test_name_constraint_of_a_ca_binds_names_below(pki: TestPki) -> None:
    only = x509.NameConstraints([x509.DNSName("h99.test")], None)
    narrow = authority(pki.root, ca_shape(extra=((only, True),)))
    outside = x509.SubjectAlternativeName([x509.DNSName("khac.test")])
    leaf = make(narrow, Shape(extra=((outside, False),)))
    assert_indeterminate(
        judge(leaf, pki, intermediates=[narrow.credential.certificate]),
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        ErrorCode.CHAIN_INVALID,
    )


@pytest.mark.parametrize("data", [b"", b"0", b"\x30\x82\xff\xff", b"not a certificate"])
def test_garbage_gives_a_judgement(pki: TestPki, data: bytes) -> None:
    assert_indeterminate(
        judge(data, pki),
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        ErrorCode.CERTIFICATE_MALFORMED,
    )


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_serial_number_that_is_not_positive_is_malformed(pki: TestPki) -> None:
    negative = bytearray(der(pki.person().certificate))
    version_and_tag = bytes.fromhex("a00302010202")
    negative[negative.index(version_and_tag) + len(version_and_tag) + 1] = 0x80
    assert_indeterminate(
        judge(bytes(negative), pki),
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        ErrorCode.CERTIFICATE_MALFORMED,
    )


def test_garbage_among_intermediates_is_passed_over(pki: TestPki) -> None:
    leaf = pki.person()
    assert judge(leaf, pki, intermediates=[b"\0", *leaf.chain]).indication is (
        Indication.TOTAL_PASSED
    )


def test_every_cut_and_flip_of_a_certificate_gives_a_judgement(pki: TestPki) -> None:
    whole = der(pki.person().certificate)
    for position in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[position] ^= 0xFF
        for broken in (bytes(flipped), whole[:position]):
            assert judge(broken, pki).indication is Indication.INDETERMINATE


def test_too_many_embedded_certificates_are_refused(pki: TestPki) -> None:
    leaf = pki.person()
    many = [leaf.chain[0]] * (MAX_EMBEDDED + 1)
    assert_indeterminate(
        judge(leaf, pki, intermediates=many),
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        ErrorCode.LIMIT_EXCEEDED,
    )


def test_path_of_many_cas_is_not_followed_for_ever(pki: TestPki) -> None:
    above, between = pki.root, list[x509.Certificate]()
    for number in range(9):
        above = authority(above, ca_shape(f"CA {number}"))
        between.append(above.credential.certificate)
    assert_indeterminate(
        judge(make(above, Shape()), pki, intermediates=between),
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        ErrorCode.CHAIN_NOT_FOUND,
    )


def test_same_subject_explosion_ends_within_the_budget(pki: TestPki) -> None:
    key = p256()
    start = authority(pki.root, ca_shape("Vòng"), key=key, signed_by=key)
    ring = [
        make(start, ca_shape("Vòng"), key=key).certificate for _ in range(MAX_EMBEDDED)
    ]
    assert_indeterminate(
        judge(make(start, Shape()), pki, intermediates=ring),
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        ErrorCode.LIMIT_EXCEEDED,
    )


def test_second_path_is_tried_when_the_first_fails(pki: TestPki) -> None:
    key = p256()
    old = authority(pki.root, ca_shape("Gia hạn", not_after=NOW - SECOND), key=key)
    new = authority(pki.root, ca_shape("Gia hạn"), key=key)
    trust = TrustStore.from_material(
        TrustMaterial(pki.material().roots, (), (*pki.crls(), new.crl()))
    )
    between = [old.credential.certificate, new.credential.certificate]
    judgement = judge(make(new, Shape()), pki, intermediates=between, trust=trust)
    assert judgement.indication is Indication.TOTAL_PASSED
    assert judgement.chain[1] == new.credential.certificate
