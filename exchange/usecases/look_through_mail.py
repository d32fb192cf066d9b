"""Mail of an agency as its people look through it: the newest first."""

from collections.abc import Mapping
from dataclasses import dataclass

from exchange.domain.records import Envelope, InboxItem
from exchange.services import Caller, Services
from exchange.storage.ports import SentQuery
from exchange.usecases.auditing import refusals_audited
from exchange.usecases.viewing import agencies_of
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import AuditEvent, DeliveryState

PAGE = 50
"""Rows of one page."""


@dataclass(frozen=True, slots=True)
class ArrivedPage:
    """Mail that arrived.

    Args:
        older: cursor of the next page; None on the last one.
    """

    items: tuple[InboxItem, ...]
    older: int | None


@dataclass(frozen=True, slots=True)
class SentPage:
    """Documents that were sent, and how many recipients are in each state.

    Args:
        older: cursor of the next page; None on the last one.
    """

    items: tuple[Envelope, ...]
    states: Mapping[EnvelopeId, Mapping[DeliveryState, int]]
    older: EnvelopeId | None


async def look_through_arrived(
    services: Services, caller: Caller, agency: str, *, before: int | None = None
) -> ArrivedPage:
    """Return a page of what arrived.

    Raises:
        ExchangeError: the caller does not act for the agency.
    """
    code = await own_mailbox(services, caller, agency)
    found = await services.storage.mailboxes.arrived(
        code, before=before, limit=PAGE + 1
    )
    items = tuple(found[:PAGE])
    older = items[-1].delivery.log_index if len(found) > PAGE else None
    return ArrivedPage(items, older)


async def look_through_sent(
    services: Services, caller: Caller, agency: str, *, before: EnvelopeId | None = None
) -> SentPage:
    """Return a page of what was sent.

    Raises:
        ExchangeError: the caller does not act for the agency.
    """
    code = await own_mailbox(services, caller, agency)
    mailboxes = services.storage.mailboxes
    found = await mailboxes.sent(SentQuery(sender=code, before=before, limit=PAGE + 1))
    items = tuple(found[:PAGE])
    states = await mailboxes.states([one.envelope_id for one in items])
    older = items[-1].envelope_id if len(found) > PAGE else None
    return SentPage(items, states, older)


async def own_mailbox(services: Services, caller: Caller, agency: str) -> OrganId:
    """Return an agency the caller acts for; who does not is on the audit trail.

    Raises:
        ExchangeError: the caller does not act for the agency.
    """
    async with refusals_audited(
        services, caller, subject="mail", event=AuditEvent.ACCESS_REFUSED
    ):
        (code,) = await agencies_of(services, caller, agency)
    return code
