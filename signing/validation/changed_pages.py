"""pyHanko's comparison of revisions, at the cost of what a revision changed.

The library's own way walks the whole file for every signature, and all pages for every
pair of a signature and a later revision. The rules stay the library's: it is told
which ways lead to an object, and shown those pages only that a revision wrote.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader, RawPdfPath
from pyhanko.sign.diff_analysis import (
    ModificationLevel,
    SigFieldCreationRule,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.commons import qualify
from pyhanko.sign.diff_analysis.form_rules_api import (
    FieldComparisonContext,
    FieldMDPRule,
    FormUpdate,
)
from pyhanko.sign.diff_analysis.rules.form_field_rules import _walk_page_tree_annots

from signing.errors import SigningError
from signing.validation.object_graph import ObjectGraph
from signing.validation.page_tree import annotations_of, object_number
from signing.validation.rectangles import LARGEST_HEIGHT, LARGEST_WIDTH, area_of
from signing.validation.revision_objects import Key, key_of


class SignedRevision(HistoricalResolver):
    """The file as it was when it was signed.

    Args:
        reader: of the file.
        revision: the one signed.
        graph: of the file.
    """

    def __init__(
        self, reader: PdfFileReader, revision: int, graph: ObjectGraph
    ) -> None:
        super().__init__(reader, revision)
        graph.move_to(revision)
        self.graph = graph

    def _load_reverse_xref_cache(self) -> None:
        """Do nothing: ways are looked for when they are asked for."""

    def _get_usages_of_ref(self, ref: generic.Reference) -> set[RawPdfPath]:
        return {RawPdfPath(*path) for path in self.graph.usages(key_of(ref))}


class _ListedObjects(HistoricalResolver):
    """A revision in which pages list those annotations only that are objects.

    The library knows no others; they are compared in `_require_kept_annotations`.
    """

    def get_object(
        self,
        ref: generic.Reference,
        as_metadata_stream: bool = False,  # noqa: FBT001, FBT002 as the library has it
    ) -> generic.PdfObject:
        """Read an object."""
        found: generic.PdfObject = super().get_object(ref, as_metadata_stream)
        if isinstance(found, generic.ArrayObject):
            return generic.ArrayObject(filter(_is_object, _items(found)))
        if not isinstance(found, generic.DictionaryObject) or _ANNOTATIONS not in found:
            return found
        listed = found.raw_get(_ANNOTATIONS)
        page = generic.DictionaryObject(found)
        if self._is_null(listed):
            del page[_ANNOTATIONS]
            return page
        if not isinstance(listed, generic.ArrayObject):
            return found
        objects = generic.ArrayObject(filter(_is_object, _items(listed)))
        page[generic.pdf_name(_ANNOTATIONS)] = objects
        return page

    def _is_null(self, listed: generic.PdfObject) -> bool:
        """Tell whether an entry is as good as absent (ISO 32000-2, 7.3.9)."""
        if isinstance(listed, generic.IndirectObject):
            listed = super().get_object(listed.reference)
        return isinstance(listed, generic.NullObject)


_ANNOTATIONS = "/Annots"

_ALL_PAGES = SigFieldCreationRule()
_NO_PAGES = SigFieldCreationRule(approve_widget_bindings=False)


class ChangedPagesRule(FieldMDPRule):
    """As `SigFieldCreationRule`, but only pages that were written are looked at."""

    def apply(
        self, context: FieldComparisonContext
    ) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        """Approve new signature fields, and pages that list their annotations.

        Raises:
            SuspiciousModification: other new fields, or other changes of annotations.
        """
        pages = _changed_pages(context)
        names = dict(_widgets(context))
        _require_kept_annotations(pages, names, context)
        if pages is None:
            yield from _ALL_PAGES.apply(context)
            return
        yield from _NO_PAGES.apply(context)
        if names:
            yield from qualify(
                ModificationLevel.LTA_UPDATES,
                _walk_page_tree_annots(
                    _tree_of(pages, _listed(context.old)),
                    _tree_of(pages, _listed(context.new)),
                    names,
                    context.old,
                    valid_when_locked=True,
                    refs_seen=set(),
                ),
            )


def _changed_pages(context: FieldComparisonContext) -> Iterable[Key] | None:
    if not isinstance(context.old, SignedRevision):
        return None
    return context.old.graph.changed_pages(context.new.revision)


def _require_kept_annotations(
    pages: Iterable[Key] | None,
    names: Mapping[generic.Reference, str],
    context: FieldComparisonContext,
) -> None:
    """Refuse another order: of two annotations the later one shows (12.5.2).

    The library compares sets.
    """
    if pages is None and isinstance(context.old, SignedRevision):
        pages = context.old.graph.pages.leaves
    fields = {key_of(one): (name, one) for one, name in names.items()}
    for page in pages or ():
        lists = [_list_of(page, one) for one in (context.old, context.new)]
        _require_direct_kept(*lists)
        was, now = (list(map(object_number, _items(one))) for one in lists)
        if [one for one in now if one in was] != was:
            raise SuspiciousModification(f"annotations of page {page} change places")
        _require_little(fields[one] for one in {*now} - {*was} if one in fields)


def _require_little(added: Iterable[tuple[str, generic.Reference]]) -> None:
    """Refuse fields that take more room on one page than a signature does.

    Args:
        added: the widgets that a page has got, with the names of their fields.
    """
    areas: dict[str, float] = {}
    for name, widget in added:
        areas[name] = areas.get(name, 0) + _area_of(widget)
    if any(one > LARGEST_WIDTH * LARGEST_HEIGHT for one in areas.values()):
        raise SuspiciousModification("a field stands all over a page")


def _area_of(widget: generic.Reference) -> float:
    annotation: Any = widget.get_object()
    try:
        return area_of(annotation)
    except SigningError as error:
        raise SuspiciousModification("a field stands anywhere") from error


def _require_direct_kept(was: generic.ArrayObject, now: generic.ArrayObject) -> None:
    """Let a list with annotations that are no objects of their own grow at its end.

    Then `RewrittenRule` sees how they are spelled, if the list is where it was.
    """
    before, after = _items(was), _items(now)
    if all(map(_is_object, (*before, *after))):
        return
    is_moved = was.container_ref != now.container_ref
    if is_moved or after[: len(before)] != before:
        raise SuspiciousModification("annotations on the page itself change")
    if not all(map(_is_object, after[len(before) :])):
        raise SuspiciousModification("the page itself gets an annotation")


def _list_of(page: Key, revision: HistoricalResolver) -> generic.ArrayObject:
    dictionary: Any = revision(generic.Reference(*page, revision))
    found = annotations_of(dictionary)
    return found if isinstance(found, generic.ArrayObject) else generic.ArrayObject()


def _items(array: generic.ArrayObject) -> list[generic.PdfObject]:
    return [array.raw_get(at) for at in range(len(array))]


def _is_object(annotation: generic.PdfObject) -> bool:
    return isinstance(annotation, generic.IndirectObject)


def _listed(revision: HistoricalResolver) -> HistoricalResolver:
    return _ListedObjects(revision.reader, revision.revision)


def _tree_of(
    pages: Iterable[Key], revision: HistoricalResolver
) -> generic.DictionaryObject:
    kids = generic.ArrayObject(
        generic.IndirectObject(*page, revision) for page in pages
    )
    return generic.DictionaryObject({generic.pdf_name("/Kids"): kids})


def _widgets(
    context: FieldComparisonContext,
) -> Iterator[tuple[generic.Reference, str]]:
    """Give the annotations of new signature fields, as the library does."""
    for name, spec in context.field_specs.items():
        if spec.field_type != "/Sig" or spec.old_field_ref:
            continue
        field, reference = spec.new_field, spec.new_field_ref
        if field is None or reference is None:
            continue
        if "/Kids" not in field:
            yield reference, name
            continue
        for kid in field["/Kids"]:
            if "/T" not in kid.get_object():
                yield kid.reference, name
