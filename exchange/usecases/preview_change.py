"""What a change of agencies would come to, before anybody confirms it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from exchange.domain.accounts import Account
from exchange.domain.agency_advice import CertificateAdvice, advice
from exchange.domain.agency_history import DirectoryChange
from exchange.domain.delegations import FiledDelegation
from exchange.domain.parties import System
from exchange.domain.recipient_lists import RecipientList
from exchange.domain.rights import people_of
from exchange.services import Office
from exchange.storage.ports import DeliveryQuery
from exchange.usecases.change_agencies import ChangeAgencies, plan_change
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState

MOST_COUNTED: Final = 10_000
_WAITING: Final = (DeliveryState.AVAILABLE, DeliveryState.LEASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePreview:
    """Effects of a change that is not stored.

    Args:
        waiting: documents each agency has not taken; they stay readable to the
            successor. No more than `MOST_COUNTED` of each are counted.
        systems: those that act for one of the agencies now.
        people: whose role is for an agency that ends, and does not go over.
        delegations: those one of the agencies gave or received and that count now.
        lists: saved lists that name one of them; they reach the successor.
        certificates: whose are to be made anew and whose revoked, at the CA.
    """

    change: DirectoryChange
    waiting: Mapping[OrganId, int]
    systems: tuple[System, ...]
    people: tuple[Account, ...]
    delegations: tuple[FiledDelegation, ...]
    lists: tuple[RecipientList, ...]
    certificates: CertificateAdvice


async def preview_change(office: Office, command: ChangeAgencies) -> ChangePreview:
    """Return what a change would come to; nothing is stored.

    Raises:
        AgencyChangeError: it cannot be.
        ExchangeError: no reason, or a text too long (REQUEST_INVALID).
    """
    planned, storage = await plan_change(office, command), office.storage
    agencies = planned.event.agencies
    counts = await asyncio.gather(*(_waiting(office, one) for one in agencies))
    return ChangePreview(
        change=planned,
        waiting=dict(zip(agencies, counts, strict=True)),
        systems=tuple(await storage.agency_history.systems_of(agencies)),
        people=await people_left(office, planned),
        delegations=await _delegations(office, agencies),
        lists=tuple(await storage.recipient_lists.naming(agencies)),
        certificates=advice(command.order, planned),
    )


async def people_left(office: Office, change: DirectoryChange) -> tuple[Account, ...]:
    """Return those whose role is for an agency that ends, to be given another one."""
    ended = {one.code for one in change.agencies if one.valid_to is not None}
    carried = {one.before.account_id for one in change.accounts}
    people = people_of(
        await office.storage.accounts.accounts(), ended, change.event.effective
    )
    return tuple(one for one in people if one.account_id not in carried)


async def _waiting(office: Office, agency: OrganId) -> int:
    query = DeliveryQuery(states=_WAITING, recipient=agency, limit=MOST_COUNTED)
    (number,) = await office.storage.deliveries.counts([query])
    return number


async def _delegations(
    office: Office, agencies: tuple[OrganId, ...]
) -> tuple[FiledDelegation, ...]:
    store, now = office.storage.delegations, office.now()
    found = {}
    for one in agencies:
        for filed in (*await store.given_by(one), *await store.given_to(one)):
            if filed.holds(now):
                found[filed.delegation_id] = filed
    return tuple(found.values())
