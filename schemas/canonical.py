"""Our own XML formats (`schemas.strict_xml`) written as canonical text from the start.

The text of a record is its own exclusive canonical form (RFC 3741): one namespace, one
attribute, no empty-element tags, no white space between elements. So it can be
digested and signed as it is, and no tree is built or walked: two receipts are signed
for every envelope.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.errors import ErrorCode, SchemaError
from schemas.xml import LIENTHONG

_Fields = Iterable[tuple[str, str | None]]

# Not a Char (XML 1.0 clause 2.2); half a surrogate pair is no character at all.
_NO_CHAR = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_FORBIDDEN = re.compile(f"[{_NO_CHAR}]")
_SPECIAL = re.compile(f"[&<>\r{_NO_CHAR}]")


@dataclass(frozen=True, slots=True)
class Record:
    """A record without its signature.

    Args:
        octets: canonical; nothing in them but the root has an identifier.
        identifier: the Id of its root.
    """

    octets: bytes
    identifier: str


def record(name: str, *content: str, identifier: str) -> Record:
    """Return the record whose root `name` holds `content`."""
    inner = "".join(content)
    text = f'<{name} xmlns="{LIENTHONG}" Id="{identifier}">{inner}</{name}>'
    return Record(text.encode(), identifier)


def element(name: str, *content: str) -> str:
    """Write an element that holds `content`, as `element` and `fields` write it."""
    return f"<{name}>{''.join(content)}</{name}>"


def fields(named: _Fields) -> str:
    """Write one text element per field; a None field is left out.

    Raises:
        SchemaError: a text holds a character XML cannot carry (VALUE_MALFORMED).
    """
    given = [(name, text) for name, text in named if text is not None]
    # Seldom is there anything to escape.
    if _SPECIAL.search("".join([text for _, text in given])):
        given = [(name, _escaped(name, text)) for name, text in given]
    return "".join([f"<{name}>{text}</{name}>" for name, text in given])


def _escaped(name: str, text: str) -> str:
    """Escape a text (Canonical XML 1.0 clause 2.3); quotation marks stay."""
    if _SPECIAL.search(text) is None:
        return text
    if _FORBIDDEN.search(text):
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place=name)
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return text.replace(">", "&gt;").replace("\r", "&#xD;")
