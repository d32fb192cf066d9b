"""Shadow attacks: prepared before signing, done later without any key of a signer.

Each goes by something that a comparison of revisions takes for the same, for new, or
for explained.
"""

from asyncio import run
from functools import partial
from io import BytesIO

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NumberObject,
    TextStringObject,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, SignatureObject

from schemas.errors import ErrorCode
from signing.pades.reading import open_pdf
from signing.pades.revision import Increment, PreparedRevision
from signing.pades.stamped import _stamp
from tests.support import later_revisions as later
from tests.support.attacks.model import FAILED, Attacked, Register, Row
from tests.support.attacks.shown import drawn
from tests.support.judged_pdf import AGENCY, PERSON, sealed
from tests.support.later_revisions import (
    appended,
    dictionary,
    drawing,
    first_page,
    rectangle,
    revised,
)
from tests.support.pki import NOW
from tests.support.signed_pdf import LETTER, SEAL, sign
from tests.support.small_pdf import small_pdf
from tests.support.stock_signer import stock_signed, stock_signer
from tests.support.timed_pdf import desk, everything

ATTACKS = Register()
_PADES = SigSeedSubFilter.PADES
_MODIFIED = (FAILED, ErrorCode.MODIFIED_AFTER_SIGNING)
_FORM = "/Type /XObject /Subtype /Form /BBox [0 0 400 400] /Length 21"
_RED = "1 0 0 rg 0 0 9 9 re f"


def stream(content: str, more: str = "") -> str:
    """Return a stream and its dictionary, which has `more` entries."""
    return f"<< /Length {len(content)} {more} >>\nstream\n{content}\nendstream"


def signed_by_a_person(objects: dict[int, str], page: str, catalog: str = "") -> bytes:
    """Sign a small file of these with the library's own signer, unseen."""
    source = small_pdf(objects, page=page, catalog=catalog)
    return stock_signed(source, PERSON, "person", subfilter=_PADES)


@ATTACKS.add(
    Row.SHADOW_HIDE_REPLACE, *_MODIFIED, "a dictionary that a page draws gets a stream"
)
def shadow_stream_of_a_dictionary() -> bytes:
    objects = {4: stream("/X Do"), 5: f"<< {_FORM} >>"}
    page = "/Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >>"
    whole = f"<< {_FORM} >>\nstream\n{_RED}\nendstream"
    return appended(signed_by_a_person(objects, page), {5: whole.encode()})


@ATTACKS.add(
    Row.SHADOW_REPLACE, *_MODIFIED, "strings in the encoding of a font become names"
)
def shadow_string_becomes_a_name() -> bytes:
    font = "<< /Subtype /Type1 /Encoding << /Differences [48 (/nine)] >> >>"
    signed = signed_by_a_person({}, f"/Resources << /Font << /F {font} >> >>")

    def change(writer: IncrementalPdfFileWriter) -> None:
        later.unseen_field(writer)
        page = first_page(writer)
        encoding = page["/Resources"]["/Font"]["/F"]["/Encoding"]
        glyphs = ArrayObject([NumberObject(48), pdf_name("/nine")])
        encoding[pdf_name("/Differences")] = glyphs
        writer.update_container(page)

    return revised(signed, change)


@ATTACKS.add(
    *(Row.SHADOW_REPLACE, *_MODIFIED),
    "strings in the fonts of a form, which moves to another object, become names",
)
def shadow_string_in_a_form_that_moves() -> bytes:
    font = "<< /Subtype /Type1 /Encoding << /Differences [48 (/nine)] >> >>"
    form = f"<< /Fields [] /DR << /Font << /F {font} >> >> >>"
    signed = signed_by_a_person({4: form}, "", "/AcroForm 4 0 R")

    def change(writer: IncrementalPdfFileWriter) -> None:
        form = writer.root["/AcroForm"]
        moved = DictionaryObject({key: form.raw_get(key) for key in form})
        glyphs = ArrayObject([NumberObject(48), pdf_name("/nine")])
        encoding = dictionary(Differences=glyphs)
        other = dictionary(Subtype=pdf_name("/Type1"), Encoding=encoding)
        moved[pdf_name("/DR")] = dictionary(Font=dictionary(F=other))
        writer.root[pdf_name("/AcroForm")] = writer.add_object(moved)
        writer.update_root()

    return revised(signed, change)


@ATTACKS.add(Row.SHADOW_HIDE, *_MODIFIED, "two annotations change places")
def shadow_annotations_change_places() -> bytes:
    stamp = "<< /Type /Annot /Subtype /Stamp /Rect [9 9 99 99] /AP << /N {} 0 R >> >>"
    objects = {
        4: stamp.format(6),
        5: stamp.format(7),
        6: stream("1 g", "/Subtype /Form"),
        7: stream("0 g", "/Subtype /Form"),
    }
    signed = signed_by_a_person(objects, "/Annots [4 0 R 5 0 R]")

    def change(writer: IncrementalPdfFileWriter) -> None:
        later.unseen_field(writer)
        page = first_page(writer)
        own = [page["/Annots"].raw_get(at) for at in range(len(page["/Annots"]))]
        page[pdf_name("/Annots")] = ArrayObject([own[1], own[0], *own[2:]])
        writer.update_container(page)

    return revised(signed, change)


