"""The references inside one object, and which of them only lead back."""

from collections.abc import Iterator

from pyhanko.pdf_utils import generic

from signing.validation.revision_objects import Key, Path, key_of
from signing.validation.work import Work

PARENT = "/Parent"

Edge = tuple[Path, Key]
"""Where inside an object a reference stands, and to what."""

_STEPS_FOR_VALUE = 10


def edges_in(whole: generic.PdfObject, work: Work) -> Iterator[Edge]:
    """Give the references inside an object.

    Args:
        whole: the object.
        work: what may be spent.
    """
    waiting: list[tuple[Path, generic.PdfObject]] = [((), whole)]
    while waiting:
        path, value = waiting.pop()
        inner: Iterator[tuple[str | int, generic.PdfObject]] = iter(())
        if isinstance(value, generic.DictionaryObject):
            inner = iter(value.items())
        elif isinstance(value, generic.ArrayObject):
            inner = enumerate(value)
        for step, one in inner:
            work.spend(_STEPS_FOR_VALUE)
            if isinstance(one, generic.IndirectObject):
                yield (*path, step), key_of(one)
            else:
                waiting.append(((*path, step), one))
