"""`lienthong send`: send a document with its files, and all that waits.

A document is in the outbox before the hub hears of it. It stays there until the hub has
accepted it or refused it for good, and is sent as the same bytes every time. The same
document, typed once more, is the one that is there already; without a day, on any day.

The urgent go first, then the oldest. One that does not get through holds back none but
the later ones of the same document.
"""

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from clients.answers import Sent
from clients.encryption import Recipient, recipients_of
from clients.errors import ClientError, RefusedError, UnreachableError
from clients.messages import Message, name_of_document, prepare_document
from clients.outbox import Entry, Filing, Outbox
from clients.uploading import SMALLEST_PART
from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.encryption import (
    encrypted,
    recipient_fields,
    recipient_text,
    recipients_in,
)
from exchange.commands.files import read_file, require_absent, write_new
from exchange.commands.hub import Session, add_profile, refusal_of, with_hub
from exchange.commands.output import Output, Progress, Refusal
from pki.trust import TrustStore
from schemas.catalogue import explain
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
from schemas.edxml.secrecy import secrecy_mark
from schemas.errors import CodedError, ErrorCode, Text
from schemas.identifiers import DocumentCode, DocumentId, OrganId, parse_organ_id
from schemas.receipt import read_receipt
from schemas.timestamps import VIETNAM
from schemas.vocabulary import Urgency
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt

_ADMINISTRATIVE = "2"
_KIND = "Công văn"
_NO_DAY = date.min
_MOST_IN_VAIN = 2
"""Letters in a row that nobody was there for, before the others are left for later."""

_KIB = 1 << 10
_PUBLISHED = ""
"""In place of a folder: what agencies published."""
_IN_PARTS_FROM = 16 << 20
_IN_PARTS_AFTER_BREAK = 2 * SMALLEST_PART
"""What is smaller is sent again as it is."""

_TEXTS = {
    "number": "số / number: 214",
    "notation": "ký hiệu / notation: UBND-VHXH",
    "subject": "trích yếu / subject",
    "place": "nơi ban hành / place",
    "signer": "người ký / signer",
    "position": "chức vụ người ký / the signer's position",
}

_SAID = (*_TEXTS, "to", "date", "urgency", "again")
"""Arguments about a document that are empty unless somebody types them."""

