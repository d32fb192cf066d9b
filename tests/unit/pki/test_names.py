"""Names in certificates, written and read back."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pki.errors import PkiError
from pki.names import (
    SubjectFields,
    agency_of,
    alternative_names,
    common_name,
    subject_fields,
    subject_name,
    summary,
    system_of,
)
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId
from tests.support.certificates import Shape, make
from tests.support.pki import NOW, TestPki

PKI = TestPki.create()
CODE = OrganId("H99.151")


def certificate(
    fields: SubjectFields, subject: x509.Name | None = None
) -> x509.Certificate:
    names = alternative_names(fields)
    extra = ((x509.SubjectAlternativeName(names), False),) if names else ()
    shape = Shape(subject=subject or subject_name(fields), extra=extra)
    return make(PKI.issuing, shape).certificate


def with_uris(*uris: str, organ_ids: tuple[str, ...] = ()) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "Ai đó"),
            *(
                x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, o)
                for o in organ_ids
            ),
        ]
    )
    names = x509.SubjectAlternativeName(
        [x509.UniformResourceIdentifier(uri) for uri in uris]
    )
    shape = Shape(subject=subject, extra=((names, False),))
    return make(PKI.issuing, shape).certificate


def test_agency_and_system_survive_writing_and_reading() -> None:
    fields = SubjectFields(
        common_name="Hệ thống QLVB",
        organisation="UBND xã Suối Mây",
        unit="Văn phòng",
        organ_id=CODE,
        system_id=SystemId("qlvb-h99-151"),
    )
    read = certificate(fields)
    assert agency_of(read) == CODE
    assert system_of(read) == "qlvb-h99-151"
    assert common_name(read) == "Hệ thống QLVB"


def test_subject_is_written_in_one_order() -> None:
    fields = SubjectFields(
        common_name="Đoàn Thạch Khuê", organisation="UBND", unit="VP", organ_id=CODE
    )
    assert [one.oid for one in subject_name(fields)] == [
        NameOID.COUNTRY_NAME,
        NameOID.ORGANIZATION_NAME,
        NameOID.ORGANIZATIONAL_UNIT_NAME,
        NameOID.ORGANIZATION_IDENTIFIER,
        NameOID.COMMON_NAME,
    ]


@pytest.mark.parametrize(
    "fields",
    [
        SubjectFields(common_name=""),
        SubjectFields(common_name="x" * 65),
        SubjectFields(common_name="x", organisation="x" * 65),
        SubjectFields(common_name="x", unit="x" * 65),
    ],
)
def test_empty_or_overlong_part_is_refused(fields: SubjectFields) -> None:
    with pytest.raises(PkiError) as refusal:
        subject_name(fields)
    assert refusal.value.code is ErrorCode.ISSUANCE_REFUSED
    assert refusal.value.place == "subject"


@pytest.mark.parametrize(
    "fields",
    [
        SubjectFields(common_name="x", dns_names=("máy-chủ",)),
        SubjectFields(common_name="x", ip_addresses=("300.1.1.1",)),
    ],
)
def test_malformed_host_is_refused(fields: SubjectFields) -> None:
    with pytest.raises(PkiError) as refusal:
        alternative_names(fields)
    assert refusal.value.place == "subjectAltName"


def test_hosts_become_alternative_names() -> None:
    fields = SubjectFields(
        common_name="x", dns_names=("truc.test",), ip_addresses=("127.0.0.1", "::1")
    )
    kinds = [type(one) for one in alternative_names(fields)]
    assert kinds == [x509.DNSName, x509.IPAddress, x509.IPAddress]


def test_agency_is_read_from_either_place() -> None:
    assert agency_of(with_uris("urn:lienthong:agency:H99.151")) == CODE
    assert agency_of(with_uris("urn:x", organ_ids=("H99.151",))) == CODE


@pytest.mark.parametrize(
    "ambiguous",
    [
        with_uris("urn:lienthong:agency:H99.151", organ_ids=("H99.152",)),
        with_uris("urn:lienthong:agency:H99.151", "urn:lienthong:agency:H99.152"),
        with_uris("urn:x", organ_ids=("H99.151", "H99.152")),
        with_uris("urn:lienthong:agency:"),
        with_uris("urn:lienthong:agency:../etc"),
        with_uris("urn:lienthong:AGENCY:H99.151"),
    ],
)
def test_agency_is_none_unless_exactly_one_is_stated(
    ambiguous: x509.Certificate,
) -> None:
    assert agency_of(ambiguous) is None


@pytest.mark.parametrize(
    "uris",
    [
        ("urn:x",),
        ("urn:lienthong:system:a", "urn:lienthong:system:b"),
        ("urn:lienthong:system:Không đúng".encode("ascii", "replace").decode(),),
    ],
)
def test_system_is_none_unless_exactly_one_is_stated(uris: tuple[str, ...]) -> None:
    assert system_of(with_uris(*uris)) is None


def test_system_is_none_without_alternative_names() -> None:
    assert system_of(PKI.person().certificate) is None


def test_summary_describes_a_certificate() -> None:
    read = PKI.person().certificate
    described = summary(read)
    assert described.subject == "CN=Đoàn Thạch Khuê,2.5.4.97=H99.151,C=VN"
    assert described.issuer == "CN=Thử nghiệm Issuing CA,C=VN"
    assert int(described.serial, 16) == read.serial_number
    assert described.not_before < NOW < described.not_after
    assert len(bytes.fromhex(described.sha256)) == 32


def test_unreadable_names_are_left_empty() -> None:
    not_utf8 = b"\xff\xfe"
    encoded = PKI.person().certificate.public_bytes(Encoding.DER)
    for part in ("Thạch", "Issuing"):
        old = part.encode()
        encoded = encoded.replace(old, not_utf8 + old[2:])
    broken = x509.load_der_x509_certificate(encoded)
    assert summary(broken).subject == ""
    assert summary(broken).issuer == ""
    assert common_name(broken) == ""
    assert agency_of(broken) is None


@pytest.mark.parametrize(
    "fields",
    [
        SubjectFields(
            common_name="qlvb-suoimay",
            organisation="UBND xã Suối Mây",
            unit="Văn phòng",
            organ_id=CODE,
            system_id=SystemId("qlvb-suoimay"),
        ),
        SubjectFields(
            common_name="truc.example",
            dns_names=("truc.example", "localhost"),
            ip_addresses=("127.0.0.1", "::1"),
        ),
        SubjectFields(common_name="Đoàn Thạch Khuê"),
    ],
)
def test_fields_read_back_name_the_same_subject(fields: SubjectFields) -> None:
    assert subject_fields(certificate(fields)) == fields


def test_names_of_a_certificate_that_signs_again_and_again_are_read_once() -> None:
    made = certificate(SubjectFields(common_name="a", system_id=SystemId("qlvb")))
    again = x509.load_der_x509_certificate(made.public_bytes(Encoding.DER))
    assert summary(again) is summary(made)
    assert system_of(again) is system_of(made)