@ATTACKS.add(
    *(Row.SHADOW_REPLACE, *_MODIFIED),
    "the fonts of the form, an object of its own, are others",
)
def shadow_fonts_of_the_form() -> bytes:
    field = "<< /FT /Tx /T (so) /V (1) /Rect [0 0 99 99] /Subtype /Widget /P 3 0 R >>"
    fonts = "<< /Font << /Helv << /Subtype /Type1 /BaseFont /{} >> >> >>"
    objects = {4: field, 5: fonts.format("Helvetica")}
    form = "/AcroForm << /Fields [4 0 R] /DR 5 0 R /DA (/Helv 9 Tf) >>"
    signed = signed_by_a_person(objects, "/Annots [4 0 R]", form)
    return appended(signed, {5: fonts.format("Symbol").encode()})


@ATTACKS.add(
    *(Row.SHADOW_REPLACE, *_MODIFIED),
    "a content beyond the size that its cross-reference stream claims",
)
def shadow_object_beyond_the_size() -> bytes:
    bodies = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 900 0 R >>",
        900: stream("0 g"),
    }
    signed = stock_signed(_of_claimed_size(bodies, 5), PERSON, "a", subfilter=_PADES)
    return appended(signed, {900: stream("1 g").encode()})


def _of_claimed_size(bodies: dict[int, str], size: int) -> bytes:
    output, entries, index = bytearray(b"%PDF-1.7\n"), [b"\x00\x00\x00\x00\xff"], "0 1"
    for number, body in bodies.items():
        entries.append(b"\x01" + len(output).to_bytes(3, "big") + b"\x00")
        output += f"{number} 0 obj\n{body}\nendobj\n".encode()
        index += f" {number} 1"
    start = len(output)
    entries.append(b"\x01" + start.to_bytes(3, "big") + b"\x00")
    # Its own number stands before the last one that is listed.
    index = index.replace("900 1", f"{size - 1} 1 900 1")
    entries[-2:] = reversed(entries[-2:])
    output += b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 3 1] /Index [%s]" % (
        *(size - 1, size),
        index.encode(),
    )
    packed = b"".join(entries)
    output += b" /Root 1 0 R /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (
        *(len(packed), packed),
    )
    return bytes(output) + b"startxref\n%d\n%%%%EOF\n" % start


@ATTACKS.add(
    *(Row.SHADOW_REPLACE, *_MODIFIED),
    "a time stamp names the content of a page, which changes, as its parameters",
)
def shadow_content_as_parameters() -> Attacked:
    made = desk()
    signed = sign(sign(LETTER.read_bytes(), made.pki.person()), made.pki.seal(), SEAL)
    writer = Increment.from_reader(open_pdf(signed))
    embedding = PdfCMSEmbedder().write_cms("time", writer)
    next(embedding)
    later.overwritten_contents(writer)
    contents = first_page(writer).raw_get("/Contents")
    content = contents[0] if isinstance(contents, ArrayObject) else contents
    stamp = DocumentTimestamp(bytes_reserved=16384)
    method = dictionary(TransformMethod=pdf_name("/Identity"), TransformParams=content)
    stamp[pdf_name("/Reference")] = ArrayObject([method])
    embedding.send(SigObjSetup(stamp))
    spans, output = embedding.send(SigIOSetup(md_algorithm="sha256", in_place=True))
    prepared = PreparedRevision(output, spans)
    token = _stamp(prepared.digest, "sha256", made.services()).token
    return Attacked(prepared.complete(token), everything(made))


def _note(writer: IncrementalPdfFileWriter, kind: str) -> None:
    field = later._field(Rect=rectangle(300, 400, 300, 400))
    field[pdf_name("/Subtype")] = pdf_name(kind)
    later._add_field(writer, field)


for _kind in ("/Text", "/Popup", "/Link"):
    ATTACKS.put(
        f"field-that-is-a-{_kind[1:].lower()}",
        partial(revised, sealed(), partial(_note, kind=_kind)),
        *(Row.SECOND_SIGNATURE, *_MODIFIED),
        f"an empty field that is an annotation {_kind} too, shown without rectangle",
    )


@ATTACKS.add(
    *(Row.REUSED, *_MODIFIED),
    "a copy of the signature's field with another drawing in its place",
)
def reused_field_renumbered() -> bytes:
    return revised(sealed(), _renumbered)


