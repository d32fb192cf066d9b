"""The document security store: evidence inside a PDF (EN 319 142-1 clause 5.4.2).

An update adds to what is there and removes nothing; every certificate, list and answer
is there once. The optional VRI dictionaries are kept but not written: they say again
what each list and answer says itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1

from pki.trust import TrustMaterial
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.levels import Evidence
from signing.pades.reading import open_pdf, refusing_malformed
from signing.pades.revision import Increment

_DSS = "/DSS"
_CERTS, _CRLS, _OCSPS = "/Certs", "/CRLs", "/OCSPs"
_MOST_ENTRIES = 2000
_Object = TypeVar("_Object", generic.DictionaryObject, generic.ArrayObject)


@dataclass(frozen=True, slots=True)
class SecurityStore:
    """What the store of a file holds.

    Args:
        entries: for every kind, the object of each item by its content.
        rest: what else is in the dictionary.
    """

    entries: Mapping[str, Mapping[bytes, generic.PdfObject]]
    rest: Mapping[str, generic.PdfObject]

    @property
    def material(self) -> TrustMaterial:
        """The content as candidates; nothing of it is trusted."""
        return TrustMaterial(
            intermediates=tuple(self.entries[_CERTS]),
            crls=tuple(self.entries[_CRLS]),
            ocsps=tuple(self.entries[_OCSPS]),
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is none, or nothing in it."""
        return not any(self.entries.values())


def read_store(reader: PdfFileReader) -> SecurityStore:
    """Read the store of a file; an empty one where there is none.

    Raises:
        SigningError: PDF_MALFORMED, LIMIT_EXCEEDED.
    """
    with refusing_malformed():
        found = _follow(reader.root, _DSS, generic.DictionaryObject)
        entries = {kind: _items(found, kind) for kind in (_CERTS, _CRLS, _OCSPS)}
        rest = {
            str(key): found.raw_get(key) for key in found if str(key) not in entries
        }
    return SecurityStore(entries, rest)


def add_evidence(source: bytes, evidence: Evidence) -> bytes:
    """Return `source` with a revision that puts `evidence` into its store.

    Raises:
        SigningError: PDF_MALFORMED, LIMIT_EXCEEDED.
    """
    reader = open_pdf(source)
    before = read_store(reader)
    with refusing_malformed():
        writer = Increment.from_reader(reader)
        writer.register_extension(ESIC_EXTENSION_1)
        store = generic.DictionaryObject(
            {pdf_name(key): value for key, value in before.rest.items()}
        )
        for kind, wanted in _by_kind(evidence).items():
            items = _with_added(writer, before.entries[kind], wanted)
            if items:
                store[pdf_name(kind)] = generic.ArrayObject(items)
        writer.root[pdf_name(_DSS)] = writer.add_object(store)
        writer.update_root()
        writer.write_in_place()
    reader.stream.seek(0)
    return bytes(reader.stream.read())


def _by_kind(evidence: Evidence) -> Mapping[str, Sequence[bytes]]:
    return {
        _CERTS: evidence.certificates,
        _CRLS: evidence.crls,
        _OCSPS: evidence.ocsps,
    }


def _items(
    store: generic.DictionaryObject, kind: str
) -> Mapping[bytes, generic.PdfObject]:
    array = _follow(store, kind, generic.ArrayObject)
    if len(array) > _MOST_ENTRIES:
        raise SigningError(ErrorCode.LIMIT_EXCEEDED, place=kind)
    found = {}
    for index in range(len(array)):
        item = array[index]
        if not isinstance(item, generic.StreamObject):
            raise TypeError(kind)
        found[bytes(item.data)] = array.raw_get(index)
    return found


def _follow(
    dictionary: generic.DictionaryObject, key: str, kind: type[_Object]
) -> _Object:
    """Return an entry, an empty one if there is none."""
    try:
        found = dictionary[key]
    except KeyError:
        return kind()
    if not isinstance(found, kind):
        raise TypeError(key)
    return found


def _with_added(
    writer: IncrementalPdfFileWriter,
    there: Mapping[bytes, generic.PdfObject],
    more: Iterable[bytes],
) -> list[generic.PdfObject]:
    new = (one for one in dict.fromkeys(more) if one not in there)
    streams = (generic.StreamObject(stream_data=one) for one in new)
    return [*there.values(), *map(writer.add_object, streams)]
