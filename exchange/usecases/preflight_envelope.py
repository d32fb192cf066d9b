"""Tell whether a document would be accepted, and why not; nothing is stored."""

from dataclasses import dataclass

from exchange.domain.decisions import Refuse
from exchange.domain.intake import IntakeFacts, intake_refusals
from exchange.errors import ExchangeError, StorageUnavailableError
from exchange.services import Services
from exchange.usecases.judging_intake import (
    gather_facts,
    pdf_refusals,
    read_document,
)
from exchange.usecases.receiving import Received, Submission, received
from exchange.usecases.storing import require_same_bytes, sent_before
from schemas.errors import CodedError


@dataclass(frozen=True, slots=True)
class Preflight:
    """Every reason against a document; it would be accepted if there is none."""

    refusals: tuple[Refuse, ...]

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
            return Preflight(tuple(await _refusals(services, message)))
    except StorageUnavailableError:
        raise
    except CodedError as error:
        # What cannot be read any further has this one reason.
        return Preflight((Refuse(error.code, error.place),))


async def _refusals(services: Services, message: Received) -> list[Refuse]:
    read = read_document(message)
    facts = await gather_facts(services, message, read.document)
    found = list(intake_refusals(facts, services.intake_policy, services.now()))
    found += [one async for one in pdf_refusals(services, message, read)]
    conflict = await _conflict(services, message, facts)
    return [conflict, *found] if conflict else found


async def _conflict(
    services: Services, message: Received, facts: IntakeFacts
) -> Refuse | None:
    before = await sent_before(services, message, facts)
    try:
        if before is not None:
            require_same_bytes(message, before)
    except ExchangeError as error:
        return Refuse(error.code, error.place)
    return None
