"""Attacks by what somebody appends to a signed file."""

from collections.abc import Callable
from functools import partial
from io import BytesIO

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    NumberObject,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from schemas.errors import ErrorCode
from tests.support import later_revisions as later
from tests.support.attacks.model import FAILED, Register, Row
from tests.support.attacks.spans import EVIL
from tests.support.judged_pdf import (
    AGENCY,
    PERSON,
    person_signed,
    sealed,
)
from tests.support.later_revisions import (
    Change,
    appended,
    dictionary,
    drawing,
    rectangle,
    revised,
)
from tests.support.signed_pdf import LETTER
from tests.support.small_pdf import assemble, small_pdf
from tests.support.stock_signer import stock_signed

ATTACKS = Register()
PADES = SigSeedSubFilter.PADES
_MODIFIED = ErrorCode.MODIFIED_AFTER_SIGNING
_TRAILING = ErrorCode.TRAILING_BYTES
_DICTIONARY = ErrorCode.SIGNATURE_DICTIONARY_INVALID
_RED = b"<< /Length 21 >>\nstream\n1 0 0 rg 0 0 9 9 re f\nendstream"


def _revised(base: Callable[[], bytes], change: Change) -> bytes:
    return revised(base(), change)


def _changed(row: Row, prefix: str, base: Callable[[], bytes], *all_: Change) -> None:
    for change in all_:
        ATTACKS.put(
            f"{prefix}-{change.__name__}",
            partial(_revised, base, change),
            row,
            FAILED,
            _MODIFIED,
            f"{(change.__doc__ or '').split('.')[0]} by a later revision",
        )


_changed(
    Row.ISA,
    "isa",
    person_signed,
    later.new_contents,
    later.overwritten_contents,
    later.note_on_page,
    later.text_field,
)
_changed(Row.ISA, "isa-sealed", sealed, later.new_contents, later.note_on_page)
_changed(Row.PAGES, "pages", sealed, later.swapped_pages, later.removed_page)
_changed(Row.ACTIVE, "active-later", person_signed, later.opening_action)
_changed(Row.ACTIVE, "active-later", person_signed, later.acting_field)
_changed(Row.SHADOW_REPLACE, "shadow", person_signed, later.form_fonts)
_changed(Row.SECOND_SIGNATURE, "second", person_signed, later.unsigned_field)


def form_asks_for_new_appearances(writer: IncrementalPdfFileWriter) -> None:
    """Ask readers to draw every field anew."""
    form = writer.root["/AcroForm"]
    form[pdf_name("/NeedAppearances")] = NumberObject(1)
    writer.update_container(form)


def attached_file(writer: IncrementalPdfFileWriter) -> None:
    """Attach a file."""
    names = dictionary(EmbeddedFiles=dictionary(Names=ArrayObject()))
    writer.root[pdf_name("/Names")] = writer.add_object(names)
    writer.update_root()


def layers(writer: IncrementalPdfFileWriter) -> None:
    """Bring in layers, which may hide and show."""
    writer.root[pdf_name("/OCProperties")] = dictionary(OCGs=ArrayObject())
    writer.update_root()


def signature_moved(writer: IncrementalPdfFileWriter) -> None:
    """Show the signature somewhere else, and larger."""
    field = writer.root["/AcroForm"]["/Fields"][0]
    field[pdf_name("/Rect")] = rectangle(0, 0, 500, 700)
    writer.update_container(field)


def signature_redrawn(writer: IncrementalPdfFileWriter) -> None:
    """Show something else where the person signed."""
    field = writer.root["/AcroForm"]["/Fields"][0]
    field[pdf_name("/AP")] = dictionary(N=writer.add_object(drawing()))
    writer.update_container(field)


_changed(Row.SHADOW_REPLACE, "shadow", person_signed, form_asks_for_new_appearances)
_changed(Row.SHADOW_REPLACE, "shadow", person_signed, signature_redrawn)
_changed(Row.ACTIVE, "active-later", person_signed, attached_file)
_changed(Row.LAYERS, "later", person_signed, layers)
_changed(Row.SECOND_SIGNATURE, "first", sealed, signature_moved)


for _name, _tail in (
    ("line-end", b"\n"),
    ("space", b" "),
    ("nul", b"\x00"),
):
    ATTACKS.put(
        f"trailing-{_name}",
        partial(bytes.__add__, person_signed(), _tail),
        Row.TRAILING,
        FAILED,
        _TRAILING,
        f"a {_name} behind the end of the file",
    )

