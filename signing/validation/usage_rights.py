"""Signatures by which a program grants rights to readers (ISO 32000-1 12.8.2.3).

Acrobat signs forms so that its free reader may save them. Such a signature stands in no
field, is nobody's word on the content, and is broken by everything that is added.
"""

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

_METHODS = ("/UR3", "/UR")


def usage_rights(reader: PdfFileReader) -> Iterator[int]:
    """Give where the objects of such signatures begin in the file.

    Raises:
        Exception: whatever a malformed file makes pyHanko raise.
    """
    permissions = _entry(reader, reader.root, "/Perms")
    if not isinstance(permissions, generic.DictionaryObject):
        return
    for method in _METHODS:
        if _grants(reader, _entry(reader, permissions, method)):
            value = permissions.raw_get(method)
            is_object = isinstance(value, generic.IndirectObject)
            start = reader.xrefs[value.reference] if is_object else None
            if isinstance(start, int):
                yield start


def _grants(reader: PdfFileReader, signature: Any) -> bool:
    """Tell whether a signature says of itself that it does nothing else."""
    if not isinstance(signature, generic.DictionaryObject):
        return False
    references = _entry(reader, signature, "/Reference")
    if not isinstance(references, generic.ArrayObject):
        return False
    each = [_resolved(reader, one) for one in references]
    stated = [_entry(reader, one, "/TransformMethod") for one in each]
    return bool(stated) and all(one in _METHODS for one in stated)


def _entry(reader: PdfFileReader, dictionary: Any, key: str) -> Any:
    """Return what is under a key; None without it."""
    if not isinstance(dictionary, generic.DictionaryObject) or key not in dictionary:
        return None
    return _resolved(reader, dictionary.raw_get(key))


def _resolved(reader: PdfFileReader, value: Any) -> Any:
    """Return what is behind a reference; None where that is nothing."""
    if not isinstance(value, generic.IndirectObject):
        return value
    return None if reader.xrefs[value.reference] is None else value.get_object()
