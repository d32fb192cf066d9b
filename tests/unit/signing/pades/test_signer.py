"""`sign_pdf`: what it adds, what it leaves alone, what it refuses."""

import asyncio
import re
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from pki.kinds import CertificateKind
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.reading import MAX_PDF_BYTES, open_pdf
from signing.pades.request import SignRequest
from signing.profiles import Placement, SignerRole
from tests.support.cpu import soon
from tests.support.credentials import credential_of_kind
from tests.support.encrypted_pdf import encrypted_pdf
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import (
    FORM,
    LETTER,
    SAMPLES,
    SEAL,
    SEAL_PNG,
    SIGNATURE_PNG,
    sign,
    signatures,
)
from tests.support.small_pdf import (
    assemble,
    namesakes_pdf,
    small_pdf,
    version_apart_pdf,
)

PKI = TestPki.create()
PERSON = PKI.person()
SOURCE = LETTER.read_bytes()


def refusal_of(source: bytes, **changes: object) -> ErrorCode:
    with pytest.raises(SigningError) as refusal:
        sign(source, PERSON, **changes)
    return refusal.value.code


def test_source_bytes_come_first_unchanged() -> None:
    signed = sign(SOURCE, PERSON)
    assert signed.startswith(SOURCE)
    assert len(signed) - len(SOURCE) < 6_000


def test_dictionary_is_that_of_a_baseline_signature() -> None:
    (signature,) = signatures(sign(SOURCE, PERSON))
    dictionary = signature.sig_object
    assert dictionary["/SubFilter"] == "/ETSI.CAdES.detached"
    assert dictionary["/M"] == "D:20261121090000+07'00'"
    assert "/Cert" not in dictionary
    assert signature.field_name == "lienthong-person"


def test_the_catalog_declares_pades_once() -> None:
    """EN 319 142-1 clause 5.6; the second signature finds it there."""
    sealed = sign(sign(SOURCE, PERSON), PKI.seal(), SEAL)
    extension = PdfFileReader(BytesIO(sealed)).root["/Extensions"]["/ESIC"]
    assert (extension["/BaseVersion"], extension["/ExtensionLevel"]) == ("/1.7", 1)


def test_padding_is_a_few_octets() -> None:
    """A wide reserve costs bytes and time at every later validation."""
    (signature,) = signatures(sign(SOURCE, PERSON))
    content = signature.pkcs7_content
    assert len(content) - len(content.rstrip(b"\0")) < 12


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_metadata_stays_as_the_author_left_it(sample: object) -> None:
    source = sample.read_bytes()  # type: ignore[attr-defined]  # a path
    before, after = (
        PdfFileReader(BytesIO(source)),
        PdfFileReader(BytesIO(sign(source, PERSON))),
    )
    assert after.trailer.raw_get("/Info").reference.idnum == (
        before.trailer.raw_get("/Info").reference.idnum
    )
    assert dict(after.trailer["/Info"]) == dict(before.trailer["/Info"])
    if "/Metadata" in before.root:
        assert after.root["/Metadata"].data == before.root["/Metadata"].data


async def test_signing_works_inside_a_running_loop() -> None:
    assert asyncio.get_running_loop().is_running()
    assert len(signatures(sign(SOURCE, PERSON))) == 1


def test_a_field_of_the_form_can_be_signed_in() -> None:
    signed = sign(FORM.read_bytes(), PERSON, field_name="chu_ky", image=SIGNATURE_PNG)
    (signature,) = signatures(signed)
    assert signature.field_name == "chu_ky"
    left, lower, right, upper = map(float, signature.sig_field["/Rect"])
    drawn = signature.sig_field["/AP"]["/N"]["/BBox"]
    assert [float(one) for one in drawn] == pytest.approx(
        [0, 0, right - left, upper - lower], abs=0.01
    )


def test_an_unknown_field_is_refused() -> None:
    assert refusal_of(SOURCE, field_name="chu_ky") is ErrorCode.PLACEMENT_INVALID


