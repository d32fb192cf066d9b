"""Identifiers inside a signed document: well-formed, and each only once."""

from collections.abc import Iterable, Sequence

from lxml import etree

from schemas.errors import ErrorCode
from schemas.xml import Element
from signing.errors import SigningError
from signing.xmldsig.profile import ID_FORM

_ALL_IDS = etree.XPath(
    " | ".join(
        f"/descendant::*/attribute::{name}" for name in ("Id", "ID", "id", "xml:id")
    ),
    smart_strings=False,
)
"""Every spelling some reader may take for an identifier."""


def signed_id(element: Element) -> str:
    """Return the ``Id`` of `element`.

    Raises:
        SigningError: none, or one that would need an escape in a fragment.
    """
    return usable_id(element.get("Id", ""))


def usable_id(identifier: str) -> str:
    """Return `identifier` if a fragment can name it without an escape.

    Raises:
        SigningError: it cannot.
    """
    if not ID_FORM.fullmatch(identifier):
        raise SigningError(ErrorCode.SIGNATURE_SHAPE_REFUSED, place="Id")
    return identifier


def refuse_repeated_ids(root: Element, *, also: Iterable[str] = ()) -> None:
    """Refuse a document in which a reference could mean two elements.

    Args:
        root: of the document.
        also: identifiers of what is about to be added to it.

    Raises:
        SigningError: some identifier occurs twice.
    """
    found = _ALL_IDS(root)
    if not isinstance(found, list):
        raise SigningError(ErrorCode.SIGNATURE_SHAPE_REFUSED, place="Id")
    refuse_repeats((*found, *also))


def refuse_repeats(identifiers: Sequence[object]) -> None:
    """Refuse identifiers of one document of which two are the same.

    Raises:
        SigningError: some identifier occurs twice.
    """
    if len(set(identifiers)) != len(identifiers):
        raise SigningError(ErrorCode.SIGNATURE_SHAPE_REFUSED, place="Id")