for _name, _tail in (
    ("object", EVIL),
    ("trailer", b"trailer\n<< /Root 9000 0 R >>\n"),
):
    ATTACKS.put(
        f"isa-bare-{_name}",
        partial(bytes.__add__, person_signed(), _tail),
        Row.ISA_BARE,
        FAILED,
        _TRAILING,
        f"{_name} without cross-reference section",
    )


@ATTACKS.add(Row.TRAILING, FAILED, ErrorCode.PDF_MALFORMED, "a second end marker")
def trailing_end_marker() -> bytes:
    return person_signed() + b"%%EOF\n"


@ATTACKS.add(
    Row.ISA_BARE, FAILED, ErrorCode.PDF_MALFORMED, "an object and a second end marker"
)
def isa_bare_object_and_end_marker() -> bytes:
    return person_signed() + EVIL + b"%%EOF\n"


@ATTACKS.add(Row.ISA_BARE, FAILED, _TRAILING, "an object and the old end once more")
def isa_bare_old_end() -> bytes:
    data = person_signed()
    return data + EVIL + data[data.rindex(b"startxref") :]


@ATTACKS.add(Row.ISA_BARE, FAILED, _TRAILING, "an object that its revision hides")
def isa_unlisted_object() -> bytes:
    harmless = appended(person_signed(), {9000: b"null"})
    start = harmless.rindex(b"startxref\n") + len(b"startxref\n")
    old = int(harmless[start : harmless.index(b"\n", start)])
    section = harmless[old:].replace(b"%d\n%%%%EOF" % old, b"%d\n%%%%EOF" % (old + 36))
    return harmless[:old] + EVIL.ljust(36) + section


@ATTACKS.add(Row.ISA_BARE, FAILED, ErrorCode.PDF_MALFORMED, "sections without trailer")
def isa_without_trailer() -> bytes:
    harmless = appended(person_signed(), {9000: b"null"})
    at = harmless.rindex(b"trailer")
    return harmless[:at] + harmless[harmless.rindex(b"startxref") :]


def _page_of(signed: bytes) -> tuple[int, DictionaryObject]:
    page = PdfFileReader(BytesIO(signed)).root["/Pages"]["/Kids"][0]
    return page.container_ref.idnum, page


def _shadowed(extra: str = "") -> bytes:
    """Sign a page that names an object which is not there yet, and others unused."""
    objects = {
        4: "<< /Length 21 >>\nstream\n1 1 1 rg 0 0 9 9 re f\nendstream",
        5: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    }
    file = small_pdf(objects, page=f"/Contents [4 0 R {extra}]")
    return stock_signed(file, PERSON, "person", subfilter=PADES)


@ATTACKS.add(Row.SHADOW_HIDE, FAILED, _MODIFIED, "what covered a content is taken away")
def shadow_hide_emptied_cover() -> bytes:
    return appended(_shadowed(), {4: b"<< /Length 0 >>\nstream\n\nendstream"})


@ATTACKS.add(Row.SHADOW_HIDE, FAILED, _MODIFIED, "what covered a content is freed")
def shadow_hide_freed_cover() -> bytes:
    return appended(_shadowed(), {990: b"null"}, freed=(4,))


@ATTACKS.add(Row.SHADOW_REPLACE, FAILED, _MODIFIED, "a value shown by a field changes")
def shadow_replace_field_value() -> bytes:
    form = "<< /FT /Tx /T (so) /V (1) /Rect [0 0 99 99] /Subtype /Widget /P 3 0 R >>"
    file = small_pdf(
        {4: form}, page="/Annots [4 0 R]", catalog="/AcroForm << /Fields [4 0 R] >>"
    )
    signed = stock_signed(file, PERSON, "person", subfilter=PADES)
    return appended(signed, {4: form.replace("(1)", "(9)").encode()})


@ATTACKS.add(
    Row.SHADOW_HIDE_REPLACE,
    FAILED,
    ErrorCode.MODIFIED_AFTER_SIGNING,
    "an object defined only after signing",
)
def shadow_object_defined_later() -> bytes:
    return appended(_shadowed("900 0 R"), {900: _RED})


def _extensions_that_draw(writer: IncrementalPdfFileWriter) -> None:
    writer.root[pdf_name("/Extensions")] = writer.add_object(drawing())
    writer.update_root()