def test_a_placement_for_a_field_that_has_one_is_refused() -> None:
    code = refusal_of(
        FORM.read_bytes(),
        field_name="chu_ky",
        image=SIGNATURE_PNG,
        placement=Placement(1, 10, 10, 100, 50),
    )
    assert code is ErrorCode.PLACEMENT_INVALID


def field_file(rectangle: str, *, page: str = "/P 3 0 R") -> bytes:
    """A form whose signature field has its widget apart."""
    widget = (
        f"<< /Type /Annot /Subtype /Widget /Parent 4 0 R {page} /Rect [{rectangle}] >>"
    )
    return small_pdf(
        {4: "<< /FT /Sig /T (o) /Kids [5 0 R] >>", 5: widget},
        catalog="/AcroForm << /Fields [4 0 R] >>",
        page="/Annots [5 0 R]",
    )


@pytest.mark.parametrize("build", [namesakes_pdf, version_apart_pdf])
def test_a_seal_that_would_break_the_signature_before_it_is_refused(
    build: Callable[[], bytes],
) -> None:
    by_person = sign(build(), PERSON)
    with pytest.raises(SigningError) as refusal:
        sign(by_person, PKI.seal(), SEAL)
    assert refusal.value.code is ErrorCode.PDF_MALFORMED


def test_a_field_with_its_widget_apart_is_signed_and_sealed() -> None:
    source = field_file("200 100 320 160")
    by_person = sign(source, PERSON, field_name="o", image=SIGNATURE_PNG)
    sealed = sign(by_person, PKI.seal(), SEAL, image=SEAL_PNG)
    person, seal = signatures(sealed)
    assert "/AP" in person.sig_field["/Kids"][0]
    assert float(seal.sig_field["/Rect"][2]) == pytest.approx(240, abs=0.01)


@pytest.mark.parametrize(
    "source",
    [
        field_file("0 0 0 0"),
        field_file("200 100 320 160", page=""),
        field_file("200 100 320 160", page="/P 2 0 R"),
    ],
)
def test_a_field_that_shows_nowhere_takes_no_image(source: bytes) -> None:
    code = refusal_of(source, field_name="o", image=SIGNATURE_PNG)
    assert code is ErrorCode.PLACEMENT_INVALID
    assert len(signatures(sign(source, PERSON, field_name="o"))) == 1


def test_a_field_that_is_signed_is_not_signed_again() -> None:
    signed = sign(FORM.read_bytes(), PERSON, field_name="chu_ky")
    with pytest.raises(SigningError) as refusal:
        sign(signed, PKI.person(), field_name="chu_ky")
    assert refusal.value.code is ErrorCode.ROLE_ALREADY_SIGNED


@pytest.mark.parametrize("condition", ["/SV << /Ff 1 >>", "/Lock << /Action /All >>"])
def test_a_field_with_conditions_is_refused(condition: str) -> None:
    field = f"<< /FT /Sig /T (o) /Type /Annot /Subtype /Widget {condition} >>"
    source = small_pdf({4: field}, catalog="/AcroForm << /Fields [4 0 R] >>")
    code = refusal_of(source, field_name="o")
    assert code is ErrorCode.PDF_SIGNING_FORBIDDEN


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (NOW - timedelta(days=9), ErrorCode.CERTIFICATE_NOT_YET_VALID),
        (NOW + timedelta(days=9_999), ErrorCode.CERTIFICATE_EXPIRED),
    ],
)
def test_a_certificate_out_of_its_validity_does_not_sign(
    moment: datetime, code: ErrorCode
) -> None:
    assert refusal_of(SOURCE, at=moment) is code


def test_a_time_without_zone_is_no_request() -> None:
    with pytest.raises(ValueError, match="zone"):
        SignRequest(role=SignerRole.PERSON, at=datetime(2026, 11, 21))  # noqa: DTZ001  # the point


