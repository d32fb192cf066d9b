"""When a zip archive is only the wrapping of an attachment, and when it is one.

Vendors' systems wrap every attachment and declare ``application/zip``; others send
files as they are, and many office formats are zip archives themselves. Names and
declared types both lie in practice, so the content has the last word:

* A name of a format that is never a zip (PDF, old office formats, pictures, text)
  over bytes that begin like one: these must be a wrapping, or they are refused.
* What is declared as any other type than zip, or none, is never unwrapped.
* What is declared as zip and does not begin like one is the file itself; it is
  refused where a reader that looks for the end of an archive would find one.
* Otherwise the archive is a wrapping only if its single entry has the extension of
  the attachment's name, as the vendors' entries have, or if a declared zip has a
  name without extension. A ``.docx`` holds many entries and is left alone; a
  ``.zip`` whose only entry is again a ``.zip`` is unwrapped once.
"""

import re
from dataclasses import dataclass

from schemas.edxml.content_type import media_type
from schemas.edxml.measuring import Unpacked
from schemas.errors import ErrorCode, SchemaError

_EXTENSION = re.compile(r"[.]([A-Za-z0-9]{1,8})\s*$")
_NEVER_ZIP = frozenset(
    {
        *("pdf", "doc", "xls", "ppt", "rtf", "txt", "csv", "xml", "htm", "html"),
        *("json", "png", "jpg", "jpeg", "gif", "tif", "tiff", "bmp", "p7s", "p7m"),
    }
)
_ZIP_TYPES = frozenset(
    {"application/zip", "application/x-zip", "application/x-zip-compressed"}
)
_TYPES = {
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "csv": "text/csv",
    "xml": "application/xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "zip": "application/zip",
}
_UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the sender says of an attachment."""

    content_id: str
    name: str = ""
    content_type: str = ""


def is_wrapping(unpacked: Unpacked, declared: Declared) -> bool:
    """Tell whether an archive is only the wrapping of the attachment `declared`.

    Raises:
        SchemaError: it must be a wrapping and is none that is read, or its content
            is too much (ARCHIVE_REFUSED).
    """
    required = _extension(declared.name) in _NEVER_ZIP
    if not required and not _may_wrap(unpacked, declared):
        return False
    if unpacked.exceeded or (required and not unpacked.fits):
        raise SchemaError(ErrorCode.ARCHIVE_REFUSED, place=declared.content_id)
    return unpacked.fits


def refuse_other_archive(declared: Declared) -> None:
    """Refuse what is declared as an archive, is none to us, and is one to others.

    Who goes by what is declared unpacks another file than is looked at here.

    Raises:
        SchemaError: it is declared so (ARCHIVE_REFUSED).
    """
    if media_type(declared.content_type) in _ZIP_TYPES:
        raise SchemaError(ErrorCode.ARCHIVE_REFUSED, place=declared.content_id)


def content_type_of(declared: Declared, *, wrapped: bool) -> str:
    """Return the type of the content; a declared zip speaks of the wrapping."""
    told = media_type(declared.content_type)
    if told and not (wrapped and told in _ZIP_TYPES):
        return declared.content_type
    return _TYPES.get(_extension(declared.name), _UNKNOWN_TYPE)


def _may_wrap(unpacked: Unpacked, declared: Declared) -> bool:
    """Tell whether name, type and entry go together as wrapping and content."""
    told = media_type(declared.content_type)
    extension = _extension(declared.name)
    if told in _ZIP_TYPES and not extension:
        return True
    if told not in _ZIP_TYPES | {"", _UNKNOWN_TYPE}:
        return False
    return extension != "" and extension == _extension(unpacked.entry_name)


def _extension(name: str) -> str:
    """Return the extension of a file name in lower case, empty if it has none."""
    found = _EXTENSION.search(name)
    return found.group(1).lower() if found else ""