@ATTACKS.add(
    *(Row.SHADOW_REPLACE, FAILED, _MODIFIED),
    "a page draws with the catalog, which may be written again",
)
def shadow_replace_by_the_catalog() -> bytes:
    objects = {4: "<< /Length 18 >>\nstream\nq /Extensions Do Q\nendstream"}
    page = "/Contents 4 0 R /Resources << /XObject 1 0 R >>"
    file = small_pdf(objects, page=page)
    signed = stock_signed(file, PERSON, "person", subfilter=PADES)
    return revised(signed, _extensions_that_draw)


_FONT = (
    "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1 1] /FontMatrix [1 0 0 1 0 0]"
    " /FirstChar 65 /LastChar 65 /Widths [1] /CharProcs << /A {} 0 R >>"
    " /Encoding << /Differences [65 /A] >> /Title (x) >>"
)
_GLYPH = "<< /Length 19 >>\nstream\n1 0 d0 {} re f\nendstream"
_FORM_OF_FONT = (
    "<< /Length 6 /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /P 4 0 R >> >>"
    " >>\nstream\n(A) Tj\nendstream"
)


def _described_by_its_font(catalog: str, page: str) -> bytes:
    """Sign a file whose font is its document information; then change the font."""
    objects = {
        3: f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] {page} >>",
        4: _FONT.format(5),
        5: _GLYPH.format("0 0 1 1"),
        6: _GLYPH.format("0 0 9 9"),
        7: _FORM_OF_FONT,
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        2: "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
    }
    file = assemble(
        {number: body.encode() for number, body in objects.items()}, b"/Info 4 0 R"
    )
    signed = stock_signed(file, PERSON, "person", subfilter=PADES)
    changed = appended(signed, {4: _FONT.format(6).encode()})
    at = changed.rindex(b"/Root")
    return changed[:at] + b"/Info 4 0 R " + changed[at:]


for _name, _catalog, _page in (
    ("named-parent", "", "/Resources << /Font << /Parent 4 0 R >> >>"),
    (
        "in-the-structure",
        "/StructTreeRoot << /K [7 0 R] >>",
        "/Resources << /XObject << /X 7 0 R >> >>",
    ),
):
    ATTACKS.put(
        f"shadow-replace-font-{_name}",
        partial(_described_by_its_font, _catalog, _page),
        *(Row.SHADOW_REPLACE, FAILED, _MODIFIED),
        f"a font {_name.replace('-', ' ')} that is the document information too",
    )


@ATTACKS.add(
    *(Row.SHADOW_HIDE_REPLACE, FAILED, ErrorCode.MODIFIED_AFTER_SIGNING),
    "a drawing named Parent that is defined only after signing",
)
def shadow_parent_defined_later() -> bytes:
    file = small_pdf(page="/Resources << /XObject << /Parent 900 0 R >> >>")
    signed = stock_signed(file, PERSON, "person", subfilter=PADES)
    return appended(signed, {900: _RED})


@ATTACKS.add(
    Row.SHADOW_HIDE_REPLACE, FAILED, _MODIFIED, "the tree of pages shows a hidden page"
)
def shadow_other_page_shown() -> bytes:
    pages = b"<< /Type /Pages /Count 1 /Kids [5 0 R] >>"
    return appended(_shadowed(), {2: pages})


@ATTACKS.add(
    Row.SHADOW_HIDE_REPLACE,
    FAILED,
    ErrorCode.TRAILING_BYTES,
    "a later section names an object inside a signed stream",
)
def shadow_object_in_a_signed_stream() -> bytes:
    hidden = "4 0 obj\n<< /Length 8 >>\nstream\n0 0 m 9 \nendstream\nendobj"
    inner = f"<< /Length {len(hidden)} >>\nstream\n{hidden}\nendstream"
    objects = {4: "<< /Length 0 >>\nstream\n\nendstream", 5: inner}
    file = small_pdf(objects, page="/Contents 4 0 R")
    signed = stock_signed(file, PERSON, "person", subfilter=PADES)
    return _listing(signed, {4: signed.index(b"4 0 obj", signed.index(b"5 0 obj"))})


def _listing(signed: bytes, offsets: dict[int, int], *, trailer: bytes = b"") -> bytes:
    """Append a section alone, which says that objects lie somewhere else."""
    reader = PdfFileReader(BytesIO(signed))
    start = len(signed)
    lines = b"".join(b"%d 1\n%010d 00000 n \n" % one for one in sorted(offsets.items()))
    more = trailer or b"/Root %d 0 R /Prev %d" % (
        reader.root_ref.idnum,
        reader.last_startxref or 0,
    )
    size = int(reader.trailer["/Size"])
    return signed + b"xref\n%strailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        *(lines, size),
        *(more, start),
    )


