"""Find what makes a PDF file act or change by itself; such a file is not signed.

A signature on it would cover the bytes, not what a reader shows (ISO 32000-2 clause
12.6, TT 15/2025 on what a signer sees).
"""

import re
from collections.abc import Iterator

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.reading import MIB, Octets
from signing.validation.generations import Generations

MAX_OBJECTS = 200_000

LAYERS = "/OCProperties"
"""What a reader may show or hide, by itself or on a click (clause 8.11)."""

_OCTETS_PER_OBJECT_WALKED = 64 * 1024
"""An object is read in the time in which so many octets are searched."""

_SEARCHED_AT_ONCE = 16 * MIB
_LONGEST_NAME = 256
"""In any spelling of the names below."""

FORBIDDEN_KEYS = frozenset(
    {"/AA", "/JS", "/JavaScript", "/XFA", "/EF", "/EmbeddedFiles"}
)

# Clause 12.6.4: left are GoTo, URI and Named, which need a reader's click.
FORBIDDEN_ACTIONS = frozenset(
    {
        "/GoToR",
        "/GoToE",
        "/GoToDp",
        "/Launch",
        "/Thread",
        "/Sound",
        "/Movie",
        "/Hide",
        "/SubmitForm",
        "/ResetForm",
        "/ImportData",
        "/SetOCGState",
        "/Rendition",
        "/Trans",
        "/GoTo3DView",
        "/JavaScript",
        "/RichMediaExecute",
    }
)
FORBIDDEN_ANNOTATIONS = frozenset(
    {"/FileAttachment", "/Sound", "/Movie", "/Screen", "/RichMedia", "/3D"}
)

_CODES = {
    "/XFA": ErrorCode.PDF_FORM_XFA,
    "/EF": ErrorCode.PDF_FILES_EMBEDDED,
    "/EmbeddedFiles": ErrorCode.PDF_FILES_EMBEDDED,
    "/FileAttachment": ErrorCode.PDF_FILES_EMBEDDED,
}

# Below these keys stand names chosen by the producer, or no dictionary with a trigger.
_NOT_WALKED = frozenset(
    {
        "/Resources",
        "/DR",
        "/AP",
        "/Dests",
        "/Contents",
        "/Metadata",
        "/PieceInfo",
        "/StructTreeRoot",
        "/V",
    }
)


def _suspicion() -> re.Pattern[bytes]:
    """Match the names above, any name in a second spelling, and object streams."""
    names = FORBIDDEN_KEYS | FORBIDDEN_ACTIONS | FORBIDDEN_ANNOTATIONS | {"/ObjStm"}
    whole = b"|".join(sorted(name[1:].encode("ascii") for name in names))
    unfinished = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
    spelled = rb"(?:" + whole + rb")(?!" + unfinished + rb")"
    return re.compile(rb"/(?:" + spelled + rb"|[A-Za-z0-9]*#[0-9A-Fa-f]{2})")


_SUSPICION = _suspicion()


def refuse_active_content(reader: PdfFileReader, source: Octets) -> None:
    """Refuse a file with scripts, triggers, layers, embedded files or rich media.

    Files that nowhere spell one of the names, and hide no objects in object streams,
    hold none: they are not walked.

    Raises:
        SigningError: PDF_ACTIVE_CONTENT, PDF_FORM_XFA or PDF_FILES_EMBEDDED with
            what was found; LIMIT_EXCEEDED.
    """
    for found in active_names(reader, source):
        code = _CODES.get(found, ErrorCode.PDF_ACTIVE_CONTENT)
        raise SigningError(code, place=found)


def active_names(reader: PdfFileReader, source: Octets) -> Iterator[str]:
    """Yield the names that make a file act or change, as they are found.

    Raises:
        SigningError: LIMIT_EXCEEDED.
    """
    if _has_layers(reader.root):
        yield LAYERS
    if not _is_to_be_walked(reader, source):
        return
    for dictionary in _dictionaries(reader):
        found = _active_name(dictionary)
        if found:
            yield found


def _has_layers(root: generic.DictionaryObject) -> bool:
    """Tell whether there is a layer at all; some programs list none."""
    if LAYERS not in root:
        return False
    properties = root[LAYERS]
    return "/OCGs" not in properties or len(properties["/OCGs"]) > 0


def _is_to_be_walked(reader: PdfFileReader, source: Octets) -> bool:
    """Tell whether a name is spelled anywhere, unless walking is cheaper than that."""
    octets_walked = _OCTETS_PER_OBJECT_WALKED * int(reader.trailer["/Size"])
    if len(source) > max(_SEARCHED_AT_ONCE, octets_walked):
        return True
    return any(
        _SUSPICION.search(source, at, at + _SEARCHED_AT_ONCE + _LONGEST_NAME)
        for at in range(0, len(source), _SEARCHED_AT_ONCE)
    )


def _active_name(dictionary: generic.DictionaryObject) -> str | None:
    key = next((key for key in dictionary if key in FORBIDDEN_KEYS), None)
    if key:
        return str(key)
    action, annotation = _name(dictionary, "/S"), _name(dictionary, "/Subtype")
    if action in FORBIDDEN_ACTIONS:
        return action
    return annotation if annotation in FORBIDDEN_ANNOTATIONS else None


def _name(dictionary: generic.DictionaryObject, key: str) -> str | None:
    """Return the name under a key, also where it is an object of its own."""
    value = dictionary.raw_get(key).get_object() if key in dictionary else None
    return str(value) if isinstance(value, generic.NameObject) else None


def _dictionaries(reader: PdfFileReader) -> Iterator[generic.DictionaryObject]:
    """Walk what the catalog reaches, each indirect object once."""
    waiting: list[generic.PdfObject] = [reader.root]
    seen: set[generic.Reference] = set()
    generations, last = Generations(reader), reader.total_revisions - 1
    while waiting:
        value = waiting.pop()
        if isinstance(value, generic.IndirectObject):
            if value.reference in seen:
                continue
            seen.add(value.reference)
            if len(seen) > MAX_OBJECTS:
                raise SigningError(ErrorCode.LIMIT_EXCEEDED, place="objects")
            # What is not there is null (clause 7.3.10); the library refuses it, and so
            # it is where readers take something else for it.
            is_there = reader.xrefs[value.reference] is not None
            if not is_there and generations.are_agreed_on(value.reference, last):
                continue
            value = value.get_object()
        if isinstance(value, generic.DictionaryObject):
            yield value
            waiting += [value.raw_get(key) for key in value if key not in _NOT_WALKED]
        elif isinstance(value, generic.ArrayObject):
            waiting += [value.raw_get(index) for index in range(len(value))]
