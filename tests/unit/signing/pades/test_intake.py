"""What is refused before a document is signed."""

import re
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm
from pyhanko.sign.signers.cms_embedder import (
    PdfCMSEmbedder,
    SigIOSetup,
    SigMDPSetup,
    SigObjSetup,
)
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, SignatureObject

from pki.keys.api import Credential, SignatureScheme
from pki.kinds import CertificateKind
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from signing.errors import SigningError
from signing.pades.cms import template_for
from signing.pades.request import Particulars, SignRequest
from signing.profiles import SignerRole
from signing.validation.page_text import document_text
from tests.support import later_revisions
from tests.support.credentials import credential_of_kind
from tests.support.draft_pdf import HEADING, Printed, draft_pdf
from tests.support.judged_pdf import judged, material
from tests.support.pki import NOW, TestPki
from tests.support.signed_pdf import (
    FORM,
    LETTER,
    PERSON,
    SEAL,
    SEAL_PNG,
    letter_place,
    sign,
    signatures,
    tampered,
    with_bad_value,
    with_moved_page_edge,
)
from tests.support.small_pdf import small_pdf

PKI = TestPki.create()
OFFICIAL = PKI.person()
CLERK = PKI.seal()
SOURCE = LETTER.read_bytes()


def refusal_of(
    source: bytes, credential: Credential = OFFICIAL, request: SignRequest = PERSON
) -> tuple[ErrorCode, str]:
    with pytest.raises(SigningError) as refusal:
        sign(source, credential, request)
    return refusal.value.code, refusal.value.place


SCRIPT = "<< /S /JavaScript /JS (app.alert) >>"

ACTIVE = {
    "open-action-script": small_pdf(catalog=f"/OpenAction {SCRIPT}"),
    "open-action-launch": small_pdf(catalog="/OpenAction << /S /Launch /F (x) >>"),
    "document-trigger": small_pdf(catalog="/AA << /WS << /S /GoTo >> >>"),
    "page-trigger": small_pdf(page="/AA << /O << /S /GoTo >> >>"),
    "named-scripts": small_pdf(
        catalog=f"/Names << /JavaScript << /Names [(a) {SCRIPT}] >> >>"
    ),
    "embedded-files": small_pdf(
        catalog="/Names << /EmbeddedFiles << /Names [(a) << /F (a) >>] >> >>"
    ),
    "associated-file": small_pdf(catalog="/AF [<< /Type /Filespec /EF << >> >>]"),
    "xfa-form": small_pdf(catalog="/AcroForm << /Fields [] /XFA (x) >>"),
    "attached-file": small_pdf(
        {4: "<< /Type /Annot /Subtype /FileAttachment >>"}, page="/Annots [4 0 R]"
    ),
    "media": small_pdf(
        {4: "<< /Type /Annot /Subtype /RichMedia >>"}, page="/Annots [4 0 R]"
    ),
    "link-launches": small_pdf(
        {4: "<< /Subtype /Link /A << /S /Launch /F (x) >> >>"}, page="/Annots [4 0 R]"
    ),
    "chained-action": small_pdf(
        {4: "<< /Subtype /Link /A << /S /URI /URI (u) /Next [5 0 R] >> >>", 5: SCRIPT},
        page="/Annots [4 0 R]",
    ),
    "bookmark": small_pdf(
        {4: "<< /First 5 0 R /Last 5 0 R >>", 5: f"<< /Title (t) /A {SCRIPT} >>"},
        catalog="/Outlines 4 0 R",
    ),
    "field-trigger": small_pdf(
        {4: f"<< /FT /Tx /T (t) /AA << /K {SCRIPT} >> >>"},
        catalog="/AcroForm << /Fields [4 0 R] >>",
    ),
    "escaped-name": small_pdf(
        catalog="/OpenAction << /S /J#61vaScript /J#53 (app.alert) >>"
    ),
}

OWN_CODES = {
    "xfa-form": ErrorCode.PDF_FORM_XFA,
    "embedded-files": ErrorCode.PDF_FILES_EMBEDDED,
    "associated-file": ErrorCode.PDF_FILES_EMBEDDED,
    "attached-file": ErrorCode.PDF_FILES_EMBEDDED,
}


