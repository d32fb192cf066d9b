"""What a hub answers a connected system, as plain records."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from schemas.edxml.document import ResponseFor
from schemas.errors import Text
from schemas.identifiers import DocumentId, EnvelopeId, OrganId
from schemas.preflight import PreflightAnswer
from schemas.timestamps import parse_utc
from schemas.vocabulary import DeliveryState

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """An accepted message: the hub's id of it and the verified receipt."""

    envelope_id: EnvelopeId
    receipt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Preflight:
    """What the hub says of a document before it is sent, and that word as it signed."""

    answer: PreflightAnswer
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """One line of an inbox; `cursor` is where to go on after it.

    Args:
        agency: whose inbox it is in.
    """

    cursor: int
    agency: OrganId
    envelope_id: EnvelopeId
    kind: str
    sender: str
    subject: str
    document_code: str
    state: str
    attachments: int
    status_of: str | None


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Lines of an inbox and the cursor after the last one."""

    items: tuple[InboxItem, ...]
    cursor: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """An envelope as it was sent, byte for byte."""

    content_type: str
    body_sha256: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TracedDelivery:
    """How far an envelope is towards one recipient.

    Args:
        is_asked_back: its sender wants it back, and the recipient has not answered.
    """

    agency: str
    state: str
    status: str
    is_asked_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """What an envelope is to an earlier one, or a later one to it."""

    kind: str
    envelope_id: str
    document_id: str
    is_later: bool


@dataclass(frozen=True, slots=True)
class TracedFinding:
    """Why the hub stopped a delivery: what it found in attachment `attachment`."""

    attachment: int
    code: str
    message: Text


@dataclass(frozen=True, slots=True)
class TracedStep:
    """One step on record; `agency` is empty when it concerns all recipients."""

    step: str
    agency: str
    issuer: str
    at: datetime
    description: str = ""
    findings: tuple[TracedFinding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where an envelope is, as far as one agency may know.

    Args:
        answer: the hub's own JSON.
    """

    sender: str
    accepted_at: datetime
    evidence_level: str
    deliveries: tuple[TracedDelivery, ...]
    steps: tuple[TracedStep, ...]
    ties: tuple[Tie, ...] = ()
    answer: Mapping[str, object] = field(repr=False)

    def subject(self, *, of: OrganId) -> ResponseFor:
        """Name the document for a status that concerns the agency `of`."""
        document_id = str(self.answer.get("document_id") or "")
        return ResponseFor(
            organ_id=of,
            code=str(self.answer.get("document_code") or ""),
            document_id=DocumentId(document_id) or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLine:
    """How far one document is towards one recipient."""

    envelope_id: EnvelopeId
    document_code: str
    agency: str
    state: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class BoardPage:
    """Lines of a board and the key after the last one.

    Args:
        answer: the hub's own JSON.
    """

    items: tuple[BoardLine, ...]
    after: str
    answer: Mapping[str, object] = field(repr=False)


def read_inbox_item(fields: Mapping[str, object]) -> InboxItem:
    """Read one line of an inbox; an odd one raises as its shape demands."""
    status_of = fields.get("status_of")
    return InboxItem(
        cursor=int(str(fields["cursor"])),
        agency=OrganId(str(fields["agency"])),
        envelope_id=EnvelopeId(str(fields["id"])),
        kind=str(fields["kind"]),
        sender=str(fields["from"]),
        subject=str(fields.get("subject") or ""),
        document_code=str(fields.get("document_code") or ""),
        state=str(fields["state"]),
        attachments=int(str(fields["attachments"])),
        status_of=str(status_of) if status_of else None,
    )


def read_board_line(fields: Mapping[str, Any]) -> BoardLine:
    """Read one line of an outbox; an odd one raises as its shape demands."""
    return BoardLine(
        envelope_id=EnvelopeId(str(fields["id"])),
        document_code=str(fields["document_code"] or ""),
        agency=str(fields["agency"]),
        state=str(fields["state"]),
        accepted_at=_moment(fields["accepted_at"]),
    )


def read_trace(fields: Mapping[str, Any]) -> Trace:
    """Read where an envelope is; an odd answer raises as its shape demands."""
    deliveries = [
        TracedDelivery(
            one["agency"], one["state"], one["status"] or "", _is_asked_back(one)
        )
        for one in fields["deliveries"]
    ]
    steps = [
        TracedStep(
            one["step"],
            one["agency"] or "",
            one["issuer"],
            _moment(one["at"]),
            one.get("description", ""),
            tuple(_findings(one.get("findings", ()))),
        )
        for one in fields["steps"]
    ]
    return Trace(
        sender=fields["from"],
        accepted_at=_moment(fields["accepted_at"]),
        evidence_level=fields["evidence_level"],
        deliveries=tuple(deliveries),
        steps=tuple(steps),
        ties=(
            *(_tie(one, is_later=False) for one in fields.get("links", ())),
            *(_tie(one, is_later=True) for one in fields.get("later", ())),
        ),
        answer=fields,
    )


def _moment(text: str) -> datetime:
    """Read a time; the last day there is has no time east of Greenwich."""
    found = parse_utc(text)
    return found + _A_DAY - _A_DAY


def _is_asked_back(delivery: Mapping[str, Any]) -> bool:
    recall = delivery.get("recall")
    is_open = recall is not None and recall["answer"] is None
    return is_open and delivery["state"] != DeliveryState.RECALLED


def _findings(findings: Iterable[Mapping[str, Any]]) -> Iterator[TracedFinding]:
    for one in findings:
        for reason in one["reasons"]:
            said = reason["message"]
            message = Text(said["vi"], said["en"])
            yield TracedFinding(one["attachment"], reason["code"], message)


def _tie(fields: Mapping[str, Any], *, is_later: bool) -> Tie:
    return Tie(
        kind=fields["kind"],
        envelope_id=fields["id"] or "",
        document_id=fields["document_id"] or "",
        is_later=is_later,
    )
