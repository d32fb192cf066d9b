"""Vietnamese text as people type it in a hurry: without marks, in small letters."""

import unicodedata

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
