"""The same bytes of a status, told about more than one thing.

A status that gives only the document it answers, and the second, has the same bytes for
every sending of that document; its default id, a digest over them, then stands for the
first that was told. Each other has an id of its own, so that none is lost.
"""

from dataclasses import replace
from hashlib import sha256
from itertools import takewhile

from exchange.domain.records import Envelope, StoredReceipt
from exchange.errors import ExchangeError
from exchange.services import Services
from exchange.usecases.answering import targets_of
from exchange.usecases.receiving import Received
from exchange.usecases.telling import Outcome, Told
from schemas.edxml.body import default_message_id
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, parse_message_id


def message_apart(
    message: Received, about: EnvelopeId, key: str | None = None
) -> Received:
    """Return a message under an id over its bytes and what it is told about.

    Args:
        message: whose default id is taken.
        about: the envelope it is about.
        key: of the step receipt that answers it; None: it bears the id of the status.

    Raises:
        ExchangeError: its sender chose the id (MESSAGE_ID_CONFLICT).
    """
    given = message.message_id
    if given != default_message_id(message.scanned):
        raise ExchangeError(ErrorCode.MESSAGE_ID_CONFLICT, place=given)
    told = f"{given} {about} {key or ''}"
    digest = sha256(told.encode()).hexdigest()
    return replace(message, message_id=parse_message_id(f"sha256-{digest}"))


async def is_repeat(
    services: Services, told: Told, outcome: Outcome, before: Envelope
) -> bool:
    """Tell whether a status with the same id and bytes was told of the same thing.

    Args:
        services: where receipts are.
        told: the status.
        outcome: what it would do.
        before: the envelope of the one that is stored.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    about = outcome.about.envelope_id
    if before.status_of != about:
        return False
    if outcome.key is None:
        return True
    store = services.storage.envelopes
    stored = await store.receipt(about, outcome.key)
    if stored is not None and stored.status_envelope == before.envelope_id:
        return True
    if told.named.envelope_id != about or told.names_agency:
        return False
    receipts = await store.receipts(about)
    said = (one for one in receipts if one.status_envelope == before.envelope_id)
    return any(_may_be_retry(told, outcome, one) for one in said)


def _may_be_retry(told: Told, outcome: Outcome, before: StoredReceipt) -> bool:
    """Tell whether an answer at a document cannot be told from one given before.

    It meant the first who waited for one then. Had somebody waited who comes before
    whose answer it became, it named that agency, and this one does not.
    """
    request, status = outcome.request, before.status_envelope
    if request is None or status is None:
        return False
    waited = request.envelope_id < status
    ahead = tuple(takewhile(lambda one: one != before.recipient, told.answers_for))
    return not waited or outcome.recipient not in ahead


def is_about(document: Envelope, status: Envelope) -> bool:
    """Tell whether a status may have been told at an envelope: of it, or its matter."""
    return status.status_of in (document.envelope_id, *targets_of(document))
