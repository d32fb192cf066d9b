"""Who may sign after whom, and what a clerk may seal."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from pki.keys.api import Credential
from pki.kinds import CertificateKind
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.request import Particulars, SignRequest
from signing.pades.turns import require_own_document
from signing.profiles import ROLES, CopyForm, SignerRole
from signing.validation.page_text import document_text
from tests.support.credentials import credential_of_kind
from tests.support.draft_pdf import draft_pdf
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import PERSON, SEAL, sign, signatures

PKI = TestPki.create()
OFFICIAL, CLERK = PKI.person(), PKI.seal()
DRAFT = draft_pdf()
KNOWN = Particulars(
    number="214/UBND-VHXH",
    issued=date(2026, 10, 5),
    copy_form=CopyForm.FULL,
    text=document_text(DRAFT),
)
REQUESTS = {
    role: SignRequest(role=role, at=NOW, particulars=KNOWN) for role in SignerRole
}
NUMBER = REQUESTS[SignerRole.NUMBER]


def refusal_of(
    source: bytes, credential: Credential, request: SignRequest
) -> tuple[ErrorCode, str]:
    with pytest.raises(SigningError) as refusal:
        sign(source, credential, request)
    return refusal.value.code, refusal.value.place


@pytest.mark.parametrize("role", [SignerRole.ANNEX, SignerRole.COPY])
def test_annex_and_copy_need_no_person(role: SignerRole) -> None:
    assert len(signatures(sign(DRAFT, CLERK, REQUESTS[role]))) == 1


@pytest.mark.parametrize("role", [SignerRole.NUMBER, SignerRole.AGENCY_SEAL])
def test_number_and_seal_follow_a_person(role: SignerRole) -> None:
    code, _ = refusal_of(DRAFT, CLERK, REQUESTS[role])
    assert code is ErrorCode.PERSON_SIGNATURE_MISSING


def test_one_clerk_puts_the_number_on_and_then_seals() -> None:
    by_person = sign(DRAFT, OFFICIAL)
    sealed = sign(sign(by_person, CLERK, NUMBER), CLERK, SEAL)
    assert [one.field_name for one in signatures(sealed)] == [
        ROLES[role].field_name
        for role in (SignerRole.PERSON, SignerRole.NUMBER, SignerRole.AGENCY_SEAL)
    ]


def test_no_person_and_no_number_follow_the_seal() -> None:
    sealed = sign(sign(DRAFT, OFFICIAL, field_name=None), CLERK, SEAL)
    place = ROLES[SignerRole.AGENCY_SEAL].field_name
    assert refusal_of(sealed, CLERK, NUMBER) == (ErrorCode.SEALED_ALREADY, place)
    copied = sign(DRAFT, CLERK, REQUESTS[SignerRole.COPY])
    assert sign(copied, OFFICIAL)


def test_person_after_the_seal_is_refused() -> None:
    form = draft_with_fields("ky")
    sealed = sign(sign(form, OFFICIAL, field_name="ky"), PKI.seal(), SEAL)
    code, _ = refusal_of(sealed, PKI.person("Vũ Lam Tường"), PERSON)
    assert code is ErrorCode.SEALED_ALREADY


def draft_with_fields(*names: str) -> bytes:
    """A draft with empty signature fields of its own."""
    writer = IncrementalPdfFileWriter(BytesIO(DRAFT))
    for name in names:
        append_signature_field(writer, SigFieldSpec(name, box=(100, 100, 200, 150)))
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def test_the_person_who_signed_last_decides_whose_document_it_is() -> None:
    """Whichever field comes first in the form."""
    other = PKI.issuing.issue("Cao Dung", organ_id="H99.152")
    form = draft_with_fields("a", "b")
    official_first = sign(form, OFFICIAL, field_name="b")
    official_last = sign(form, other, field_name="b")
    code, place = refusal_of(sign(official_first, other, field_name="a"), CLERK, SEAL)
    assert (code, place) == (ErrorCode.SEAL_OF_OTHER_AGENCY, "H99.152")
    assert sign(sign(official_last, OFFICIAL, field_name="a"), CLERK, SEAL)


def test_a_document_is_sealed_once_whoever_seals() -> None:
    sealed = sign(sign(DRAFT, OFFICIAL), CLERK, SEAL)
    code, _ = refusal_of(sealed, PKI.seal("UBND xã khác"), SEAL)
    assert code is ErrorCode.ROLE_ALREADY_SIGNED


@pytest.mark.parametrize("role", [SignerRole.NUMBER, SignerRole.ANNEX, SignerRole.COPY])
def test_acts_of_the_agency_are_not_for_a_persons_certificate(role: SignerRole) -> None:
    person = credential_of_kind(CertificateKind.PERSON)
    code, place = refusal_of(DRAFT, person, REQUESTS[role])
    assert (code, place) == (ErrorCode.CERTIFICATE_USAGE_WRONG, role)


def certificate(
    organ_id: str | None, name: str = "Sam", organisation: str = ""
) -> x509.Certificate:
    """A certificate that names an agency by code and an organisation by name."""
    san: tuple[x509.GeneralName, ...] = ()
    if organ_id:
        san = (x509.UniformResourceIdentifier(f"urn:lienthong:agency:{organ_id}"),)
    if not organisation:
        return PKI.issuing.issue(name, san=san).certificate
    return _of_organisation(organisation, name, san)


def _of_organisation(
    organisation: str, name: str, san: tuple[x509.GeneralName, ...]
) -> x509.Certificate:
    issued = PKI.issuing.issue(name, san=san).certificate
    builder = x509.CertificateBuilder(
        issuer_name=issued.issuer,
        subject_name=x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        ),
        public_key=issued.public_key(),
        serial_number=issued.serial_number,
        not_valid_before=issued.not_valid_before_utc,
        not_valid_after=issued.not_valid_after_utc,
        extensions=list(issued.extensions),
    )
    return builder.sign(PKI.issuing.private, hashes.SHA256())


PROVINCE = certificate("H99", "UBND tỉnh Bình Sơn")


@pytest.mark.parametrize(
    ("person", "seal"),
    [
        (certificate("H99.151"), certificate("H99.151", "UBND xã Suối Mây")),
        (certificate("H99.01", organisation="UBND TỈNH  BÌNH SƠN"), PROVINCE),
        (
            certificate("000.01.00.H99", organisation="UBND tỉnh Bình Sơn"),
            certificate("000.00.00.H99", "UBND tỉnh Bình Sơn"),
        ),
        (certificate("H99.151"), certificate(None, "Con dấu của nơi cấp khác")),
        (certificate(None), certificate(None)),
    ],
    ids=["same", "unit below", "unit below, 2016", "foreign seal", "both foreign"],
)
def test_own_documents_are_sealed(
    person: x509.Certificate, seal: x509.Certificate
) -> None:
    require_own_document(person, seal)


@pytest.mark.parametrize(
    ("person", "seal"),
    [
        (certificate("H99.152"), certificate("H99.151")),
        (certificate("H99"), certificate("H99.151")),
        (certificate("H99.151"), PROVINCE),
        (certificate("H99.01", organisation="Văn phòng"), PROVINCE),
        (certificate("H991", organisation="UBND tỉnh Bình Sơn"), PROVINCE),
        (certificate(None), PROVINCE),
    ],
    ids=["another", "above", "below by code only", "own office", "longer", "no agency"],
)
def test_documents_of_others_are_not_sealed(
    person: x509.Certificate, seal: x509.Certificate
) -> None:
    with pytest.raises(SigningError) as refusal:
        require_own_document(person, seal)
    assert refusal.value.code is ErrorCode.SEAL_OF_OTHER_AGENCY


@pytest.mark.parametrize("role", [SignerRole.NUMBER, SignerRole.AGENCY_SEAL])
def test_clerk_of_another_agency_neither_numbers_nor_seals(role: SignerRole) -> None:
    other = PKI.issuing.issue("UBND xã Đồi Thông", organ_id="H99.152")
    by_person = sign(DRAFT, OFFICIAL)
    assert refusal_of(by_person, other, REQUESTS[role]) == (
        ErrorCode.SEAL_OF_OTHER_AGENCY,
        "H99.151",
    )


@pytest.mark.parametrize(
    ("role", "lacking"),
    [
        (SignerRole.ANNEX, replace(KNOWN, number=" ")),
        (SignerRole.COPY, replace(KNOWN, copy_form=None)),
        (SignerRole.NUMBER, replace(KNOWN, number="", issued=None)),
    ],
)
def test_role_says_what_it_needs(role: SignerRole, lacking: Particulars) -> None:
    with pytest.raises(ValueError, match=f"the role {role} needs"):
        SignRequest(role=role, at=NOW, particulars=lacking)


def test_image_where_none_is_displayed_is_no_request() -> None:
    with pytest.raises(ValueError, match="their own text"):
        replace(REQUESTS[SignerRole.ANNEX], image=b"png")
