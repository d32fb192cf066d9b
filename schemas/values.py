"""Single values of our own formats, read strictly: one spelling for each value.

Every reader takes the text and the place to name when it is refused.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from schemas.document_kinds import DOCUMENT_KINDS
from schemas.errors import ErrorCode, SchemaError
from schemas.identifiers import (
    EnvelopeId,
    MessageId,
    OrganId,
    SystemId,
    parse_caller_id,
    parse_message_id,
    parse_organ_id,
)

Member = TypeVar("Member", bound=StrEnum)
_Value = TypeVar("_Value")

_DOCUMENT_KINDS = frozenset(one.code for one in DOCUMENT_KINDS)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NATURAL = re.compile(r"0|[1-9][0-9]{0,14}")
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def sha256_hex(text: str, place: str) -> str:
    """Return `text`, a SHA-256 digest in lower hexadecimal.

    Raises:
        SchemaError: it is none (VALUE_MALFORMED).
    """
    return _matching(_SHA256, text, place)


def natural(text: str, place: str) -> int:
    """Return the number in `text`: decimal, no sign, no leading zero, 15 digits.

    15 digits stay exact in every JSON reader (RFC 8785 section 3.2.2.3).

    Raises:
        SchemaError: any other spelling (VALUE_MALFORMED).
    """
    return int(_matching(_NATURAL, text, place))


def envelope_id(text: str, place: str) -> EnvelopeId:
    """Return the hub's id in `text`, a ULID in upper case.

    Raises:
        SchemaError: it is none (VALUE_MALFORMED).
    """
    return EnvelopeId(_matching(_ULID, text, place))


def organ_id(text: str, place: str) -> OrganId:
    """Return the agency code in `text`, which holds nothing else.

    Raises:
        SchemaError: it is none, or has white space around it.
    """
    if text.strip() != text:
        raise SchemaError(ErrorCode.ORGAN_ID_MALFORMED, place=place)
    return _placed(parse_organ_id, text, place)


def message_id(text: str, place: str) -> MessageId:
    """Return the message id in `text`.

    Raises:
        SchemaError: it is none.
    """
    return _placed(parse_message_id, text, place)


def caller_id(text: str, place: str) -> SystemId:
    """Return the system, or the person, that `text` names.

    Raises:
        SchemaError: it is none.
    """
    return _placed(parse_caller_id, text, place)


def document_kind(text: str, place: str) -> str:
    """Return the two digits of a kind of document (Decree 30/2020 article 7).

    Raises:
        SchemaError: no kind has them.
    """
    if text not in _DOCUMENT_KINDS:
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place=place)
    return text


def member_of(kind: type[Member]) -> Callable[[str, str], Member]:
    """Return a reader of the members of the closed set `kind`."""

    def read(text: str, place: str) -> Member:
        try:
            return kind(text)
        except ValueError as error:
            raise SchemaError(ErrorCode.VALUE_MALFORMED, place=place) from error

    return read


def _placed(parse: Callable[[str], _Value], text: str, place: str) -> _Value:
    """Parse `text`, naming `place` instead of the identifier's own."""
    try:
        return parse(text)
    except SchemaError as error:
        raise SchemaError(error.code, place=place) from error


def _matching(form: re.Pattern[str], text: str, place: str) -> str:
    if not form.fullmatch(text):
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place=place)
    return text
