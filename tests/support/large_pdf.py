"""PDF files that are large by one image, or by many pages; made where they are used."""

import os
from pathlib import Path

from tests.support.small_pdf import FIRST_FREE, assemble

_CHUNK = 1024 * 1024


def write_large_pdf(path: Path, image_bytes: int) -> None:
    """Write a page with an image of so many random octets, piece by piece."""
    head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] /MediaBox [0 0 595 842] >>",
        b"<< /Type /Page /Parent 2 0 R /Resources << /XObject << /I 4 0 R >> >> >>",
    )
    offsets = []
    with path.open("wb") as file:
        file.write(head)
        for number, body in enumerate(bodies, start=1):
            offsets.append(file.tell())
            file.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        offsets.append(file.tell())
        file.write(
            b"4 0 obj\n<< /Type /XObject /Subtype /Image /Width %d /Height 1"
            b" /ColorSpace /DeviceGray /BitsPerComponent 8 /Length %d >>\nstream\n"
            % (image_bytes, image_bytes)
        )
        for begin in range(0, image_bytes, _CHUNK):
            file.write(os.urandom(min(_CHUNK, image_bytes - begin)))
        file.write(b"\nendstream\nendobj\n")
        start = file.tell()
        file.write(b"xref\n0 5\n0000000000 65535 f \n")
        file.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
        file.write(
            b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
        )


def many_pages_pdf(pages: int) -> bytes:
    """Build a document with so many pages in one flat list."""
    numbers = range(FIRST_FREE, FIRST_FREE + pages)
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    leaf = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
    return assemble(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids),
            3: b"<< >>",
            **dict.fromkeys(numbers, leaf),
        }
    )