def certified(permission: MDPPerm) -> bytes:
    """The letter, certified by a person who allows what `permission` says."""
    return stock_signed(
        LETTER.read_bytes(),
        PERSON,
        "person",
        subfilter=PADES,
        certify=True,
        docmdp_permissions=permission,
    )


def _on_certified(permission: MDPPerm, change: Change) -> bytes:
    return revised(certified(permission), change)


for _permission in MDPPerm:
    ATTACKS.put(
        f"eaa-annotation-p{_permission.value}",
        partial(_on_certified, _permission, later.note_on_page),
        Row.EAA,
        FAILED,
        _MODIFIED,
        f"an annotation where the certification has P {_permission.value}",
    )
    ATTACKS.put(
        f"eaa-unsigned-field-p{_permission.value}",
        partial(_on_certified, _permission, later.unsigned_field),
        Row.EAA,
        FAILED,
        _MODIFIED,
        f"a field that draws where the certification has P {_permission.value}",
    )


def _shown_on_certified(permission: MDPPerm) -> bytes:
    return stock_signed(
        certified(permission), AGENCY, "seal", subfilter=PADES, box=(0, 0, 595, 842)
    )


for _permission in (MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE):
    ATTACKS.put(
        f"ssa-p{_permission.value}",
        partial(_shown_on_certified, _permission),
        Row.SSA,
        FAILED,
        _MODIFIED,
        f"a signature over the page where the certification has P {_permission.value}",
    )


def _countersigned(box: tuple[int, int, int, int]) -> bytes:
    return stock_signed(person_signed(), AGENCY, "further", subfilter=PADES, box=box)


for _name, _box in (("page", (0, 0, 595, 842)), ("line", (0, 400, 595, 420))):
    ATTACKS.put(
        f"second-signature-over-a-{_name}",
        partial(_countersigned, _box),
        Row.SECOND_SIGNATURE,
        FAILED,
        _MODIFIED,
        f"a signature as large as a {_name}",
    )


@ATTACKS.add(Row.REUSED, FAILED, _DICTIONARY, "a second field with the same value")
def reused_value() -> bytes:
    return revised(person_signed(), later.signature_shown_again)


@ATTACKS.add(Row.REUSED, FAILED, _DICTIONARY, "the signature's field emptied")
def reused_nothing() -> bytes:
    return revised(sealed(), later.last_field_emptied)


@ATTACKS.add(Row.REUSED, FAILED, _DICTIONARY, "all fields taken out of the form")
def reused_fields_removed() -> bytes:
    return revised(sealed(), later.fields_taken_away)


def _copied_signature(writer: IncrementalPdfFileWriter) -> None:
    """Copy the signature dictionary, so that two share gap and value."""
    first = writer.root["/AcroForm"]["/Fields"][0]["/V"]
    copy = writer.add_object(
        DictionaryObject({key: first.raw_get(key) for key in first})
    )
    later._add_field(writer, later._field(V=copy, Rect=rectangle(0, 0, 0, 0)))


@ATTACKS.add(
    Row.REUSED, FAILED, ErrorCode.BYTE_RANGE_INVALID, "two signatures that share bytes"
)
def reused_bytes() -> bytes:
    return revised(person_signed(), _copied_signature)


@ATTACKS.add(Row.CATALOGS, FAILED, _MODIFIED, "a second catalog in a later trailer")
def second_catalog() -> bytes:
    data = _shadowed()
    catalog = b"<< /Type /Catalog /Pages 91 0 R /AcroForm %s >>" % _form_of(data)
    pages = b"<< /Type /Pages /Count 1 /Kids [5 0 R] >>"
    changed = appended(data, {90: catalog, 91: pages})
    at = changed.rindex(b"/Root 1 ")
    return changed[:at] + b"/Root 90 " + changed[at + 8 :]


def _form_of(data: bytes) -> bytes:
    fields = PdfFileReader(BytesIO(data)).root["/AcroForm"]["/Fields"]
    return b"<< /Fields [%d 0 R] /SigFlags 3 >>" % fields.raw_get(0).idnum


