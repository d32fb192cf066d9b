"""Opening an untrusted PDF strictly, and finding what its signatures are.

Everything here runs in a worker process: pyHanko is pure Python and may be made to
work long, or to fail in any way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.reading import open_pdf
from signing.validation import hex_strings
from signing.validation.layout import Revision
from signing.validation.limits import (
    MAX_FIELD_DEPTH,
    MAX_FIELDS,
    MAX_REVISIONS,
    MAX_SIGNATURES,
)
from signing.validation.tokens import skip_blank

_PLACE_LENGTH = 100

hex_strings.install()


@dataclass(frozen=True, slots=True)
class SignatureField:
    """A signature field that holds a signature.

    Args:
        name: fully qualified name.
        reference: of the signature dictionary.
        field: the field's own dictionary.
        start: where the signature dictionary's object begins in the file.
        revision: the one that wrote the signature dictionary last.
    """

    name: str
    reference: generic.Reference
    field: generic.DictionaryObject
    start: int
    revision: int


def open_document(data: bytes) -> PdfFileReader:
    """Open a PDF file in strict mode.

    Raises:
        SigningError: PDF_ENCRYPTED, PDF_MALFORMED, PDF_TOO_LARGE, LIMIT_EXCEEDED.
    """
    if not data.startswith(b"%PDF-"):
        raise SigningError(ErrorCode.PDF_MALFORMED, place="header")
    reader = open_pdf(data)
    if reader.xrefs.total_revisions > MAX_REVISIONS:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="revisions")
    return reader


def revisions(reader: PdfFileReader, data: bytes) -> tuple[Revision, ...]:
    """Return all revisions of the file in `data`, oldest first."""
    return tuple(
        _revision(reader, data, number)
        for number in range(reader.xrefs.total_revisions)
    )


def signature_fields(reader: PdfFileReader) -> tuple[SignatureField, ...]:
    """Return the filled signature fields, in the order of their signatures.

    Raises:
        SigningError: SIGNATURE_DICTIONARY_INVALID, a signature that two fields share
            or that is no object of its own; PDF_MALFORMED, a loop of fields;
            LIMIT_EXCEEDED.
    """
    found = [_located(reader, *one) for one in _filled_fields(reader)]
    if len(found) > MAX_SIGNATURES:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="signatures")
    starts = [one.start for one in found]
    for one in found:
        if starts.count(one.start) > 1:
            raise SigningError(ErrorCode.SIGNATURE_DICTIONARY_INVALID, place=one.name)
    return tuple(sorted(found, key=lambda one: (one.revision, one.start)))


def _revision(reader: PdfFileReader, data: bytes, number: int) -> Revision:
    declared = reader.xrefs.get_startxref_for_revision(number)
    listed = reader.xrefs.get_xref_data(number).standard_xrefs.values()
    return Revision(
        section_start=skip_blank(data, declared),
        object_starts=tuple(start for _, start in listed),
    )


class _Field(NamedTuple):
    """A form field still to be visited."""

    reference: generic.IndirectObject
    parent: str
    kind: str | None
    depth: int


def _filled_fields(
    reader: PdfFileReader,
) -> Iterator[tuple[str, generic.DictionaryObject]]:
    if "/AcroForm" not in reader.root:
        return
    for name, kind, field in _walk_fields(reader.root["/AcroForm"]["/Fields"]):
        if kind == "/Sig" and "/V" in field:
            yield name, field


def _walk_fields(
    fields: generic.ArrayObject,
) -> Iterator[tuple[str, str | None, generic.DictionaryObject]]:
    """Walk the fields once each: a field in two places is a loop or a bomb."""
    seen: set[tuple[int, int]] = set()
    pending = [_Field(one, "", None, 0) for one in reversed(fields)]
    while pending:
        visited = pending.pop()
        _refuse_again(visited, seen)
        field = visited.reference.get_object()
        name = _joined(visited.parent, _resolved(field, "/T", ""))
        kind = _resolved(field, "/FT", visited.kind)
        yield name, kind, field
        pending += [
            _Field(kid, name, kind, visited.depth + 1)
            for kid in reversed(_resolved(field, "/Kids", ()))
        ]


def _resolved(field: generic.DictionaryObject, key: str, default: Any) -> Any:
    """Return a value; unlike `get`, behind the reference if it is one."""
    try:
        return field[key]
    except KeyError:
        return default


def _refuse_again(visited: _Field, seen: set[tuple[int, int]]) -> None:
    key = (visited.reference.idnum, visited.reference.generation)
    if key in seen or visited.depth > MAX_FIELD_DEPTH:
        raise SigningError(ErrorCode.PDF_MALFORMED, place="form fields")
    seen.add(key)
    if len(seen) > MAX_FIELDS:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="form fields")


def _joined(parent: str, own: object) -> str:
    return ".".join(one for one in (parent, str(own)) if one)[:_PLACE_LENGTH]


def _located(
    reader: PdfFileReader, name: str, field: generic.DictionaryObject
) -> SignatureField:
    value = field.raw_get("/V")
    if not isinstance(value, generic.IndirectObject):
        raise SigningError(ErrorCode.SIGNATURE_DICTIONARY_INVALID, place=name)
    start = reader.xrefs[value.reference]
    if not isinstance(start, int):
        raise SigningError(ErrorCode.SIGNATURE_DICTIONARY_INVALID, place=name)
    return SignatureField(
        name=name,
        reference=value.reference,
        field=field,
        start=start,
        revision=reader.xrefs.get_last_change(value.reference),
    )
