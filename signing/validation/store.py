"""Facts on the document security store (EN 319 142-1 clause 5.4.2).

What is in it is a candidate: each certificate, list and answer counts by its own
signature, and as of when it is proven to have existed. VRI dictionaries say again what
those say themselves, so they are not read. Nothing is followed further than one step
from the array, so there is nothing to loop.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.reading import refusing_malformed
from signing.validation.findings import Finding, not_checked
from signing.validation.limits import MAX_STORE_BYTES, MAX_STORE_ITEMS

_PLACE = "DSS"


@dataclass(frozen=True, slots=True)
class StoreItem:
    """One certificate, list or answer.

    Args:
        der: its bytes.
        start: where its object begins in the file.
    """

    der: bytes
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """What the store of a file holds.

    Args:
        findings: what of it could not be read; it counts for nothing.
    """

    certificates: tuple[StoreItem, ...] = ()
    crls: tuple[StoreItem, ...] = ()
    ocsps: tuple[StoreItem, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not (self.certificates or self.crls or self.ocsps)


NO_STORE = StoreFacts()


def gather_store(reader: PdfFileReader) -> StoreFacts:
    """Read the store of a file; a damaged one is none, and said to be so."""
    try:
        with refusing_malformed():
            if "/DSS" not in reader.root:
                return NO_STORE
            return _Reading(reader).store(reader.root["/DSS"])
    except SigningError as error:
        return StoreFacts(findings=(not_checked(error.code, _PLACE),))


class _Reading:
    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader
        self._count = 0
        self._octets = 0
        self._findings: list[Finding] = []

    def store(self, dictionary: generic.DictionaryObject) -> StoreFacts:
        certificates, crls, ocsps = (
            tuple(self._items(dictionary, key)) for key in ("/Certs", "/CRLs", "/OCSPs")
        )
        return StoreFacts(
            certificates=certificates,
            crls=crls,
            ocsps=ocsps,
            findings=tuple(dict.fromkeys(self._findings)),
        )

    def _items(
        self, dictionary: generic.DictionaryObject, key: str
    ) -> Iterator[StoreItem]:
        if key not in dictionary:
            return
        array = dictionary[key]
        if not isinstance(array, generic.ArrayObject):
            raise SigningError(ErrorCode.PDF_MALFORMED)
        self._count += len(array)
        if self._count > MAX_STORE_ITEMS:
            raise SigningError(ErrorCode.LIMIT_EXCEEDED)
        for index in range(len(array)):
            try:
                with refusing_malformed():
                    yield self._item(array, index)
            except SigningError as error:
                if error.code is ErrorCode.LIMIT_EXCEEDED:
                    raise
                self._findings.append(not_checked(error.code, f"{_PLACE}{key}"))

    def _item(self, array: generic.ArrayObject, index: int) -> StoreItem:
        reference, stream = array.raw_get(index), array[index]
        if not isinstance(reference, generic.IndirectObject):
            raise SigningError(ErrorCode.PDF_MALFORMED)
        start = self._reader.xrefs[reference.reference]
        if not isinstance(stream, generic.StreamObject) or not isinstance(start, int):
            raise SigningError(ErrorCode.PDF_MALFORMED)
        der = bytes(stream.data)
        self._octets += len(der)
        if self._octets > MAX_STORE_BYTES:
            raise SigningError(ErrorCode.LIMIT_EXCEEDED)
        return StoreItem(der, start)
