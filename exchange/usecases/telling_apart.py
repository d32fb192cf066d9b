"""The same bytes of a status, told about more than one thing.

A status that gives only the document it answers, and the second, has the same bytes for
every sending of that document; its default id, a digest over them, then stands for the
first that was told. Each other has an id of its own, so that none is lost.
"""

from dataclasses import replace
from hashlib import sha256

from exchange.domain.records import Envelope
from exchange.errors import ExchangeError
from exchange.usecases.answering import targets_of
from exchange.usecases.receiving import Received
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


def is_about(document: Envelope, status: Envelope) -> bool:
    """Tell whether a status may have been told at an envelope: of it, or its matter."""
    return status.status_of in (document.envelope_id, *targets_of(document))