def test_a_seal_certificate_does_not_sign_as_a_person() -> None:
    seal = credential_of_kind(CertificateKind.AGENCY_SEAL)
    with pytest.raises(SigningError) as refusal:
        sign(SOURCE, seal)
    assert refusal.value.code is ErrorCode.CERTIFICATE_USAGE_WRONG
    assert len(signatures(sign(sign(SOURCE, PERSON), seal, SEAL))) == 2


def test_every_truncation_is_a_coded_refusal() -> None:
    for end in range(0, len(SOURCE), len(SOURCE) // 60):
        assert refusal_of(SOURCE[:end]) is ErrorCode.PDF_MALFORMED


def test_changed_octets_sign_or_are_refused_with_a_code() -> None:
    """Octets of the structure at the end of the file, one at a time."""
    for at in range(len(SOURCE) - 1_500, len(SOURCE), 13):
        changed = SOURCE[:at] + bytes([SOURCE[at] ^ 0x1F]) + SOURCE[at + 1 :]
        try:
            sign(changed, PERSON)
        except SigningError as error:
            assert error.code in {  # noqa: PT017  # either outcome is right
                ErrorCode.PDF_MALFORMED,
                ErrorCode.PDF_ENCRYPTED,
                ErrorCode.PDF_ACTIVE_CONTENT,
            }


def xref_bomb() -> bytes:
    """A cross-reference stream of 16 MiB, a few kilobytes long."""
    data = zlib.compress(bytes(16 * 1024 * 1024), 9)
    head = b"%PDF-1.7\n"
    stream = (
        b"1 0 obj\n<< /Type /XRef /Size 4000000 /W [1 2 1] /Root 1 0 R"
        b" /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\n"
    ) % (len(data), data)
    return head + stream + b"startxref\n%d\n%%%%EOF\n" % len(head)


def hybrid() -> bytes:
    """A classic table whose trailer names a cross-reference stream too."""
    stream = (
        b"<< /Type /XRef /Size 5 /W [1 2 1] /Index [4 1] /Root 1 0 R /Length 4 >>"
        b"\nstream\n\x01\x00\x00\x00\nendstream"
    )
    plain = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        4: stream,
    }
    first = assemble(plain, b"/XRefStm 0000000000")
    at = first.index(b"4 0 obj")
    return first.replace(b"/XRefStm 0000000000", b"/XRefStm %010d" % at)


def test_encrypted_files_are_refused() -> None:
    assert refusal_of(encrypted_pdf()) is ErrorCode.PDF_ENCRYPTED


def test_hybrid_files_are_refused() -> None:
    with pytest.raises(SigningError) as refusal:
        open_pdf(hybrid())
    assert refusal.value.code is ErrorCode.PDF_HYBRID


def test_a_cross_reference_bomb_costs_little() -> None:
    with soon(5):
        assert refusal_of(xref_bomb()) is ErrorCode.PDF_MALFORMED


def test_cyclic_and_deep_page_trees_are_malformed() -> None:
    cyclic = small_pdf({}).replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]")
    deep = {
        n: f"<< /Type /Pages /Count 1 /Kids [{n + 1} 0 R] >>" for n in range(4, 3000)
    }
    deep[3000] = "<< /Type /Page /MediaBox [0 0 9 9] >>"
    nested = small_pdf(deep).replace(b"/Kids [3 0 R]", b"/Kids [4 0 R]")
    for source in (cyclic, nested):
        assert refusal_of(source) is ErrorCode.PDF_MALFORMED


def test_a_file_above_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signing.pades.reading.MAX_PDF_BYTES", len(SOURCE) - 1)
    assert refusal_of(SOURCE) is ErrorCode.PDF_TOO_LARGE
    assert MAX_PDF_BYTES == 256 * 1024 * 1024


def test_signing_twice_makes_two_distinct_files() -> None:
    """The second half of the file identifier is fresh (ISO 32000-2 clause 14.4)."""
    found = [re.findall(rb"/ID \[([^\]]*)\]", sign(SOURCE, PERSON))[-1] for _ in "ab"]
    assert found[0] != found[1]
