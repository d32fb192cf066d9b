"""Chains made to cost time or to confuse: a coded judgement, soon."""

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pki.certificates import MOST_BYTES
from pki.path.judging import MAX_EMBEDDED, ChainJudgement, KeyPurpose, judge_chain
from pki.path.policy_graph import MOST_STATEMENTS
from pki.trust import TrustMaterial, TrustStore
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support.attacks import forms
from tests.support.certificates import (
    CA,
    Extension,
    Shape,
    altered,
    authority,
    ca_shape,
    der,
    key_usage,
    make,
    p256,
)
from tests.support.cpu import soon
from tests.support.pki import NOW, TestCa, TestPki

SECONDS = 3.0


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create()


def judge(
    pki: TestPki, leaf: x509.Certificate | bytes, *between: x509.Certificate | bytes
) -> ChainJudgement:
    """Judge with what came along; reading it counts too."""
    trust = TrustStore.from_material(pki.material())
    with soon(SECONDS):
        return judge_chain(
            leaf,
            intermediates=between,
            trust=trust,
            at=NOW,
            usage=KeyPurpose.DOCUMENT_ANY,
        )


def assert_refused(judgement: ChainJudgement, *codes: ErrorCode) -> None:
    assert judgement.indication is Indication.INDETERMINATE
    assert [one.code for one in judgement.reasons] == list(codes)


def test_cross_signed_cas_of_one_name_end(pki: TestPki) -> None:
    keys = [p256() for _ in range(MAX_EMBEDDED)]
    first = authority(pki.issuing, ca_shape("Cùng tên"), key=keys[0])
    names_itself = authority(first, ca_shape("Cùng tên"), key=keys[0])
    crossed = [
        make(names_itself, ca_shape("Cùng tên"), key=key, signed_by=signer).certificate
        for key, signer in zip(keys, keys[1:] + keys[:1], strict=True)
    ]
    leaf = make(names_itself, Shape()).certificate
    assert_refused(judge(pki, leaf, *crossed), ErrorCode.CHAIN_NOT_FOUND)
    no_id = [
        make(
            names_itself,
            ca_shape("Cùng tên", authority_key_id=False),
            key=key,
            signed_by=keys[0],
        ).certificate
        for key in keys
    ]
    assert_refused(judge(pki, leaf, *no_id), ErrorCode.CHAIN_NOT_FOUND)


def test_a_thousand_known_cas_of_one_name_end(pki: TestPki) -> None:
    key = p256()
    start = authority(pki.root, ca_shape("Vòng"), key=key, signed_by=key)
    ring = make(start, ca_shape("Vòng"), key=key, signed_by=key)
    many = [der(ring.certificate)] + [
        der(make(start, ca_shape("Vòng"), key=key).certificate) for _ in range(999)
    ]
    known = pki.material()
    trust = TrustStore.from_material(
        TrustMaterial(known.roots, tuple(many), known.crls)
    )
    leaf = make(start, Shape()).certificate
    with soon(SECONDS):
        judgement = judge_chain(
            leaf, trust=trust, at=NOW, usage=KeyPurpose.DOCUMENT_ANY
        )
    assert_refused(judgement, ErrorCode.LIMIT_EXCEEDED)


def test_two_cas_that_certify_each_other_end(pki: TestPki) -> None:
    one, two = p256(), p256()
    left = authority(pki.root, ca_shape("Trái"), key=one, signed_by=one)
    right = authority(left, ca_shape("Phải"), key=two)
    back = authority(right, ca_shape("Trái"), key=one)
    between = [right.credential.certificate, back.credential.certificate]
    leaf = make(right, Shape()).certificate
    assert_refused(judge(pki, leaf, *between), ErrorCode.CHAIN_NOT_FOUND)


def _names(count: int) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [x509.DNSName(f"h{n}.test") for n in range(count)]
    )


def _long_subject() -> x509.Name:
    unit = NameOID.ORGANIZATIONAL_UNIT_NAME
    return x509.Name([x509.NameAttribute(unit, "Ủ" * 60) for _ in range(300)])


def _narrow(*extra: Extension) -> Shape:
    country = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")])
    constraints = x509.NameConstraints(
        [
            x509.DirectoryName(country),
            *(x509.DNSName(f"h{n}.test") for n in range(1500)),
        ],
        [x509.DNSName(f"x{n}.test") for n in range(1000)],
    )
    return ca_shape(extra=((constraints, True), *extra))


def test_thousands_of_names_below_thousands_of_constraints_end(pki: TestPki) -> None:
    ca = authority(pki.root, _narrow())
    leaf = make(ca, Shape(extra=((_names(3000), False),))).certificate
    judgement = judge(pki, leaf, ca.credential.certificate)
    assert judgement.reasons[0].code in {
        ErrorCode.REVOCATION_UNCHECKED,
        ErrorCode.LIMIT_EXCEEDED,
    }
    assert judgement.indication is Indication.INDETERMINATE


def test_very_long_names_below_constraints_end(pki: TestPki) -> None:
    ca = authority(pki.root, _narrow())
    leaf = make(ca, Shape(subject=_long_subject())).certificate
    judgement = judge(pki, leaf, ca.credential.certificate)
    assert_refused(judgement, ErrorCode.CHAIN_INVALID)


def _policies(count: int) -> tuple[x509.ObjectIdentifier, ...]:
    return tuple(x509.ObjectIdentifier(f"1.3.6.1.4.1.99999.{n}") for n in range(count))


