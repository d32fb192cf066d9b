"""The structure elements of a tagged file (ISO 32000-2 14.7), by pyHanko's count."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError

from signing.validation.revision_objects import Key, RevisionObjects, key_of

_ROOT = "/StructTreeRoot"


@dataclass(frozen=True, slots=True)
class StructureTree:
    """The elements that are objects of their own.

    Args:
        top: what the catalog names as the root of the tree.
        nodes: they.
        read: all that was read to find them.
    """

    top: generic.PdfObject | None
    nodes: frozenset[Key]
    read: frozenset[Key]

    def holds(self, objects: RevisionObjects, written: Collection[Key]) -> bool:
        """Tell whether the tree is the same at a later revision.

        Args:
            objects: as of that revision.
            written: what was written until then.
        """
        return self.read.isdisjoint(written) and self.top == objects.in_catalog(_ROOT)


def read_structure_tree(objects: RevisionObjects) -> StructureTree:
    """Read the tree from the catalog on; nothing is in it if there is none.

    Raises:
        PdfReadError: an element is in it twice, as the library has it.
        Exception: whatever a malformed file makes pyHanko raise.
    """
    consulted: set[Key] = set()
    nodes: set[Key] = set()
    top = objects.in_catalog(_ROOT)
    root = objects.resolved(top, consulted)
    waiting = [root] if isinstance(root, generic.DictionaryObject) else []
    while waiting:
        for child in _children(waiting.pop(), objects, consulted):
            element = objects.resolved(child, consulted)
            if not _is_element(element, objects, consulted):
                continue
            if isinstance(child, generic.IndirectObject):
                if key_of(child) in nodes:
                    raise PdfReadError("circular reference in the structure tree")
                nodes.add(key_of(child))
            waiting.append(element)
    return StructureTree(top, frozenset(nodes), frozenset(consulted))


def _children(element: Any, objects: RevisionObjects, consulted: set[Key]) -> Any:
    if "/K" not in element:
        return ()
    children = objects.resolved(element.raw_get("/K"), consulted)
    return children if isinstance(children, generic.ArrayObject) else (children,)


def _is_element(value: Any, objects: RevisionObjects, consulted: set[Key]) -> bool:
    if not isinstance(value, generic.DictionaryObject):
        return False
    if "/Type" not in value:
        return True
    stated = objects.resolved(value.raw_get("/Type"), consulted)
    return bool(stated == "/StructElem")
