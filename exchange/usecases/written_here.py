"""Messages the hub writes for people who act in words instead of XML.

The same words give the same bytes, so whoever presses twice is given what is stored.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from exchange.services import Caller
from exchange.usecases.receiving import Submission
from schemas.edxml.document import Attachment, EdxmlDocument
from schemas.edxml.multipart import encode
from schemas.edxml.status import EdxmlStatus
from schemas.edxml.writer import write_document, write_status
from schemas.identifiers import EnvelopeId
from schemas.xml import serialize

_XML = "application/xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWritten:
    """A status about one envelope.

    Args:
        about: the envelope it names.
        message_id: by default one over the envelope and the words.
    """

    caller: Caller
    about: EnvelopeId
    status: EdxmlStatus
    message_id: str | None = None


def submission_of_status(written: StatusWritten) -> Submission:
    """Return a status, unsigned, on its way in."""
    body = serialize(write_status(written.status))
    named = sha256(written.about.encode() + body).hexdigest()
    return Submission(
        caller=written.caller,
        content_type=_XML,
        chunks=_whole(body),
        message_id=written.message_id or f"words-{named}",
    )


def submission_of_document(
    caller: Caller, document: EdxmlDocument, attachments: Sequence[Attachment]
) -> Submission:
    """Return a document, unsigned, on its way in.

    Raises:
        SchemaError: an attachment that no message can carry.
    """
    content_type, body = encode(serialize(write_document(document)), attachments)
    return Submission(caller=caller, content_type=content_type, chunks=_whole(body))


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body
