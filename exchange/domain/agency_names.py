"""What agencies are called, as every way into the directory keeps it."""

import re
import unicodedata

_LONGEST = 200
# Control characters and halves of surrogate pairs: neither XML nor people take them.
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def agency_name(text: str) -> str:
    """Return a name in one line, each letter one character with its marks (NFC).

    Raises:
        ValueError: it is none, too long, or holds what is no text.
    """
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name or len(name) > _LONGEST:
        raise ValueError("1 to 200 characters")
    return plain_text(name)


def plain_text(text: str) -> str:
    """Return a text of one line.

    Raises:
        ValueError: it holds what is no text.
    """
    if _NO_TEXT.search(text):
        raise ValueError("a character that is no text")
    return text
