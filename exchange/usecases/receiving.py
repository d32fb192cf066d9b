"""From the bytes of a request to a message whose sender is known.

Order: size and encoding while the bytes arrive, then XML, schema, signature; only
what was signed is read further (design, section 5).
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from exchange.domain.decisions import Refuse
from exchange.domain.intake import SignerFacts
from exchange.domain.uploads import Upload
from exchange.services import Caller, Services
from exchange.settings.limits import LimitSettings
from exchange.usecases.signer import authenticate
from exchange.usecases.spool import PIECE_BYTES, Spool
from schemas.edxml.body import (
    BodyScanner,
    ScannedAttachment,
    ScannedBody,
    decode_attachment,
    default_message_id,
)
from schemas.edxml.document import EdxmlDocument
from schemas.edxml.limits import BodyLimits
from schemas.edxml.reader import read
from schemas.edxml.status import EdxmlStatus
from schemas.edxml.validate import validate
from schemas.identifiers import MessageId, parse_message_id
from schemas.xml import XmlLimits, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A message on its way in.

    Args:
        message_id: as the header of the request gives it, None when absent.
        upload: whose bytes the chunks are, if they were uploaded before.
    """

    caller: Caller
    content_type: str
    chunks: AsyncIterator[bytes]
    message_id: str | None = None
    upload: Upload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message that arrived completely and can be read.

    Args:
        signer: as in `exchange.domain.intake.IntakeFacts`.
    """

    submission: Submission
    spool: Spool
    scanned: ScannedBody
    message: EdxmlDocument | EdxmlStatus
    message_id: MessageId
    signer: SignerFacts | Refuse | None

    def content(
        self, attachment: ScannedAttachment, *, piece_bytes: int = PIECE_BYTES
    ) -> Iterator[bytes]:
        """Yield the decoded content of an attachment.

        Args:
            attachment: of this message.
            piece_bytes: the most that is read at a time; few, for a look at its start.
        """
        carried = self.spool.read(
            attachment.offset, attachment.length, piece_bytes=piece_bytes
        )
        return decode_attachment(attachment, carried)


@asynccontextmanager
async def received(
    services: Services, submission: Submission
) -> AsyncIterator[Received]:
    """Receive a message; its bytes are forgotten at the end of the block.

    Raises:
        SchemaError: the body has not the size, encoding or shape it must have.
        IdentifierError: the message id is malformed.
    """
    with Spool(services.limits.inline_body_bytes) as spool:
        scanned = await _scan(services, submission, spool)
        async with services.turns:
            message = _read(services, submission, spool, scanned)
        yield message


async def _scan(
    services: Services, submission: Submission, spool: Spool
) -> ScannedBody:
    if submission.message_id is not None:
        parse_message_id(submission.message_id)
    scanner = BodyScanner(submission.content_type, _body_limits(services.limits))
    async for chunk in submission.chunks:
        scanner.feed(chunk)
        spool.write(chunk)
    return scanner.finish()


def _read(
    services: Services, submission: Submission, spool: Spool, scanned: ScannedBody
) -> Received:
    root = parse(scanned.xml, limits=XmlLimits(size=services.limits.xml_bytes))
    validate(root)
    authenticated = authenticate(
        root,
        attachments=_carried_digests(scanned),
        trust=services.trust,
        at=services.now(),
    )
    header = submission.message_id
    return Received(
        submission=submission,
        spool=spool,
        scanned=scanned,
        message=read(authenticated.content),
        message_id=parse_message_id(header) if header else default_message_id(scanned),
        signer=authenticated.signer,
    )


def _carried_digests(scanned: ScannedBody) -> dict[str, bytes]:
    return {
        one.content_id: bytes.fromhex(one.carried_sha256) for one in scanned.attachments
    }


def _body_limits(limits: LimitSettings) -> BodyLimits:
    return BodyLimits(
        xml=limits.xml_bytes,
        attachment=limits.attachment_bytes,
        attachments=limits.attachments,
        total=limits.body_bytes,
    )
