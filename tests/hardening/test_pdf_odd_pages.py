"""Pages as programs write them that the library does not read: sealed, not changed."""

from io import BytesIO

import pytest
from pyhanko.pdf_utils.generic import ArrayObject, TextStringObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter

from schemas.errors import ErrorCode
from schemas.verdict import Indication
from tests.support import later_revisions as later
from tests.support.judged_pdf import AGENCY, PERSON, codes, judged
from tests.support.later_revisions import (
    Change,
    dictionary,
    drawing,
    first_page,
    rectangle,
    revised,
)
from tests.support.signed_pdf import SEAL, sign
from tests.support.small_pdf import small_pdf
from tests.support.stock_signer import stock_signed

PADES = SigSeedSubFilter.PADES


def _without_object(page: str = "", catalog: str = "") -> bytes:
    """Build a file of six objects of which the table leaves the fourth out."""
    source = small_pdf({4: "null", 5: "null"}, page=page, catalog=catalog)
    start = source.index(b"xref\n")
    lines = source[start:].splitlines(keepends=True)
    assert lines[1] == b"0 6\n"
    table = [b"xref\n0 4\n", *lines[2:6], b"5 1\n", lines[7]]
    return source[:start] + b"".join((*table, *lines[8:]))


_MISSING = pytest.mark.parametrize(
    "number", [4, 99], ids=["left out", "beyond the size"]
)


@_MISSING
@pytest.mark.parametrize(
    ("page", "catalog"),
    [
        ("/Annots [{} 0 R]", ""),
        ("/Contents {} 0 R", ""),
        ("/Resources << /Font << /F {} 0 R >> >>", ""),
        ("", "/StructTreeRoot {} 0 R"),
    ],
)
def test_seal_passes_where_something_refers_to_what_is_not_there(
    page: str, catalog: str, number: int
) -> None:
    """It refers to null (ISO 32000-2 clause 7.3.10)."""
    source = _without_object(page.format(number), catalog.format(number))

    verdict = judged(sign(sign(source, PERSON), AGENCY, SEAL))

    assert verdict.indication is Indication.TOTAL_PASSED


@_MISSING
@pytest.mark.parametrize("name", ["X", "Parent"])
def test_what_was_not_there_when_it_was_signed_may_not_come_later(
    name: str, number: int
) -> None:
    page = f"/Resources << /XObject << /{name} {number} 0 R >> >>"
    signed = sign(_without_object(page), PERSON)

    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.objects[0, number] = drawing()
        writer._lastobj_id = max(writer._lastobj_id, number)
        later.security_store(writer)

    further = stock_signed(
        signed, AGENCY, "further", change=change, box=(9, 9, 99, 59), subfilter=PADES
    )
    for changed in (revised(signed, change), further):
        assert ErrorCode.MODIFIED_AFTER_SIGNING in codes(judged(changed))


@pytest.mark.parametrize("generation", [1, 65535])
def test_what_was_not_there_may_not_come_in_another_generation(
    generation: int,
) -> None:
    """Readers that go by the number alone show it where it is referred to."""
    page = f"/Resources << /XObject << /X 99 {generation} R >> >>"
    signed = sign(small_pdf(page=page), PERSON)
    assert judged(signed).indication is Indication.TOTAL_PASSED

    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.objects[0, 99] = drawing()
        writer._lastobj_id = 99
        later.security_store(writer)

    changed = revised(signed, change)
    assert ErrorCode.MODIFIED_AFTER_SIGNING in codes(judged(changed))


_METADATA = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf='
    '"http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
)


@pytest.mark.parametrize(
    ("page", "expected"),
    [("", set()), ("/Contents 4 1 R", {ErrorCode.PDF_MALFORMED})],
    ids=["used by nobody else", "drawn by its number"],
)
def test_what_may_change_is_not_shown_by_a_reference_in_another_generation(
    page: str, expected: set[ErrorCode]
) -> None:
    """Metadata is written again; some readers draw what stands between its tags."""
    metadata = (
        f"<< /Type /Metadata /Subtype /XML /Length {len(_METADATA)} >>\n"
        f"stream\n{_METADATA}\nendstream"
    )
    source = small_pdf({4: metadata}, page=page, catalog="/Metadata 4 0 R")
    signed = sign(source, PERSON)
    assert codes(judged(revised(signed, later.security_store))) == expected


def test_what_was_not_there_may_not_be_an_object_of_a_further_signature() -> None:
    def signed(number: int) -> bytes:
        page = "/Resources << /XObject << /X {} 0 R >> >>"
        by_person = sign(_without_object(page.format(number)), PERSON)
        return stock_signed(
            by_person, AGENCY, "further", box=(9, 9, 99, 59), subfilter=PADES
        )

    xrefs = PdfFileReader(BytesIO(signed(4))).xrefs
    was, now = (
        {one.idnum for one in xrefs.explicit_refs_in_revision(revision)}
        for revision in (1, 2)
    )
    added = {one for one in now - was if one > max(was)}
    assert len(added) > 2
    for number in added:
        verdict = judged(signed(number))
        assert ErrorCode.MODIFIED_AFTER_SIGNING in codes(verdict)