def test_policies_that_would_grow_a_tree_end(pki: TestPki) -> None:
    above, between = pki.root, list[x509.Certificate]()
    lists = list(pki.crls())
    explicit = x509.PolicyConstraints(0, None)
    for number in range(6):
        extra = ((forms.mappings(MOST_STATEMENTS), True), (explicit, True))
        shape = ca_shape(f"CA {number}", policies=_policies(16), extra=extra)
        above = authority(above, shape)
        between.append(above.credential.certificate)
        lists.append(above.crl())
    leaf = make(above, Shape(policies=_policies(16))).certificate
    material = TrustMaterial(pki.material().roots, (), tuple(lists))
    trust = TrustStore.from_material(material)
    with soon(SECONDS):
        judgement = judge_chain(
            leaf,
            intermediates=between,
            trust=trust,
            at=NOW,
            usage=KeyPurpose.DOCUMENT_ANY,
        )
    assert judgement.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    "shape",
    [
        ca_shape(policies=_policies(MOST_STATEMENTS + 1)),
        ca_shape(extra=((forms.mappings(MOST_STATEMENTS + 1), True),)),
        ca_shape(
            extra=(
                (
                    x509.UnrecognizedExtension(
                        x509.ObjectIdentifier("2.5.29.33"), b"\x30\x02\x30\x00"
                    ),
                    True,
                ),
            )
        ),
    ],
    ids=["policies", "mappings", "malformed-mappings"],
)
def test_too_many_or_malformed_statements_on_policies_are_refused(
    pki: TestPki, shape: Shape
) -> None:
    ca = authority(pki.root, shape)
    trust = TrustStore.from_material(
        TrustMaterial(pki.material().roots, (), (*pki.crls(), ca.crl()))
    )
    judgement = judge_chain(
        make(ca, Shape()).certificate,
        intermediates=[ca.credential.certificate],
        trust=trust,
        at=NOW,
        usage=KeyPurpose.DOCUMENT_ANY,
    )
    assert_refused(judgement, ErrorCode.CHAIN_INVALID)


def test_huge_certificates_are_not_read(pki: TestPki) -> None:
    huge = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("1.3.6.1.4.1.99999.9"), bytes(MOST_BYTES)
    )
    leaf = make(pki.issuing, Shape(extra=((huge, False),))).certificate
    assert_refused(judge(pki, leaf), ErrorCode.LIMIT_EXCEEDED)
    assert_refused(judge(pki, der(leaf)), ErrorCode.LIMIT_EXCEEDED)
    ca = authority(pki.root, ca_shape(extra=((huge, False),)))
    below = make(ca, Shape()).certificate
    between = [der(ca.credential.certificate)] * MAX_EMBEDDED
    assert_refused(judge(pki, below, *between), ErrorCode.CHAIN_NOT_FOUND)


MALFORMED, INVALID, WEAK = (
    ErrorCode.CERTIFICATE_MALFORMED,
    ErrorCode.CHAIN_INVALID,
    ErrorCode.CERTIFICATE_ALGORITHM_REFUSED,
)
FORMS: dict[str, tuple[Callable[[bytes], bytes], ErrorCode]] = {
    "version-1": (forms.without_version, INVALID),
    "duplicate-extension": (forms.extension_twice, MALFORMED),
    "serial-negative": (forms.serial(-7), MALFORMED),
    "serial-zero": (forms.serial(0), MALFORMED),
    "serial-of-21-octets": (forms.serial(1 << 160), INVALID),
}


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("what", FORMS)
def test_certificate_of_another_form_is_refused(pki: TestPki, what: str) -> None:
    change, code = FORMS[what]
    sound = make(pki.issuing, Shape()).certificate
    assert judge(pki, altered(sound, pki.issuing, lambda body: body)).indication is (
        Indication.TOTAL_PASSED
    )
    assert_refused(judge(pki, altered(sound, pki.issuing, change)), code)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("what", FORMS)
def test_ca_of_another_form_is_refused(pki: TestPki, what: str) -> None:
    change, _ = FORMS[what]
    sound = authority(pki.root, ca_shape())
    odd = altered(sound.credential.certificate, pki.root, change)
    leaf = make(sound, Shape()).certificate
    judgement = judge(pki, leaf, odd)
    assert judgement.indication is Indication.INDETERMINATE
    assert judgement.reasons[0].code in {INVALID, ErrorCode.CHAIN_NOT_FOUND}


def test_explicit_curve_parameters_are_refused(pki: TestPki) -> None:
    sound = make(pki.issuing, Shape()).certificate
    odd = altered(sound, pki.issuing, forms.explicit_curve)
    assert_refused(judge(pki, odd), WEAK)


def test_small_curve_is_refused(pki: TestPki) -> None:
    key = ec.generate_private_key(ec.SECP192R1())
    leaf = make(pki.issuing, Shape(), key=key).certificate
    assert_refused(judge(pki, leaf), WEAK)


def test_key_usage_of_a_ca_does_not_make_one(pki: TestPki) -> None:
    shape = Shape(common_name="Giả CA", key_usage=CA, basic_constraints=False)
    false_ca = TestCa(make(pki.issuing, shape), pki.root.root)
    leaf = make(false_ca, Shape()).certificate
    judgement = judge(pki, leaf, false_ca.credential.certificate)
    assert_refused(judgement, INVALID)
    assert key_usage(CA).key_cert_sign


def test_signature_value_of_broken_octets_is_refused(pki: TestPki) -> None:
    encoded = der(pki.issuing.issue("a").certificate)
    certificate = x509.load_der_x509_certificate(encoded)
    at = len(encoded) - len(certificate.signature) - 1
    assert_refused(
        judge(pki, encoded[:at] + b"\x03" + encoded[at + 1 :]),
        ErrorCode.CERTIFICATE_MALFORMED,
    )
