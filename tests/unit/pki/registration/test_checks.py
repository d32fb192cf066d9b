"""What a request may ask for, and what may be ordered."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AttributeOID, ExtendedKeyUsageOID, NameOID

from pki.ca.requests import parse_request
from pki.certificates import KEY_USAGES
from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.registration.checks import DeskFacts, check_order, check_request
from pki.registration.records import EnrolmentOrder, KnownAgency
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId
from tests.support.certificates import p256
from tests.support.pki import NOW, name
from tests.support.requests import csr, openssl_csr

OURS, OTHER = OrganId("H99.151"), OrganId("H99.152")
SYSTEM = EnrolmentOrder(
    kind=CertificateKind.SYSTEM,
    names=SubjectFields(
        common_name="qlvb", organ_id=OURS, system_id=SystemId("qlvb-suoimay")
    ),
)
SERVER = EnrolmentOrder(
    kind=CertificateKind.TLS_SERVER,
    names=SubjectFields(common_name="truc.example", dns_names=("truc.example",)),
)
URN = x509.UniformResourceIdentifier


def usage(*bits: str) -> x509.KeyUsage:
    stated = {one: one in bits for one in KEY_USAGES}
    return x509.KeyUsage(**stated, encipher_only=False, decipher_only=False)


def san(*uris: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([URN(one) for one in uris])


def code_of(data: bytes, order: EnrolmentOrder = SYSTEM) -> ErrorCode:
    with pytest.raises(PkiError) as refusal:
        check_request(parse_request(data), order)
    return refusal.value.code


@pytest.mark.parametrize(
    "extension",
    [
        x509.BasicConstraints(ca=False, path_length=None),
        usage("digital_signature", "content_commitment"),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),
        san("urn:lienthong:agency:H99.151", "urn:lienthong:system:qlvb-suoimay"),
        x509.SubjectKeyIdentifier(b"\x01" * 20),
    ],
    ids=lambda one: type(one).__name__,
)
def test_request_for_what_is_ordered_is_taken(extension: x509.ExtensionType) -> None:
    check_request(parse_request(csr(extension)), SYSTEM)


def test_request_of_a_plain_openssl_is_taken(tmp_path: Path) -> None:
    subject = "/C=VN/O=UBND/organizationIdentifier=H99.151/CN=qlvb"
    check_request(parse_request(openssl_csr(tmp_path, subject=subject)), SYSTEM)


def test_challenge_password_is_left_alone() -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("qlvb"))
    oid = AttributeOID.CHALLENGE_PASSWORD
    made = builder.add_attribute(oid, b"khong-dung-den").sign(p256(), hashes.SHA256())
    check_request(parse_request(made.public_bytes(Encoding.DER)), SYSTEM)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("basicConstraints=critical,CA:TRUE",), "request_asks_for_ca"),
        (("keyUsage=keyCertSign",), "request_extension_refused"),
        (("keyUsage=keyAgreement,encipherOnly",), "request_extension_refused"),
        (("extendedKeyUsage=serverAuth",), "request_extension_refused"),
        (("extendedKeyUsage=anyExtendedKeyUsage",), "request_extension_refused"),
        (("1.2.3.4=ASN1:UTF8String:la",), "request_extension_refused"),
        (("nameConstraints=permitted;DNS:gov.vn",), "request_extension_refused"),
        (("noCheck=ignored",), "request_extension_refused"),
        (("subjectAltName=DNS:khac.example",), "request_extension_refused"),
        (("subjectAltName=email:a@b.vn",), "request_extension_refused"),
        (
            ("subjectAltName=URI:urn:lienthong:agency:H99.152",),
            "request_names_other_agency",
        ),
        (
            ("subjectAltName=URI:URN:Lienthong:Agency:H99.152",),
            "request_names_other_agency",
        ),
        (
            ("subjectAltName=URI:urn:lienthong:system:qlvb-khac",),
            "request_names_other_agency",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else one[0],
)
def test_request_of_openssl_for_something_else_is_refused(
    tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    extensions = [word for one in words for word in ("-addext", one)]
    assert code_of(openssl_csr(tmp_path, *extensions)) == code


def test_request_whose_subject_names_another_agency_is_refused() -> None:
    other = csr(subject=name("qlvb", OTHER))
    assert code_of(other) is ErrorCode.REQUEST_NAMES_OTHER_AGENCY


def test_agency_in_a_request_for_a_server_without_one_is_refused() -> None:
    named = csr(subject=name("truc.example", OURS))
    assert code_of(named, SERVER) is ErrorCode.REQUEST_NAMES_OTHER_AGENCY


def test_second_agency_beside_the_right_one_is_refused() -> None:
    ids = [
        x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, o) for o in (OURS, OTHER)
    ]
    both = csr(subject=x509.Name(ids))
    assert code_of(both) is ErrorCode.REQUEST_NAMES_OTHER_AGENCY


AGENCIES = {
    OURS: KnownAgency(code=OURS, name="Suối Mây"),
    OTHER: KnownAgency(code=OTHER, name="Cũ", closed_at=NOW, successor=OURS),
}


def facts(
    *, ends: timedelta | None = None, agencies: dict[OrganId, KnownAgency] | None = None
) -> DeskFacts:
    return DeskFacts(
        now=NOW,
        issuer_ends=None if ends is None else NOW + ends,
        agencies=AGENCIES if agencies is None else agencies,
    )


def order(
    kind: CertificateKind = CertificateKind.PERSON,
    *,
    agency: str | None = OURS,
    days: int | None = None,
    text: str = "Đoàn Thạch Khuê",
) -> EnrolmentOrder:
    organ = None if agency is None else OrganId(agency)
    names = SubjectFields(common_name=text, organ_id=organ)
    return EnrolmentOrder(kind=kind, names=names, days=days)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (order(agency="H99.999"), ErrorCode.AGENCY_UNKNOWN),
        (order(agency=OTHER), ErrorCode.AGENCY_CLOSED),
        (order(agency=None), ErrorCode.ISSUANCE_REFUSED),
        (order(text="x" * 65), ErrorCode.ISSUANCE_REFUSED),
        (order(text=""), ErrorCode.ISSUANCE_REFUSED),
        (order(text="Hai\ndòng"), ErrorCode.ISSUANCE_REFUSED),
        (order(text="\udcff"), ErrorCode.ISSUANCE_REFUSED),
        (order(days=0), ErrorCode.ISSUANCE_REFUSED),
        (order(days=3 * 365 + 1), ErrorCode.VALIDITY_TOO_LONG),
        (order(CertificateKind.SYSTEM), ErrorCode.ISSUANCE_REFUSED),
        (order(CertificateKind.TLS_SERVER), ErrorCode.ISSUANCE_REFUSED),
        (order(CertificateKind.ISSUING_PERSONS), ErrorCode.ISSUANCE_REFUSED),
        (order(CertificateKind.OCSP_PERSONS), ErrorCode.ISSUANCE_REFUSED),
    ],
)
def test_order_that_cannot_be_met_is_refused(
    wanted: EnrolmentOrder, code: ErrorCode
) -> None:
    with pytest.raises(PkiError) as refusal:
        check_order(wanted, facts())
    assert refusal.value.code is code


def test_order_up_to_the_longest_validity_is_taken() -> None:
    check_order(order(days=3 * 365), facts())


def test_order_beyond_the_end_of_its_issuer_is_refused() -> None:
    check_order(order(days=100), facts(ends=timedelta(days=100)))
    with pytest.raises(PkiError) as refusal:
        check_order(order(days=101), facts(ends=timedelta(days=100)))
    assert refusal.value.code is ErrorCode.VALIDITY_TOO_LONG


def test_agencies_are_not_checked_until_some_are_known() -> None:
    check_order(order(agency="H99.999"), facts(agencies={}))