_STOPPED = Text(
    "Tạm dừng: các văn bản còn lại vẫn chờ gửi.",
    "Stopped for now: the others still wait.",
)
_OUTCOMES = {
    True: Text("Sẽ được tiếp nhận.", "It would be accepted."),
    False: Text("Sẽ không được tiếp nhận:", "It would be refused:"),
}


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of the messages that waited, for JSON.

    Args:
        broken: folders of those that cannot be read.
        earlier: the document of this call, where it was sent by an earlier one.
        recipients: whom the document of this call was encrypted to.
        failed: those that did not get through, and wait.
    """

    sent: list[dict[str, object]] = field(default_factory=list)
    refused: list[dict[str, object]] = field(default_factory=list)
    failed: list[dict[str, object]] = field(default_factory=list)
    broken: tuple[str, ...] = ()
    earlier: Sequence[Mapping[str, object]] = ()
    recipients: tuple[Recipient, ...] = ()

    def fields(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "sent": self.sent,
            "refused": self.refused,
            "broken": self.broken,
            **({"earlier": self.earlier} if self.earlier else {}),
            **_encrypted_to(self.recipients),
            **self._failures(),
        }

    def _failures(self) -> dict[str, object]:
        if not self.failed:
            return {}
        return {"failed": self.failed, "error": self.failed[0]["error"]}

    @property
    def code(self) -> int:
        """The exit code of the verb."""
        return 1 if self.refused or self.broken or self.failed else 0


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A message, and whom its attachments were encrypted to, if they were.

    Args:
        filing: what the outbox is told of it.
    """

    message: Message
    filing: Filing
    recipients: tuple[Recipient, ...] = ()


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="PDF đã ký… / signed PDF…"
    )
    for name, help_text in _TEXTS.items():
        parser.add_argument(f"--{name}", default="", help=help_text)
    parser.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="CODE",
        help="mã cơ quan nhận, lặp lại được / recipient, repeatable",
    )
    parser.add_argument(
        "--date", type=_day, help="2026-10-05; mặc định hôm nay / today by default"
    )
    parser.add_argument("--kind", default=_KIND, help="loại văn bản / kind")
    parser.add_argument(
        "--urgency",
        type=int,
        choices=[one.value for one in Urgency],
        default=0,
        help="độ khẩn / urgency",
    )
    parser.add_argument(
        "--encrypt",
        nargs="?",
        const=_PUBLISHED,
        metavar="FOLDER",
        help=(
            "mã hóa theo chứng thư trong danh bạ, hoặc MÃ.pem trong FOLDER / encrypt "
            "to the certificates of the directory, or CODE.pem"
        ),
    )
    parser.add_argument(
        "--check",
        type=Path,
        metavar="FILE",
        help="chỉ hỏi, giữ câu trả lời có chữ ký / only ask, keep the answer",
    )
    parser.add_argument(
        "--waiting",
        action="store_true",
        help="chỉ gửi tiếp những gì đang chờ / only send what waits",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="gửi thêm lần nữa dù đã gửi / send it although it was sent before",
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--date {text}: 2026-10-05") from error


def run(arguments: Arguments, output: Output) -> int:
    """Put the document into the outbox and send all that waits there."""
    if arguments.waiting and not arguments.check:
        _require_none(arguments)
    else:
        _require_all(arguments)
    if arguments.check:
        return _check(arguments, output)

    async def act(session: Session) -> int:
        outbox = Outbox(arguments.var / "outbox" / session.profile.system)
        done = _Done()
        if not arguments.waiting:
            prepared = await _prepared(arguments, session, output)
            done = _put(prepared, outbox, output, again=arguments.again)
        done = replace(done, broken=outbox.broken())
        return await _send_waiting(outbox, session, output, done)

    return with_hub(arguments, output, act)


def _put(prepared: _Prepared, outbox: Outbox, output: Output, *, again: bool) -> _Done:
    """Keep a document; one that waits or was accepted stands for it."""
    entry = outbox.put(prepared.message, filing=prepared.filing, again=again)
    if entry.message == prepared.message:
        return _Done(recipients=prepared.recipients)
    receipt = outbox.receipt_of(entry)
    if receipt is None:
        output.say(
            Text("Văn bản này đã chờ gửi từ trước.", "This document waits already.")
        )
        return _Done()
    # It was believed before it was kept.
    sent = read_receipt(verify_receipt(parse(receipt)).content).envelope_id
    output.say(
        Text(
            f"Văn bản này đã gửi trước đó: {sent}; gửi thêm lần nữa: --again",
            f"This document was sent before: {sent}; to send it once more: --again",
        )
    )
    return _Done(earlier=[{"id": sent, "message_id": entry.message.message_id}])


def _check(arguments: Arguments, output: Output) -> int:
    """Ask whether the document would be accepted, and keep the hub's signed answer."""
    target = arguments.check
    require_absent(target)

    async def act(session: Session) -> int:
        prepared = await _prepared(arguments, session, output)
        found = await session.client.preflight(prepared.message)
        write_new(target, found.content)
        reasons = found.answer.reasons
        fields = [{"code": one.code, "place": one.place} for one in reasons]
        output.result(
            {
                "acceptable": found.answer.is_acceptable,
                "reasons": fields,
                "file": str(target),
                **_encrypted_to(prepared.recipients),
            },
            _OUTCOMES[found.answer.is_acceptable],
        )
        for one in reasons:
            message = explain(one.code).message
            where = f" [{one.place}]" if one.place else ""
            output.say(Text(f"- {message.vi}{where}", f"- {message.en}{where}"))
        return 0 if found.answer.is_acceptable else 1

    return with_hub(arguments, output, act)


def _require_all(arguments: Arguments) -> None:
    missing = [
        f"--{name}"
        for name in ("to", "number", "notation", "subject")
        if not getattr(arguments, name)
    ]
    if missing:
        raise UsageError(f"thiếu / missing: {', '.join(missing)}")


def _require_none(arguments: Arguments) -> None:
    """Refuse a document beside `--waiting`: nobody would notice that it stayed."""
    words = [f"--{name}" for name in _SAID if getattr(arguments, name)]
    if arguments.encrypt is not None:
        words.append("--encrypt")
    if arguments.kind != _KIND:
        words.append("--kind")
    given = [*map(str, arguments.files), *words]
    if given:
        raise UsageError(f"--waiting: thừa / too much: {', '.join(given)}")


async def _send_waiting(
    outbox: Outbox, session: Session, output: Output, done: _Done
) -> int:
    for name in done.broken:
        _tell_broken(name, output)
    await _send_each(outbox, session, output, done)
    output.result(done.fields())
    return done.code


class _Outlook:
    """What is still worth trying after what became of the letters before."""

    def __init__(self) -> None:
        self._held = set[str]()
        self._in_vain = 0
        self.is_over = False

    def holds(self, entry: Entry) -> bool:
        """Whether an earlier letter of the same document still waits."""
        return entry.chain in self._held

    def note(self, entry: Entry, error: ClientError | None) -> None:
        """Take note of a letter, and of why it still waits if it does."""
        if error is not None and entry.chain:
            self._held.add(entry.chain)
        if not isinstance(error, UnreachableError):
            self._in_vain = 0
            return
        self._in_vain = self._in_vain + 1 if error.is_about_hub else 0
        self.is_over = error.is_lasting or self._in_vain >= _MOST_IN_VAIN


async def _send_each(
    outbox: Outbox, session: Session, output: Output, done: _Done
) -> None:
    number = outbox.count_waiting() - len(done.broken)
    progress, outlook = Progress(number, output), _Outlook()
    # One after the other: all of them at once may be more than there is memory.
    for entry in outbox.waiting():
        if outlook.is_over:
            output.say(_STOPPED)
            break
        if outlook.holds(entry):
            _tell_held(entry, output)
        else:
            outlook.note(entry, await _send_one(entry, outbox, session, output, done))
        progress.step(entry.message.message_id)
    if not number:
        output.say(Text("Không có gì đang chờ gửi.", "Nothing is waiting."))


async def _send_one(
    entry: Entry, outbox: Outbox, session: Session, output: Output, done: _Done
) -> ClientError | None:
    """Send a letter, tell what became of it; return why it still waits, if it does."""
    try:
        return await _send_or_refuse(entry, outbox, session, output, done)
    except ClientError as error:
        done.failed.append(_fail(entry, error, output))
        return error


async def _send_or_refuse(
    entry: Entry, outbox: Outbox, session: Session, output: Output, done: _Done
) -> RefusedError | None:
    try:
        done.sent.append(await _send(entry, outbox, session, output))
    except RefusedError as error:
        done.refused.append(_refuse(entry, outbox, error, output))
        return None if error.is_about_message else error
    return None


def _tell_held(entry: Entry, output: Output) -> None:
    name = entry.message.message_id
    output.say(
        Text(
            f"Chờ sau văn bản trước cùng số, ký hiệu: {name}",
            f"Waits behind an earlier one of the same document: {name}",
        )
    )


def _tell_broken(name: str, output: Output) -> None:
    if not output.as_json:
        wrong = CodedError(ErrorCode.FILE_UNREADABLE, place=f"outbox/{name}")
        output.refuse(Refusal.of(wrong))


async def _send(
    entry: Entry, outbox: Outbox, session: Session, output: Output
) -> dict[str, object]:
    accepted = await _hand_in(entry, outbox, session, output)
    outbox.close(entry, accepted.receipt)
    sent = accepted.envelope_id
    output.say(Text(f"Đã gửi: {sent}", f"Sent: {sent}"))
    return {"id": sent, "message_id": entry.message.message_id}


async def _hand_in(
    entry: Entry, outbox: Outbox, session: Session, output: Output
) -> Sent:
    """Send a large body in parts, and one over whose way the line breaks."""
    client, size = session.client, len(entry.message.body)
    if size < _IN_PARTS_AFTER_BREAK:
        return await client.send(entry.message)
    if size < _IN_PARTS_FROM and not outbox.goes_in_parts(entry):
        try:
            return await client.send(entry.message, is_once=True)
        except UnreachableError as error:
            outbox.remember_upload(entry, "")
            if not error.is_broken_line:
                raise
    progress = Progress(size // _KIB, output, unit="KiB")
    memory = _Upload(entry, outbox, progress)
    return await client.send_in_parts(entry.message, memory)


class _Upload:
    """The memory of one upload: a file of the outbox, and a bar to look at."""

    def __init__(self, entry: Entry, outbox: Outbox, progress: Progress) -> None:
        self._entry, self._outbox, self._progress = entry, outbox, progress

    @property
    def path(self) -> str:
        """Where at the hub it is."""
        return self._outbox.upload_of(self._entry)

    def remember(self, path: str) -> None:
        """Keep where it is."""
        self._outbox.remember_upload(self._entry, path)

    def stored(self, size: int, total: int) -> None:
        """Show how far it is."""
        del total
        self._progress.to(size // _KIB)


def _fail(entry: Entry, error: ClientError, output: Output) -> dict[str, object]:
    """Tell of a letter that did not get through, or of whose receipt is no proof."""
    message_id, refusal = entry.message.message_id, refusal_of(error)
    output.say(
        Text(
            f"Chưa gửi được, vẫn chờ gửi: {message_id}",
            f"Not sent, still waiting: {message_id}",
        )
    )
    if not output.as_json:
        output.refuse(refusal)
    return {"message_id": message_id, "waiting": True, "error": refusal.as_fields()}


def _refuse(
    entry: Entry, outbox: Outbox, error: RefusedError, output: Output
) -> dict[str, object]:
    """Tell of a refusal; one that is not the message's fault leaves it waiting."""
    message_id, refusal = entry.message.message_id, refusal_of(error)
    waiting = not error.is_about_message
    if not waiting:
        outbox.refuse(entry, refusal.as_fields())
    vi, en = (", vẫn chờ gửi", ", still waiting") if waiting else ("", "")
    output.say(Text(f"Bị từ chối{vi}: {message_id}", f"Refused{en}: {message_id}"))
    if not output.as_json:
        output.refuse(refusal)
    return {
        "message_id": message_id,
        "waiting": waiting,
        "error": refusal.as_fields(),
    }


async def _prepared(
    arguments: Arguments, session: Session, output: Output
) -> _Prepared:
    now = datetime.now(UTC)
    attachments = [_attachment(path, n) for n, path in enumerate(arguments.files, 1)]
    recipients: tuple[Recipient, ...] = ()
    plain = attachments
    if arguments.encrypt is not None:
        recipients = await _recipients(arguments, session)
        attachments = encrypted(attachments, recipients)
    day = arguments.date or now.astimezone(VIETNAM).date()
    agency = session.profile.agency
    document = _document(arguments, attachments, agency, now, day)
    mark = secrecy_mark(document)
    if mark:
        raise ClientError(ErrorCode.SECRECY_MARK, place=mark)
    message = prepare_document(
        document, attachments, credential=session.credential, at=now
    )
    for one in recipients:
        output.say(recipient_text(one))
    # What was encrypted differs each time; what is in it, under its name, does not.
    said = [
        replace(one, content=original.content)
        for one, original in zip(attachments, plain, strict=True)
    ]
    undated = _document(arguments, attachments, agency, now, _NO_DAY)
    return _Prepared(message, _filing(arguments, document, undated, said), recipients)


def _filing(
    arguments: Arguments,
    document: EdxmlDocument,
    undated: EdxmlDocument,
    said: Sequence[Attachment],
) -> Filing:
    """Name a document: without its day, so that it is found on any other."""
    return Filing(
        document=name_of_document(undated, said),
        dated=name_of_document(document, said),
        any_day=arguments.date is None,
        chain=document.document_id or "",
        urgency=arguments.urgency,
    )


async def _recipients(arguments: Arguments, session: Session) -> tuple[Recipient, ...]:
    to = [parse_organ_id(one) for one in arguments.to]
    if arguments.encrypt != _PUBLISHED:
        return recipients_in(_folder(arguments.encrypt), to)
    trust = TrustStore.from_material(session.profile.material())
    now = datetime.now(UTC)
    return await recipients_of(session.client, to, trust=trust, at=now)


def _encrypted_to(recipients: Sequence[Recipient]) -> dict[str, object]:
    """Return for JSON who will be able to read, if anything was encrypted."""
    found = [recipient_fields(one) for one in recipients]
    return {"encrypted_to": found} if found else {}


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise UsageError(f"--encrypt {text}: thư mục / a folder")
    return Path(text)


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
    day: date,
) -> EdxmlDocument:
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
