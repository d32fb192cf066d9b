"""Ask a document back in words; the hub writes the status 13 that recipients know.

One event, three encodings (docs/protocol.md): BussinessDocType 1, status 13, this call.
"""

from dataclasses import dataclass

from exchange.domain.addressing import Addressee, find_addressee
from exchange.domain.records import Envelope
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.directory import current_directory
from exchange.usecases.report_status import (
    RecordedStatus,
    ReportStatus,
    report_status,
)
from exchange.usecases.viewing import find_shown
from exchange.usecases.written_here import StatusWritten, submission_of_status
from schemas.edxml.document import Organisation, ResponseFor
from schemas.edxml.status import EdxmlStatus
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import StatusCode


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecall:
    """A wish to have a document back.

    Args:
        reason: why.
        recipient: from whom; None: from everybody.
        message_id: of the request; by default one over document and words, so that
            the same words again are a repeat.
    """

    caller: Caller
    envelope_id: EnvelopeId
    reason: str
    recipient: OrganId | None = None
    message_id: str | None = None


async def request_recall(services: Services, command: RequestRecall) -> RecordedStatus:
    """Ask a document back for a peer that does not sign.

    Raises:
        CodedError: it is refused; the code says why. A peer that signs must hand in a
            signed status 13 (SIGNATURE_MISSING).
    """
    found = await find_shown(services, command.caller, command.envelope_id)
    if found.envelope.sender not in found.agencies:
        raise ExchangeError(ErrorCode.STATUS_ACTOR_WRONG, place=command.envelope_id)
    directory = await current_directory(services)
    sender = find_addressee(directory, found.envelope.sender, services.now())
    written = StatusWritten(
        caller=command.caller,
        about=command.envelope_id,
        status=_status(found.envelope, sender, command),
        message_id=command.message_id,
    )
    submission = submission_of_status(written)
    return await report_status(
        services, ReportStatus(submission=submission, envelope_id=command.envelope_id)
    )


def _status(
    document: Envelope, sender: Addressee, command: RequestRecall
) -> EdxmlStatus:
    """Write the request without a time, so that a repeat has the same bytes.

    It is from whoever took over from a sender that is closed.
    """
    writer = sender.reached.code if sender.reached else document.sender
    return EdxmlStatus(
        sender=Organisation(organ_id=writer),
        response_for=ResponseFor(
            organ_id=command.recipient,
            code=document.document_code,
            document_id=document.document_id,
        ),
        status_code=StatusCode.RECALL_REQUESTED,
        description=command.reason,
    )
