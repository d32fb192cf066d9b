"""Hand-made PDF files of one page, to say exactly what is in them."""

from collections.abc import Mapping

CATALOG, PAGES, PAGE = 1, 2, 3
FIRST_FREE = 4


def small_pdf(
    objects: Mapping[int, str] = {},
    *,
    catalog: str = "",
    pages: str = "",
    page: str = "",
    media_box: str = "0 0 595 842",
) -> bytes:
    """Build a file with a classic cross-reference table.

    Args:
        objects: further objects by number, from `FIRST_FREE` without gaps.
        catalog: entries added to the document catalog.
        pages: entries added to the page tree's root.
        page: entries added to the only page.
        media_box: size of that page.
    """
    bodies = {
        CATALOG: f"<< /Type /Catalog /Pages {PAGES} 0 R {catalog} >>",
        PAGES: f"<< /Type /Pages /Count 1 /Kids [{PAGE} 0 R] {pages} >>",
        PAGE: f"<< /Type /Page /Parent {PAGES} 0 R /MediaBox [{media_box}] {page} >>",
        **objects,
    }
    return assemble({number: body.encode("latin-1") for number, body in bodies.items()})


def assemble(bodies: Mapping[int, bytes], trailer: bytes = b"") -> bytes:
    """Write numbered bodies, their cross-reference table and a trailer."""
    output, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in sorted(bodies.items()):
        offsets.append(len(output))
        output += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(output)
    output += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    output += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    output += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(bodies) + 1, trailer)
    output += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(output)


def namesakes_pdf() -> bytes:
    """Build a form with two fields of one name.

    Nothing added to it can be told from a change: its fields cannot be compared.
    """
    shape = "<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /Rect [9 9 99 29] >>"
    return small_pdf(
        {4: shape, 5: shape},
        catalog="/AcroForm << /Fields [4 0 R 5 0 R] >>",
        page="/Annots [4 0 R 5 0 R]",
    )


def version_apart_pdf() -> bytes:
    """Build a file whose version is an object of its own, which may change later."""
    return small_pdf({4: "/1.7"}, catalog="/Version 4 0 R")
