"""Revisions that somebody appends to a signed document."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    NumberObject,
    StreamObject,
    TextStringObject,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

Change = Callable[[IncrementalPdfFileWriter], None]


def revised(signed: bytes, change: Change) -> bytes:
    """Append one revision that makes `change`."""
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    change(writer)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def dictionary(**entries: object) -> DictionaryObject:
    """Build a dictionary; keys get their slash."""
    return DictionaryObject(
        {pdf_name(f"/{key}"): value for key, value in entries.items()}
    )


def rectangle(*numbers: int) -> ArrayObject:
    """Build an array of numbers."""
    return ArrayObject(map(NumberObject, numbers))


def drawing(content: bytes = b"1 0 0 rg 0 0 400 400 re f") -> StreamObject:
    """Build a form XObject that covers much of a page."""
    described = dictionary(
        Type=pdf_name("/XObject"),
        Subtype=pdf_name("/Form"),
        BBox=rectangle(0, 0, 400, 400),
    )
    return StreamObject(dict_data=described, stream_data=content)


def first_page(writer: IncrementalPdfFileWriter) -> DictionaryObject:
    """Return the first page, wherever it is in the tree."""
    node: Any = writer.root["/Pages"]
    while "/Kids" in node:
        node = node["/Kids"][0]
    return _dictionary(node)


def new_contents(writer: IncrementalPdfFileWriter) -> None:
    """Show something else on the first page."""
    page = first_page(writer)
    page[pdf_name("/Contents")] = writer.add_object(
        StreamObject(stream_data=b"BT ET 0 0 595 842 re f")
    )
    writer.update_container(page)


def overwritten_contents(writer: IncrementalPdfFileWriter) -> None:
    """Write another stream under the number of the page's own."""
    page = first_page(writer)
    contents = page.raw_get("/Contents")
    contents = contents if not isinstance(contents, ArrayObject) else contents[0]
    stream = contents.get_object()
    stream._data = b"0 0 595 842 re f"
    stream._encoded_data = None
    writer.update_container(stream)


def swapped_pages(writer: IncrementalPdfFileWriter) -> None:
    """Turn the order of the pages round."""
    kids = writer.root["/Pages"]["/Kids"]
    kids.reverse()
    writer.update_container(kids)


def removed_page(writer: IncrementalPdfFileWriter) -> None:
    """Take the last page away."""
    pages = writer.root["/Pages"]
    del pages["/Kids"][-1]
    pages[pdf_name("/Count")] = NumberObject(pages["/Count"] - 1)
    writer.update_container(pages)


def note_on_page(writer: IncrementalPdfFileWriter) -> None:
    """Lay an annotation over the first page."""
    note = dictionary(
        Type=pdf_name("/Annot"),
        Subtype=pdf_name("/Stamp"),
        Rect=rectangle(0, 0, 400, 400),
        AP=dictionary(N=writer.add_object(drawing())),
    )
    _annotate(writer, writer.add_object(note))


def unsigned_field(writer: IncrementalPdfFileWriter) -> None:
    """Lay a signature field over the first page that nobody has signed."""
    field = _field(
        Rect=rectangle(0, 0, 400, 400),
        AP=dictionary(N=writer.add_object(drawing())),
    )
    _add_field(writer, field)


def field_of(
    rectangle: Callable[[IncrementalPdfFileWriter], ArrayObject],
) -> Change:
    """Return what lays an unsigned field with a drawing over the page.

    What its rectangle refers to is listed with the drawing, as its resources are.
    """

    def change(writer: IncrementalPdfFileWriter) -> None:
        shown = rectangle(writer)
        appearance = drawing()
        appearance[pdf_name("/Listed")] = shown
        normal = writer.add_object(appearance)
        _add_field(writer, _field(Rect=shown, AP=dictionary(N=normal)))

    return change


def five_numbers(_: IncrementalPdfFileWriter) -> ArrayObject:
    """Write one number more than a rectangle has: readers leave it out."""
    return rectangle(0, 0, 595, 842, 1)


def name_at_the_end(_: IncrementalPdfFileWriter) -> ArrayObject:
    """Write a name where a number stands: readers take another for it."""
    return ArrayObject([*rectangle(0, 400, 595), pdf_name("/842")])


def numbers_elsewhere(writer: IncrementalPdfFileWriter) -> ArrayObject:
    """Write every number as an object of its own (ISO 32000-2 clause 7.3.10)."""
    return ArrayObject(map(writer.add_object, rectangle(0, 0, 595, 842)))


def line_without_height(_: IncrementalPdfFileWriter) -> ArrayObject:
    """Write a rectangle without area, as wide as the page: a line strikes out."""
    return rectangle(0, 400, 595, 400)


ODD_RECTANGLES = (five_numbers, name_at_the_end, numbers_elsewhere, line_without_height)
"""Readers draw in them; what takes them for empty sees nothing drawn."""


def unseen_field(writer: IncrementalPdfFileWriter) -> None:
    """Add a signature field without any appearance."""
    _add_field(writer, _field(Rect=rectangle(0, 0, 0, 0)))


def acting_field(writer: IncrementalPdfFileWriter) -> None:
    """Add a signature field that runs a script."""
    script = dictionary(S=pdf_name("/JavaScript"), JS=TextStringObject("app.alert(1)"))
    _add_field(writer, _field(Rect=rectangle(0, 0, 0, 0), AA=dictionary(E=script)))


