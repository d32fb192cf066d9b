"""Name constraints: what each kind lets through below a CA."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from pki.certificates import read_certificate
from pki.path.judging import ChainJudgement, KeyPurpose, judge_chain
from pki.path.name_constraints import MOST_COMPARISONS, constraint_violation
from pki.trust import TrustAnchor, TrustMaterial, TrustStore
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support.certificates import Shape, authority, ca_shape, der, make
from tests.support.cpu import soon
from tests.support.pki import NOW, TestCa, TestPki

Names = Sequence[x509.GeneralName]

DNS = x509.DNSName
MAIL = x509.RFC822Name
URI = x509.UniformResourceIdentifier
COUNTRY = x509.DirectoryName(
    x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")])
)
NO_HOSTS = (
    DNS(""),
    x509.IPAddress(IPv4Network("0.0.0.0/0")),
    x509.IPAddress(IPv6Network("::/0")),
)


def address(text: str) -> x509.IPAddress:
    return x509.IPAddress(ip_address(text))


def network(text: str) -> x509.IPAddress:
    return x509.IPAddress(IPv4Network(text))


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create()


def narrow(
    issuer: TestCa,
    permitted: Names = (),
    excluded: Names = (),
    common_name: str = "Phụ CA",
) -> TestCa:
    constraints = x509.NameConstraints(list(permitted) or None, list(excluded) or None)
    shape = ca_shape(common_name, extra=((constraints, True),))
    return authority(issuer, shape)


def leaf_below(ca: TestCa, names: Names = (), **more: object) -> x509.Certificate:
    san = ((x509.SubjectAlternativeName(names), False),) if names else ()
    shape = Shape(extra=san, **more)  # type: ignore[arg-type]  # a test's own words
    return make(ca, shape).certificate


def allowed(ca: TestCa, leaf: x509.Certificate) -> bool:
    path = [read_certificate(leaf), read_certificate(ca.credential.certificate)]
    return constraint_violation(path) is None


def judge(pki: TestPki, leaf: x509.Certificate, *cas: TestCa) -> ChainJudgement:
    known = pki.material()
    lists = (*known.crls, *(ca.crl() for ca in cas))
    material = TrustMaterial(known.roots, known.intermediates, lists)
    return judge_chain(
        leaf,
        intermediates=[ca.credential.certificate for ca in cas],
        trust=TrustStore.from_material(material),
        at=NOW,
        usage=KeyPurpose.DOCUMENT_ANY,
    )


AGENCY_URN = URI("urn:lienthong:agency:H99.151")


def test_leaf_below_a_ca_for_one_country_without_hosts_passes(pki: TestPki) -> None:
    ca = narrow(pki.root, [COUNTRY], NO_HOSTS)
    judgement = judge(pki, leaf_below(ca, [AGENCY_URN]), ca)
    assert judgement.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("names", "subject"),
    [
        ([], x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "LA")])),
        ([], x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "VN")])),
        ([DNS("h99.test")], None),
        ([address("10.0.0.1")], None),
        ([address("2001:db8::1")], None),
    ],
    ids=["other-country", "no-country", "host", "address", "address-6"],
)
def test_names_such_a_ca_does_not_allow_are_refused(
    pki: TestPki, names: Names, subject: x509.Name | None
) -> None:
    ca = narrow(pki.root, [COUNTRY], NO_HOSTS)
    judgement = judge(pki, leaf_below(ca, names, subject=subject), ca)
    assert judgement.indication is Indication.INDETERMINATE
    assert [one.code for one in judgement.reasons] == [ErrorCode.CHAIN_INVALID]


@pytest.mark.parametrize(
    ("subtree", "inside", "outside"),
    [
        (DNS("h99.test"), DNS("h99.test"), DNS("xh99.test")),
        (DNS("h99.test"), DNS("a.b.H99.test"), DNS("h99.test.khac")),
        (DNS(".h99.test"), DNS("a.h99.test"), DNS("h99.test")),
        (DNS("h99.test"), DNS("*.h99.test"), DNS("*.test")),
        (network("10.1.0.0/16"), address("10.1.2.3"), address("10.2.0.1")),
        (network("10.1.0.0/16"), address("10.1.2.3"), address("::ffff:10.1.2.3")),
        (MAIL("h99.test"), MAIL("a@H99.test"), MAIL("a@b.h99.test")),
        (MAIL(".h99.test"), MAIL("a@b.h99.test"), MAIL("a@h99.test")),
        (MAIL("a@h99.test"), MAIL("a@h99.TEST"), MAIL("b@h99.test")),
        (URI("h99.test"), URI("http://h99.test:8080/x"), URI("http://a.h99.test/")),
        (URI(".h99.test"), URI("http://a.h99.test/"), URI("http://h99.test/")),
        (URI("h99.test"), URI("http://h99.test/"), URI("urn:h99.test")),
        (URI("h99.test"), URI("http://h99.test/"), URI("http://h99.test@khac.test/")),
        (URI(""), URI("http://h99.test/"), URI("http://10.0.0.1/")),
        (COUNTRY, COUNTRY, x509.DirectoryName(x509.Name([]))),
    ],
    ids=str,
)
def test_permitted_subtree_lets_in_only_what_lies_in_it(
    pki: TestPki, subtree: x509.GeneralName, inside: Names, outside: Names
) -> None:
    ca = narrow(pki.root, [subtree])
    assert allowed(ca, leaf_below(ca, [inside]))  # type: ignore[list-item]
    assert not allowed(ca, leaf_below(ca, [outside]))  # type: ignore[list-item]
    assert not allowed(ca, leaf_below(ca, [inside, outside]))  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("subtree", "inside", "outside"),
    [
        (DNS("a.h99.test"), DNS("b.A.h99.test"), DNS("b.h99.test")),
        (DNS("a.h99.test"), DNS("a.h99.test."), DNS("xa.h99.test")),
        (DNS("a.h99.test"), DNS("*.h99.test"), DNS("*.khac.test")),
        (DNS("b.a.h99.test"), DNS("*.h99.test"), DNS("*.khac.test")),
        (network("10.1.0.0/16"), address("10.1.2.3"), address("10.2.0.1")),
        (MAIL("an@h99.test"), MAIL("AN@h99.test"), MAIL("binh@h99.test")),
        (URI("h99.test"), URI("HTTP://H99.test"), URI("http://a.h99.test")),
    ],
    ids=str,
)
def test_excluded_subtree_keeps_out_all_that_may_be_meant(
    pki: TestPki, subtree: x509.GeneralName, inside: Names, outside: Names
) -> None:
    ca = narrow(pki.root, (), [subtree])
    assert not allowed(ca, leaf_below(ca, [inside]))  # type: ignore[list-item]
    assert allowed(ca, leaf_below(ca, [outside]))  # type: ignore[list-item]


def test_names_of_other_kinds_are_free(pki: TestPki) -> None:
    ca = narrow(pki.root, [DNS("h99.test")], [MAIL("khac.test")])
    assert allowed(ca, leaf_below(ca, [AGENCY_URN, address("10.0.0.1")]))


def _subject(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


UNIT = (NameOID.ORGANIZATIONAL_UNIT_NAME, "Phòng  Nội vụ ")
VN = (NameOID.COUNTRY_NAME, "VN")


@pytest.mark.parametrize(
    ("subject", "inside"),
    [
        (_subject(VN, (UNIT[0], "Phòng Nội vụ"), (NameOID.COMMON_NAME, "A")), True),
        (_subject(VN, (UNIT[0], "PHÒNG NỘI VỤ")), True),
        (_subject((UNIT[0], "Phòng Nội vụ"), VN), False),
        (_subject(VN), False),
        (_subject(VN, (UNIT[0], "Phòng Nội vụ 2")), False),
        (_subject(VN, (NameOID.ORGANIZATION_NAME, "Phòng Nội vụ")), False),
    ],
)
def test_directory_names_compare_without_case_and_spaces(
    pki: TestPki, subject: x509.Name, inside: bool
) -> None:
    subtree = x509.DirectoryName(_subject(VN, UNIT))
    ca = narrow(pki.root, [subtree])
    assert allowed(ca, leaf_below(ca, subject=subject)) is inside
    without = narrow(pki.root, (), [subtree])
    assert allowed(without, leaf_below(without, subject=subject)) is not inside


def test_mail_address_in_the_subject_counts(pki: TestPki) -> None:
    ca = narrow(pki.root, [MAIL("h99.test")])
    for text, inside in (
        ("a@h99.test", True),
        ("a@khac.test", False),
        ("ấ@h99.test", False),
        ("", False),
    ):
        subject = _subject(VN, (NameOID.EMAIL_ADDRESS, text))
        assert allowed(ca, leaf_below(ca, subject=subject)) is inside
        beside = leaf_below(ca, [MAIL("b@h99.test")], subject=subject)
        assert allowed(ca, beside) is inside


@pytest.mark.parametrize(
    "unknown",
    [
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
        x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"),
    ],
    ids=["registered-id", "other-name"],
)
def test_kind_that_is_not_judged_is_refused_where_it_matters(
    pki: TestPki, unknown: x509.GeneralName
) -> None:
    for ca in (narrow(pki.root, [unknown]), narrow(pki.root, (), [unknown])):
        assert not allowed(ca, leaf_below(ca, [unknown]))
        assert allowed(ca, leaf_below(ca, [DNS("h99.test")]))


@pytest.mark.parametrize(
    ("subtree", "held"),
    [
        (DNS("a b"), DNS("h99.test")),
        (DNS("h99.test"), DNS("a b")),
        (DNS("h99.test"), DNS("*")),
        (MAIL("h99.test"), MAIL("h99.test")),
        (URI("h99.test"), URI("http://h99.test\\@khac.test/")),
        (URI("h99.test"), URI("http://[h99.test/")),
    ],
    ids=str,
)
def test_malformed_names_and_subtrees_are_refused(
    pki: TestPki, subtree: x509.GeneralName, held: x509.GeneralName
) -> None:
    for ca in (narrow(pki.root, [subtree]), narrow(pki.root, (), [subtree])):
        assert not allowed(ca, leaf_below(ca, [held]))


def test_every_ca_above_binds(pki: TestPki) -> None:
    upper = narrow(pki.root, [DNS("h99.test")], common_name="Trên")
    lower = narrow(upper, [DNS("khac.test"), DNS("h99.test")], common_name="Dưới")
    for host, passes in (("a.h99.test", True), ("khac.test", False)):
        judgement = judge(pki, leaf_below(lower, [DNS(host)]), upper, lower)
        assert (judgement.indication is Indication.TOTAL_PASSED) is passes


def test_constraints_bind_the_ca_below_too(pki: TestPki) -> None:
    strict = narrow(pki.root, [x509.DirectoryName(_subject(VN, UNIT))])
    lower = authority(strict, ca_shape("Dưới"))
    leaf = leaf_below(lower, subject=_subject(VN, UNIT))
    path = [leaf, lower.credential.certificate, strict.credential.certificate]
    assert constraint_violation(list(map(read_certificate, path))) is not None


def test_self_issued_ca_is_exempt_and_what_it_issues_is_not(pki: TestPki) -> None:
    strict = narrow(pki.root, [x509.DirectoryName(_subject(VN, UNIT))])
    own_name = strict.credential.certificate.subject
    rolled = authority(strict, ca_shape(subject=own_name))
    inside = leaf_below(rolled, subject=_subject(VN, UNIT))
    above = [rolled.credential.certificate, strict.credential.certificate]
    for leaf, passes in ((inside, True), (leaf_below(rolled), False)):
        path = list(map(read_certificate, [leaf, *above]))
        assert (constraint_violation(path) is None) is passes


def test_constraints_of_an_anchor_bind(pki: TestPki) -> None:
    anchor = narrow(pki.root, [COUNTRY], NO_HOSTS)
    certificate = anchor.credential.certificate
    store = TrustStore([TrustAnchor(certificate)], crls=[anchor.crl()])
    for country, passes in (("VN", True), ("LA", False)):
        subject = _subject((NameOID.COUNTRY_NAME, country))
        leaf = leaf_below(anchor, subject=subject)
        usage = KeyPurpose.DOCUMENT_ANY
        judgement = judge_chain(leaf, trust=store, at=NOW, usage=usage)
        assert (judgement.indication is Indication.TOTAL_PASSED) is passes


def test_subtree_with_bounds_is_refused(pki: TestPki) -> None:
    # permittedSubtrees [0] { { dNSName "h99.test", maximum [1] 5 } }
    value = bytes.fromhex("3011a00f300d8208") + b"h99.test" + bytes.fromhex("810105")
    value = bytes((0x30, len(value) - 2, 0xA0, len(value) - 4)) + value[4:]
    bounded = x509.UnrecognizedExtension(x509.NameConstraints.oid, value)
    ca = authority(pki.root, ca_shape(extra=((bounded, True),)))
    assert not allowed(ca, leaf_below(ca, [DNS("h99.test")]))
    plain = narrow(pki.root, [DNS("h99.test")])
    assert allowed(plain, leaf_below(plain, [DNS("h99.test")]))


def test_work_is_bounded(pki: TestPki) -> None:
    ca = narrow(pki.root, [DNS(f"h{n}.test") for n in range(1000)])
    names = [DNS("h999.test")] * (MOST_COMPARISONS // 1000 + 1)
    path = [leaf_below(ca, names), ca.credential.certificate]
    with soon(3):
        found = constraint_violation(list(map(read_certificate, path)))
    assert found is not None
    assert found.code is ErrorCode.LIMIT_EXCEEDED
    assert der(path[0])