def _renumbered(writer: IncrementalPdfFileWriter) -> None:
    fields = writer.root["/AcroForm"]["/Fields"]
    first = fields[0]
    copy = DictionaryObject({key: first.raw_get(key) for key in first})
    copy[pdf_name("/AP")] = dictionary(N=writer.add_object(drawing()))
    reference = writer.add_object(copy)
    fields[0] = reference
    _list_with_a_field(writer, reference)


@ATTACKS.add(
    *(Row.SECOND_SIGNATURE, *_MODIFIED),
    "a field over the page that has no name, in the form alone",
)
def field_without_a_name() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        field = later._field(Rect=rectangle(0, 0, 595, 842))
        del field["/T"]
        reference = writer.add_object(field)
        writer.root["/AcroForm"]["/Fields"].append(reference)
        _list_with_a_field(writer, reference)

    return revised(sealed(), change)


def _list_with_a_field(
    writer: IncrementalPdfFileWriter, reference: IndirectObject
) -> None:
    """Let the drawing of an empty field list an object, which explains it."""
    listing = drawing(b"")
    listing[pdf_name("/Listed")] = reference
    shown = dictionary(N=writer.add_object(listing))
    later._add_field(writer, later._field(Rect=rectangle(0, 0, 0, 0), AP=shown))


@ATTACKS.add(
    *(Row.SECOND_SIGNATURE, *_MODIFIED),
    "a hidden field as large as the page, shown when it is signed later",
)
def hidden_field_shown() -> bytes:
    def prepared(writer: IncrementalPdfFileWriter) -> None:
        later.prepared_field(writer)
        (field,) = writer.root["/AcroForm"]["/Fields"]
        field = field.get_object()
        field[pdf_name("/T")] = TextStringObject("other")
        field[pdf_name("/F")] = NumberObject(2)
        field[pdf_name("/Rect")] = rectangle(0, 0, 595, 842)

    signed = stock_signed(
        revised(LETTER.read_bytes(), prepared), PERSON, "person", subfilter=_PADES
    )

    def shown(writer: IncrementalPdfFileWriter) -> None:
        (field, *_) = writer.root["/AcroForm"]["/Fields"]
        field = field.get_object()
        field[pdf_name("/F")] = NumberObject(4)
        writer.update_container(field)

    style = drawn(b"0 0 m 100 30 l S")
    return stock_signed(
        *(signed, AGENCY, "other"), subfilter=_PADES, style=style, change=shown
    )


def in_parts(*boxes: tuple[int, int, int, int]) -> bytes:
    """Sign the sealed letter once more, in a field that stands in all these places."""
    writer = IncrementalPdfFileWriter(BytesIO(sealed()))
    embedding = PdfCMSEmbedder(SigFieldSpec("parts", box=(0, 0, 0, 0)))
    steps = embedding.write_cms("parts", writer)
    next(steps)
    _divide(writer, boxes)
    steps.send(SigObjSetup(SignatureObject(timestamp=NOW, subfilter=_PADES)))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256", in_place=True))
    digest = prepared.document_digest
    steps.send(run(stock_signer(PERSON).async_sign(digest, "sha256", use_pades=True)))
    signed: bytes = output.getvalue()
    return signed


def _divide(
    writer: IncrementalPdfFileWriter, boxes: tuple[tuple[int, int, int, int], ...]
) -> None:
    """Let the last field have widgets below it, and be none itself."""
    fields, page = writer.root["/AcroForm"]["/Fields"], first_page(writer)
    parent = fields.raw_get(len(fields) - 1)
    field, listed = parent.get_object(), page["/Annots"]
    for key in ("/Type", "/Subtype", "/Rect", "/F", "/P"):
        del field[key]
    kids = [writer.add_object(_widget(writer, parent, box)) for box in boxes]
    field[pdf_name("/Kids")] = ArrayObject(kids)
    writer.update_container(field)
    others = [listed.raw_get(at) for at in range(len(listed))]
    kept = [one for one in others if one.idnum != parent.idnum]
    page[pdf_name("/Annots")] = ArrayObject([*kept, *kids])
    writer.update_container(page)


def _widget(
    writer: IncrementalPdfFileWriter,
    parent: IndirectObject,
    box: tuple[int, int, int, int],
) -> DictionaryObject:
    shown = dictionary(N=writer.add_object(drawing(b"0 0 m 400 400 l S")))
    return dictionary(
        Type=pdf_name("/Annot"),
        Subtype=pdf_name("/Widget"),
        Rect=rectangle(*box),
        F=NumberObject(132),
        Parent=parent,
        AP=shown,
    )


@ATTACKS.add(
    *(Row.SECOND_SIGNATURE, *_MODIFIED),
    "a signature in eight places of one page, each no larger than a signature",
)
def signature_in_tiles() -> bytes:
    corners = [(x, y) for x in (0, 296) for y in (0, 200, 400, 600)]
    return in_parts(*((x, y, x + 299, y + 199) for x, y in corners))
