"""Vietnamese text as people type it in a hurry: without marks, in small letters."""

import re
import unicodedata
from typing import Final

_WITHOUT_DECOMPOSITION = str.maketrans({"đ": "d", "Đ": "d"})


def folded(text: str) -> str:
    """Return a text to search in: no marks, small letters, single spaces.

    Two texts that differ in marks, case or spacing alone fold to the same.
    """
    plain = unicodedata.normalize("NFD", text.translate(_WITHOUT_DECOMPOSITION))
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(letters.casefold().split())


def holds_words(text: str, words: str) -> bool:
    """Tell whether every one of `words` begins a word of `text`; both are folded."""
    within = f" {text}"
    return all(f" {word}" in within for word in words.split())


def pattern_of_word(word: str) -> str:
    """Return a regular expression (PCRE, Unicode) for texts with a word as typed.

    It finds what `folded` would: a word that begins so, with whatever marks and case.

    Args:
        word: folded.
    """
    letters = (f"[{re.escape(one)}{_VARIANTS.get(one, '')}]" for one in word)
    return r"(?<![\p{L}\p{N}\p{M}])" + "".join(rf"{one}\p{{M}}*" for one in letters)


def _variants() -> dict[str, str]:
    found: dict[str, str] = {}
    for number in (*range(0x41, 0x5B), *_LATIN_WITH_MARKS):
        letter = chr(number)
        plain = folded(letter)
        if len(plain) == 1 and plain != letter:
            found[plain] = found.get(plain, "") + letter
    return found


_LATIN_WITH_MARKS: Final = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
_VARIANTS: Final = _variants()
