"""`lienthong send`: send a document with its files; what waits is sent first."""

import mimetypes
from datetime import UTC, date, datetime
from pathlib import Path

from clients.messages import Message, prepare_document
from clients.outbox import Entry, Outbox
from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.files import read_file
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output, Progress
from schemas.edxml.document import (
    Attachment,
    DocumentType,
    EdxmlDocument,
    ManifestEntry,
    Organisation,
    OtherInfo,
    PromulgationInfo,
    SignerInfo,
    TraceHeader,
)
from schemas.errors import Text
from schemas.identifiers import DocumentCode, DocumentId, OrganId, parse_organ_id
from schemas.timestamps import VIETNAM
from schemas.vocabulary import Urgency

_ADMINISTRATIVE = "2"


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument("files", nargs="*", type=Path, help="PDF…")
    parser.add_argument("--to", action="append", default=[], help="mã cơ quan nhận")
    parser.add_argument("--number", help="số / number")
    parser.add_argument("--notation", help="ký hiệu / notation: UBND-VHXH")
    parser.add_argument("--date", type=_day, help="2026-10-05; hôm nay / today")
    parser.add_argument("--place", default="", help="nơi ban hành / place")
    parser.add_argument("--kind", default="Công văn", help="loại văn bản / kind")
    parser.add_argument("--subject", help="trích yếu / subject")
    parser.add_argument("--signer", default="", help="người ký / signer")
    parser.add_argument("--position", default="", help="chức vụ / position")
    parser.add_argument(
        "--urgency", type=int, choices=[one.value for one in Urgency], default=0
    )
    parser.add_argument(
        "--waiting", action="store_true", help="chỉ gửi tiếp / only what waits"
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--date {text}: 2026-10-05") from error


def run(arguments: Arguments, output: Output) -> int:
    """Put the document into the outbox and send all that waits there."""
    if not arguments.waiting:
        _require_all(arguments)

    async def act(session: Session) -> int:
        outbox = Outbox(arguments.var / "outbox")
        if not arguments.waiting:
            outbox.put(_prepared(arguments, session))
        return await _send_waiting(outbox, session, output)

    return with_hub(arguments, output, act)


def _require_all(arguments: Arguments) -> None:
    for name in ("to", "number", "notation", "subject"):
        if not getattr(arguments, name):
            raise UsageError(f"--{name}?")


async def _send_waiting(outbox: Outbox, session: Session, output: Output) -> int:
    waiting = list(outbox.waiting())
    progress = Progress(len(waiting), output)
    sent = []
    for entry in waiting:
        sent.append(await _send(entry, outbox, session))
        progress.step(entry.message.message_id)
    ids = ", ".join(one["id"] for one in sent) or "0"
    output.result({"sent": sent}, Text(f"Đã gửi: {ids}", f"Sent: {ids}"))
    return 0


async def _send(entry: Entry, outbox: Outbox, session: Session) -> dict[str, str]:
    accepted = await session.client.send(entry.message)
    outbox.close(entry, accepted.receipt)
    return {"id": accepted.envelope_id, "message_id": entry.message.message_id}


def _prepared(arguments: Arguments, session: Session) -> Message:
    now = datetime.now(UTC)
    attachments = [_attachment(path, n) for n, path in enumerate(arguments.files, 1)]
    document = _document(arguments, attachments, session.profile.agency, now)
    return prepare_document(
        document, attachments, credential=session.credential, at=now
    )


def _attachment(path: Path, number: int) -> Attachment:
    guessed, _ = mimetypes.guess_type(path.name)
    return Attachment(
        content_id=f"attachment-{number}",
        name=path.name,
        content_type=guessed or "application/octet-stream",
        content=read_file(path),
    )


def _document(
    arguments: Arguments,
    attachments: list[Attachment],
    sender: OrganId,
    now: datetime,
) -> EdxmlDocument:
    day = arguments.date or now.astimezone(VIETNAM).date()
    code = DocumentCode(arguments.number, arguments.notation)
    signer = SignerInfo(full_name=arguments.signer, position=arguments.position)
    recipients = [Organisation(organ_id=parse_organ_id(one)) for one in arguments.to]
    return EdxmlDocument(
        sender=Organisation(organ_id=sender),
        recipients=tuple(recipients),
        document_id=DocumentId(f"{sender},{day:%Y/%m/%d},{code}"),
        code=code,
        promulgation=PromulgationInfo(promulgation_date=day, place=arguments.place),
        document_type=DocumentType(type=_ADMINISTRATIVE, type_name=arguments.kind),
        subject=arguments.subject,
        signer=signer if arguments.signer else None,
        other=OtherInfo(priority=Urgency(arguments.urgency)),
        trace=(TraceHeader(organ_id=sender, timestamp=now),),
        manifest=tuple(map(_entry, attachments)),
    )


def _entry(attachment: Attachment) -> ManifestEntry:
    return ManifestEntry(
        content_id=attachment.content_id,
        attachment_name=attachment.name,
        content_type=attachment.content_type,
    )
