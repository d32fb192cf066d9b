"""Registers of documents as Decree 30/2020 Annex IV has them.

Outgoing: part I; incoming: part II. What people write by hand on paper (receipt by
signature, filing) has its column and stays empty. What was sent is handed over when
this hub accepts it.
"""

from dataclasses import dataclass
from datetime import date, datetime

from exchange.domain.records import Envelope
from exchange.domain.working_days import local_day
from schemas.errors import Text
from schemas.identifiers import EnvelopeId, OrganId

MOST_NUMBER = 9_999_999_999
"""ArrivalNumber has at most ten digits (Annex VI part II)."""

_MOST_NAMED = 20
"""Recipients that are named one by one; of a larger group, their number is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterNumber:
    """The number under which a recipient registered a document.

    Args:
        year: numbers begin anew each year (Decree 30/2020 article 22).
        recorded_by: the system or person that said so.
    """

    envelope_id: EnvelopeId
    recipient: OrganId
    year: int
    number: int
    recorded_at: datetime
    recorded_by: str


INCOMING_COLUMNS = (
    Text("Ngày đến", "Day of arrival"),
    Text("Số đến", "Number of arrival"),
    Text("Tác giả", "Author"),
    Text("Số, ký hiệu văn bản", "Number and notation"),
    Text("Ngày tháng văn bản", "Date of the document"),
    Text("Tên loại và trích yếu nội dung văn bản", "Kind and summary"),
    Text("Đơn vị hoặc người nhận", "Unit or person that receives it"),
    Text("Ngày chuyển", "Handed over on"),
    Text("Ký nhận", "Received by signature"),
    Text("Ghi chú", "Remarks"),
)
OUTGOING_COLUMNS = (
    Text("Số, ký hiệu văn bản", "Number and notation"),
    Text("Ngày tháng văn bản", "Date of the document"),
    Text("Tên loại và trích yếu nội dung văn bản", "Kind and summary"),
    Text("Người ký", "Signer"),
    Text("Nơi nhận văn bản", "Recipients"),
    Text("Đơn vị, người nhận bản lưu", "Unit or person that files it"),
    Text("Số lượng bản", "Copies"),
    Text("Ngày chuyển", "Handed over on"),
    Text("Ký nhận", "Received by signature"),
    Text("Ghi chú", "Remarks"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What an incoming register says of one document.

    Args:
        author: name of the sender, its code where no name is known.
        number: None while the recipient told none.
    """

    envelope: Envelope
    arrived_at: datetime
    author: str
    number: int | None = None


def incoming_row(arrival: Arrival) -> tuple[str, ...]:
    """Return the cells of one line, in the order of `INCOMING_COLUMNS`."""
    envelope = arrival.envelope
    return (
        written_day(local_day(arrival.arrived_at)),
        "" if arrival.number is None else f"{arrival.number:02d}",
        arrival.author,
        envelope.document_code,
        written_day(envelope.matter.promulgated),
        _summary(envelope),
        "",
        "",
        "",
        _remarks(envelope),
    )


def outgoing_row(envelope: Envelope, recipients: tuple[str, ...]) -> tuple[str, ...]:
    """Return the cells of one line, in the order of `OUTGOING_COLUMNS`.

    Args:
        envelope: what was sent.
        recipients: names of its recipients.
    """
    return (
        envelope.document_code,
        written_day(envelope.matter.promulgated),
        _summary(envelope),
        envelope.matter.signer,
        _named(recipients),
        "",
        "",
        written_day(local_day(envelope.accepted_at)),
        "",
        _remarks(envelope),
    )


def written_day(day: date | None) -> str:
    """Write a day as documents do: days below 10 and months below 3 have a zero."""
    if day is None:
        return ""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"{day.day:02d}/{month}/{day.year}"


def _named(recipients: tuple[str, ...]) -> str:
    named = "; ".join(recipients[:_MOST_NAMED])
    others = len(recipients) - _MOST_NAMED
    return f"{named}; … (+{others})" if others > 0 else named


def _summary(envelope: Envelope) -> str:
    """Return kind and summary; many summaries begin with the kind already."""
    kind, subject = envelope.matter.type_name, envelope.subject
    if not kind or subject.casefold().startswith(kind.casefold()):
        return subject
    return f"{kind}: {subject}"


def _remarks(envelope: Envelope) -> str:
    marks = []
    if envelope.urgency:
        marks.append(_URGENCIES.get(envelope.urgency, ""))
    if envelope.matter.paper:
        marks.append("có bản giấy")
    if envelope.matter.due_date:
        marks.append(f"hạn {written_day(envelope.matter.due_date)}")
    if envelope.matter.application:
        marks.append(f"hồ sơ một cửa {envelope.matter.application}")
    if envelope.matter.tasks:
        marks.append(f"nhiệm vụ {'; '.join(envelope.matter.tasks)}")
    return ", ".join(marks)


_URGENCIES = {1: "khẩn", 2: "thượng khẩn", 3: "hỏa tốc", 4: "hỏa tốc hẹn giờ"}
