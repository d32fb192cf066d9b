"""Identifiers that cross the wire: agencies, messages, documents.

Agency codes come in two grammars (notes: QCVN 102:2016, Decision 20/2020/QĐ-TTg
article 4) and in irregular forms that circulate; reading is liberal, and the level
of an agency is never taken from its code.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from schemas.errors import ErrorCode, SchemaError

OrganId = NewType("OrganId", str)
"""Electronic identifier of an agency, at most 35 characters."""

MessageId = NewType("MessageId", str)
"""The sender's own id of one envelope, unique per (system, From)."""

EnvelopeId = NewType("EnvelopeId", str)
"""The hub's ULID of one accepted envelope."""

SystemId = NewType("SystemId", str)
"""Name of one connected document system, or of a person as one (`person_id`)."""

DocumentId = NewType("DocumentId", str)
"""Business identifier of a document; opaque, never read as a date."""

_QCVN_2016 = re.compile(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}")
_DECISION_20_2020 = re.compile(r"[A-Z][0-9]{2}(\.[A-Z0-9]+)*")
_IRREGULAR = re.compile(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_SYSTEM_ID = re.compile(r"[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?")
_PERSON = "person:"
_PERSON_ID = re.compile(_PERSON + r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")
_ORGAN_ID_LENGTH = 35


class IdentifierError(SchemaError):
    """An identifier does not have the shape its standard gives it."""


class OrganIdForm(StrEnum):
    """Which grammar an agency code follows."""

    QCVN_2016 = "qcvn-2016"
    DECISION_20_2020 = "decision-20-2020"
    IRREGULAR = "irregular"


def parse_organ_id(text: str) -> OrganId:
    """Return the agency code in `text`.

    Raises:
        IdentifierError: longer than 35 characters, or other than groups of
            letters and digits.
    """
    code = text.strip()
    if len(code) > _ORGAN_ID_LENGTH or not _IRREGULAR.fullmatch(code):
        raise IdentifierError(ErrorCode.ORGAN_ID_MALFORMED, place="OrganId")
    return OrganId(code)


def organ_id_form(organ_id: OrganId) -> OrganIdForm:
    """Tell which grammar `organ_id` follows."""
    if _QCVN_2016.fullmatch(organ_id):
        return OrganIdForm.QCVN_2016
    if _DECISION_20_2020.fullmatch(organ_id):
        return OrganIdForm.DECISION_20_2020
    return OrganIdForm.IRREGULAR


def parse_message_id(text: str) -> MessageId:
    """Return the message id in `text`.

    Raises:
        IdentifierError: not 1 to 128 of ``[A-Za-z0-9._:-]``.
    """
    if not _MESSAGE_ID.fullmatch(text):
        raise IdentifierError(ErrorCode.MESSAGE_ID_MALFORMED, place="Message-Id")
    return MessageId(text)


def parse_system_id(text: str) -> SystemId:
    """Return the system name in `text`: a DNS-like label of 1 to 64 characters.

    Raises:
        IdentifierError: any other shape.
    """
    if not _SYSTEM_ID.fullmatch(text):
        raise IdentifierError(ErrorCode.SYSTEM_ID_MALFORMED, place="system")
    return SystemId(text)


def person_id(account: str) -> SystemId:
    """Name a person as a system of their own; no registered one has a colon.

    Args:
        account: of the person at a hub.
    """
    return SystemId(_PERSON + account)


def parse_caller_id(text: str) -> SystemId:
    """Return who called a hub: a system, or a person.

    Raises:
        IdentifierError: neither.
    """
    return SystemId(text) if _PERSON_ID.fullmatch(text) else parse_system_id(text)


@dataclass(frozen=True, slots=True)
class DocumentCode:
    """Number and notation of a document (Decree 30/2020, Annex I)."""

    number: str
    notation: str

    def __str__(self) -> str:
        """Return the form printed on the document, as in ``214/UBND-VHXH``."""
        return f"{self.number}/{self.notation}"