@pytest.mark.parametrize("case", ACTIVE)
def test_active_content_is_refused(case: str) -> None:
    code, place = refusal_of(ACTIVE[case])
    assert code is OWN_CODES.get(case, ErrorCode.PDF_ACTIVE_CONTENT)
    assert place.startswith("/")


def in_object_stream(action: bytes) -> bytes:
    """A file whose open action lies compressed in an object stream."""
    packed = zlib.compress(b"5 0 " + action)
    bodies = {
        1: b"<< /Type /Catalog /Pages 2 0 R /OpenAction 5 0 R >>",
        2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        4: b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>"
        b"\nstream\n%s\nendstream" % (len(packed), packed),
    }
    output, rows = bytearray(b"%PDF-1.7\n"), [b"\x00\x00\x00\xff"]
    for number, body in bodies.items():
        rows.append(b"\x01" + len(output).to_bytes(2, "big") + b"\x00")
        output += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows.append(b"\x02\x00\x04\x00")
    start = len(output)
    rows.append(b"\x01" + start.to_bytes(2, "big") + b"\x00")
    table = b"".join(rows)
    output += (
        b"6 0 obj\n<< /Type /XRef /Size 7 /W [1 2 1] /Root 1 0 R /Length %d >>"
        b"\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
    ) % (len(table), table, start)
    return bytes(output)


def test_active_content_inside_object_streams_is_found() -> None:
    code, place = refusal_of(in_object_stream(SCRIPT.encode()))
    assert (code, place) == (ErrorCode.PDF_ACTIVE_CONTENT, "/JS")
    assert sign(in_object_stream(b"<< /S /GoTo /D [3 0 R /Fit] >>"), OFFICIAL)


def test_a_file_with_object_streams_may_refer_to_what_is_not_there() -> None:
    """It refers to null (ISO 32000-2 clause 7.3.10)."""
    signed = sign(in_object_stream(b"<< /S /GoTo /D [99 0 R /Fit] >>"), OFFICIAL)
    assert judged(signed, material(PKI)).indication is Indication.TOTAL_PASSED


def test_active_content_is_not_hidden_by_a_generation_that_is_not_there() -> None:
    """Readers that go by the number alone find it."""
    source = in_object_stream(SCRIPT.encode())
    elsewhere = source.replace(b"/OpenAction 5 0 R", b"/OpenAction 5 1 R")
    assert refusal_of(elsewhere)[0] is ErrorCode.PDF_MALFORMED


INERT = {
    "open-at-a-page": small_pdf(catalog="/OpenAction [3 0 R /XYZ null null 0]"),
    "go-to": small_pdf(catalog="/OpenAction << /S /GoTo /D [3 0 R /Fit] >>"),
    "web-link": small_pdf(
        {4: "<< /Subtype /Link /A << /S /URI /URI (https://a.example) >> >>"},
        page="/Annots [4 0 R]",
    ),
    "a-font-named-like-a-trigger": small_pdf(
        {4: "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>"},
        page="/Resources << /Font << /AA 4 0 R /JS 4 0 R >> >>",
    ),
    "a-trigger-in-a-text": small_pdf(catalog="/Lang (/JavaScript /AA)"),
}


@pytest.mark.parametrize("case", INERT)
def test_what_only_looks_active_is_signed(case: str) -> None:
    assert len(signatures(sign(INERT[case], OFFICIAL))) == 1


def test_the_agency_signs_only_what_a_person_has_signed() -> None:
    code, _ = refusal_of(SOURCE, CLERK, SEAL)
    assert code is ErrorCode.PERSON_SIGNATURE_MISSING
    assert len(signatures(sign(sign(SOURCE, OFFICIAL), CLERK, SEAL))) == 2


def test_a_person_in_a_field_of_the_form_counts_as_person() -> None:
    by_person = sign(FORM.read_bytes(), OFFICIAL, field_name="chu_ky")
    assert len(signatures(sign(by_person, CLERK, SEAL))) == 2


def test_a_role_signs_once() -> None:
    by_person = sign(SOURCE, OFFICIAL)
    sealed = sign(by_person, CLERK, SEAL)
    again = (ErrorCode.ROLE_ALREADY_SIGNED, "lienthong-person")
    assert refusal_of(by_person, PKI.person()) == again
    code, place = refusal_of(sealed, PKI.seal(), SEAL)
    assert (code, place) == (ErrorCode.ROLE_ALREADY_SIGNED, "lienthong-agency-seal")


