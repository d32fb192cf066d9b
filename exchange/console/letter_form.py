"""A letter as a form has it: read without doing anything, so typing can be judged."""

import mimetypes
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Final

from exchange.console.forms import Fields
from exchange.usecases.letters import Letter
from schemas.document_kinds import DOCUMENT_KINDS
from schemas.edxml.document import SignerInfo
from schemas.errors import SchemaError
from schemas.identifiers import DocumentCode, OrganId, parse_organ_id
from schemas.vocabulary import Urgency

_KINDS: Final = {one.code: one for one in DOCUMENT_KINDS}
_NUMBER: Final = re.compile(r"[0-9]{1,6}[A-Za-z]?")
_NOTATION: Final = re.compile(r"\S{1,60}")
_LONGEST_SUBJECT: Final = 2_000
_LONGEST: Final = 200
_SEPARATORS: Final = re.compile(r"[\s,;]+")
_PLAIN_BYTES: Final = "application/octet-stream"


class UnfinishedError(ValueError):
    """A form that is not filled in.

    Args:
        fields: names of what is missing or malformed.
    """

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


def letter_of(fields: Fields) -> Letter:
    """Return the letter a form holds, without its files.

    Raises:
        UnfinishedError: something is missing or malformed.
    """
    missing = tuple(_missing(fields))
    promulgated = _day(fields.text("promulgated"))
    kind = _KINDS.get(fields.text("kind"))
    if missing or promulgated is None or kind is None:
        raise UnfinishedError(missing)
    return Letter(
        recipients=recipients_of(fields),
        kind=kind,
        code=DocumentCode(fields.text("number"), fields.text("notation")),
        promulgated=promulgated,
        subject=_line(fields, "subject", _LONGEST_SUBJECT),
        place=_line(fields, "place", _LONGEST),
        urgency=_urgency(fields),
        due_date=_day(fields.text("due")),
        signer=_signer(fields),
    )


def recipients_of(fields: Fields) -> tuple[OrganId, ...]:
    """Return whom a form names, chosen or typed, each once.

    What is no code is left out; `letter_of` names the field.
    """
    typed = _SEPARATORS.split(fields.text("codes"))
    codes = map(_code, (*fields.every("recipients"), *typed))
    return tuple(dict.fromkeys(one for one in codes if one is not None))


def content_type_of(name: str, said: str) -> str:
    """Return the media type of a file: as the browser says, else by its name."""
    plain = said.partition(";")[0].strip().lower()
    if re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", plain):
        return plain
    return mimetypes.guess_type(name)[0] or _PLAIN_BYTES


def file_name(name: str) -> str:
    """Return the name of a file without folders and marks that do not print."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    return "".join(one for one in last if one.isprintable()).strip() or "tệp"


def _missing(fields: Fields) -> Iterator[str]:
    if fields.text("kind") not in _KINDS:
        yield "kind"
    if not _NUMBER.fullmatch(fields.text("number")):
        yield "number"
    if not _NOTATION.fullmatch(fields.text("notation")):
        yield "notation"
    if _day(fields.text("promulgated")) is None:
        yield "promulgated"
    if not _line(fields, "subject", _LONGEST_SUBJECT):
        yield "subject"
    if fields.text("due") and _day(fields.text("due")) is None:
        yield "due"
    typed = filter(None, _SEPARATORS.split(fields.text("codes")))
    if not recipients_of(fields) or any(_code(one) is None for one in typed):
        yield "recipients"


def _line(fields: Fields, name: str, longest: int) -> str:
    return fields.line(name)[:longest]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _urgency(fields: Fields) -> Urgency:
    text = fields.text("urgency")
    known = {str(int(one)): one for one in Urgency}
    return known.get(text, Urgency.NORMAL)


def _signer(fields: Fields) -> SignerInfo | None:
    signer = SignerInfo(
        position=_line(fields, "signer_position", _LONGEST),
        full_name=_line(fields, "signer_name", _LONGEST),
    )
    return signer if signer.position or signer.full_name else None


def _code(text: str) -> OrganId | None:
    try:
        return parse_organ_id(text)
    except SchemaError:
        return None
