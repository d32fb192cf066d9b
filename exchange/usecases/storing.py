"""What acceptance of documents and of statuses have in common."""

from exchange.domain.deadlines import is_urgent
from exchange.domain.decisions import Refuse
from exchange.domain.intake import IntakeFacts, SignerFacts
from exchange.domain.records import Acceptance, Accepted, Envelope, Repeated
from exchange.errors import BodyMissingError, ExchangeError
from exchange.services import Services
from exchange.usecases.auditing import audit_line
from exchange.usecases.receiving import Received
from exchange.usecases.spool import Spool, yielding
from schemas.errors import ErrorCode
from schemas.receipt import SignatureJudgement
from schemas.verdict import Indication
from schemas.vocabulary import AuditEvent


def refuse(refusal: Refuse) -> ExchangeError:
    """Return the error that carries a refusal outwards."""
    return ExchangeError(refusal.code, place=refusal.place)


def require_same_bytes(message: Received, before: Envelope) -> None:
    """Require that a message repeats the one stored under its id.

    Raises:
        ExchangeError: other bytes under the same id (MESSAGE_ID_CONFLICT).
    """
    same_body = message.scanned.sha256 == before.body_sha256
    if not same_body or message.submission.content_type != before.content_type:
        raise ExchangeError(ErrorCode.MESSAGE_ID_CONFLICT, place=before.message_id)


async def sent_before(
    services: Services, message: Received, facts: IntakeFacts
) -> Envelope | None:
    """Find what is stored under the message's id, if anything is."""
    if facts.sender.agency is None:
        return None
    return await services.storage.envelopes.envelope_by_message(
        facts.system.system_id, facts.sender.agency.code, message.message_id
    )


async def store_body(services: Services, message: Received, body_id: str) -> str | None:
    """Store a large body in chunks and return their id; None for a small one.

    What was uploaded is stored in chunks already, whatever its size.
    """
    spool, upload = message.spool, message.submission.upload
    if upload is not None:
        return upload.upload_id
    if spool.size <= services.limits.inline_body_bytes:
        return None
    await services.storage.envelopes.store_chunks(body_id, yielding(spool.read()))
    return body_id


def inline_body(spool: Spool, body_chunks: str | None) -> bytes:
    """Return the bytes that are stored within the envelope itself."""
    return b"" if body_chunks else b"".join(spool.read())


def signature_judgement(message: Received) -> SignatureJudgement | None:
    """Return what the receipt says of the sender's signature."""
    if not isinstance(message.signer, SignerFacts):
        return None
    return SignatureJudgement(
        indication=Indication.TOTAL_PASSED,
        certificate_sha256=message.signer.certificate_sha256,
    )


async def commit(
    services: Services, message: Received, acceptance: Acceptance
) -> tuple[Envelope, bool]:
    """Make an acceptance durable; return what is stored and whether it was before.

    Raises:
        ExchangeError: other bytes are stored under this message id, or the upload it
            names was taken or removed meanwhile.
        StateConflictError: the state it starts from no longer holds.
    """
    outcome = await store(services, message, acceptance)
    if isinstance(outcome, Accepted):
        return outcome.envelope, False
    await audit_repeat(services, outcome.envelope)
    return outcome.envelope, True


async def store(
    services: Services, message: Received, acceptance: Acceptance
) -> Accepted | Repeated:
    """Make an acceptance durable, or find what has the same id and the same bytes.

    Raises:
        ExchangeError: as `commit`.
        StateConflictError: the state it starts from no longer holds.
    """
    try:
        outcome = await services.storage.envelopes.accept(acceptance)
    except BodyMissingError as error:
        raise await _body_refused(services, message, error) from error
    if isinstance(outcome, Repeated):
        require_same_bytes(message, outcome.envelope)
        return outcome
    hurries = is_urgent(outcome.envelope)
    if acceptance.waits_for_check:
        services.signals.accepted.ring(hurries=hurries)
    services.signals.recorded.ring(hurries=hurries)
    return outcome


async def audit_repeat(services: Services, before: Envelope) -> None:
    """Write down that a message was sent again."""
    line = audit_line(
        AuditEvent.ENVELOPE_REPEATED,
        at=services.now(),
        actor=before.system_id,
        subject=before.envelope_id,
    )
    await services.storage.audit.append(line)


async def _body_refused(
    services: Services, message: Received, error: BodyMissingError
) -> ExchangeError:
    """Return what became of the upload since it was found; else it is our fault."""
    upload = message.submission.upload
    if upload is None:
        return error
    now = await services.storage.uploads.upload(upload.upload_id)
    is_used = now is not None and now.is_used
    code = ErrorCode.UPLOAD_USED if is_used else ErrorCode.UPLOAD_NOT_FOUND
    return ExchangeError(code, place=upload.upload_id)
