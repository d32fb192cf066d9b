"""Tell whether a document would be accepted, and why not; nothing is stored."""

from collections.abc import Iterator
from dataclasses import dataclass

from exchange.domain.decisions import Refuse
from exchange.domain.intake import decide_intake, intake_refusals
from exchange.domain.records import Envelope
from exchange.domain.relations import Relations
from exchange.errors import ExchangeError, StorageUnavailableError
from exchange.services import Services
from exchange.usecases.judging_intake import (
    gather_facts,
    pdf_refusals,
    read_document,
)
from exchange.usecases.receiving import Received, Submission, received
from exchange.usecases.relating import relate
from exchange.usecases.storing import require_same_bytes, sent_before
from schemas.errors import CodedError, ErrorCode
from schemas.vocabulary import LinkKind


@dataclass(frozen=True, slots=True)
class Preflight:
    """Every reason against a document; it would be accepted if there is none.

    Args:
        notices: what its sender should know, and no reason against it.
    """

    refusals: tuple[Refuse, ...]
    notices: tuple[Refuse, ...] = ()

    @property
    def acceptable(self) -> bool:
        """Whether the same bytes would be accepted now."""
        return not self.refusals


async def preflight_envelope(services: Services, submission: Submission) -> Preflight:
    """Judge a document message as acceptance would.

    Raises:
        StorageUnavailableError: nothing could be looked up.
    """
    try:
        async with received(services, submission) as message:
            return await _judged(services, message)
    except StorageUnavailableError:
        raise
    except CodedError as error:
        # What cannot be read any further has this one reason.
        return Preflight((Refuse(error.code, error.place),))


async def _judged(services: Services, message: Received) -> Preflight:
    read = read_document(message)
    facts = await gather_facts(services, message, read.document)
    found = list(intake_refusals(facts, services.intake_policy, services.now()))
    found += [one async for one in pdf_refusals(services, message, read)]
    before = await sent_before(services, message, facts)
    conflict = _conflict(message, before)
    if conflict is not None:
        found.insert(0, conflict)
    decision = decide_intake(facts, services.intake_policy, services.now())
    if before is not None or isinstance(decision, Refuse):
        return Preflight(tuple(found))
    relations = await relate(services, read.document, decision)
    if isinstance(relations, Refuse):
        return Preflight((*found, relations))
    return Preflight(tuple(found), tuple(_notices(relations)))


def _notices(relations: Relations) -> Iterator[Refuse]:
    for one in relations.links:
        if one.kind is LinkKind.DUPLICATES and one.envelope_id:
            yield Refuse(ErrorCode.DOCUMENT_DUPLICATE, one.envelope_id)


def _conflict(message: Received, before: Envelope | None) -> Refuse | None:
    try:
        if before is not None:
            require_same_bytes(message, before)
    except ExchangeError as error:
        return Refuse(error.code, error.place)
    return None
