"""Files that make a reader work long, take much memory or go in circles."""

import zlib

from tests.support.small_pdf import assemble, small_pdf

MIB = 1024 * 1024


def cross_reference_bomb(entries_mib: int = 50) -> bytes:
    """Build a small file whose cross-reference stream unpacks to many entries."""
    entries = entries_mib * MIB // 4
    packed = zlib.compress(bytes(4) * entries, 9)
    header = b"%PDF-1.7\n"
    stream = (
        b"1 0 obj\n<< /Type /XRef /Size %d /W [1 2 1] /Root 2 0 R /Length %d"
        b" /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n"
    ) % (entries, len(packed), packed)
    return header + stream + b"startxref\n%d\n%%%%EOF\n" % len(header)


def object_stream_bomb(size_mib: int = 100) -> bytes:
    """Build a file whose catalog lies in an object stream of zeros."""
    packed = zlib.compress(b"2 0 " + b" " * (size_mib * MIB), 9)
    output = b"%PDF-1.7\n"
    stream_at = len(output)
    output += (
        b"3 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Length %d /Filter /FlateDecode >>\n"
        b"stream\n%s\nendstream\nendobj\n"
    ) % (len(packed), packed)
    at = len(output)
    entries = bytes.fromhex("00000000ff0100000000020000030001")
    entries += stream_at.to_bytes(3, "big") + b"\x00" + b"\x01" + at.to_bytes(3, "big")
    entries += b"\x00"
    output += (
        b"4 0 obj\n<< /Type /XRef /Size 5 /W [1 3 1] /Root 2 0 R /Length %d >>\n"
        b"stream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
    ) % (len(entries), entries, at)
    return output


def deep_page_tree(depth: int = 5000) -> bytes:
    """Build a file whose page tree is a long thread, with a form to look at."""
    bodies = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        **{
            number: b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % (number + 1)
            for number in range(2, depth)
        },
        depth: b"<< /Type /Page >>",
    }
    return assemble(bodies)


def reference_loop() -> bytes:
    """Build a file in which a value refers to itself."""
    return small_pdf({4: "5 0 R", 5: "4 0 R"}, catalog="/AcroForm 4 0 R")


def deep_array(depth: int = 20_000) -> bytes:
    """Build a file with an array in an array, many times."""
    return small_pdf(catalog="/AcroForm " + "[" * depth + "]" * depth)


def long_string(digits: int = 8_000_000) -> bytes:
    """Build a file with one long hexadecimal string in its catalog."""
    return small_pdf(catalog="/Long <" + "41" * (digits // 2) + ">")


def field_loop() -> bytes:
    """Build a form whose fields are their own children."""
    field = "<< /T (a) /FT /Sig /Kids [5 0 R] >>"
    back = "<< /T (b) /Kids [4 0 R] >>"
    return small_pdf({4: field, 5: back}, catalog="/AcroForm << /Fields [4 0 R] >>")


def shared_fields(width: int = 8, depth: int = 20) -> bytes:
    """Build a form that doubles at each level, since all share their children."""
    kids = {
        number: "<< /T (a) /Kids [" + f"{number + 1} 0 R " * width + "] >>"
        for number in range(4, 4 + depth)
    }
    last = {4 + depth: "<< /T (z) /FT /Sig >>"}
    return small_pdf({**kids, **last}, catalog="/AcroForm << /Fields [4 0 R] >>")


def claimed_entries() -> bytes:
    """Build a file whose table claims two thousand million entries."""
    return small_pdf().replace(b"xref\n0 4", b"xref\n0 2000000000", 1)


def startxref_loop() -> bytes:
    """Build a file whose last section names itself as the one before."""
    data = small_pdf()
    at = data.index(b"xref\n")
    return data.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % at)
