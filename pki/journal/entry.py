"""What a CA did, entry by entry, each naming the digest of the one before.

Who holds the digest of the last entry can tell whether any entry before it was changed,
left out or moved. Entries name serial numbers and digests, never people certified.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType

import rfc8785

from pki.errors import PkiError
from schemas.errors import ErrorCode, SchemaError
from schemas.timestamps import format_utc, parse_utc

BEFORE_THE_FIRST = "0" * 64
"""What the first entry names as the digest before it."""

_LONGEST_ENTRY = 65_536
_LONGEST_ACTOR = 200
_LONGEST_REASON = 2_000
_DIGEST_CHARACTERS = frozenset("0123456789abcdef")
_TEXTS = ("action", "actor", "at", "previous", "reason", "subject")
_NAMES = frozenset({*_TEXTS, "facts", "number"})


class CaAction(StrEnum):
    """What a CA, its operators or its registration desk did; never renamed."""

    CA_FOUNDED = "ca_founded"
    ISSUANCE_BEGUN = "issuance_begun"
    CERTIFICATE_ISSUED = "certificate_issued"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_SUSPENDED = "certificate_suspended"
    CERTIFICATE_RELEASED = "certificate_released"
    LIST_PUBLISHED = "list_published"
    REQUEST_SUBMITTED = "request_submitted"
    REQUEST_APPROVED = "request_approved"
    REQUEST_REFUSED = "request_refused"
    REQUEST_ISSUED = "request_issued"
    CODE_MADE = "code_made"
    CODE_USED = "code_used"
    OPERATOR_ADDED = "operator_added"
    OPERATOR_CLOSED = "operator_closed"
    APPROVALS_CHANGED = "approvals_changed"
    AGENCIES_CHANGED = "agencies_changed"
    AGENCY_MERGED = "agency_merged"
    EXPIRY_WARNED = "expiry_warned"
    CEREMONY_HELD = "ceremony_held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does something, and why.

    Args:
        actor: an account, an operator or a service.
        reason: in the actor's own words; no personal data.

    Raises:
        PkiError: no actor, or a text too long or not printable (VALUE_MALFORMED).
    """

    actor: str
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.actor or not _is_text(self.actor, _LONGEST_ACTOR):
            raise PkiError(ErrorCode.VALUE_MALFORMED, place="actor")
        if not _is_text(self.reason, _LONGEST_REASON):
            raise PkiError(ErrorCode.VALUE_MALFORMED, place="reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One entry.

    Args:
        number: from 1, without gaps.
        at: when, in whole milliseconds.
        action: what was done.
        act: by whom and why.
        subject: to what.
        facts: what it was done with.
        previous: digest of the entry before; 64 zeros in the first.
    """

    number: int
    at: datetime
    action: CaAction
    act: Act
    subject: str
    facts: Mapping[str, str]
    previous: str

    def canonical(self) -> bytes:
        """Return the bytes its digest covers (RFC 8785)."""
        return rfc8785.dumps(
            {
                "action": self.action.value,
                "actor": self.act.actor,
                "at": format_utc(self.at),
                "facts": dict(self.facts),
                "number": self.number,
                "previous": self.previous,
                "reason": self.act.reason,
                "subject": self.subject,
            }
        )

    def digest(self) -> str:
        """Return the SHA-256 of the canonical bytes, in lower hexadecimal."""
        return sha256(self.canonical()).hexdigest()


def read_entry(data: bytes) -> JournalEntry:
    """Read an entry; exactly the bytes that `JournalEntry.canonical` writes.

    Raises:
        PkiError: anything else (JOURNAL_BROKEN).
    """
    try:
        entry = _parsed(data)
        is_canonical = entry.canonical() == data
    except (ValueError, RecursionError, SchemaError, PkiError) as error:
        raise PkiError(ErrorCode.JOURNAL_BROKEN) from error
    if not is_canonical:
        raise PkiError(ErrorCode.JOURNAL_BROKEN)
    return entry


def verify_journal(
    entries: Iterable[JournalEntry], *, digests: Sequence[str] = ()
) -> str:
    """Check that entries follow one another, and agree with published digests.

    Args:
        entries: the whole journal, from the first entry.
        digests: published ones from the first on; there may be fewer than entries,
            as a crash can come between the two, never more.

    Returns:
        The digest of the last entry; 64 zeros if there is none.

    Raises:
        PkiError: the first place where they do not (JOURNAL_BROKEN with its number).
    """
    head, number = BEFORE_THE_FIRST, 0
    for number, entry in enumerate(entries, start=1):
        if entry.number != number or entry.previous != head:
            raise PkiError(ErrorCode.JOURNAL_BROKEN, place=str(number))
        head = entry.digest()
        if number <= len(digests) and digests[number - 1] != head:
            raise PkiError(ErrorCode.JOURNAL_BROKEN, place=str(number))
    if len(digests) > number:
        raise PkiError(ErrorCode.JOURNAL_BROKEN, place=str(number + 1))
    return head


def _parsed(data: bytes) -> JournalEntry:
    if len(data) > _LONGEST_ENTRY:
        raise ValueError("longer than any entry")
    fields: object = json.loads(data)
    if not isinstance(fields, dict) or fields.keys() != _NAMES:
        raise ValueError("not the fields of an entry")
    texts = {name: _text(fields[name]) for name in _TEXTS}
    return JournalEntry(
        number=_number(fields["number"]),
        at=parse_utc(texts["at"]),
        action=CaAction(texts["action"]),
        act=Act(actor=texts["actor"], reason=texts["reason"]),
        subject=texts["subject"],
        facts=_facts(fields["facts"]),
        previous=_digest(texts["previous"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 - malformed data, not misuse
    return value


def _number(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("not a number of an entry")
    return value


def _facts(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise ValueError("not facts")  # noqa: TRY004 - malformed data, not misuse
    return MappingProxyType({_text(key): _text(one) for key, one in value.items()})


def _digest(text: str) -> str:
    if len(text) != len(BEFORE_THE_FIRST) or not _DIGEST_CHARACTERS.issuperset(text):
        raise ValueError("not a digest")
    return text


def _is_text(text: str, longest: int) -> bool:
    return len(text) <= longest and text.isprintable()
