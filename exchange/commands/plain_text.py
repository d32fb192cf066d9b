"""Words of others on the way to somebody's terminal.

Subjects, names of files and what a hub says are shown as they are, but for what a
terminal obeys: control characters (C0, C1) and marks that turn the direction of text.
"""

import re

_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_STEERING = re.compile(f"[{_CONTROLS}{_DIRECTIONS}]")
_LINE_END = re.compile("\r\n|[\t\n\x0b\f\r\x1c-\x1e\x85\u2028\u2029]")


def plain(text: str) -> str:
    """Return `text` without what steers a terminal; its lines stay."""
    return _STEERING.sub("?", text)


def on_one_line(text: str) -> str:
    """Return `text` as one line without what steers a terminal."""
    return plain(_LINE_END.sub(" ", text))


def escaped(document: str) -> str:
    """Return a JSON document that says the same without what steers a terminal."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", document)