def text_field(writer: IncrementalPdfFileWriter) -> None:
    """Add a field that shows text."""
    field = _field(Rect=rectangle(0, 0, 400, 400), V=TextStringObject("Đã sửa"))
    field[pdf_name("/FT")] = pdf_name("/Tx")
    _add_field(writer, field)


def filled_text(writer: IncrementalPdfFileWriter) -> None:
    """Fill in the field that `text_field` added."""
    fields = writer.root["/AcroForm"]["/Fields"]
    (field,) = (one for one in map(_resolve, fields) if one["/FT"] == "/Tx")
    field[pdf_name("/V")] = TextStringObject("Đã điền")
    writer.update_container(field)


def prepared_field(writer: IncrementalPdfFileWriter) -> None:
    """Add an empty signature field to a document that has no form yet."""
    form = dictionary(Fields=ArrayObject(), SigFlags=NumberObject(3))
    writer.root[pdf_name("/AcroForm")] = writer.add_object(form)
    writer.update_root()
    unseen_field(writer)


def opening_action(writer: IncrementalPdfFileWriter) -> None:
    """Let the document run a script when it opens."""
    script = dictionary(S=pdf_name("/JavaScript"), JS=TextStringObject("app.alert(1)"))
    writer.root[pdf_name("/OpenAction")] = script
    writer.update_root()


def form_fonts(writer: IncrementalPdfFileWriter) -> None:
    """Give the form other fonts."""
    font = dictionary(Type=pdf_name("/Font"), Subtype=pdf_name("/Type3"))
    form = writer.root["/AcroForm"]
    form[pdf_name("/DR")] = dictionary(Font=dictionary(Helv=writer.add_object(font)))
    writer.update_container(form)


def signature_shown_again(writer: IncrementalPdfFileWriter) -> None:
    """Add a field whose value is the signature of another one."""
    first = writer.root["/AcroForm"]["/Fields"][0]
    _add_field(writer, _field(V=first.raw_get("/V"), Rect=rectangle(0, 0, 0, 0)))


def fields_taken_away(writer: IncrementalPdfFileWriter) -> None:
    """Empty the form, so that the file looks unsigned."""
    form = writer.root["/AcroForm"]
    form[pdf_name("/Fields")] = ArrayObject()
    writer.update_container(form)


def last_field_emptied(writer: IncrementalPdfFileWriter) -> None:
    """Take the value out of the last signature field."""
    field = writer.root["/AcroForm"]["/Fields"][-1]
    del field["/V"]
    writer.update_container(field)


def new_title(writer: IncrementalPdfFileWriter) -> None:
    """Change the document information."""
    info = writer.trailer["/Info"] if "/Info" in writer.trailer else dictionary()
    info[pdf_name("/Title")] = TextStringObject("Tiêu đề khác")
    if "/Info" in writer.trailer:
        writer.update_container(info)
    else:
        writer.set_info(writer.add_object(info))


def security_store(writer: IncrementalPdfFileWriter) -> None:
    """Add validation data as PAdES B-LT does (EN 319 142-1 5.4.2)."""
    stream = writer.add_object(StreamObject(stream_data=b"\x30\x00"))
    store = dictionary(Type=pdf_name("/DSS"), CRLs=ArrayObject([stream]))
    writer.root[pdf_name("/DSS")] = writer.add_object(store)
    writer.update_root()


def _resolve(reference: generic.IndirectObject) -> DictionaryObject:
    return _dictionary(reference.get_object())


def _dictionary(found: object) -> DictionaryObject:
    if not isinstance(found, DictionaryObject):
        raise TypeError
    return found


def _field(**entries: object) -> DictionaryObject:
    return dictionary(
        FT=pdf_name("/Sig"),
        T=TextStringObject("thêm"),
        Type=pdf_name("/Annot"),
        Subtype=pdf_name("/Widget"),
        F=NumberObject(132),
        **entries,
    )


def _add_field(writer: IncrementalPdfFileWriter, field: DictionaryObject) -> None:
    reference = writer.add_object(field)
    form = writer.root["/AcroForm"]
    form["/Fields"].append(reference)
    writer.update_container(form["/Fields"])
    _annotate(writer, reference)


def _annotate(
    writer: IncrementalPdfFileWriter, reference: generic.IndirectObject
) -> None:
    page = first_page(writer)
    annotations = page["/Annots"] if "/Annots" in page else ArrayObject()
    page[pdf_name("/Annots")] = ArrayObject([*annotations, reference])
    writer.update_container(page)


def appended(
    signed: bytes, objects: dict[int, bytes], freed: tuple[int, ...] = ()
) -> bytes:
    """Append a revision written by hand, with a classic cross-reference table."""
    output, entries = bytearray(signed), {}
    for number, body in objects.items():
        entries[number] = b"%010d 00000 n \n" % len(output)
        output += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    entries |= dict.fromkeys(freed, b"0000000000 00001 f \n")
    start = len(output)
    output += b"xref\n"
    for number, entry in sorted(entries.items()):
        output += b"%d 1\n%s" % (number, entry)
    reader = PdfFileReader(BytesIO(signed))
    size = max(int(reader.trailer["/Size"]), *(number + 1 for number in entries))
    root = reader.root_ref.idnum
    output += b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n" % (
        *(size, root),
        reader.last_startxref or 0,
    )
    output += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(output)
