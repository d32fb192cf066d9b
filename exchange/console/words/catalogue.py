"""What the pages say: one catalogue for each area, every sentence in both languages."""

from collections.abc import Mapping
from types import MappingProxyType

from exchange.console.words import (
    directory,
    frame,
    mail,
    operations,
    sign_in,
    signing,
    verifying,
)
from schemas.errors import Text

WORDS: Mapping[str, Text] = MappingProxyType(
    {
        **frame.WORDS,
        **sign_in.WORDS,
        **mail.WORDS,
        **directory.WORDS,
        **operations.WORDS,
        **verifying.WORDS,
        **signing.WORDS,
    }
)
"""By key, ``area.name``; a template that names an unknown one fails."""

LANGUAGES = ("vi", "en")


def say(key: str, language: str, **values: object) -> str:
    """Return a sentence in a language, with its values put in.

    Raises:
        KeyError: no such sentence.
    """
    text = WORDS[key]
    sentence = text.en if language == "en" else text.vi
    return sentence.format(**values) if values else sentence
