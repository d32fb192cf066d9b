"""Report a status in words, for people: the hub writes the message they would send.

A recall that is answered by 15 or 16 goes the same way.
"""

from dataclasses import dataclass

from exchange.services import Caller, Services
from exchange.usecases.report_status import (
    RecordedStatus,
    ReportStatus,
    report_status,
)
from exchange.usecases.viewing import agencies_of, find_shown
from exchange.usecases.written_here import StatusWritten, submission_of_status
from schemas.edxml.document import Organisation, ResponseFor
from schemas.edxml.status import EdxmlStatus
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import StatusCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInWords:
    """What a person of an agency says of a document.

    Args:
        agency: who reports.
        description: why, or the number of the incoming register.
        message_id: of the report; one answer may follow another in the same words.
    """

    caller: Caller
    envelope_id: EnvelopeId
    agency: str
    code: StatusCode
    description: str = ""
    message_id: str | None = None


async def report_in_words(services: Services, command: ReportInWords) -> RecordedStatus:
    """Record a status, or find that it was recorded before.

    Raises:
        CodedError: it is refused; the code says why.
    """
    (agency,) = await agencies_of(services, command.caller, command.agency)
    found = await find_shown(services, command.caller, command.envelope_id)
    document = found.envelope
    # Without a time: the same words again are a repeat.
    status = EdxmlStatus(
        sender=Organisation(organ_id=agency),
        response_for=ResponseFor(
            organ_id=document.sender,
            code=document.document_code,
            document_id=document.document_id,
        ),
        status_code=command.code,
        description=command.description,
    )
    written = StatusWritten(
        caller=command.caller,
        about=command.envelope_id,
        status=status,
        message_id=command.message_id,
    )
    report = ReportStatus(
        submission=submission_of_status(written), envelope_id=command.envelope_id
    )
    return await report_status(services, report)
