"""The objects of a file as they were at one revision (ISO 32000-2 7.5.6)."""

from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.validation.generations import Generations
from signing.validation.work import Work

Key = tuple[int, int]
"""Number and generation of an object."""

Path = tuple[str | int, ...]
"""Keys of dictionaries and indexes of arrays, from the trailer or inside an object."""

TRAILER: Key = (0, -1)
"""Stands for the trailer, which is no object."""

_STEPS_TO_READ = 100


def key_of(reference: generic.Reference | generic.IndirectObject) -> Key:
    """Return the key of the object that is referred to."""
    return reference.idnum, reference.generation


class RevisionObjects:
    """Reads objects as of `revision`, which may be set.

    Args:
        reader: of the file.
        work: what may be spent.
    """

    def __init__(self, reader: PdfFileReader, work: Work) -> None:
        self._reader = reader
        self._work = work
        self._written: dict[int, frozenset[Key]] = {}
        self._generations = Generations(reader)
        self.revision = -1

    @property
    def last(self) -> int:
        """The newest revision."""
        return int(self._reader.total_revisions) - 1

    def written(self, after: int, until: int) -> frozenset[Key]:
        """Return what the revisions after `after` wrote or freed, up to `until`."""
        each = (self._written_in(one) for one in range(after + 1, until + 1))
        return frozenset().union(*each)

    def read(self, key: Key) -> generic.PdfObject:
        """Read one object; null where there is none (ISO 32000-2 clause 7.3.10).

        Raises:
            PdfReadError: it is malformed, or readers take another one for it.
        """
        self._work.spend(_STEPS_TO_READ)
        if key == TRAILER:
            return self._reader.trailer.flatten(self.revision)
        reference = generic.Reference(*key, self._reader)
        if self._reader.xrefs.get_historical_ref(reference, self.revision) is None:
            if not self._generations.are_agreed_on(reference, self.revision):
                raise PdfReadError(f"{reference} is in use in another generation")
            return generic.NullObject()
        try:
            is_current = self._reader.xrefs.get_last_change(reference) <= self.revision
        except KeyError:
            is_current = False
        # What is current is kept by the reader, for whoever else reads it.
        revision = None if is_current else self.revision
        found: generic.PdfObject = self._reader.get_object(reference, revision)
        return found

    def resolved(self, value: Any, consulted: set[Key]) -> Any:
        """Return what is behind a reference, if it is one.

        Args:
            value: anything.
            consulted: gets the keys of the objects read.
        """
        while isinstance(value, generic.IndirectObject):
            key = key_of(value)
            consulted.add(key)
            value = self.read(key)
        return value

    def in_catalog(self, name: str) -> Any | None:
        """Return what the catalog has under a name, as it is; None without it.

        The catalog is written anew with every signature, but not what it refers to.
        """
        trailer: Any = self.read(TRAILER)
        catalog = self.resolved(trailer.raw_get("/Root"), set())
        return catalog.raw_get(name) if name in catalog else None

    def _written_in(self, revision: int) -> frozenset[Key]:
        if revision not in self._written:
            found = self._reader.xrefs.explicit_refs_in_revision(revision)
            self._written[revision] = frozenset(map(key_of, found))
        return self._written[revision]