_LINK = "<< /Type /Annot /Subtype /Link /Rect [{} 9 99 29] /Border [0 0 0] >>"
_LISTS = {
    "on the page": (f"[{_LINK.format(9)} 4 0 R {_LINK.format(59)}]", "null"),
    "apart": ("5 0 R", f"[{_LINK.format(9)} 4 0 R {_LINK.format(59)}]"),
    "with null": ("[null 4 0 R]", "null"),
}


def _with_direct_links(listed: str) -> bytes:
    """Build what programs for web pages write: links that are no objects."""
    annotations, apart = _LISTS[listed]
    objects = {4: _LINK.format(30), 5: apart}
    return small_pdf(objects, page=f"/Annots {annotations}")


@pytest.mark.parametrize("listed", _LISTS)
def test_seal_passes_on_a_page_whose_annotations_are_no_objects(listed: str) -> None:
    sealed = sign(sign(_with_direct_links(listed), PERSON), AGENCY, SEAL)
    assert judged(sealed).indication is Indication.TOTAL_PASSED
    assert judged(revised(sealed, later.security_store)).indication is (
        Indication.TOTAL_PASSED
    )


def _annotations_of_page(writer: IncrementalPdfFileWriter) -> ArrayObject:
    page = first_page(writer)
    writer.update_container(page)
    annotations = page["/Annots"]
    writer.update_container(annotations)
    if not isinstance(annotations, ArrayObject):
        raise TypeError
    return annotations


def moved_link(writer: IncrementalPdfFileWriter) -> None:
    _annotations_of_page(writer)[0][pdf_name("/Rect")] = rectangle(0, 0, 400, 400)


def link_elsewhere(writer: IncrementalPdfFileWriter) -> None:
    _annotations_of_page(writer)[0][pdf_name("/A")] = dictionary(S=pdf_name("/URI"))


def removed_link(writer: IncrementalPdfFileWriter) -> None:
    del _annotations_of_page(writer)[0]


def links_turned_round(writer: IncrementalPdfFileWriter) -> None:
    annotations = _annotations_of_page(writer)
    annotations[:3] = [annotations.raw_get(at) for at in (2, 1, 0)]


def further_link(writer: IncrementalPdfFileWriter) -> None:
    shown = dictionary(N=writer.add_object(drawing()))
    added = dictionary(
        Subtype=pdf_name("/Stamp"), Rect=rectangle(0, 0, 400, 400), AP=shown
    )
    _annotations_of_page(writer).append(added)


def links_moved_apart(writer: IncrementalPdfFileWriter) -> None:
    items = _annotations_of_page(writer)
    page = first_page(writer)
    page[pdf_name("/Annots")] = writer.add_object(
        ArrayObject(items.raw_get(at) for at in range(len(items)))
    )


def link_in_another_spelling(writer: IncrementalPdfFileWriter) -> None:
    link = _annotations_of_page(writer)[0]
    link[pdf_name("/Subtype")] = TextStringObject(link["/Subtype"])


@pytest.mark.parametrize("listed", ["on the page", "apart"])
@pytest.mark.parametrize(
    "change",
    [
        *(moved_link, link_elsewhere, removed_link, links_turned_round),
        *(further_link, links_moved_apart, link_in_another_spelling),
    ],
)
def test_annotations_that_are_no_objects_stay_what_they_were(
    change: Change, listed: str
) -> None:
    signed = sign(_with_direct_links(listed), PERSON)
    by_both = stock_signed(signed, AGENCY, "further", change=change, subfilter=PADES)
    for changed in (revised(signed, change), by_both):
        assert ErrorCode.MODIFIED_AFTER_SIGNING in codes(judged(changed))


@pytest.mark.parametrize("name", ["Arial#20Bold", "Ch#E1#BB#AF", "A#23B", "#41"])
def test_seal_passes_where_a_page_names_a_font_with_escapes(name: str) -> None:
    """The page is written again with the seal; readers agree on what it names."""
    source = small_pdf(
        {4: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"},
        page=f"/Resources << /Font << /{name} 4 0 R >> >>",
    )

    verdict = judged(sign(sign(source, PERSON), AGENCY, SEAL))

    assert verdict.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("key", ["Root#00", "Root#00x"])
def test_no_trailer_has_a_key_that_ends_early_for_some_readers(key: str) -> None:
    """Who reads a name up to its null takes this for the catalog: another file."""
    hidden = {4: "<< /Type /Catalog /Pages 5 0 R >>", 5: "<< /Type /Pages /Kids [] >>"}
    signed = sign(small_pdf(hidden), PERSON)
    before, _, after = revised(signed, later.security_store).rpartition(b"\n>>")

    added = b"%b\n/%b 4 0 R\n>>%b" % (before, key.encode(), after)

    verdict = judged(added)
    assert verdict.indication is Indication.TOTAL_FAILED
    assert codes(verdict) == {ErrorCode.PDF_MALFORMED}
