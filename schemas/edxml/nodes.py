"""Reading one edXML element without caring for order, prefix or a lost namespace.

Some products leave the namespace off the inner elements, so a name matches in the
edXML namespace or in none; two matches for what may stand once are refused.
"""

from collections.abc import Mapping
from datetime import date, datetime

from schemas.edxml.dates import read_day, read_moment
from schemas.edxml.names import q
from schemas.errors import ErrorCode, SchemaError
from schemas.identifiers import DocumentId, OrganId, parse_organ_id
from schemas.xml import Element, local_name, text_of

_NAMESPACE = q("")
_FLAGS = {"0": False, "false": False, "1": True, "true": True}
_LONGEST_NUMBER = 9


class Node:
    """An element, its children by name, and its place for refusals that say where.

    Args:
        element: the element.
        place: where it stands; its own name if not given.
    """

    __slots__ = ("_named", "element", "place")

    def __init__(self, element: Element, place: str = "") -> None:
        self.element = element
        self.place = place or local_name(element)
        self._named: dict[str, list[Element]] = {}
        for child in element:
            name = child.tag.removeprefix(_NAMESPACE)
            self._named.setdefault(name, []).append(child)

    def child(self, name: str) -> "Node | None":
        """Return the one child `name`, None if it is absent.

        Raises:
            SchemaError: it stands more than once.
        """
        found = self._only(name)
        return None if found is None else Node(found, self._at(name))

    def required_child(self, name: str) -> "Node":
        """Return the one child `name`.

        Raises:
            SchemaError: it is absent or stands more than once.
        """
        found = self.child(name)
        if found is None:
            raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=self._at(name))
        return found

    def children(self, name: str) -> list["Node"]:
        """Return every child `name`, in document order."""
        place = self._at(name)
        return [Node(element, place) for element in self._named.get(name, ())]

    def own_text(self) -> str:
        """Return the element's own text, without outer white space.

        Raises:
            SchemaError: it holds elements.
        """
        return text_of(self.element)

    def text(self, name: str) -> str:
        """Return the text of the child `name`, empty if it is absent.

        Raises:
            SchemaError: it stands more than once or holds elements.
        """
        return text_of(self._only(name))

    def required_text(self, name: str) -> str:
        """Return the text of the child `name`.

        Raises:
            SchemaError: it is absent, empty, stands twice or holds elements.
        """
        text = self.text(name)
        if not text:
            raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=self._at(name))
        return text

    def texts(self, table: Mapping[str, str]) -> dict[str, str]:
        """Return the texts of the children in `table`, by field name.

        Raises:
            SchemaError: as `text`.
        """
        return {field: self.text(name) for field, name in table.items()}

    def number(self, name: str) -> int | None:
        """Return the number in the child `name`, None if absent or empty.

        Raises:
            SchemaError: not a whole number of at most nine digits, or as `text`.
        """
        text = self.text(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
            raise SchemaError(ErrorCode.VALUE_MALFORMED, place=self._at(name))
        return int(text)

    def flag(self, name: str) -> bool | None:
        """Return the truth value in the child `name`, None if absent or empty.

        Raises:
            SchemaError: none of 0, 1, false, true, or as `text`.
        """
        text = self.text(name).lower()
        if not text:
            return None
        if text not in _FLAGS:
            raise SchemaError(ErrorCode.VALUE_MALFORMED, place=self._at(name))
        return _FLAGS[text]

    def day(self, name: str) -> date | None:
        """Return the day in the child `name`, None if absent or empty.

        Raises:
            SchemaError: not a day (DATE_MALFORMED), or as `text`.
        """
        text = self.text(name)
        return read_day(text, place=self._at(name)) if text else None

    def moment(self, name: str) -> datetime | None:
        """Return the moment in the child `name`, None if absent or empty.

        Raises:
            SchemaError: not a moment (DATE_MALFORMED), or as `text`.
        """
        text = self.text(name)
        return read_moment(text, place=self._at(name)) if text else None

    def organ_id(self) -> OrganId:
        """Return the agency code in the child OrganId.

        Raises:
            SchemaError: absent or malformed.
        """
        return parse_organ_id(self.required_text("OrganId"))

    def document_id(self) -> DocumentId | None:
        """Return the opaque text of the child DocumentId, None if absent or empty.

        Raises:
            SchemaError: as `text`.
        """
        return DocumentId(self.text("DocumentId")) or None

    def _only(self, name: str) -> Element | None:
        found = self._named.get(name)
        if found is None:
            return None
        if len(found) > 1:
            raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=self._at(name))
        return found[0]

    def _at(self, name: str) -> str:
        return f"{self.place}/{name}"
