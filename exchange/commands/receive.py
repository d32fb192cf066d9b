"""`lienthong receive`: fetch an envelope, check it, keep it, acknowledge it."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from clients.agency import Fetched
from clients.errors import ClientError
from clients.messages import Acknowledgement, prepare_acknowledgement
from clients.reading import OpenedEnvelope, attachments_of, open_envelope
from exchange.commands.arguments import Arguments, Parser
from exchange.commands.files import write_new
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from schemas.errors import ErrorCode, Text
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import TransportAcknowledgement

_MIME_HEADER = "Content-Type: {}\r\n\r\n"


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument("envelope", help="mã trên trục / the hub's id")
    parser.add_argument("--out", type=Path, help="mặc định / default: VAR/received/ID")


def run(arguments: Arguments, output: Output) -> int:
    """Fetch, check against the hub's receipt, write, then acknowledge."""
    envelope_id = EnvelopeId(arguments.envelope)
    folder = arguments.out or arguments.var / "received" / envelope_id

    async def act(session: Session) -> int:
        fetched = await session.client.fetch(envelope_id)
        await _require_accepted(session, envelope_id, fetched)
        opened = open_envelope(fetched.content_type, fetched.body)
        folder.mkdir(parents=True)
        _write_envelope(folder, fetched)
        await _write_attachments(session, envelope_id, opened, folder)
        await _acknowledge(session, envelope_id, fetched)
        output.result(
            {"id": envelope_id, "folder": str(folder)},
            Text(f"Đã nhận: {folder}", f"Received: {folder}"),
        )
        return 0

    return with_hub(arguments, output, act)


async def _require_accepted(
    session: Session, envelope_id: EnvelopeId, fetched: Fetched
) -> None:
    receipt = await session.client.acceptance(envelope_id)
    if receipt.body_sha256 != fetched.body_sha256:
        raise ClientError(ErrorCode.RECEIPT_MISMATCH, place=envelope_id)


def _write_envelope(folder: Path, fetched: Fetched) -> None:
    header = _MIME_HEADER.format(fetched.content_type).encode()
    write_new(folder / "envelope.eml", header + fetched.body)


async def _write_attachments(
    session: Session, envelope_id: EnvelopeId, opened: OpenedEnvelope, folder: Path
) -> None:
    """Write attachments under numbers: a name from outside never becomes a path."""
    for number, entry in enumerate(attachments_of(opened.message), start=1):
        content = await session.client.attachment(envelope_id, number)
        digest = hashlib.sha256(content).hexdigest()
        if digest != opened.content_sha256.get(entry.content_id):
            raise ClientError(ErrorCode.ATTACHMENT_DIGEST_MISMATCH, place=str(number))
        suffix = ".pdf" if content.startswith(b"%PDF-") else ".bin"
        write_new(folder / f"{number:03}{suffix}", content)


async def _acknowledge(
    session: Session, envelope_id: EnvelopeId, fetched: Fetched
) -> None:
    profile = session.profile
    receipt = prepare_acknowledgement(
        Acknowledgement(
            envelope_id=envelope_id,
            body_sha256=fetched.body_sha256,
            recipient=profile.agency,
            system_id=profile.system,
            state=TransportAcknowledgement.DONE,
        ),
        credential=session.credential,
        at=datetime.now(UTC),
    )
    await session.client.acknowledge(profile.agency, envelope_id, receipt)
