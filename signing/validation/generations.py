"""Numbers that are in use in another generation than they are referred to by.

A reference to an object that is not there is one to null (ISO 32000-2 clause 7.3.10),
also where its number is in use in another generation. Many readers go by the number
alone: they show that object, which may be one that may change, or act by it.
"""

from collections import defaultdict
from functools import cached_property

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader


class Generations:
    """The generations in which a file uses its numbers.

    Args:
        reader: of the file.
    """

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader

    def are_agreed_on(self, reference: generic.Reference, revision: int) -> bool:
        """Tell whether no reader takes another object for one that is not there.

        Args:
            reference: to what is not there.
            revision: the file as of which it is not.
        """
        number = reference.idnum
        others = {0, *self._later.get(number, ())} - {reference.generation}
        namesakes = (generic.Reference(number, one, self._reader) for one in others)
        found = (
            self._reader.xrefs.get_historical_ref(one, revision) for one in namesakes
        )
        return all(one is None for one in found)

    @cached_property
    def _later(self) -> dict[int, set[int]]:
        """The generations after the first, of the few numbers that have any."""
        found = defaultdict[int, set[int]](set)
        for revision in range(self._reader.total_revisions):
            for one in self._reader.xrefs.explicit_refs_in_revision(revision):
                if one.generation:
                    found[one.idnum].add(one.generation)
        return found
