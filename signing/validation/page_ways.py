"""The tree of pages: the one way to each page, and what it holds of annotations."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError

from signing.validation.revision_objects import Key, Path, RevisionObjects, key_of

_ROOT = "/Pages"
_PAGE, _INNER = "/Page", "/Pages"
_ODD: Key = (0, -2)
"""Stands for annotations that are listed otherwise than in an array of references."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTree:
    """The pages of one revision.

    Args:
        top: what the catalog names as the root of the tree.
        paths: the way to each node through the tree.
        leaves: for each page the object that lists its annotations; None if it does
            so itself, or has none.
        inner: what was read to find them, the pages themselves left out.
        is_odd: a node is no object of its own.
    """

    top: generic.PdfObject | None
    paths: Mapping[Key, Path]
    leaves: Mapping[Key, Key | None]
    inner: frozenset[Key]
    is_odd: bool

    def changed(self, written: Collection[Key]) -> Collection[Key] | None:
        """Return the pages on which annotations may differ; None if any may.

        Args:
            written: the objects written since.
        """
        if self.is_odd or not self.inner.isdisjoint(written):
            return None
        return [
            page
            for page, lists in self.leaves.items()
            if page in written or lists is _ODD or lists in written
        ]

    def renewed(
        self, objects: RevisionObjects, written: Collection[Key]
    ) -> "PageTree | None":
        """Return the tree at a later revision; None if it is to be read anew."""
        pages = self.changed(written)
        if pages is None or self.top != objects.in_catalog(_ROOT):
            return None
        leaves = dict(self.leaves)
        for page in pages:
            node: Any = objects.read(page)
            if not _is_leaf(node):
                return None
            leaves[page] = _lists(node, objects)
        return replace(self, leaves=leaves)


def read_page_tree(objects: RevisionObjects) -> PageTree:
    """Read the tree from the catalog on.

    Raises:
        PdfReadError: a page is in it twice, as the library has it.
        Exception: whatever a malformed file makes pyHanko raise.
    """
    top = objects.in_catalog(_ROOT)
    reading = _Reading(objects)
    reading.read(top)
    return PageTree(
        top=top,
        paths=reading.paths,
        leaves=reading.leaves,
        inner=frozenset(reading.inner),
        is_odd=reading.is_odd,
    )


class _Reading:
    def __init__(self, objects: RevisionObjects) -> None:
        self._objects = objects
        self.paths: dict[Key, Path] = {}
        self.leaves: dict[Key, Key | None] = {}
        self.inner: set[Key] = set()
        self.is_odd = False

    def read(self, top: generic.PdfObject | None) -> None:
        path: Path = ("/Root", _ROOT)
        if isinstance(top, generic.IndirectObject):
            self.paths[key_of(top)] = path
        else:
            self.is_odd = True
        waiting = [(self._objects.resolved(top, self.inner), path)]
        while waiting:
            node, path = waiting.pop()
            kids = self._objects.resolved(node.raw_get("/Kids"), self.inner)
            for index, kid in enumerate(kids):
                found = self._kid(kid, (*path, "/Kids", index))
                if found is not None:
                    waiting.append((found, (*path, "/Kids", index)))

    def _kid(self, kid: Any, path: Path) -> Any | None:
        """Note a kid, and return it if it has kids of its own."""
        consulted: set[Key] = set()
        node = self._objects.resolved(kid, consulted)
        if isinstance(kid, generic.IndirectObject):
            key = key_of(kid)
            if key in self.paths:
                raise PdfReadError("circular reference in the tree of pages")
            self.paths[key] = path
            if _is_leaf(node):
                self.leaves[key] = _lists(node, self._objects)
        self.is_odd |= len(consulted) != 1
        if node.get("/Type") != _INNER:
            return None
        self.inner |= consulted
        return node


def _is_leaf(node: Any) -> bool:
    return isinstance(node, generic.DictionaryObject) and node.get("/Type") != _INNER


def _lists(node: Any, objects: RevisionObjects) -> Key | None:
    if not isinstance(node, generic.DictionaryObject) or node.get("/Type") != _PAGE:
        return _ODD
    stated = node.get("/Annots")
    if stated is None:
        return None
    if not isinstance(stated, generic.IndirectObject):
        return None if _is_plain(stated) else _ODD
    return key_of(stated) if _is_plain(objects.read(key_of(stated))) else _ODD


def _is_plain(annotations: Any) -> bool:
    # Null lists none (ISO 32000-2 clause 7.3.7).
    if isinstance(annotations, generic.NullObject):
        return True
    return isinstance(annotations, generic.ArrayObject) and all(
        isinstance(one, generic.IndirectObject) for one in annotations
    )
