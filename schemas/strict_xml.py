"""Our own XML formats (``urn:lienthong:1``): one spelling for each record.

A record is an element with children in one fixed order, none of them optional unless
said so, no attributes but the root's Id, and no white space between elements. What
reads back is therefore exactly what was written.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

from lxml import etree

from schemas.errors import ErrorCode, SchemaError
from schemas.xml import LIENTHONG, Element, append, local_name, qualified

_NAMESPACE = qualified(LIENTHONG, "")
_Value = TypeVar("_Value")
Reader: TypeAlias = Callable[[str, str], _Value]
"""Reads a text, naming the place given when it refuses (see `schemas.values`)."""


def new_root(name: str, *, identifier: str) -> Element:
    """Return an empty root element; signatures refer to it by its Id."""
    default = {None: LIENTHONG}
    tag = qualified(LIENTHONG, name)
    return etree.Element(
        tag,
        {"Id": identifier},
        nsmap=default,  # type: ignore[arg-type]  # the stubs forget the default prefix
    )


def add(
    parent: Element, name: str, fields: Iterable[tuple[str, str | None]] = ()
) -> Element:
    """Append a child holding `fields` and return it; a None field is left out.

    Raises:
        SchemaError: a text holds a character XML cannot carry (VALUE_MALFORMED).
    """
    child = append(parent, qualified(LIENTHONG, name))
    add_fields(child, fields)
    return child


def add_fields(parent: Element, fields: Iterable[tuple[str, str | None]]) -> None:
    """Append one text child per field; a None field is left out.

    Raises:
        SchemaError: a text holds a character XML cannot carry (VALUE_MALFORMED).
    """
    for name, text in fields:
        if text is not None:
            append(parent, _NAMESPACE + name, text)


class Fields:
    """The children of one element, taken in their one order."""

    def __init__(self, element: Element) -> None:
        self._name = local_name(element)
        self._left = deque(element)

    def text(self, name: str) -> str:
        """Take the text child `name`.

        Raises:
            SchemaError: another child stands here, or it holds more than text.
        """
        return self.take(name, _as_it_is)

    def take(self, name: str, read: Reader[_Value]) -> _Value:
        """Take the text child `name` through `read`.

        Raises:
            SchemaError: another child stands here, it holds more than text, or
                `read` refuses the text.
        """
        element = self.element(name)
        place = self._place(name)
        _require_plain(element, place)
        if len(element):
            raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=place)
        return read(element.text or "", place)

    def take_optional(self, name: str, read: Reader[_Value]) -> _Value | None:
        """Take the text child `name` through `read` if it stands here.

        Raises:
            SchemaError: it holds more than text, or `read` refuses the text.
        """
        return self.take(name, read) if self._next_is(name) else None

    def take_all(self, name: str, read: Reader[_Value]) -> tuple[_Value, ...]:
        """Take every text child `name` that stands here through `read`.

        Raises:
            SchemaError: one holds more than text, or `read` refuses its text.
        """
        found = []
        while self._next_is(name):
            found.append(self.take(name, read))
        return tuple(found)

    def element(self, name: str) -> Element:
        """Take the child `name`, to be read by `fields_of`.

        Raises:
            SchemaError: another child stands here.
        """
        if not self._next_is(name):
            raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=self._place(name))
        return self._left.popleft()

    def elements(self, name: str) -> Iterator[Element]:
        """Take every child `name` that stands here."""
        while self._next_is(name):
            yield self._left.popleft()

    def optional_element(self, name: str) -> Element | None:
        """Take the child `name`, to be read by `fields_of`, if it stands here."""
        return self._left.popleft() if self._next_is(name) else None

    def end(self) -> None:
        """Require that nothing is left.

        Raises:
            SchemaError: something is.
        """
        if self._left:
            place = self._place(local_name(self._left[0]))
            raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=place)

    def _next_is(self, name: str) -> bool:
        return bool(self._left) and self._left[0].tag == qualified(LIENTHONG, name)

    def _place(self, name: str) -> str:
        return f"{self._name}/{name}"


@contextmanager
def fields_of(element: Element) -> Iterator[Fields]:
    """Read all children of `element`; leaving the block requires that none is left.

    Raises:
        SchemaError: attributes, text beside the children, or children left over.
    """
    _require_plain(element, local_name(element))
    if element.text:
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=local_name(element))
    fields = Fields(element)
    yield fields
    fields.end()


@contextmanager
def fields_of_root(root: Element, name: str, *, identifier: str) -> Iterator[Fields]:
    """Read all children of the root element `name` with its one attribute.

    Raises:
        SchemaError: another root, another Id, or anything `fields_of` refuses.
    """
    if root.tag != qualified(LIENTHONG, name) or root.text:
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=local_name(root))
    if root.attrib.items() != [("Id", identifier)]:
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=f"{name}/@Id")
    fields = Fields(root)
    yield fields
    fields.end()


def _require_plain(element: Element, place: str) -> None:
    if element.attrib or element.tail:
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=place)


def _as_it_is(text: str, _place: str) -> str:
    return text