def test_one_certificate_does_not_sign_in_two_roles() -> None:
    by_person = sign(SOURCE, OFFICIAL)
    code, _ = refusal_of(by_person, OFFICIAL, SEAL)
    assert code is ErrorCode.ROLE_ALREADY_SIGNED


def literal_contents(signed: bytes) -> bytes:
    """Spell the signature as a literal string, which leaves room for other keys."""
    found = re.search(rb"/Contents (<[0-9A-F]+>)", signed)
    assert found
    value = bytes.fromhex(found[1][1:-1].decode())
    escaped = b"".join(
        b"\\%03o" % octet if octet in b"()\\\r" else bytes([octet]) for octet in value
    )
    literal = b"(" + escaped + b")"
    room = len(found[1]) - len(literal)
    assert room > 0
    return signed.replace(found[1], literal + b" " * room)


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "tampered": tampered,
    "appended": lambda signed: signed + b"\n% more\n",
    "badsig": with_bad_value,
    "page-changed-later": with_moved_page_edge,
    "literal-contents": literal_contents,
    "short-range": lambda signed: re.sub(
        rb"(/ByteRange \[0 \d+ \d+ \d+)(\d)\]", rb"\1] ", signed
    ),
    "no-cms": lambda signed: re.sub(
        rb"(/Contents <)[0-9A-F]{40}", rb"\g<1>" + b"0" * 40, signed
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_already_is_not_signed_again(case: str) -> None:
    signed = sign(SOURCE, OFFICIAL)
    changed = BROKEN[case](signed)
    assert changed != signed
    code, _ = refusal_of(changed, CLERK, SEAL)
    assert code is ErrorCode.PDF_ALREADY_BROKEN


def certified(permission: MDPPerm) -> bytes:
    """Sign as an author who says which changes are allowed."""
    mdp = SigMDPSetup("sha256", certify=True, docmdp_perms=permission)
    return signed_elsewhere(OFFICIAL, mdp)


def signed_elsewhere(credential: Credential, mdp: SigMDPSetup | None = None) -> bytes:
    """Sign with another program, in a field of its own."""
    template = template_for(credential, SignatureScheme.ECDSA_SHA256)
    stream = BytesIO(SOURCE)
    embedder = PdfCMSEmbedder().write_cms("Author", IncrementalPdfFileWriter(stream))
    next(embedder)
    room = 2 * template.size_limit
    placeholder = SignatureObject(timestamp=NOW, bytes_reserved=room)
    embedder.send(SigObjSetup(placeholder, mdp_setup=mdp))
    prepared, _ = embedder.send(SigIOSetup("sha256", in_place=True))
    digest = prepared.document_digest
    value = credential.key.sign(template.signed_attributes(digest), template.scheme)
    embedder.send(template.assemble(digest, value))
    return stream.getvalue()


def test_a_certified_document_that_allows_no_change_is_not_signed() -> None:
    code, place = refusal_of(certified(MDPPerm.NO_CHANGES), CLERK, SEAL)
    assert (code, place) == (ErrorCode.PDF_SIGNING_FORBIDDEN, "DocMDP")
    assert sign(certified(MDPPerm.FILL_FORMS), CLERK, SEAL)


def test_a_certified_document_takes_no_new_signature_that_shows() -> None:
    """The certification would be broken by it (and is not by one in its own form)."""
    for permission in (MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE):
        source = certified(permission)
        with pytest.raises(SigningError) as refusal:
            sign(source, CLERK, SEAL, image=SEAL_PNG, placement=letter_place())
        assert refusal.value.code is ErrorCode.PDF_SIGNING_FORBIDDEN
        assert refusal.value.place == "Author"


def test_locked_fields_take_no_new_signature_that_shows() -> None:
    lock = FieldMDPSpec(FieldMDPAction.ALL)
    source = signed_elsewhere(OFFICIAL, SigMDPSetup("sha256", field_lock=lock))
    with pytest.raises(SigningError) as refusal:
        sign(source, CLERK, SEAL, image=SEAL_PNG, placement=letter_place())
    assert refusal.value.code is ErrorCode.PDF_SIGNING_FORBIDDEN


CHANGES = [
    *(later_revisions.new_contents, later_revisions.overwritten_contents),
    *(later_revisions.swapped_pages, later_revisions.removed_page),
    *(later_revisions.note_on_page, later_revisions.unsigned_field),
    *(later_revisions.acting_field, later_revisions.text_field),
    *(later_revisions.opening_action, later_revisions.form_fonts),
    later_revisions.signature_shown_again,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_what_our_verdict_fails_takes_no_further_signature(
    change: later_revisions.Change,
) -> None:
    changed = later_revisions.revised(sign(SOURCE, OFFICIAL), change)
    assert judged(changed, material(PKI)).indication is Indication.TOTAL_FAILED
    code, _ = refusal_of(changed, CLERK, SEAL)
    assert code in {ErrorCode.PDF_ALREADY_BROKEN, ErrorCode.PDF_ACTIVE_CONTENT}


def test_form_filled_after_a_signature_takes_no_further_one() -> None:
    form = later_revisions.revised(SOURCE, later_revisions.prepared_field)
    form = later_revisions.revised(form, later_revisions.text_field)
    signed = sign(form, OFFICIAL)
    changed = later_revisions.revised(signed, later_revisions.filled_text)
    assert judged(changed, material(PKI)).indication is Indication.TOTAL_FAILED
    assert refusal_of(changed, CLERK, SEAL)[0] is ErrorCode.PDF_ALREADY_BROKEN


@pytest.mark.parametrize("mark", ["MẬT", "TỐI MẬT", "T U Y Ệ T  M Ậ T"])
def test_secrecy_stamp_on_the_first_page_stops_every_role(mark: str) -> None:
    source = draft_pdf(*HEADING, Printed(111, 700, mark))
    known = Particulars(number="1/QĐ-UBND", text=document_text(source))
    for role in (SignerRole.PERSON, SignerRole.ANNEX):
        request = SignRequest(role=role, at=NOW, particulars=known)
        credential = OFFICIAL if role is SignerRole.PERSON else CLERK
        assert refusal_of(source, credential, request)[0] is ErrorCode.SECRECY_MARK


def test_secrecy_as_a_subject_is_no_stamp() -> None:
    source = draft_pdf(*HEADING, Printed(111, 700, "V/v bảo vệ bí mật nhà nước"))
    assert sign(source, OFFICIAL, particulars=Particulars(text=document_text(source)))


def test_a_person_who_signed_with_another_program_counts() -> None:
    assert sign(signed_elsewhere(OFFICIAL), CLERK, SEAL)


def test_the_seal_of_another_agency_is_no_person() -> None:
    sealed_only = signed_elsewhere(credential_of_kind(CertificateKind.AGENCY_SEAL))
    code, _ = refusal_of(sealed_only, CLERK, SEAL)
    assert code is ErrorCode.PERSON_SIGNATURE_MISSING


def test_a_walk_over_too_many_objects_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signing.pades.active.MAX_OBJECTS", 5)
    listed = " ".join(f"{n} 0 R" for n in range(4, 20))
    objects = dict.fromkeys(range(4, 20), "<< /S /None >>")
    source = small_pdf(objects, catalog=f"/Odd [{listed}] /Lang (/JS )")
    assert refusal_of(source) == (ErrorCode.LIMIT_EXCEEDED, "objects")


def test_a_document_time_stamp_is_nobodys_signature() -> None:
    """An archive time stamp neither stands for a person nor hinders anyone."""
    stream = BytesIO(SOURCE)
    embedder = PdfCMSEmbedder().write_cms("Stamp", IncrementalPdfFileWriter(stream))
    next(embedder)
    embedder.send(SigObjSetup(DocumentTimestamp(bytes_reserved=64)))
    embedder.send(SigIOSetup("sha256", in_place=True))
    embedder.send(b"\x30\x00")
    stamped = stream.getvalue()
    assert refusal_of(stamped, CLERK, SEAL)[0] is ErrorCode.PERSON_SIGNATURE_MISSING
    assert sign(stamped, OFFICIAL)


def test_a_form_with_very_many_signatures_is_refused() -> None:
    fields = {n: f"<< /FT /Sig /T (s{n}) /V << /Type /Sig >> >>" for n in range(4, 60)}
    listed = " ".join(f"{n} 0 R" for n in fields)
    source = small_pdf(fields, catalog=f"/AcroForm << /Fields [{listed}] >>")
    assert refusal_of(source) == (ErrorCode.LIMIT_EXCEEDED, "signatures")