@ATTACKS.add(Row.CATALOGS, FAILED, ErrorCode.PDF_HYBRID, "a hybrid section appended")
def hybrid_section() -> bytes:
    signed = _shadowed()
    packed = _with_object_stream(signed, 2, b"<</Type/Pages/Count 1/Kids[5 0 R]>>")
    at = packed.rindex(b"startxref\n")
    section_at = int(packed[at + 10 : packed.index(b"\n", at + 10)])
    page = {5: signed.index(b"5 0 obj")}
    table = _listing(signed, page)[len(signed) :].replace(b"/Size ", b"/Size 9")
    table = table.replace(b"/Prev", b"/XRefStm %d /Prev" % section_at)
    end = table.rindex(b"startxref\n")
    return packed[:at] + table[:end] + b"startxref\n%d\n%%%%EOF\n" % at


@ATTACKS.add(Row.CATALOGS, FAILED, _MODIFIED, "the object of a page freed")
def freed_page() -> bytes:
    number, _ = _page_of(_shadowed())
    return appended(_shadowed(), {9000: b"null"}, freed=(number,))


@ATTACKS.add(Row.SECTIONS, FAILED, _TRAILING, "a section lists an older object again")
def section_lists_old_object() -> bytes:
    signed = appended(_shadowed(), {4: _RED})
    return _listing(signed, {4: signed.index(b"4 0 obj")})


@ATTACKS.add(Row.SECTIONS, FAILED, _DICTIONARY, "/Prev goes round the signed revision")
def section_skips_the_signature() -> bytes:
    signed = person_signed()
    source = PdfFileReader(BytesIO(LETTER.read_bytes()))
    trailer = b"/Root %d 0 R /Prev %d" % (
        source.root_ref.idnum,
        source.last_startxref or 0,
    )
    return _listing(signed, {source.root_ref.idnum: _offset(source)}, trailer=trailer)


def _offset(reader: PdfFileReader) -> int:
    found = reader.xrefs[reader.root_ref]
    if not isinstance(found, int):
        raise TypeError
    return found


@ATTACKS.add(Row.SECTIONS, FAILED, ErrorCode.PDF_MALFORMED, "/Prev names itself")
def section_names_itself() -> bytes:
    signed = person_signed()
    return _listing(signed, {}, trailer=b"/Root 1 0 R /Prev %d" % len(signed))


@ATTACKS.add(Row.SECTIONS, FAILED, ErrorCode.PDF_MALFORMED, "/Prev beyond the file")
def section_before_is_nowhere() -> bytes:
    return _listing(person_signed(), {}, trailer=b"/Root 1 0 R /Prev 99999999")


@ATTACKS.add(Row.SECTIONS, FAILED, _MODIFIED, "an object stream over a signed object")
def object_stream_over_signed_object() -> bytes:
    return _with_object_stream(_shadowed(), 2, b"<</Type/Pages/Count 1/Kids[5 0 R]>>")


def _with_object_stream(signed: bytes, number: int, body: bytes) -> bytes:
    """Append a revision of cross-reference form that packs one object."""
    reader = PdfFileReader(BytesIO(signed))
    size, at = int(reader.trailer["/Size"]), len(signed)
    header = b"%d 0 " % number
    packed = (
        b"%d 0 obj\n<< /Type /ObjStm /N 1 /First %d /Length %d >>\n"
        b"stream\n%s\nendstream\nendobj\n"
        % (
            *(size, len(header), len(header + body)),
            header + body,
        )
    )
    section_at = at + len(packed)
    entries = b"\x02" + size.to_bytes(3, "big") + b"\x00"
    entries += b"\x01" + at.to_bytes(3, "big") + b"\x00"
    entries += b"\x01" + section_at.to_bytes(3, "big") + b"\x00"
    section = (
        b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 3 1] /Index [%d 1 %d 2] /Root %d 0 R"
        b" /Prev %d /Length %d >>\nstream\n%s\nendstream\nendobj\n"
    ) % (
        *(size + 1, size + 2, number, size, reader.root_ref.idnum),
        *(reader.last_startxref or 0, len(entries), entries),
    )
    end = b"startxref\n%d\n%%%%EOF\n" % section_at
    return signed + packed + section + end


@ATTACKS.add(Row.SECTIONS, FAILED, _TRAILING, "two objects that share bytes")
def objects_share_bytes() -> bytes:
    inner = b"90 0 obj\nnull\nendobj\n"
    outer = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(inner), inner)
    data = appended(person_signed(), {91: outer})
    at = data.index(inner, len(person_signed()))
    return data.replace(b"91 1\n", b"90 1\n%010d 00000 n \n91 1\n" % at)
